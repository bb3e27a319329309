"""The page about Threekit says what the code does."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from airflow_provider_render.core.resource import download, endpoint, listing
from airflow_provider_render.forms.fields import CALL_FIELDS
from airflow_provider_render.forms.threekit import FIELDS
from airflow_provider_render.operators import threekit as operators
from airflow_provider_render.sensors.threekit import ThreekitJobSensor
from airflow_provider_render.vendors.threekit.errors import PAID_CALL
from airflow_provider_render.vendors.threekit.paths import ASSUMED, WORDS
from airflow_provider_render.vendors.threekit.resources import ThreekitApi
from airflow_provider_render.vendors.threekit.settings import DEFAULT_SIZE, DEFAULTS, NAMES
from airflow_provider_render.vendors.threekit.vendor import EXTENSIONS, ThreekitVendor

PAGE = (Path(__file__).parents[3] / "docs/threekit.md").read_text()
WITH_TABLE = [
    operators.ThreekitImportAssetOperator,
    operators.ThreekitExportAssetOperator,
    operators.ThreekitRenderOperator,
    operators.ThreekitImportProductsOperator,
    ThreekitJobSensor,
]


def table(heading: str) -> dict[str, list[str]]:
    """The rows of the first table below a heading, by their first cell, without code marks."""
    section = re.search(rf"^#+ {heading}\n(.*?)(?=^#|\Z)", PAGE, flags=re.MULTILINE | re.DOTALL)[1]
    lines = re.search(r"(?:^\|.*\n?)+", section, flags=re.MULTILINE)[0].strip().splitlines()[2:]
    rows = [[cell.strip().replace("`", "") for cell in line.strip("|").split("|")] for line in lines]
    return {row[0]: row[1:] for row in rows}


def own_calls() -> dict[str, str]:
    return {
        f"{group}.{name}": str(one.__doc__)
        for group, resource in vars(ThreekitApi(None)).items()  # type: ignore[arg-type]
        for name, one in vars(type(resource)).items()
        if isinstance(one, endpoint | download | listing)
    }


def test_the_table_of_calls_has_every_endpoint_in_order():
    assert list(table("Calls")) == list(own_calls())


@pytest.mark.parametrize("name", own_calls())
def test_a_call_has_its_path_and_its_cost(name):
    told, cost = table("Calls")[name]
    documented = re.search(r"``([A-Z]+ /api/[^`]+)``", own_calls()[name])
    assert told.startswith(documented[1]) if documented else told.endswith((", all pages", ", row by row"))
    assert ("assumed" in told) == bool(re.search(r"\b(is|are) assumed", own_calls()[name]))
    filled = re.sub(r"\{\w+\}", "x", told.removesuffix(" (assumed)"))
    assert (cost == "render hours") == bool(PAID_CALL.match(filled)) == (cost != "-")


def test_every_extra_is_told_with_its_label_and_its_default():
    rows = table("The connection")
    labels = {f"extra {name}": field["label"] for name, field in {**CALL_FIELDS, **FIELDS}.items()}
    assert {name: rows[name][0] for name in labels} == labels
    for name, value in {**ASSUMED, **WORDS}.items():
        assert rows[f"extra {name}"][1].endswith(f"; {value} if empty")


def test_the_table_of_settings_has_every_setting_with_its_default():
    rows = table("Settings")
    assert list(rows) == list(NAMES.values())
    told = {name: rows[name][1] for name in DEFAULTS}
    assert told == {name: str(default) for name, default in DEFAULTS.items()}
    assert rows["width"][1].startswith(str(DEFAULT_SIZE))


def test_every_extension_is_told():
    assert [name for name in EXTENSIONS if f"`{name}`" not in PAGE] == []


@pytest.mark.parametrize("operator", WITH_TABLE, ids=lambda operator: operator.__name__)
def test_a_parameter_table_matches_the_signature(operator):
    parameters = inspect.signature(vars(operator)["__init__"]).parameters
    own = {
        name: "required" if one.default is one.empty else str(one.default)
        for name, one in parameters.items()
        if name not in ("self", "kwargs")
    }
    rows = table(operator.__name__)
    assert {name: row[0] for name, row in rows.items()} == own
    fields = {"output" if name == "output_folder" else name for name in operator.template_fields}
    assert {name for name, row in rows.items() if "Templated" in row[1]} == fields & own.keys()


def test_the_assumed_waits_are_those_of_the_code():
    rows, policy = table("Assumed"), ThreekitVendor.poll_policy
    assert rows["how long a new job may be unknown"][0].startswith(f"{policy.listing_grace / 60:g} minutes")
    assert rows["how long a cut-off submit may take to show"][0].startswith(
        f"{policy.settling / 60:g} minutes"
    )
    assert rows["how often to look"] == [f"after {policy.first:g} seconds, at most every {policy.cap:g}"]
    for name in ("first", "start", "cap"):
        assert f"{getattr(policy, name):g} if empty" in table("The connection")[f"extra poll_{name}"][1]
