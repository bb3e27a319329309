from __future__ import annotations

import logging
import ssl

import certifi
import pytest

from airflow_provider_render.core.errors import RenderInputError, UnexpectedAnswerError
from airflow_provider_render.http import clients
from airflow_provider_render.http.redact import excerpt, message, quiet_loggers, redact, secrets_of
from airflow_provider_render.http.steps import Attempt
from airflow_provider_render.http.target import origin, redirected, resolve


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer HIDDEN123456",
        "basic HIDDEN1234567890==",
        "https://s3.test/m.glb?X-Amz-Credential=HIDDEN%2F2026&X-Amz-Signature=HIDDEN",
        "https://cdn.test/a?Expires=1&Signature=HIDDEN~x&Key-Pair-Id=HIDDEN",
        "https://a.test/?access_token=HIDDEN",
        "https://a.test/?api_key=HIDDEN#x",
        "https://a.test/?sig=HIDDEN",
        "https:\\/\\/a.test\\/?a=1\\u0026Signature=HIDDEN",
        '{"token": "HIDDEN", "id": 1}',
        '{"fields":{"x-amz-signature":"HIDDEN","policy":"HIDDEN',
        "{'client_secret': 'HIDDEN'}",
        "proxy http://joe:HIDDEN@proxy.test:80 refused",
    ],
)
def test_secrets_are_masked(text):
    assert "HIDDEN" not in redact(text)
    assert "***" in redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "GET /v1/renders/r1: 404 no such render",
        "https://a.test/renders?page=2&limit=10",
        '{"id": "r1", "status": 3}',
    ],
)
def test_what_is_no_secret_stays(text):
    assert redact(text) == text


def test_the_vendors_own_header_values_are_masked_wherever_they_are():
    headers = {"Authorization": "Bearer abc.def.ghi", "X-Api-Key": "k-123456", "Origin": "https://shop.test"}
    text = redact("abc.def.ghi at https://shop.test with k-123456", secrets_of(headers))
    assert text == "*** at https://shop.test with ***"


def test_short_header_values_are_not_taken_for_secrets():
    assert secrets_of({"X-Version": "2", "X-Org": "acme"}) == frozenset()


def test_an_excerpt_is_one_short_line():
    assert excerpt(b"a\n\n  b\xff " + b"c" * 10_000) == "a b\ufffd " + "c" * 195


def test_a_secret_across_the_end_of_an_excerpt_is_masked():
    assert "HIDDEN" not in excerpt(b"x" * 180 + b"?signature=" + b"HIDDEN" * 2000)


def test_a_secret_across_the_end_of_what_is_looked_at_is_masked():
    body = b" " * (4096 - 8) + b"k-0123456789abcdef"
    assert "k-0" not in excerpt(body, {"k-0123456789abcdef"})


@pytest.mark.parametrize(
    ("headers", "secrets"),
    [
        ({"Authorization": "Bearer abcdefgh"}, {"abcdefgh"}),
        ({"Authorization": "Imagine-key sk_live_1"}, {"sk_live_1"}),
        ({"authorization": "Zapier abcdefgh"}, {"abcdefgh"}),
        ({"Authorization": "abcdefgh"}, {"abcdefgh"}),
        ({"X-API-Key": "first-key second-key"}, {"first-key", "second-key"}),
        ({"X-API-Key": "a+b/c=d"}, {"a+b/c=d", "a%2Bb%2Fc%3Dd"}),
    ],
)
def test_the_scheme_of_credentials_is_no_secret_and_the_rest_is_also_known_as_urls_have_it(headers, secrets):
    assert secrets_of(headers) == secrets


def test_a_token_in_a_path_is_masked():
    assert redact("DELETE /api/accesstokens/99999999-8888: 404") == "DELETE /api/accesstokens/***: 404"
    assert redact("GET /v1/tokens/abc: 404") == "GET /v1/tokens/abc: 404"


def test_a_very_long_error_keeps_its_begin_and_its_end():
    error = ValueError(
        f"DXGL answered {'x ' * 50_000} https://s3.test/?Signature={'HIDDEN' * 200} is not charged"
    )
    text = message(error)
    assert text.startswith("DXGL answered x x")
    assert text.endswith("is not charged")
    assert "HIDDEN" not in text
    assert len(text) <= 2100


