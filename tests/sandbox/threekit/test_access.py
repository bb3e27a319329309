from __future__ import annotations

import uuid

import httpx
import pytest

SERVICES = (
    "accesstokens", "analytics", "apps", "asset-jobs", "assets", "cas", "catalog", "catalog/products",
    "configurations", "fast-compositor", "files", "images", "orders", "pdf", "products", "users", "webhooks",
)  # fmt: skip


def test_the_ready_line_carries_what_a_connection_needs(threekit):
    for name in ("token", "public_token", "org_id"):
        assert uuid.UUID(threekit.ready[name])
    assert threekit.url.endswith("/threekit")


def test_a_token_is_taken_from_the_header_or_from_the_query(threekit):
    assert threekit.api.get("/users/session").status_code == 200
    query = {"bearer_token": threekit.token}
    assert threekit.anonymous.get("/users/session", params=query).status_code == 200


def test_without_a_token_everything_is_forbidden(threekit):
    answer = threekit.anonymous.get("/jobs")
    assert answer.status_code == 403
    assert "token" in answer.json()["message"]


def test_a_wrong_token_is_unauthorized(threekit):
    assert threekit.client(str(uuid.uuid4())).get("/jobs").status_code == 401


def test_a_public_token_reads_but_does_not_write(threekit):
    assert threekit.public.get("/assets").status_code == 200
    assert threekit.public.post("/files", files={"file": ("a.txt", b"a")}).status_code == 403
    assert threekit.public.post("/tags", json={"name": "a", "type": "asset"}).status_code == 403


def test_a_public_token_does_not_learn_the_private_one(threekit):
    tokens = threekit.public.get("/accesstokens").json()["accesstokens"]
    assert [token["permissions"] for token in tokens] == ["public"]
    assert threekit.public.get(f"/accesstokens/{threekit.token}").status_code == 404


@pytest.mark.parametrize(("org_id", "status"), [("de9fa168-22a8-4782-ba4c-102f521661ae", 403), ("mine", 422)])
def test_another_organization_is_refused_in_the_query_and_in_the_body(threekit, org_id, status):
    assert threekit.api.get("/assets", params={"orgId": org_id}).status_code == status
    assert threekit.api.post("/tags", json={"orgId": org_id}).status_code == status
    form = {"files": {"file": ("a.csv", b"a\n1\n")}, "data": {"name": "a", "orgId": org_id}}
    assert threekit.api.post("/datatables", **form).status_code == status


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_tells_that_it_is_well_to_everybody(threekit, service):
    answer = threekit.anonymous.get(f"/{service}/healthcheck")
    assert answer.status_code == 200
    assert answer.json() is True


def test_the_organization_shows_its_features(threekit):
    org = threekit.ok(threekit.api.get(f"/orgs/{threekit.org_id}"))
    assert org["features"].keys() >= {"renderHoursLimit", "assetsLimit", "productsLimit"}
    assert org["playerSettings"]["defaultStages"]["model"] == threekit.stages()["White Studio"]


@pytest.fixture(scope="module")
def three_tags(the_threekit):
    for name in ("one", "two", "three"):
        the_threekit.api.post("/tags", json={"name": name, "type": "catalog"})


@pytest.mark.usefixtures("three_tags")
def test_lists_are_paged_oldest_first_unless_asked_otherwise(threekit):
    def names(**query):
        return [
            tag["name"]
            for tag in threekit.api.get("/tags", params={"type": "catalog", **query}).json()["tags"]
        ]

    assert names() == ["one", "two", "three"]
    assert names(sort="-createdAt", perPage=2) == ["three", "two"]
    assert names(perPage=2, page=2) == ["three"]


@pytest.mark.usefixtures("three_tags")
def test_a_list_says_what_it_shows(threekit):
    page = threekit.ok(threekit.api.get("/tags", params={"type": "catalog", "perPage": 1000, "page": 0}))
    assert {name: page[name] for name in ("count", "page", "perPage", "sort")} == {
        "count": 3,
        "page": 1,
        "perPage": 100,
        "sort": "+createdAt",
    }


@pytest.mark.parametrize("query", [{"sort": "name"}, {"page": "one"}, {"perPage": "1e999"}])
def test_a_malformed_page_is_422(threekit, query):
    assert threekit.api.get("/tags", params=query).status_code == 422


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"a": NaN}'])
def test_a_body_that_is_no_json_object_is_422(threekit, body):
    assert threekit.api.post("/tags", content=body).status_code == 422


def test_an_unknown_path_is_404_in_json(threekit):
    answer = threekit.api.get("/nothing")
    assert (answer.status_code, answer.json()) == (404, {"message": "Not Found"})


def test_a_reject_fault_answers_the_status_that_it_names(threekit):
    threekit.arm(kind="reject", code="422", next=1)
    assert threekit.api.get("/jobs").status_code == 422
    assert threekit.api.get("/jobs").status_code == 200


def test_a_dropped_connection_after_an_order_has_charged(threekit, chair):
    threekit.arm(kind="drop_after", match="POST .*/renders$", next=1)
    body = {"assets": [{"assetId": chair, "configuration": {"Variant": "Blue"}}], "jobName": "dropped"}
    before = threekit.bill()["credits"]
    with pytest.raises(httpx.TransportError):
        threekit.api.post("/asset-jobs/renders", json=body)
    assert threekit.bill()["credits"] == before + 1
    jobs = threekit.ok(threekit.api.get("/jobs", params={"sort": "-createdAt"}))["jobs"]
    assert jobs[0]["title"] == "dropped"
