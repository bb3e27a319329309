"""What a broken connection is told as: where it led, and nothing of the address that may be secret."""

from __future__ import annotations

import httpx
import pytest

from airflow_provider_render.core.errors import UnavailableError, UnexpectedAnswerError
from airflow_provider_render.http.failures import failure
from airflow_provider_render.http.steps import Attempt
from tests.http.probe import ProbeVendor, call, free_port

SIGNED = "https://user:hunter2@Bucket.S3.example:8443/acme/chair.glb?X-Amz-Signature=feedfacecafe"
THERE = "https://bucket.s3.example:8443"
SECRETS = ("user", "hunter2", "acme", "chair", "feedfacecafe")

FAILURES = {
    "connect": (httpx.ConnectError("refused"), UnavailableError, False),
    "connect timeout": (httpx.ConnectTimeout("slow"), UnavailableError, False),
    "silence": (httpx.ReadTimeout("silent"), UnavailableError, None),
    "broken": (httpx.RemoteProtocolError("reset"), UnavailableError, None),
    "garbled": (httpx.DecodingError("not gzip"), UnexpectedAnswerError, None),
}


@pytest.mark.parametrize(("error", "kind", "happened"), FAILURES.values(), ids=FAILURES.keys())
def test_every_failure_of_a_connection_names_scheme_host_and_port_alone(error, kind, happened):
    told = failure(error, Attempt("GET file", "GET", SIGNED, {}))
    assert (type(told), told.happened) == (kind, happened)
    assert str(told).startswith("GET file: ")
    assert str(told).count(THERE) == 1
    assert [word for word in SECRETS if word in str(told)] == []


def test_a_url_that_cannot_be_called_is_not_told():
    told = failure(httpx.InvalidURL("bad"), Attempt("GET file", "GET", "https://[broken?key=hunter2", {}))
    assert str(told) == "GET file: this URL cannot be called: bad"


def test_a_refused_connection_names_where_it_was(client):
    root = f"http://127.0.0.1:{free_port()}"
    client.vendor = ProbeVendor(f"{root}/api")
    with pytest.raises(UnavailableError, match=f"no connection to {root}, nothing was sent"):
        client.run(call(query={"X-Amz-Signature": "feedfacecafe"}))


def test_an_unknown_host_is_named(client):
    client.vendor = ProbeVendor("http://no-such-host.invalid")
    with pytest.raises(UnavailableError, match=r"no connection to http://no-such-host\.invalid, nothing"):
        client.run(call())
