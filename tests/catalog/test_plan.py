from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from airflow_provider_render.catalog.files import Outputs, model_file
from airflow_provider_render.catalog.items import CatalogItem
from airflow_provider_render.catalog.plan import Plan, PlannedItem, check_budget, make_plan
from airflow_provider_render.core.errors import BudgetError, ModelFileError
from airflow_provider_render.core.job import OutputKind, RenderJob
from airflow_provider_render.core.journal import Action, Phase, Record
from airflow_provider_render.vendors.dxgl.vendor import DxglVendor

VENDOR = DxglVendor(token="dxgl_sk_test")
CHEAP = {"aspect": "1:1", "quality": "540p"}


@pytest.fixture
def models(tmp_path):
    made = {}
    for name in ("a.glb", "b.glb", "c.glb"):
        (tmp_path / name).write_bytes(name.encode())
        made[name] = model_file(tmp_path / name)
    return {**made, "none.glb": ModelFileError("there is no model file at none.glb")}


@pytest.fixture
def planned(models):
    def planned(*items, records=None, present=lambda _: True, **options) -> Plan:
        return make_plan(
            items, vendor=VENDOR, models=models, records=records or {}, present=present, **options
        )

    return planned


def item(key: str, model: str = "a.glb", **settings) -> CatalogItem:
    return CatalogItem(key, key, model, settings=settings)


def known(models, key="A", model="a.glb", phase=Phase.DELIVERED, settings=None, **changes) -> Record:
    checked = VENDOR.settings(settings or {})
    job = RenderJob("dxgl", f"r-{key}", "m", checked)
    source = {"sha256": models[model].sha256}
    return Record(VENDOR.fingerprint(models[model].sha256, checked), phase, job=job, source=source, **changes)


def test_a_new_item_is_rendered(planned):
    plan = planned(item("A"))
    (only,) = plan.items
    assert (only.action, only.reason) == (Action.RENDER, "new")
    assert only.price == plan.price == VENDOR.price(VENDOR.settings({})) > 0
    assert only.request.key == "A"
    assert only.request.model == only.model


@pytest.mark.parametrize(
    ("phase", "action", "reason"),
    [
        (Phase.DELIVERED, Action.SKIP, "unchanged"),
        (Phase.SUCCEEDED, Action.DELIVER, "rendered before, files not here"),
        (Phase.SUBMITTED, Action.WAIT, "paid before, not finished yet"),
        (Phase.INTENT, Action.RECOVER, "an earlier submit was cut off"),
        (Phase.FAILED, Action.RENDER, "failed before"),
    ],
)
def test_an_item_goes_on_from_where_it_stands(planned, models, phase, action, reason):
    error = "no light" if phase is Phase.FAILED else None
    (only,) = planned(item("A"), records={"A": known(models, phase=phase, error=error)}).items
    assert (only.action, only.reason) == (action, reason)


def test_what_failed_too_often_is_left_alone_with_its_error(planned, models):
    failed = known(models, phase=Phase.FAILED, failures=1, error="no light")
    (only,) = planned(item("A"), records={"A": failed}).items
    assert (only.action, only.price > 0) == (Action.GIVE_UP, True)
    assert "no light" in only.reason


def test_missing_files_are_downloaded_again_free_of_charge(planned, models):
    files = ({"path": "A/x.png", "size": 3},)
    records = {"A": known(models, files=files)}
    assert planned(item("A"), records=records, present=Outputs({"A/x.png": 3}).has).of(Action.SKIP)
    gone = planned(item("A"), records=records, present=Outputs({}).has)
    assert gone.of(Action.DELIVER)
    assert gone.price == 0


def test_a_change_of_model_or_settings_renders_anew_and_is_told(planned, models):
    records = {"A": known(models), "B": known(models, "B", settings={"aspect": "16:9"})}
    plan = planned(item("A", "b.glb"), item("B", aspect="1:1"), records=records)
    assert [(each.action, each.reason) for each in plan.items] == [
        (Action.RENDER, "model changed"),
        (Action.RENDER, "settings changed"),
    ]


def test_naming_a_default_changes_nothing(planned, models):
    default = VENDOR.canonical(VENDOR.settings({}))["aspect"]
    assert planned(item("A", aspect=default), records={"A": known(models)}).of(Action.SKIP)


def test_force_renders_everything_once(planned, models):
    plan = planned(item("A"), records={"A": known(models)}, force="run 1")
    assert [(each.action, each.reason) for each in plan.items] == [(Action.RENDER, "forced")]
    assert planned(item("A"), records={"A": known(models, force="run 1")}, force="run 1").of(Action.SKIP)


def test_an_items_own_settings_win_over_the_common_ones(planned):
    plan = planned(item("A", aspect="16:9"), item("B"), settings={"aspect": "1:1"})
    assert [each.settings["aspect"] for each in plan.items] == ["16:9", "1:1"]


def test_a_problem_concerns_its_own_item_only(planned):
    plan = planned(item("A"), item("B", "none.glb"), item("C", aspect="7:7"))
    good, lost, wrong = plan.items
    assert good.action is Action.RENDER
    assert (lost.action, lost.problem) == (None, "there is no model file at none.glb")
    assert wrong.action is None
    assert "aspect" in str(wrong.problem)
    assert plan.problems == [lost, wrong]
    assert plan.price == good.price


def test_a_model_found_broken_later_is_not_paid(planned):
    plan = planned(item("A"), item("B", "b.glb")).with_problems({"A": "model a.glb is cut short"})
    assert [each.problem for each in plan.items] == ["model a.glb is cut short", None]
    assert plan.renders == 1


