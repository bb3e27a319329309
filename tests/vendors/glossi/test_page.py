"""The page on Glossi says what is."""

from __future__ import annotations

import inspect
import re

import pytest

from airflow_provider_render.operators import glossi, glossi_pipelines
from airflow_provider_render.sensors import glossi as sensors
from airflow_provider_render.vendors.glossi import resources
from airflow_provider_render.vendors.glossi.errors import PAID_CALLS
from airflow_provider_render.vendors.glossi.paths import ASSUMED, ASSUMED_WORDS
from airflow_provider_render.vendors.glossi.settings import DEFAULTS, NAMES
from airflow_provider_render.vendors.glossi.vendor import EXTENSIONS, GlossiVendor
from tests.test_docs import ROOT, default_text, table

PAGE = ROOT / "docs/glossi.md"
KINDS = [
    glossi.GlossiCreateProjectOperator,
    glossi.GlossiRetryRenderOperator,
    glossi.GlossiConfigureWebhookOperator,
    glossi_pipelines.GlossiCreatePipelineOperator,
    glossi_pipelines.GlossiPausePipelineOperator,
    glossi_pipelines.GlossiResumePipelineOperator,
    sensors.GlossiModelReadySensor,
    sensors.GlossiPipelineSensor,
]


def endpoints() -> dict[str, str]:
    """The text of every endpoint, by its name in the hook."""
    groups = vars(resources.GlossiApi(None))
    return {
        f"{group}.{name}": endpoint.__doc__
        for group, resource in groups.items()
        for name, endpoint in vars(type(resource)).items()
        if not name.startswith("_")
    }


def test_the_table_of_calls_has_every_endpoint_with_its_cost():
    told = {
        row[0]: (row[1].replace("`", "").removesuffix(" (assumed)"), row[2]) for row in table(PAGE, "Calls")
    }
    assert told.keys() == endpoints().keys()
    for name, text in endpoints().items():
        documented = re.search(r"``([A-Z]+ [^`]+)``", text)
        path = documented.group(1) if documented else None
        assert path is None or told[name][0] == path, name
        assert (told[name][1] != "-") == (path in PAID_CALLS), name


def test_the_table_of_calls_marks_what_is_assumed():
    marked = {row[0] for row in table(PAGE, "Calls") if "(assumed)" in row[1]}
    silent = {"pipelines.find", "pipelines.pause", "pipelines.resume"}
    assumed = {name for name, text in endpoints().items() if "path is assumed" in text}
    assert marked - silent == assumed - silent


def test_every_setting_is_told_with_its_default():
    told = {row[0]: row[2] for row in table(PAGE, "Settings")}
    assert list(told) == list(NAMES.values())
    assert told == {
        "templateId": "required",
        **{name: str(value).lower() for name, value in DEFAULTS.items()},
    }


def test_every_extra_is_told_with_what_holds_without_it():
    told = {row[0].replace("`", ""): row[2] for row in table(PAGE, "The connection")}
    for name, default in {**ASSUMED, **ASSUMED_WORDS}.items():
        assert told[f"extra {name}"].endswith(f"`{default}` if empty")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_parameter_table_matches_the_signature(kind):
    own = inspect.signature(vars(kind)["__init__"]).parameters
    wanted = {name: default_text(own[name]) for name in own if name not in ("self", "kwargs")}
    rows = table(PAGE, kind.__name__)
    assert {row[0]: row[1] for row in rows} == wanted
    assert {row[0] for row in rows if "Templated" in row[2]} == set(kind.template_fields) & set(wanted)


def test_every_extension_is_told():
    section = PAGE.read_text().partition("## Models\n")[2]
    assert set(re.findall(r"`(\.\w+)`", section.partition("\n## ")[0])) == EXTENSIONS


def test_the_assumed_waits_are_those_of_the_code():
    told = {row[0]: row[1] for row in table(PAGE, "Assumed")}
    policy = GlossiVendor.poll_policy
    assert told["how long a new render may be unknown"].startswith(f"{policy.listing_grace / 60:g} minute")
    assert told["how long a cut-off submit may take to show"].startswith(f"{policy.settling / 60:g} minute")
    assert told["how often to look"] == f"after {policy.first:g} seconds, at most every {policy.cap:g}"
