from __future__ import annotations

import pytest

from tests.sandbox.imagine.running import DETAILS, JOB, STATUS, ImagineSandbox


def status_of(sandbox: ImagineSandbox, method: str = "GET", path: str = DETAILS, **headers: str) -> int:
    return sandbox.anonymous.request(method, path, headers=headers).status_code


@pytest.mark.parametrize("scheme", ["Bearer", "imagine-key", "Zapier"])
def test_only_the_documented_scheme_carries_a_key(waiting, scheme):
    key = f"{scheme} {waiting.ready['token']}"
    assert status_of(waiting, Authorization=key, Origin=waiting.origin) == 401


def test_a_wrong_or_missing_key_is_answered_without_the_envelope(waiting):
    for headers in ({}, {"Authorization": "Imagine-key sk_wrong"}):
        answer = waiting.anonymous.get(DETAILS, headers={"Origin": waiting.origin, **headers})
        assert (answer.status_code, answer.json()) == (401, {"error": "Invalid API key."})


def test_the_origin_must_be_registered_with_or_without_its_scheme(waiting):
    key = f"Imagine-key {waiting.ready['token']}"
    assert status_of(waiting, Authorization=key) == 401
    assert status_of(waiting, Authorization=key, Origin="elsewhere.example") == 401
    assert status_of(waiting, Authorization=key, Origin=waiting.origin) == 200
    assert status_of(waiting, Authorization=key, Origin=f"http://{waiting.origin}") == 200
    assert status_of(waiting, Authorization=key, Origin="yourdomain.com") == 200


def test_the_public_key_reads_and_does_not_write(waiting):
    assert waiting.public.get(DETAILS).status_code == 200
    assert waiting.public.post(DETAILS, data={"prop_data_user_file_name": "a.glb"}).status_code == 403
    assert waiting.public.post(JOB, json={}).status_code == 403
    assert "error" in waiting.public.delete(f"{DETAILS}x/").json()


def test_a_path_without_its_slash_is_redirected(waiting):
    answer = waiting.api.get("/v1/product/details", params={"search": "x"})
    assert answer.status_code == 301
    assert answer.headers["location"] == f"{waiting.url}{DETAILS}?search=x"


def test_an_unknown_path_and_a_wrong_method_are_told_apart(waiting):
    assert waiting.api.get("/v1/product/nothing/").status_code == 404
    assert waiting.api.put(DETAILS).status_code == 405


def test_every_call_costs_one_hit_even_a_refused_one(waiting):
    waiting.set_hits(1000)
    assert waiting.api.get(DETAILS).json()["api_hits_available"] == 999
    refused = waiting.api.post(DETAILS, data={"prop_data_user_file_name": "a.pdf"})
    assert (refused.status_code, refused.json()["api_hits_available"]) == (400, 998)
    unknown = waiting.api.get(STATUS, params={"sku_id": "nobody's"})
    assert (unknown.status_code, unknown.json()["api_hits_available"]) == (404, 997)


def test_a_refused_key_costs_nothing(waiting):
    before = len(waiting.bill()["calls"])
    status_of(waiting, Authorization="Imagine-key sk_wrong", Origin=waiting.origin)
    waiting.public.post(JOB, json={})
    assert len(waiting.bill()["calls"]) == before


def test_without_hits_nothing_is_done(waiting):
    waiting.set_hits(1)
    assert waiting.api.get(DETAILS).json()["api_hits_available"] == 0
    sku = {"prop_data_user_file_name": "a.glb", "sku_id": "TOO-LATE"}
    refused = waiting.api.post(DETAILS, data=sku)
    assert (refused.status_code, refused.json()["api_hits_available"]) == (429, 0)
    waiting.set_hits(10)
    assert waiting.api.get(DETAILS, params={"sku_id": "TOO-LATE"}).json()["count"] == 0


def test_the_bill_names_what_was_bought(waiting):
    product = waiting.product()
    render_id = waiting.place(product["sku_id"]).json()["data"]["render_id"]
    call = waiting.bill()["calls"][-1]
    assert (call["call"], call["credits"]) == ("POST /v1/product/create-images/", 1)
    assert (call["model_ids"], call["render_ids"]) == ([product["unicode"]], [str(render_id)])


def test_faults_strike_here_too(waiting):
    waiting.arm(kind="rate_limit", per_second=0.5, seconds=3)
    limited = [waiting.api.get(DETAILS) for _ in range(2)][-1]
    assert (limited.status_code, limited.headers["retry-after"]) == (429, "3")
    assert limited.json()["status"] is False
    waiting.arm(kind="reject", code="403", next=1)
    assert waiting.api.get(DETAILS).status_code == 403
    assert waiting.api.get(DETAILS).status_code == 200


def test_a_web_page_may_use_the_public_key(waiting):
    page = {"Origin": f"http://{waiting.origin}", "Access-Control-Request-Method": "GET"}
    asked = {**page, "Access-Control-Request-Headers": "authorization"}
    assert waiting.anonymous.options(DETAILS, headers=asked).status_code == 200
    key = {"Authorization": f"Imagine-key {waiting.ready['public_key']}", "Origin": page["Origin"]}
    assert waiting.anonymous.get(DETAILS, headers=key).headers["access-control-allow-origin"] == "*"
