"""Imagine.io as a vendor: keys, hosts, account."""

from __future__ import annotations

from decimal import Decimal

import pytest

from airflow_provider_render.core.errors import ConnectionConfigError, ModelFileError
from airflow_provider_render.vendors.imagine.vendor import EXTENSIONS, ImagineVendor
from tests.vendors.imagine.account import VENDOR, Desk, job, listed, refused, request

DETAILS = "GET /v1/product/details/"
BOTH = ImagineVendor(
    "https://api.imagine.io",
    "sk_a",
    "shop.example",
    public_key="pk_b",
    zapier_token="zap",
    zapier_host="https://prod.imagine.io/",
)


@pytest.mark.parametrize(
    "url", ["https://api.imagine.io", "https://api.imagine.io/", "https://api.imagine.io/v1/"]
)
def test_the_base_url_may_end_in_the_version_or_not(url):
    assert ImagineVendor(url, "k", "o").base_url == "https://api.imagine.io"


def test_reads_go_with_the_public_key_where_there_is_one():
    assert BOTH.headers("public") == {"Authorization": "Imagine-key pk_b", "Origin": "shop.example"}
    assert BOTH.headers() == {"Authorization": "Imagine-key sk_a", "Origin": "shop.example"}
    assert VENDOR.headers("public") == VENDOR.headers()


def test_the_zapier_side_has_its_own_host_and_token():
    assert (BOTH.root("zapier"), BOTH.root(), BOTH.root("public")) == (
        "https://prod.imagine.io",
        "https://api.imagine.io",
        "https://api.imagine.io",
    )
    assert BOTH.headers("zapier") == {"Authorization": "Zapier zap"}
    assert (BOTH.headers("zapier-session"), BOTH.root("zapier-session")) == ({}, "https://prod.imagine.io")
    assert set(BOTH.credentials) == {"", "public", "zapier"}


def test_without_a_zapier_token_its_calls_are_refused_here():
    assert "zapier" not in VENDOR.credentials
    with pytest.raises(ConnectionConfigError, match="login"):
        VENDOR.headers("zapier")


@pytest.mark.parametrize(
    ("answer", "left"),
    [
        (listed(api_hits_available=994), Decimal(994)),
        (refused(404, "Not found."), Decimal(9)),
        (listed(api_hits_available=None), None),
    ],
)
def test_the_account_tells_its_balance_for_one_call(answer, left):
    desk = Desk({DETAILS: answer})
    account = desk.run(VENDOR.account())
    assert (account.id, account.credits) == ("shop.example", left)
    assert len(desk.calls) == VENDOR.capabilities.call_price == 1


def test_nothing_is_cancelled_and_nothing_asked():
    desk = Desk({})
    assert desk.run(VENDOR.cancel(job())) is False
    assert VENDOR.capabilities.can_cancel is False


def test_a_render_without_an_uploaded_model_is_not_sent():
    desk = Desk({})
    with pytest.raises(ModelFileError, match="not uploaded"):
        desk.run(VENDOR.submit([request(model_id=None)]))


def test_every_documented_extension_is_taken():
    assert len(EXTENSIONS.split()) == 26
    assert {".glb", ".max", ".fcstd1", ".zip"} <= VENDOR.capabilities.extensions


def test_looks_follow_the_vendors_advice():
    policy = VENDOR.poll_policy
    assert (policy.first, policy.start, policy.cap) == (180, 120, 180)
    assert policy.listing_grace > policy.first + policy.cap


def test_the_portal_is_a_page_without_secrets():
    assert VENDOR.portal_url(job()) == "https://app.imagine.io/"
