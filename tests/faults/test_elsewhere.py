"""Links that lead away from the vendor, and what goes along to there."""

from __future__ import annotations

import json

import pytest

from airflow_provider_render.core.calls import Fetch
from airflow_provider_render.core.errors import OutcomeUnknownError, UnexpectedAnswerError, VendorError
from airflow_provider_render.vendors.imagine import endpoints
from airflow_provider_render.vendors.imagine.vendor import ImagineVendor
from airflow_provider_render.vendors.threekit.vendor import ThreekitVendor
from tests.faults.wire import SECRETS, SIGNATURE
from tests.http.probe import SECRET, call, paid
from tests.http.scripted import ok, reply

NOWHERE = {
    "a label of 70 letters": f"http://{'a' * 70}.example/x",
    "an empty label": "http://a..example/x",
    "a port above all": "http://127.0.0.1:65536/x",
    "no host": "https://",
    "half an address": "http://[::1/x",
}


def tokens(server):
    """Requests that had anything of the vendor's credentials with them."""
    return [one for one in server.requests if SECRET in f"{one.target} {one.headers} {one.body!r}"]


@pytest.mark.parametrize("place", NOWHERE.values(), ids=NOWHERE.keys())
@pytest.mark.parametrize("make", [call, paid], ids=["read", "paid"])
def test_a_link_that_no_connection_can_be_made_to_is_refused(make, place, client):
    with pytest.raises(UnexpectedAnswerError, match="broken URL") as caught:
        client.run(make(path=place))
    assert caught.value.happened is False


@pytest.mark.parametrize("place", NOWHERE.values(), ids=NOWHERE.keys())
def test_a_redirect_that_no_connection_can_be_made_to_ends_the_call(place, client, server, tmp_path):
    server.plays(reply(302, location=place))
    with pytest.raises(VendorError):
        client.run(call())
    with pytest.raises(VendorError):
        client.download(Fetch("/f"), tmp_path / "f.png")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("status", "kind", "happened"),
    [
        (301, OutcomeUnknownError, None),
        (302, OutcomeUnknownError, None),
        (303, OutcomeUnknownError, None),
        (307, UnexpectedAnswerError, False),
        (308, UnexpectedAnswerError, False),
    ],
)
def test_a_paid_call_follows_no_redirect(status, kind, happened, client, server, elsewhere, said):
    server.plays(reply(status, location=f"{elsewhere.url}/x?X-Amz-Signature={SIGNATURE}"))
    elsewhere.plays(ok(id="r1"))
    with pytest.raises(kind) as caught:
        client.run(paid())
    assert caught.value.happened is happened
    assert (len(server.requests), len(elsewhere.requests)) == (1, 0)
    said.nothing_of(SECRETS, caught.value)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_another_origin_gets_the_call_and_no_credentials(
    status, client, server, elsewhere, said, tmp_path
):
    server.plays(reply(status, location=f"{elsewhere.url}/x?X-Amz-Signature={SIGNATURE}"))
    elsewhere.plays(ok(id="r1"))
    assert client.run(call()) == {"id": "r1"}
    elsewhere.plays(reply(200, b"pixels", "image/png"))
    client.download(Fetch("/f"), tmp_path / "f.png")
    assert (len(tokens(server)), len(elsewhere.requests), tokens(elsewhere)) == (2, 2, [])
    said.nothing_of(SECRETS)


def test_a_token_in_the_query_stays_at_home_too(client, server, elsewhere, said):
    vendor = ThreekitVendor(server.url, SECRET, "11111111-2222-3333-4444-555555555555", token_in_query=True)
    client.vendor = vendor
    server.plays(reply(302, location=f"{elsewhere.url}/account"))
    elsewhere.plays(reply(401, b"who are you?"))
    with pytest.raises(VendorError) as caught:
        client.run(vendor.account())
    assert (len(tokens(server)), len(elsewhere.requests), tokens(elsewhere)) == (1, 1, [])
    said.nothing_of(SECRETS, caught.value)


def test_a_next_page_on_another_host_is_read_at_home(client, server, elsewhere, said):
    def page(number, **links):
        row = {"unicode": f"u{number}", "sku_id": f"SKU-{number}", "name": "Chair"}
        return reply(200, json.dumps({"count": 2, "results": [row], **links}).encode())

    client.vendor = ImagineVendor(server.url, SECRET, "shop.example")
    server.plays(page(1, next_link=f"{elsewhere.url}/v1/steal?page=2&token={SIGNATURE}"), page(2))
    elsewhere.plays(ok())
    found = client.run(endpoints.all_products())
    assert [product.sku_id for product in found] == ["SKU-1", "SKU-2"]
    first, second = server.requests
    assert first.target.partition("?")[0] == second.target.partition("?")[0]
    assert "page=2" in second.target
    assert elsewhere.requests == []
    said.nothing_of((SECRET,))
