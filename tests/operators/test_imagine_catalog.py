"""Nights of a catalog at Imagine.io, against a small Imagine.io on real sockets."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from airflow.sdk.exceptions import AirflowException

from airflow_provider_render.core.errors import RenderError
from airflow_provider_render.hooks.imagine import ImagineHook
from airflow_provider_render.operators.catalog import RenderCatalogOperator
from airflow_provider_render.vendors.imagine.vendor import ImagineVendor
from tests.operators.account import new_model
from tests.operators.task import Task
from tests.vendors.imagine.conftest import connect, service
from tests.vendors.imagine.service import SECRET, Service

__all__ = ["connect", "service"]

JOB, CREATE = "POST /v1/product/job/", "POST /v1/product/details/"


@pytest.fixture(autouse=True)
def prompt_vendor(monkeypatch):
    """A vendor that knows at once what it was sent."""
    monkeypatch.setattr(ImagineVendor, "poll_policy", replace(ImagineVendor.poll_policy, settling=0.2))


class Shop:
    """A catalog of two products, and the folder for what comes of it."""

    def __init__(self, service: Service, connect, folder) -> None:
        self.service = service
        self.folder = folder
        self.out = folder / "out"
        connect(extra={"poll_first": "0", "poll_start": "0.05", "poll_cap": "0.1"})
        self.rows = [{"sku": sku, "model": new_model(folder, sku)} for sku in ("CHR-1", "TBL-1")]
        self.settings = {"content": ["silo", "viewer"]}

    def night(self, number: int = 1, **options) -> Task:
        fields = {"task_id": "render", "render_conn_id": "imagine_default", "output": str(self.out)}
        fields |= {"settings": self.settings, "catalog": self.rows, **options}
        return Task(lambda: RenderCatalogOperator(**fields), run_id=f"night-{number}")

    def until_done(self, number: int = 1) -> dict:
        """Try a night as often as Airflow would."""
        task = self.night(number)
        for _ in range(2):
            try:
                return task.run()
            except (RenderError, AirflowException):
                continue
        return task.run()

    def told(self, sku: str) -> list[dict]:
        return json.loads((self.out / sku / "render.json").read_text())["files"]


@pytest.fixture
def shop(service, connect, tmp_path):
    return Shop(service, connect, tmp_path)


def test_pictures_and_links_are_delivered_and_the_next_night_asks_nothing(shop, service):
    first = shop.night(1, deferrable=True).run()
    assert (first["delivered"], first["failed"]) == (2, 0)
    assert [(file["name"], "link" in file) for file in shop.told("CHR-1")] == [
        ("viewer.url", True),
        ("silo-1.png", False),
    ]
    assert "URL=https://app.imagine.io/" in (shop.out / "CHR-1/viewer.url").read_text()
    asked = len(service.seen)
    second = shop.night(2).run()
    assert (second["unchanged"], len(service.seen)) == (2, asked)


def test_every_credit_is_in_the_report(shop, service):
    told = shop.night(1).run()
    spent = Decimal(told["credits_spent"]) + Decimal(told["credits_calls"])
    assert told["credits_spent"] == "2"
    assert spent == service.spent


def test_a_changed_model_becomes_a_new_product_and_only_that_is_rendered(shop, service):
    shop.night(1).run()
    old = service.product("CHR-1")["unicode"]
    shop.rows[0]["model"] = new_model(shop.folder, "CHR-1")
    told = shop.night(2).run()
    assert (told["delivered"], told["unchanged"], told["credits_spent"]) == (1, 1, "1")
    assert service.product("CHR-1")["unicode"] != old
    assert service.product(f"CHR-1~{old[:8]}")["unicode"] == old


def test_other_settings_use_the_product_that_is_there(shop, service):
    shop.night(1).run()
    shop.settings = {"content": ["360"]}
    told = shop.night(2).run()
    assert (told["delivered"], len(service.calls(CREATE)), len(service.calls(JOB))) == (2, 2, 4)


@pytest.mark.parametrize(
    ("broken", "status"),
    [
        (CREATE, 500),
        ("storage", 503),
        ("storage", 403),
        ("PATCH /v1/product/details/", 500),
        (JOB, 500),
        ("GET /v1/product/shared-content/", 500),
        ("GET /v1/product/details/", 500),
    ],
)
def test_a_call_that_breaks_costs_one_more_try_and_no_second_job(shop, service, broken, status):
    shop.rows = shop.rows[:1]
    service.break_next.append((broken, status))
    told = shop.until_done()
    assert told["delivered"] == 1
    assert len(service.calls(JOB)) == (2 if broken == JOB else 1)
    assert len(service.status) == 1
    assert service.product("CHR-1")["upload_status"] == "2"


def test_a_forced_night_has_everything_made_again_once(shop, service):
    shop.night(1).run()
    told = shop.night(2, force=True).run()
    assert (told["delivered"], told["credits_spent"]) == (2, "2")
    assert len(service.calls(JOB)) == 4


def test_content_that_somebody_else_had_made_is_taken_over(shop, service):
    shop.night(1).run()
    shop.out = shop.folder / "elsewhere"
    told = shop.night(2).run()
    assert (told["delivered"], told["adopted"], told["credits_spent"]) == (2, 2, "0")
    assert len(service.calls(JOB)) == 2


def test_one_product_of_others_fails_alone(shop, service):
    ImagineHook().products.create("x.glb", sku_id="TBL-1", name="theirs")
    told = shop.night(1).run()
    assert (told["delivered"], told["failed"]) == (1, 1)
    report = (shop.out / "_render/reports/latest.md").read_text()
    assert "not made by this package" in report
    assert (shop.out / "CHR-1/silo-1.png").exists()
    assert len(service.calls(JOB)) == 1


def test_scenes_and_content_of_one_product_are_items_of_their_own(shop, service):
    scene = {"scene_id": "7550", "cameras": "1 2", "content": None}
    shop.rows = [shop.rows[0], {**shop.rows[0], "variant": "room", "settings": scene}]
    told = shop.night(1).run()
    assert told["delivered"] == 2
    assert len(service.products) == 1
    names = [file["name"] for file in shop.told("CHR-1/room")]
    assert names[:3] == ["cam-1.png", "cam-1-filmic.png", "cam-1-color-pass.png"]


def test_no_secret_is_written_down(shop):
    shop.night(1).run()
    written = "".join(path.read_text(errors="replace") for path in shop.out.rglob("*") if path.is_file())
    assert [word for word in (SECRET, "hidden-signature", "cG9saWN5") if word in written] == []
