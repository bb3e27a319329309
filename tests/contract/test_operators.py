"""The neutral operators at every vendor: nothing differs but the connection and the settings."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from airflow_provider_render.core.errors import OutcomeUnknownError, RenderInputError, UnavailableError
from airflow_provider_render.core.job import OutputKind
from airflow_provider_render.hooks.base import BUILT_IN, RenderHook
from airflow_provider_render.operators.catalog import RenderCatalogOperator, RenderModelOperator
from airflow_provider_render.operators.render import (
    DownloadRendersOperator,
    SubmitRenderOperator,
    UploadModelOperator,
)
from airflow_provider_render.sensors.render import RenderSensor
from tests.contract.vendors import PAID_CALLS, VENDORS
from tests.operators.account import new_model
from tests.operators.task import Task


@pytest.fixture
def choice(account):
    return VENDORS[account.name](account)


@pytest.fixture
def vendor(account):
    return RenderHook.for_connection(account.conn_id).vendor


@pytest.fixture
def capabilities(vendor):
    return vendor.capabilities


def whole(uri: str, size: int) -> bool:
    return Path(uri).stat().st_size == size > 0


@pytest.mark.parametrize("deferrable", [True, False])
def test_a_chain_of_single_steps_delivers_one_render(account, choice, capabilities, tmp_path, deferrable):
    common = {"render_conn_id": account.conn_id}
    wait = {"deferrable": deferrable, "poll_interval": 0.2}
    model = new_model(tmp_path)

    def upload():
        return UploadModelOperator(task_id="up", model=model, settings=choice.first, **wait, **common)

    uploaded = Task(upload).run()
    job = Task(
        lambda: SubmitRenderOperator(task_id="submit", model=uploaded, settings=choice.first, **common)
    ).run()
    done = Task(lambda: RenderSensor(task_id="wait", job=job, **wait, **common)).run()
    downloaded = Task(
        lambda: DownloadRendersOperator(task_id="get", job=done, output=tmp_path / "out", **common)
    ).run()
    files = downloaded["files"]

    assert uploaded["vendor"] == job["vendor"] == account.name
    assert files
    assert all(whole(file["uri"], file["size"]) for file in files)
    if not capabilities.call_price:
        assert account.spent == 1
    assert account.token not in json.dumps([uploaded, job, done, downloaded])


class Nights:
    """A catalog that is rendered again and again."""

    def __init__(self, account, settings, tmp_path):
        self.output = tmp_path / "out"
        self.rows = [
            {"sku": f"{name}-{account.name}", "model": new_model(tmp_path, name)}
            for name in ("chair", "bench")
        ]
        self.options = {"render_conn_id": account.conn_id, "settings": settings, "output": self.output}

    def night(self, number, **options) -> Task:
        fields = {**self.options, "catalog": self.rows, "task_id": "render", "deferrable": True, **options}
        return Task(lambda: RenderCatalogOperator(**fields), run_id=f"night-{number}")


def test_a_catalog_is_rendered_once_and_then_only_what_changed(account, choice, capabilities, tmp_path):
    nights = Nights(account, choice.first, tmp_path)
    first = nights.night(1).run()
    assert (first["delivered"], first["failed"]) == (2, 0)
    assert first["credits_spent"] == first["credits_planned"] == "2"
    assert account.spent == 2 + int(first.get("credits_calls", 0))
    assert bool(capabilities.call_price) == ("credits_calls" in first)

    paid = account.spent
    second = nights.night(2).run()
    assert (second["unchanged"], second["credits_spent"], account.spent) == (2, "0", paid)

    nights.rows[0]["model"] = new_model(tmp_path, "chair")
    third = nights.night(3).run()
    assert (third["unchanged"], third["delivered"], third["credits_spent"]) == (1, 1, "1")

    nights.rows[1][f"settings@{account.name}"] = dict(choice.second)
    other = next(name for name in BUILT_IN if name != account.name)
    nights.rows[1][f"settings@{other}"] = {"nonsense": True}
    fourth = nights.night(4).run()
    assert (fourth["unchanged"], fourth["delivered"], fourth["credits_spent"]) == (1, 1, "1")
    for row in nights.rows:
        told = json.loads((nights.output / row["sku"] / "render.json").read_text())
        assert told["vendor"] == account.name
        assert all(whole(nights.output / file["path"], file["size"]) for file in told["files"])


def test_an_answer_that_is_lost_is_not_paid_again(account, choice, capabilities, tmp_path):
    nights = Nights(account, choice.first, tmp_path)
    nights.rows = nights.rows[:1]
    account.fault(kind="drop_after", next=1, match=PAID_CALLS[account.name])
    night = nights.night(1, deferrable=False, poll_interval=0.2)
    with pytest.raises((UnavailableError, OutcomeUnknownError)):
        night.run()
    paid = account.paid_calls
    assert paid == 1

    if capabilities.tells_submitted:
        assert night.run()["delivered"] == 1
    else:
        with pytest.raises(Exception, match="cannot tell whether it happened"):
            night.run()
        assert "cannot tell" in (nights.output / "_render/reports/latest.md").read_text()
    assert account.paid_calls == 1


def test_one_model_is_rendered_with_all_its_files(account, choice, tmp_path):
    model = new_model(tmp_path)
    fields = {"task_id": "one", "model": model, "sku": f"ONE-{account.name}", "settings": choice.first}

    def operator():
        return RenderModelOperator(
            render_conn_id=account.conn_id, output=tmp_path / "out", poll_interval=0.2, **fields
        )

    result = Task(operator).run()
    assert result["files"]
    assert all(whole(file["uri"], file["size"]) for file in result["files"])
    assert Task(operator, run_id="again").run()["credits"] == "0"


def test_what_calls_have_cost_is_told_of_one_model_too(account, choice, capabilities, tmp_path):
    fields = {"model": new_model(tmp_path), "sku": f"TOLD-{account.name}", "settings": choice.first}

    def operator():
        return RenderModelOperator(
            task_id="one",
            render_conn_id=account.conn_id,
            output=tmp_path / "out",
            poll_interval=0.2,
            **fields,
        )

    result = Task(operator).run()
    assert bool(capabilities.call_price) == ("credits_calls" in result)
    assert account.spent == int(result["credits"]) + int(result.get("credits_calls", 0))


def test_outputs_of_which_one_never_comes_are_refused_before_anything_is_sent(
    account, choice, vendor, tmp_path
):
    made = vendor.kinds()
    never = next(kind for kind in OutputKind if kind not in made)
    nights = Nights(account, choice.first, tmp_path)
    for wrong in ([never], [*made, never], []):
        with pytest.raises(RenderInputError, match=r"^outputs: "):
            nights.night(1, outputs=wrong).run()
    assert account.spent == 0
