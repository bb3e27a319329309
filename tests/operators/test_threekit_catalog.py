"""The neutral operators against the sandbox's Threekit."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from airflow_provider_render.operators.catalog import RenderCatalogOperator
from airflow_provider_render.vendors.threekit.vendor import ThreekitVendor
from tests.operators.account import new_model, rows
from tests.operators.task import Task
from tests.operators.threekit_account import Organisation

RENDERS = "^POST .*/asset-jobs/renders"
ARMCHAIR = str(Path(__file__).parents[2] / "samples/models/armchair.glb")


@pytest.fixture(scope="module")
def running():
    account = Organisation("--speed", "50")
    yield account
    account.stop()


@pytest.fixture
def threekit(running, monkeypatch):
    monkeypatch.setenv("AIRFLOW_CONN_THREEKIT_DEFAULT", running.connection())
    monkeypatch.setattr(ThreekitVendor, "poll_policy", replace(ThreekitVendor.poll_policy, settling=0.5))
    running.begin()
    return running


@pytest.fixture
def models(tmp_path):
    return [new_model(tmp_path / "models", name) for name in ("bench", "lamp", "vase")]


def night(tmp_path, catalog, run_id="first", **more):
    fields = {
        "task_id": "render",
        "render_conn_id": Organisation.conn_id,
        "catalog": catalog,
        "output": str(tmp_path / "out"),
        "settings": {"width": 160},
        "poll_interval": 0.1,
        **more,
    }
    return Task(lambda: RenderCatalogOperator(**fields), run_id=run_id)


def counts(result):
    return {name: result[name] for name in ("delivered", "unchanged", "failed", "adopted")}


def test_a_catalog_is_rendered_in_one_job_and_the_next_night_pays_nothing(threekit, tmp_path, models):
    first = night(tmp_path, rows(*models), deferrable=True).run()
    assert (first["delivered"], first["credits_spent"], threekit.spent) == (3, "3", 3)
    assert (tmp_path / "out/bench/image.png").read_bytes()[:4] == b"\x89PNG"

    second = night(tmp_path, rows(*models), "second").run()
    assert (second["unchanged"], second["credits_spent"], threekit.spent) == (3, "0", 3)


def test_a_lost_state_is_restored_from_the_pictures_that_threekit_has(threekit, tmp_path, models):
    night(tmp_path, rows(*models)).run()
    shutil.rmtree(tmp_path / "out")
    again = night(tmp_path, rows(*models), "again").run()
    assert counts(again) == {"delivered": 3, "unchanged": 0, "failed": 0, "adopted": 3}
    assert threekit.spent == 3


@pytest.mark.parametrize("kind", ["drop_after", "error_after", "drop_before"])
def test_a_submit_that_was_cut_off_is_paid_once(threekit, tmp_path, models, kind):
    work = night(tmp_path, rows(*models))
    threekit.fault(kind=kind, next=1, match=RENDERS)
    with pytest.raises(Exception, match="asset-jobs/renders"):
        work.run()
    assert work.run()["delivered"] == 3
    assert threekit.spent == 3


def test_a_render_that_failed_is_paid_anew_and_then_left(threekit, tmp_path, models):
    threekit.fault(kind="render_failure", match=RENDERS)
    failures = []
    for number in range(3):
        with pytest.raises(Exception, match="3 of 3"):
            night(tmp_path, rows(*models), f"night-{number}").run()
        failures.append(threekit.spent)
    assert failures[1] == failures[2]


def test_one_picture_is_made_of_a_model_with_variants(threekit, tmp_path):
    catalog = [
        {"sku": "ARM", "model": ARMCHAIR, "settings.configuration": "{}"},
        {"sku": "ARM", "model": ARMCHAIR, "variant": "moss", "settings.configuration": '{"Variant": "Moss"}'},
    ]
    result = night(tmp_path, catalog).run()
    assert (result["delivered"], threekit.spent) == (2, 2)
    pictures = [path.read_bytes() for path in (tmp_path / "out").rglob("image.png")]
    assert len(set(pictures)) == 2


def test_a_forced_night_renders_again_only_if_threekit_is_told_not_to_skip(threekit, tmp_path, models):
    night(tmp_path, rows(models[0])).run()
    night(tmp_path, rows(models[0]), "forced", force=True).run()
    assert threekit.spent == 1
    anew = {"width": 160, "renderMissingLayers": False}
    assert night(tmp_path, rows(models[0]), "anew", force=True, settings=anew).run()["delivered"] == 1
    assert threekit.spent == 2


def test_another_format_is_converted_and_not_rendered(threekit, tmp_path, models):
    night(tmp_path, rows(models[0])).run()
    settings = {"width": 160, "format": "jpeg"}
    result = night(tmp_path, rows(models[0]), "jpeg", settings=settings).run()
    assert (result["adopted"], threekit.spent) == (1, 1)
    assert (tmp_path / "out/bench/image.jpg").read_bytes()[:3] == b"\xff\xd8\xff"
