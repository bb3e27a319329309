from __future__ import annotations

import json
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path

import airflow
import pytest
from airflow.providers_manager import ProvidersManager
from airflow.sdk._shared.module_loading import import_string
from airflow.sdk.providers_manager_runtime import ProvidersManagerTaskRuntime
from jsonschema import Draft7Validator

from airflow_provider_render.hooks.base import BUILT_IN
from airflow_provider_render.provider_info import get_provider_info

INFO = get_provider_info()
MODULES = sorted(
    {
        module
        for section in ("hooks", "operators", "sensors", "triggers")
        for entry in INFO[section]
        for module in entry["python-modules"]
    }
)


def test_airflows_schema_accepts_the_metadata():
    schema = json.loads((Path(airflow.__file__).parent / "provider_info.schema.json").read_text())
    assert list(Draft7Validator(schema).iter_errors(INFO)) == []


@pytest.mark.parametrize("module", MODULES)
def test_a_module_that_is_named_exists(module):
    assert find_spec(module) is not None


@pytest.mark.parametrize("name", INFO["extra-links"])
def test_a_link_that_is_named_exists(name):
    assert import_string(name).name


def test_every_integration_that_is_named_is_declared():
    declared = {entry["integration-name"] for entry in INFO["integrations"]}
    used = {
        entry["integration-name"]
        for section in ("hooks", "operators", "sensors", "triggers")
        for entry in INFO[section]
    }
    assert used <= declared


@pytest.mark.parametrize("entry", INFO["connection-types"], ids=lambda entry: entry["connection-type"])
def test_a_connection_type_and_its_hook_agree(entry):
    hook = import_string(entry["hook-class-name"])
    assert (hook.conn_type, hook.hook_name) == (entry["connection-type"], entry["hook-name"])
    assert (hook.conn_name_attr, hook.default_conn_name) == ("render_conn_id", f"{hook.conn_type}_default")
    assert BUILT_IN[hook.conn_type] == entry["hook-class-name"]


def test_every_built_in_type_is_declared():
    assert {entry["connection-type"] for entry in INFO["connection-types"]} == BUILT_IN.keys()


def test_the_installed_package_points_airflow_here():
    (found,) = [
        entry
        for entry in entry_points(group="apache_airflow_provider")
        if entry.value.startswith("airflow_provider_render")
    ]
    assert found.load() is get_provider_info


@pytest.mark.parametrize("entry", INFO["connection-types"], ids=lambda entry: entry["connection-type"])
def test_airflow_offers_the_connection_type_with_its_form(entry):
    manager, name = ProvidersManager(), entry["connection-type"]
    hook = ProvidersManagerTaskRuntime().hooks[name]
    assert (hook.hook_name, hook.package_name, hook.connection_testable) == (
        entry["hook-name"],
        "airflow-provider-render",
        True,
    )
    assert manager.field_behaviours[name]["relabeling"] == entry["ui-field-behaviour"]["relabeling"]
    fields = {field for field in manager.connection_form_widgets if field.startswith(f"extra__{name}__")}
    assert fields == {f"extra__{name}__{field}" for field in entry["conn-fields"]}
