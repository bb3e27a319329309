"""What docs/money.md says of an ambiguous submit, done at the double of Glossi."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from airflow_provider_render.core.errors import AmbiguousSubmitError, RenderError
from airflow_provider_render.operators.catalog import RenderCatalogOperator
from airflow_provider_render.operators.render import (
    DownloadRendersOperator,
    SubmitRenderOperator,
    UploadModelOperator,
)
from airflow_provider_render.vendors.glossi.vendor import GlossiVendor
from tests.operators.account import new_model, rows
from tests.operators.task import Task
from tests.sandbox.glossi.workspace import Workspace

CUT = {"kind": "drop_after", "match": "POST .*/api/v1/renders$", "next": 1}
CONN = "glossi_default"


@pytest.fixture(scope="module")
def started():
    workspace = Workspace("--speed", "600")
    yield workspace
    workspace.stop()


@pytest.fixture
def glossi(started, monkeypatch):
    policy = replace(GlossiVendor.poll_policy, first=0.05, start=0.1, cap=0.2, settling=0.1)
    monkeypatch.setattr(GlossiVendor, "poll_policy", policy)
    extra = {"retries": "0", "timeout": 20}
    connection = {"conn_type": "glossi", "host": started.url, "password": started.token, "extra": extra}
    monkeypatch.setenv(f"AIRFLOW_CONN_{CONN.upper()}", json.dumps(connection))
    started.reset()
    yield started
    started.reset()


class Shop:
    """A catalog of two products at Glossi; the submit of G1 was cut off although it was made."""

    def __init__(self, glossi: Workspace, folder: Path) -> None:
        self.glossi, self.folder = glossi, folder
        self.settings = {
            "templateId": glossi.template("Studio Light"),
            "renderShots": False,
            "renderVariants": False,
            "imageQuality": 0,
        }
        self.catalog = rows(new_model(folder, "G2"))
        self.night("before").run()
        self.catalog = [*rows(new_model(folder, "G1")), *self.catalog]
        self.options: dict[str, object] = {}
        self.cut_off = self.night("cut off", self.options)
        glossi.arm(**CUT)
        with suppress(RenderError):
            self.cut_off.run()
        glossi.control.delete("/faults")
        self.mark = self.bill

    @property
    def bill(self) -> int:
        return len(self.glossi.calls())

    @property
    def paid(self) -> int:
        """What was paid since the submit was cut off."""
        return self.bill - self.mark

    def night(self, run: str, options: dict[str, object] | None = None, **more: object) -> Task:
        return Task(
            lambda: RenderCatalogOperator(
                task_id="render",
                render_conn_id=CONN,
                catalog=self.catalog,
                settings=self.settings,
                output=str(self.folder / "out"),
                **{**(options or {}), **more},
            ),
            run_id=run,
        )

    def item(self, key: str = "G1") -> dict:
        items = json.loads(self.report("json"))["items"]
        return next(item for item in items if item["key"] == key)

    def report(self, form: str) -> str:
        return (self.folder / f"out/_render/reports/latest.{form}").read_text()


@pytest.fixture
def shop(glossi, tmp_path):
    return Shop(glossi, tmp_path)


def test_it_stays_in_question_over_retries_runs_and_force_and_the_others_go_on(shop):
    nights = [shop.cut_off, shop.night("two"), shop.night("forced", force=True)]
    told = [night.run() for night in nights]
    assert [one["failed_keys"] for one in told] == [["G1"]] * 3
    assert [one["credits_spent"] for one in told[1:]] == ["0", "1"]
    assert shop.paid == 1


def test_the_report_says_once_which_item_when_and_what_to_look_for_and_takes_nothing_over(shop):
    told = shop.night("two").run()
    item, call = shop.item(), shop.glossi.calls()[-1]
    [failed] = [line for line in shop.report("md").splitlines() if line.startswith("- **G1**")]
    assert failed.count("G1") == 1
    assert item["job_id"].startswith("project/")
    assert f"Look for it at Glossi: {item['job_id']}, model {call['model_ids'][0]};" in failed
    assert f"submit at {call['time'][:17]}" in item["reason"]
    assert (item["adopted"], told["adopted"]) == (False, 0)
    assert "0 renders taken over" in shop.report("md")
    assert 'until it is answered with on_ambiguous="resubmit"' in item["advice"]


def test_a_new_run_with_resubmit_pays_and_counts_it_and_then_there_is_no_question(shop):
    told = shop.night("answer", on_ambiguous="resubmit").run()
    assert (told["delivered"], told["credits_spent"], shop.paid) == (1, "1", 1)
    assert shop.night("after").run()["unchanged"] == 2
    assert shop.paid == 1


def test_the_run_that_was_cut_off_counts_both_submits_once(shop):
    shop.options.update(on_ambiguous="resubmit", max_credits="1")
    shop.cut_off.clear()
    assert shop.cut_off.run()["credits_spent"] == "1"
    assert shop.paid == 1


def test_a_retry_under_resubmit_pays_again_for_a_submit_that_is_cut_off_anew(shop):
    answer = shop.night("answer", on_ambiguous="resubmit")
    shop.glossi.arm(**CUT)
    with pytest.raises(RenderError, match="may or may not have happened"):
        answer.run()
    assert answer.run()["delivered"] == 1
    assert shop.paid == 2


@pytest.mark.parametrize(("prune", "failed", "paid"), [(False, ["G1"], 0), (True, [], 1)])
def test_a_row_that_is_left_out_keeps_its_question_unless_it_is_pruned(shop, prune, failed, paid):
    whole, shop.catalog = shop.catalog, shop.catalog[1:]
    shop.night("without", on_ambiguous="resubmit", prune=prune).run()
    assert shop.paid == 0
    shop.catalog = whole
    assert shop.night("whole").run()["failed_keys"] == failed
    assert shop.paid == paid


def test_other_settings_are_a_new_render_without_a_question(shop):
    shop.catalog[0]["settings"] = {"imageQuality": 1}
    assert shop.night("changed").run()["delivered"] == 1
    assert shop.paid == 1


def test_a_render_that_is_there_is_fetched_by_hand_at_no_cost(shop):
    shop.night("two").run()
    [job] = shop.glossi.calls()[-1]["render_ids"]
    shown = shop.glossi.ended(f"/renders/{job}")
    assert f"project/{shown['projectId']}" == shop.item()["job_id"]
    by_hand = {"vendor": "glossi", "id": job, "model_id": ""}
    fetch = Task(
        lambda: DownloadRendersOperator(
            task_id="fetch",
            render_conn_id=CONN,
            job=by_hand,
            output=str(shop.folder / "by-hand"),
            folder="CHR-1001",
        )
    )
    files = fetch.run()["files"]
    assert [Path(file["path"]).parent.name for file in files] == ["CHR-1001"] * 2
    assert all((shop.folder / "by-hand" / file["path"]).stat().st_size == file["size"] for file in files)
    assert shop.night("three").run()["failed_keys"] == ["G1"]
    assert shop.paid == 0


def test_a_single_submit_is_answered_in_the_run_that_asks(shop):
    options: dict[str, object] = {"task_id": "submit", "render_conn_id": CONN, "settings": shop.settings}
    model = new_model(shop.folder, "G5")
    up = Task(lambda: UploadModelOperator(model=model, **{**options, "task_id": "upload"})).run()
    submit = Task(lambda: SubmitRenderOperator(model=up, **options))
    shop.glossi.arm(**CUT)
    with pytest.raises(RenderError):
        submit.run()
    shop.glossi.control.delete("/faults")
    submit.clear()
    with pytest.raises(AmbiguousSubmitError, match=f"^An earlier submit at .*: project/.*{up['model_id']};"):
        submit.run()
    assert shop.paid == 1
    Task(lambda: SubmitRenderOperator(model=up, **options), run_id="another").run()
    assert shop.paid == 2
    options["on_ambiguous"] = "resubmit"
    submit.clear()
    assert submit.run()["id"]
    assert shop.paid == 3
