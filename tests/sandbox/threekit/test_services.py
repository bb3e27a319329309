from __future__ import annotations

import base64
import gzip
import json
import uuid
from datetime import UTC, datetime

import pytest

CSV = "sku,price\nA,10\nB,20.5\n"
COLUMNS = '[{"name":"sku","type":"String"},{"name":"price","type":"Number"}]'


@pytest.fixture
def table(threekit):
    files = {"file": ("prices.csv", CSV.encode(), "text/csv")}
    data = {"name": "prices", "columnInfo": COLUMNS}
    return threekit.ok(threekit.api.post("/datatables", files=files, data=data))


def test_a_datatable_has_typed_rows(threekit, table):
    rows = threekit.ok(threekit.api.get(f"/datatables/{table['id']}/rows", params={"all": "true"}))["rows"]
    assert [row["value"] for row in rows] == [{"sku": "A", "price": 10}, {"sku": "B", "price": 20.5}]
    page = threekit.ok(threekit.api.get(f"/datatables/{table['id']}/rows", params={"perPage": 1}))
    assert (page["count"], len(page["rows"])) == (2, 1)


def test_a_row_is_found_by_conditions(threekit, table):
    def find(comparator, value):
        where = {"sku": {"column": "sku", "comparator": comparator, "value": value}}
        return threekit.api.get(f"/datatables/{table['id']}/row", params={"where": json.dumps(where)})

    assert threekit.ok(find("=", "B"))["value"]["price"] == 20.5
    assert threekit.ok(find("!=", "A"))["value"]["sku"] == "B"
    assert find("=", "C").status_code == 404
    assert find(">", "C").status_code == 422


def test_a_datatable_is_downloaded_as_it_came_and_replaced(threekit, table):
    path = f"/datatables/{table['id']}"
    assert threekit.api.get(f"{path}/download").text == CSV
    threekit.ok(threekit.api.put(path, files={"file": ("new.csv", b"sku,price\nC,1\n")}))
    rows = threekit.ok(threekit.api.get(f"{path}/rows"))["rows"]
    assert [row["value"] for row in rows] == [{"sku": "C", "price": 1}]


def test_a_deleted_datatable_is_listed_apart_and_can_be_restored(threekit, table):
    def listed(**query):
        return table["id"] in [
            each["id"] for each in threekit.api.get("/datatables", params=query).json()["datatables"]
        ]

    threekit.ok(threekit.api.delete(f"/datatables/{table['id']}"))
    assert (listed(), listed(deleted="true")) == (False, True)
    threekit.ok(threekit.api.post(f"/datatables/{table['id']}/restore"))
    assert listed()


@pytest.mark.parametrize(
    ("content", "columns"),
    [
        (b"", COLUMNS),
        (b"sku,price\nA,dear\n", COLUMNS),
        (b"\xff\xfe", COLUMNS),
        (b"a\n1\n", "[1]"),
        (b"a\n1\n", "{"),
    ],
)
def test_a_malformed_datatable_is_422(threekit, content, columns):
    files = {"file": ("t.csv", content)}
    data = {"name": "t", "columnInfo": columns}
    assert threekit.api.post("/datatables", files=files, data=data).status_code == 422


def event(threekit, **fields):
    return threekit.api.post("/analytics/events", json={"eventType": "product ordered", **fields})


def test_events_are_remembered_and_counted(threekit):
    session = str(uuid.uuid4())
    made = threekit.ok(event(threekit, sessionId=session, eventMetadata={"sku": "A"}))
    event(threekit, sessionId=session)
    assert threekit.ok(threekit.api.get(f"/analytics/events/{made['id']}"))["metric"] == 1
    found = threekit.ok(threekit.api.get("/analytics/events", params={"metadata": '{"sku":"A"}'}))["events"]
    assert [each["id"] for each in found] == [made["id"]]
    query = {"range": "month", "eventType": "product ordered", "sessionId": session}
    today = datetime.now(UTC)
    assert threekit.ok(threekit.api.get("/analytics/events/views", params=query))["views"] == [
        {"year": today.year, "month": today.month, "views": 2, "cumulative": 2}
    ]


@pytest.mark.parametrize("fields", [{"eventType": "ordered"}, {"metric": "one"}, {"assetId": "x"}])
def test_a_malformed_event_is_422(threekit, fields):
    assert event(threekit, **fields).status_code == 422


def test_the_newer_analytics_take_zipped_events_from_everybody(threekit):
    payload = base64.b64encode(gzip.compress(b'{"eventType":"share"}')).decode()
    query = {"payload": payload, "payloadVersion": "1"}
    assert threekit.anonymous.get("/analytics/report-event", params=query).status_code == 200
    assert threekit.anonymous.get("/analytics/report-event", params={"payload": "zip"}).status_code == 422


@pytest.mark.parametrize(
    ("service", "body", "change"),
    [
        ("tags", {"name": "new", "type": "asset"}, {"tag": {"label": "New"}}),
        ("apps", {"name": "app", "url": "https://example.com"}, {"name": "better"}),
    ],
)
def test_tags_and_apps_are_made_changed_and_deleted(threekit, service, body, change):
    made = threekit.ok(threekit.api.post(f"/{service}", json=body))
    path = f"/{service}/{made['id']}"
    changed = threekit.ok(threekit.api.put(path, json=change))
    wanted = change.get("tag", change)
    assert {name: changed[name] for name in wanted} == wanted
    assert threekit.ok(threekit.api.get(path)) == changed
    assert threekit.api.delete(path).status_code == 200
    assert threekit.api.get(path).status_code == 404


@pytest.mark.parametrize("service", ["tags", "apps"])
def test_tags_and_apps_need_their_fields(threekit, service):
    assert threekit.api.post(f"/{service}", json={"name": "alone"}).status_code == 422


def test_a_session_tells_whose_token_it_is(threekit):
    session = threekit.ok(threekit.api.get("/users/session"))
    assert session["orgs"] == [threekit.org_id]
    assert threekit.ok(threekit.api.get(f"/users/{session['id']}"))["username"] == session["username"]
    assert threekit.api.get(f"/users/{uuid.uuid4()}").status_code == 404


def test_translations_and_price_books_are_empty(threekit):
    assert threekit.ok(threekit.api.get("/translations")) == {}
    assert threekit.ok(threekit.api.get("/assets/translations", params={"locale": "de"})) == {}
    assert threekit.ok(threekit.api.get(f"/orgs/{threekit.org_id}/pricebooks"))["count"] == 0


def test_pdf_files_are_refused_clearly(threekit):
    form = {"files": {"template": ("t.html", b"<p>")}, "data": {"data": "{}"}}
    answer = threekit.api.post("/pdf", **form)
    assert answer.status_code == 501
    assert "PDF" in answer.json()["message"]
