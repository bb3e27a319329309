from __future__ import annotations

import pytest

from airflow_provider_render.core.calls import Call, Milestone, send
from airflow_provider_render.vendors.threekit.endpoints import (
    administration,
    analytics,
    asset_jobs,
    catalog,
    files,
    layers,
)
from airflow_provider_render.vendors.threekit.endpoints import jobs as job_calls
from airflow_provider_render.vendors.threekit.org import Org, Own
from airflow_provider_render.vendors.threekit.vendor import ThreekitVendor
from tests.vendors.desk import Bytes
from tests.vendors.threekit.desk import ORG, TOKEN, job

HOME = Org(ORG, TOKEN, "preview.threekit.com")
QUERYING = Org(ORG, TOKEN, "admin-fts.threekit.com", branch="sale", token_in_query=True)


def test_the_organisation_goes_into_queries_bodies_forms_and_paths():
    assert HOME.call(job_calls.get_job("J1")).query == {"orgId": ORG}
    assert HOME.call(asset_jobs.import_file("F1")).json["orgId"] == ORG
    assert HOME.call(catalog.upload_assets([Bytes("a.glb")])).form["orgId"] == ORG
    assert HOME.call(administration.get_org()).path == f"/api/orgs/{ORG}"


def test_a_branch_is_named_only_where_there_is_one():
    assert "branch" not in HOME.call(layers.list_layers(asset_id="A1")).query
    assert QUERYING.call(layers.list_layers(asset_id="A1")).query["branch"] == "sale"
    assert "branch" not in HOME.call(layers.create_layer("A", "F", 1, 1, configuration={})).json


def test_the_token_goes_into_the_query_only_on_request():
    assert "bearer_token" not in HOME.call(job_calls.get_job("J1")).query
    assert QUERYING.call(job_calls.get_job("J1")).query["bearer_token"] == TOKEN
    assert QUERYING.fetch(files.file_content("F1")).query["bearer_token"] == TOKEN


def test_a_token_in_a_query_does_not_show_itself():
    call = QUERYING.call(job_calls.get_job("J1"))
    assert TOKEN not in f"{call!r} {call.label} {QUERYING.fetch(files.file_content('F1'))!r}"
    assert QUERYING.call(call).query["bearer_token"] == TOKEN


def test_another_host_gets_the_token_only_where_its_document_asks_for_it():
    assert "bearer_token" not in QUERYING.call(analytics.report_event({"eventType": "load"})).query
    assert "bearer_token" not in QUERYING.fetch(analytics.optimized_glb("https://a.example/x.glb")).query
    query = HOME.call(analytics.export_glb("A1")).query
    assert (query["bearer_token"], query["orgId"], query["environment"]) == (TOKEN, ORG, "preview")
    assert QUERYING.fetch(analytics.exported_glb("A1")).query["environment"] == "fts"


def test_what_is_no_placeholder_stays_as_it_is():
    call = HOME.call(Call("POST", "/api/x", lambda answer: None, json=[Own.ORG], query={"a": None}))
    assert (call.json, call.query) == ([Own.ORG], {"a": None})


def test_an_operation_is_filled_in_call_by_call_and_keeps_milestones_and_errors():
    def work():
        yield Milestone((job("J1:A1"),))
        try:
            yield from send(job_calls.get_job("J1"))
        except LookupError as error:
            return str(error)

    filled = HOME.work(work())
    assert next(filled) == Milestone((job("J1:A1"),))
    assert filled.send(None).query == {"orgId": ORG}
    with pytest.raises(StopIteration) as end:
        filled.throw(LookupError("gone"))
    assert end.value.value == "gone"


def test_a_vendor_sends_its_token_in_one_place():
    header = ThreekitVendor("https://a.example/api", TOKEN, ORG)
    query = ThreekitVendor("https://a.example", TOKEN, ORG, token_in_query=True)
    assert header.base_url == "https://a.example"
    assert (header.headers(), header.credentials) == ({"Authorization": f"Bearer {TOKEN}"}, ("",))
    assert query.headers() == {}
    assert [query.headers(name) for name in query.credentials][1] == {"bearer_token": TOKEN}
