from __future__ import annotations

import json

import pytest
from airflow.sdk import Connection

from airflow_provider_render.core.errors import ConnectionConfigError
from airflow_provider_render.core.retry import RetryPolicy
from airflow_provider_render.hooks.connection import read
from airflow_provider_render.http.options import HttpOptions


def connection(extra=None, **fields):
    text = extra if isinstance(extra, str) else json.dumps(extra or {})
    return read(Connection(conn_id="c", conn_type="dxgl", extra=text, **fields))


@pytest.mark.parametrize(
    ("fields", "url"),
    [
        ({}, None),
        ({"host": " "}, None),
        ({"port": 8080}, None),
        ({"host": "api.dx.gl"}, "https://api.dx.gl"),
        ({"host": "https://api.dx.gl"}, "https://api.dx.gl"),
        ({"host": "https://api.dx.gl/v1/"}, "https://api.dx.gl/v1"),
        ({"host": "api.dx.gl/v1"}, "https://api.dx.gl/v1"),
        ({"host": "localhost", "schema": "http"}, "http://localhost"),
        ({"host": "localhost", "schema": "http", "port": 8080}, "http://localhost:8080"),
        ({"host": "http://localhost/dxgl/v1", "port": 8080}, "http://localhost:8080/dxgl/v1"),
        ({"host": "http://localhost:8080", "port": 8080}, "http://localhost:8080"),
        ({"host": "http://[::1]:8080"}, "http://[::1]:8080"),
        ({"host": "https://api.dx.gl", "schema": "http"}, "https://api.dx.gl"),
    ],
)
def test_scheme_host_port_and_path_become_a_url(fields, url):
    assert connection(**fields).url == url


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"host": "ftp://api.dx.gl"}, "neither http nor https"),
        ({"host": "api.dx.gl", "schema": "v1"}, "neither http nor https"),
        ({"host": "https://"}, "not a URL"),
        ({"host": "/v1"}, "not a URL"),
        ({"host": "https://api.dx.gl/v1?key=1"}, "not a URL"),
        ({"host": "https://me:pw@api.dx.gl"}, "holds credentials"),
        ({"host": "http://localhost:8080", "port": 9090}, "contradict each other"),
        ({"host": "http://localhost:http", "port": 9090}, "contradict each other"),
    ],
)
def test_a_host_that_makes_no_sense_is_refused(fields, message):
    with pytest.raises(ConnectionConfigError, match=message):
        connection(**fields)


def test_options_have_defaults():
    assert connection({"theme": "dark", "timeout": None, "retries": ""}).options == HttpOptions()


@pytest.mark.parametrize("kind", [str, lambda value: value])
def test_options_are_taken_as_numbers_and_as_text(kind):
    extra = {"timeout": kind(30), "max_concurrency": kind(2), "rate_limit": kind(1.5), "retries": kind(0)}
    assert connection(extra).options == HttpOptions(
        timeout=30.0, max_concurrency=2, rate=1.5, retry=RetryPolicy(attempts=1)
    )


@pytest.mark.parametrize(
    ("given", "meant"),
    [(False, False), ("false", False), ("True", True), ("/etc/ca.pem", "/etc/ca.pem"), (None, True)],
)
def test_certificates_are_checked_as_the_connection_says(given, meant):
    assert connection({"verify": given}).options.verify == meant


@pytest.mark.parametrize(
    ("extra", "proxy"),
    [
        ({"proxy": "http://p:3128"}, "http://p:3128"),
        ({"proxies": {"https": "http://p:3128", "http": "http://q:3128"}}, "http://p:3128"),
        ({"proxies": {"http": "http://q:3128"}}, None),
    ],
)
def test_a_proxy_may_be_named_as_for_the_http_hook(extra, proxy):
    assert connection(extra).options.proxy == proxy


@pytest.mark.parametrize(
    "extra",
    [
        {"timeout": "soon"},
        {"timeout": 0},
        {"timeout": "inf"},
        {"timeout": True},
        {"max_concurrency": 0},
        {"max_concurrency": 1.5},
        {"max_concurrency": True},
        {"rate_limit": -1},
        {"retries": -1},
        {"proxies": "http://p"},
    ],
    ids=str,
)
def test_a_wrong_option_is_named(extra):
    with pytest.raises(ConnectionConfigError, match=f"connection 'c': extra '{next(iter(extra))}' is "):
        connection(extra)


def test_a_wrong_option_does_not_show_a_password():
    with pytest.raises(ConnectionConfigError, match="extra 'proxies' is ") as caught:
        connection({"proxies": "http://ann:hunter2@proxy:3128"})
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("extra", ["{", "[1]", "7"])
def test_an_extra_that_is_no_table_is_refused(extra):
    with pytest.raises(ConnectionConfigError, match="not a JSON object"):
        connection(extra)


def test_a_missing_token_says_what_to_fill_in():
    with pytest.raises(ConnectionConfigError, match="'c' has no password: fill in the DXGL API token"):
        connection(password=" ").token("DXGL", "in the portal")


def test_a_pasted_token_may_carry_white_space():
    assert connection(password=" tok\n").token("DXGL", "") == "tok"


def test_the_token_is_not_shown():
    assert "tok-secret" not in repr(connection({"webhook": "tok-secret"}, password="tok-secret"))


def test_a_changed_connection_has_another_digest():
    first = connection(password="a").digest
    assert first == connection(password="a").digest
    assert first != connection(password="b").digest
    assert first != connection({"timeout": 1}, password="a").digest
