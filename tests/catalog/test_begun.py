from __future__ import annotations

import pytest

from airflow_provider_render.catalog.begun import AS_BEGUN, as_begun, goes_on, once_a_run, still_owed
from airflow_provider_render.catalog.items import CatalogItem
from airflow_provider_render.catalog.outcome import Failure
from airflow_provider_render.catalog.plan import PlannedItem
from airflow_provider_render.catalog.report import Stage
from airflow_provider_render.core.journal import Action, Phase, Record
from tests.catalog.runs import Shop, outcomes

RUN = "monday"


def planned(phase, action=Action.RENDER, fingerprint="new", **told):
    item = CatalogItem("A", "A", "a.glb")
    record = Record("old", phase, run=RUN, **told)
    return PlannedItem(item, action, fingerprint=fingerprint, record=record, reason="model changed")


@pytest.mark.parametrize(
    ("phase", "told", "action"),
    [
        (Phase.SUBMITTED, {}, Action.WAIT),
        (Phase.SUCCEEDED, {}, Action.WAIT),
        (Phase.DELIVERED, {"delivered_by": RUN}, Action.SKIP),
    ],
)
@pytest.mark.parametrize("now", [Action.RENDER, None], ids=["changed", "broken"])
def test_what_a_run_has_paid_stays_in_its_plan(phase, told, action, now):
    kept = as_begun(planned(phase, now, **told), None, RUN)
    assert (kept.action, kept.fingerprint, kept.model, kept.reason) == (action, "old", None, AS_BEGUN)


@pytest.mark.parametrize(
    ("phase", "told"),
    [
        (Phase.DELIVERED, {"delivered_by": "sunday"}),
        (Phase.FAILED, {}),
        (Phase.GONE, {}),
        (Phase.PREPARED, {}),
        (Phase.INTENT, {}),
    ],
)
def test_what_it_has_not_paid_is_planned_as_the_catalog_says_now(phase, told):
    item = planned(phase, **told)
    assert as_begun(item, None, RUN) is item


def test_a_render_that_was_to_be_replaced_and_could_not_be_is_not_waited_for():
    item = planned(Phase.SUBMITTED)
    assert as_begun(item, Failure(Stage.SUBMIT, "no credits", passing=False), RUN) is item
    assert as_begun(item, Failure(Stage.DOWNLOAD, "torn", passing=True), RUN).action is Action.WAIT


@pytest.mark.parametrize("phase", Phase)
def test_only_a_submit_that_was_begun_and_shows_the_same_goes_on(phase):
    begun = phase in (Phase.PREPARING, Phase.PREPARED, Phase.INTENT)
    assert goes_on(planned(phase, fingerprint="old")) is begun
    assert not goes_on(planned(phase, fingerprint="new"))


def test_what_failed_in_a_run_is_left_to_another_one():
    item = planned(Phase.FAILED, fingerprint="old")
    assert once_a_run(item, RUN, None).action is Action.GIVE_UP
    assert once_a_run(item, "tuesday", None) is item
    assert once_a_run(item, RUN, "forced") is item


@pytest.mark.parametrize("phase", Phase)
def test_only_the_run_that_may_have_paid_is_owed_a_render(phase):
    owed = phase in (Phase.INTENT, Phase.SUBMITTED, Phase.SUCCEEDED)
    assert still_owed(Record("f", phase, run=RUN), RUN) is owed
    assert not still_owed(Record("f", phase, run="sunday"), RUN)


@pytest.fixture
def shop(tmp_path):
    shop = Shop(tmp_path)
    shop.stock("A")
    shop.stock("B")
    return shop


def test_a_row_that_leaves_and_comes_back_while_its_render_is_made_is_paid_once(shop):
    shop.service.slow = True
    task = shop.task(prune=True)
    task.submit()
    row = shop.rows.pop("A")
    shop.service.slow = False
    assert task.finish().pruned == []
    shop.rows["A"] = row
    assert outcomes(shop.render("tuesday")) == {"A": "delivered", "B": "unchanged"}
    assert shop.service.paid == {"A": 1, "B": 1}


def test_the_report_says_that_an_older_model_was_delivered(shop):
    task = shop.task()
    task.submit()
    shop.stock("A", look="other")
    told = {item.key: (str(item.outcome), item.reason) for item in task.finish().items}
    assert told["A"] == ("delivered", AS_BEGUN)