def test_items_that_show_the_same_are_paid_once(planned):
    one = VENDOR.price(VENDOR.settings({}))
    plan = planned(item("A"), item("B"), item("C", "c.glb"))
    assert (plan.renders, plan.price) == (2, 2 * one)


def test_a_plan_adds_up(planned, models):
    records = {
        "A": known(models),
        "B": known(models, "B"),
        "W": known(models, "W", "b.glb", Phase.SUBMITTED),
        "gone": known(models, "gone"),
        "also gone": known(models, "also gone"),
    }
    plan = planned(
        item("A"), item("B"), item("W", "b.glb"), item("N", "c.glb"), item("P", "none.glb"), records=records
    )
    assert plan.counts == {
        "skip": 2,
        "render": 1,
        "recover": 0,
        "wait": 1,
        "deliver": 0,
        "give_up": 0,
        "problem": 1,
        "orphan": 2,
    }
    assert plan.orphans == ("also gone", "gone")
    assert plan.avoided == plan.price == VENDOR.price(VENDOR.settings({}))


def test_a_plan_within_its_budget_passes(planned):
    plan = planned(item("A"))
    check_budget(plan)
    check_budget(plan, plan.price, plan.price)


def test_a_plan_beyond_its_budget_is_refused_with_what_to_do(planned):
    plan = planned(item("A"), item("B", "b.glb"))
    with pytest.raises(
        BudgetError, match=rf"{plan.price} credits for 2 renders.*max_credits allows 1;.*plan_only"
    ):
        check_budget(plan, Decimal(1))
    with pytest.raises(BudgetError, match=r"the account has 0;.*Top up"):
        check_budget(plan, None, Decimal(0))
    with pytest.raises(BudgetError, match=r"nothing was submitted\. Lower the batch_size"):
        check_budget(plan, Decimal(1), advice="Lower the batch_size")


def test_the_json_of_a_plan_is_bounded_and_shows_what_is_to_be_done_first(planned, models):
    (one,) = planned(item("A"), records={"A": known(models)}).items
    many = [replace(one, item=item(f"S{number}")) for number in range(5_000)]
    plan = Plan((*many, PlannedItem(item("new"), Action.RENDER, reason="new")), tuple(map(str, range(5_000))))
    data = json.loads(json.dumps(plan.to_json()))
    assert data["plan"][0]["key"] == "new"
    assert (len(data["plan"]), len(data["orphans"]), data["truncated"]) == (100, 100, True)
    assert (data["items"], data["renders"]) == (5_001, 1)


def test_the_table_is_for_people(planned, models):
    records = {"B": known(models, "B", "b.glb"), "gone": known(models)}
    plan = planned(item("A-long-key"), item("B", "b.glb"), item("P", "none.glb"), records=records)
    assert plan.table().splitlines() == [
        f"Plan: 1 unchanged, 1 to render, 1 with a problem, 1 no longer in the catalog."
        f" 1 renders for at most {plan.price} credits.",
        "item        action   credits  reason",
        "P           problem  -        there is no model file at none.glb",
        f"A-long-key  render   {plan.price!s:7}  new",
        "No longer in the catalog: gone",
    ]
    assert planned().table() == "Plan: no items. 0 renders for at most 0 credits."


def test_a_long_table_is_cut(planned):
    plan = planned(*[item(f"A{number}") for number in range(60)])
    lines = plan.table(limit=10).splitlines()
    assert (len(lines), lines[-1]) == (13, "... and 50 more")


def test_the_variants_of_a_sku_have_numbers_of_their_own_at_vendors_that_keep_models_by_number(planned):
    plan = planned(CatalogItem("CHR/oak", "CHR", "a.glb", "oak"), CatalogItem("CHR", "CHR", "b.glb"))
    assert [one.request.sku for one in plan.items] == ["CHR/oak", "CHR"]


def test_settings_for_one_vendor_hold_there_alone_and_win(planned):
    told = {"dxgl": {"aspect": "1:1"}, "another": {"nonsense": 1}}
    one = CatalogItem("A", "A", "a.glb", settings={"aspect": "16:9", "length": 3}, vendor_settings=told)
    (only,) = planned(one, settings={"length": 6}).items
    assert (only.settings["aspect"], only.settings["length"]) == ("1:1", 3)


def test_a_row_whose_settings_make_nothing_of_what_is_wanted_is_a_problem_of_its_own(planned):
    dataset = CatalogItem("B", "B", "b.glb", settings={"effect": "dataset"}, row="row 2 of c.csv")
    chair, trouble = planned(item("A"), dataset, kinds=[OutputKind.VIDEO]).items
    assert chair.action is Action.RENDER
    assert (trouble.action, trouble.price) == (None, 0)
    assert trouble.trouble == (
        "row 2 of c.csv: outputs: a render with these settings makes dataset at DXGL, and nothing of what is"
        " wanted: video"
    )
    assert [one.problem for one in planned(item("A"), dataset).items] == [None, None]


def test_settings_of_all_items_that_make_nothing_of_what_is_wanted_are_no_fault_of_a_row(planned):
    one = replace(item("A"), row="row 1 of c.csv")
    (trouble,) = planned(one, settings={"effect": "dataset"}, kinds=[OutputKind.POSTER]).items
    assert (trouble.trouble or "").startswith("outputs: a render with these settings makes dataset")
