"""The page about Imagine.io says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from airflow_provider_render.vendors.imagine import resources
from airflow_provider_render.vendors.imagine.errors import PAID_CALLS
from airflow_provider_render.vendors.imagine.settings import ALLOWED, DEFAULT_CONTENT, DEFAULT_UNITS, NAMES
from airflow_provider_render.vendors.imagine.vendor import EXTENSIONS, ImagineVendor

PAGE = (Path(__file__).parents[3] / "docs/imagine.md").read_text()
GROUPS = {"products": "Products", "content": "Content", "images": "Images", "zapier": "Zapier"}


def table(heading: str) -> dict[str, list[str]]:
    """The rows of the first table below a heading, by their first cell."""
    section = re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", PAGE, flags=re.MULTILINE | re.DOTALL)[1]
    lines = re.search(r"(?:^\|.*\n?)+", section, flags=re.MULTILINE)[0].strip().splitlines()[2:]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {row[0].replace("`", ""): row[1:] for row in rows}


def own_calls() -> dict[str, str]:
    kinds = {group: vars(getattr(resources, kind)) for group, kind in GROUPS.items()}
    return {
        f"{group}.{name}": str(described.__doc__)
        for group, described_by_name in kinds.items()
        for name, described in described_by_name.items()
        if not name.startswith("_")
    }


def test_the_table_of_calls_has_every_endpoint():
    assert table("Calls").keys() == own_calls().keys()


@pytest.mark.parametrize("name", own_calls())
def test_a_call_has_its_path_and_its_cost(name):
    told, cost = table("Calls")[name]
    documented = re.search(r"``([A-Z]+(?: /[^`]+)?)``", own_calls()[name])
    path = documented[1] if documented else told.partition(",")[0].strip("`")
    assert told.replace("`", "").startswith(path)
    assert (cost == "-") == (" /v1/" not in path)
    assert ("price" in cost) == (path in PAID_CALLS)


def test_the_table_of_settings_has_every_setting_with_what_is_allowed():
    rows = table("Settings")
    assert tuple(rows) == NAMES
    told = {name: row[0].replace("`", "") for name, row in rows.items()}
    assert told == {name: allowed.replace(" that is not empty", "") for name, allowed in ALLOWED.items()}
    assert [rows["content"][1], rows["units"][1]] == [f"`{DEFAULT_CONTENT[0]}`", f"`{DEFAULT_UNITS}`"]


def test_every_extension_is_told():
    assert [name for name in EXTENSIONS.split() if f"`{name}`" not in PAGE] == []


def test_the_assumed_waits_are_those_of_the_code():
    rows, policy = table("Assumed"), ImagineVendor.poll_policy
    assert rows["how long a new job may be unknown"][0].startswith(f"{policy.listing_grace / 60:g} minutes")
    assert rows["how long a cut-off submit may take to show"][0].startswith(
        f"{policy.settling / 60:g} minutes"
    )
    assert rows["how often to look"] == [f"after {policy.first:g} seconds, at most every {policy.cap:g}"]
    connection = table("The connection")
    for name in ("first", "start", "cap"):
        assert f"{getattr(policy, name):g} if empty" in connection[f"extra poll_{name}"][1]
