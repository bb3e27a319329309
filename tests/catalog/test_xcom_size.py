from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from airflow_provider_render.catalog.brevity import MOST_LISTED_BYTES, fitting, within
from airflow_provider_render.catalog.items import CatalogItem
from airflow_provider_render.catalog.plan import Plan, PlannedItem
from airflow_provider_render.catalog.report import ItemReport, Outcome, Report
from airflow_provider_render.core.journal import Action
from airflow_provider_render.operators.catalog import LISTED

TEXTS = pytest.mark.parametrize("text", ["x", "ü", "\U0001f600", '"'])


@TEXTS
def test_the_plan_of_twenty_thousand_items_is_a_small_xcom(text):
    item = CatalogItem(text * 900, text * 900, f"s3://bucket/{text * 900}.glb", row=text * 900)
    one = PlannedItem(item, problem=text * 5000)
    plan = Plan((one,) * 20_000, tuple(f"{text * 500}-{number}" for number in range(20_000)))
    data = plan.to_json(limit=LISTED, most=MOST_LISTED_BYTES)
    assert len(json.dumps(data)) < 10_000
    assert (data["items"], data["counts"]["orphan"], data["truncated"]) == (20_000, 20_000, True)
    assert len(data["plan"]) >= 5
    assert len(data["orphans"]) >= 5


def test_a_plan_of_usual_items_names_as_many_as_it_may():
    item = CatalogItem(
        "CHR-1001/dark", "CHR-1001", "s3://acme-models/chairs/armchair.glb", row="row 7 of c.csv"
    )
    one = PlannedItem(item, Action.RENDER, reason="settings changed", price=Decimal(1), fingerprint="f")
    plan = Plan(tuple(replace(one, fingerprint=str(number)) for number in range(20_000)))
    data = plan.to_json(limit=LISTED, most=MOST_LISTED_BYTES)
    assert len(data["plan"]) == LISTED
    assert data["plan"][0]["key"] == "CHR-1001/dark"
    assert len(json.dumps(data)) < 10_000


@TEXTS
def test_the_summary_of_a_hundred_thousand_items_is_a_small_xcom(text, root):
    items = [
        ItemReport(f"{text * 300}-{number}", Outcome.FAILED, reason=text * 50) for number in range(100_000)
    ]
    report = Report("run", "DXGL", "", items=items, orphans=[text * 300] * 1000, note=text * 9000)
    data = report.summary(root)
    assert len(json.dumps(data)) < 2_000
    assert (data["items"], data["failed"]) == (100_000, 100_000)


def test_text_is_cut_by_the_bytes_of_its_json():
    assert within("short", 100) == "short"
    assert len(json.dumps(within("\U0001f600" * 100, 100))) <= 100


def test_as_many_values_as_fit_are_taken_from_the_start():
    assert fitting(["a", "b", "c"], 10) == ["a", "b"]
    assert fitting(iter([]), 10) == []