def test_long_text_is_masked_quickly():
    assert redact("a" * 100_000).startswith("aaa")


def test_an_attempt_shows_neither_its_url_nor_its_headers():
    attempt = Attempt("GET /f", "GET", "https://a.test/f?sig=HIDDEN", {"Authorization": "HIDDEN"})
    assert "HIDDEN" not in repr(attempt)


def test_the_http_libraries_are_kept_from_logging_urls(caplog):
    caplog.set_level(logging.DEBUG)
    quiet_loggers()
    assert not logging.getLogger("httpx").isEnabledFor(logging.INFO)
    assert not logging.getLogger("httpcore.http11").isEnabledFor(logging.DEBUG)


def test_a_stricter_level_is_left_alone():
    logger = logging.getLogger("httpx")
    logger.setLevel(logging.CRITICAL)
    quiet_loggers()
    assert logger.level == logging.CRITICAL
    logger.setLevel(logging.NOTSET)


@pytest.mark.parametrize(
    ("base", "path", "query", "url"),
    [
        ("https://a.test", "/v1/x", {}, "https://a.test/v1/x"),
        (
            "https://a.test/dxgl/",
            "v1/x",
            {"q": "ä b", "n": None, "p": 1},
            "https://a.test/dxgl/v1/x?q=%C3%A4+b&p=1",
        ),
        ("https://a.test", "https://b.test/x?sig=%2F~", {}, "https://b.test/x?sig=%2F~"),
        ("https://a.test", "HTTPS://b.test/x?s=1", {"p": 2}, "HTTPS://b.test/x?s=1&p=2"),
        ("https://a.test", "//b.test/x", {}, "https://a.test/b.test/x"),
    ],
)
def test_a_path_is_put_below_the_base_url_and_an_absolute_url_is_kept(base, path, query, url):
    assert resolve(base, path, query) == url


@pytest.mark.parametrize(
    ("url", "same"),
    [
        ("https://A.test:443/x?y", True),
        ("http://a.test/", False),
        ("https://a.test:8443/", False),
        ("https://b.a.test/", False),
        ("https://a.test.evil.test/", False),
        ("https://a.test@evil.test/", False),
        ("https://a.test\\@evil.test/", False),
    ],
)
def test_an_origin_is_scheme_host_and_port(url, same):
    assert (origin(url) == origin("https://a.test")) is same


def test_a_broken_url_has_no_origin():
    with pytest.raises(UnexpectedAnswerError, match="broken URL"):
        origin("http://host:port/")


def test_a_redirect_never_leaves_tls():
    with pytest.raises(UnexpectedAnswerError, match="not safe"):
        redirected("https://a.test/x", "http://a.test/x")
    assert redirected("http://a.test/x", "https://a.test/y") == "https://a.test/y"


def test_a_redirect_to_a_broken_url_is_refused():
    with pytest.raises(UnexpectedAnswerError, match="broken URL"):
        redirected("https://a.test/x", "https://host:port/")


@pytest.mark.parametrize(
    "url",
    [
        f"https://{'a' * 64}.test/",
        "https://a..test/",
        "https://",
        "https://a.test:65536/",
        "https://\ud800.test/",
    ],
)
def test_a_url_that_no_connection_can_be_made_to_has_no_origin(url):
    with pytest.raises(UnexpectedAnswerError, match="broken URL"):
        origin(url)


def test_an_address_and_a_name_that_ends_in_a_dot_have_an_origin():
    assert origin("http://[::1]:8080/") == ("http", "::1", 8080)
    assert origin("http://a.test./") == ("http", "a.test.", None)


def test_a_parameter_that_cannot_be_sent_is_refused():
    with pytest.raises(RenderInputError, match="a parameter of /v1/x cannot be sent"):
        resolve("https://a.test", "/v1/x?token=1", {"name": "\ud800"})


def test_certificates_may_come_from_a_file_or_a_folder(tmp_path):
    assert clients.trust(certifi.where()).verify_mode is ssl.CERT_REQUIRED
    assert clients.trust(str(tmp_path)).verify_mode is ssl.CERT_REQUIRED
    assert clients.trust(False).verify_mode is ssl.CERT_NONE
