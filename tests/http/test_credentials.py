from __future__ import annotations

import logging
import traceback
from dataclasses import replace

import pytest

from airflow_provider_render.core.calls import Effect, Fetch
from airflow_provider_render.core.errors import RenderError, UnexpectedAnswerError
from tests.http.probe import SECRET, ProbeVendor, call, paid
from tests.http.scripted import cut, ok, reply, reset


def test_credentials_go_to_the_own_origin(client, server):
    server.plays(ok())
    client.run(call(path=f"{server.url}/next?page=2"))
    assert server.requests[0].headers["authorization"] == f"Bearer {SECRET}"
    assert server.requests[0].headers["x-org"] == "acme"


def test_an_absolute_url_elsewhere_gets_no_credentials(client, server, elsewhere):
    elsewhere.plays(ok())
    client.run(call(path=f"{elsewhere.url}/file?X-Amz-Signature=a%2Fb+c~"))
    assert not {"authorization", "x-org"} & elsewhere.requests[0].headers.keys()
    assert elsewhere.requests[0].target == "/file?X-Amz-Signature=a%2Fb+c~"


def test_a_redirect_elsewhere_gets_no_credentials(client, server, elsewhere):
    server.plays(reply(302, location=f"{elsewhere.url}/file"))
    elsewhere.plays(ok(id=1))
    assert client.run(call(headers={"X-Custom-Key": "k"})) == {"id": 1}
    assert not {"authorization", "x-org", "x-custom-key"} & elsewhere.requests[0].headers.keys()


def test_a_redirect_that_comes_back_gets_no_credentials_either(client, server, elsewhere):
    server.plays(reply(302, location=f"{elsewhere.url}/there"), ok())
    elsewhere.plays(reply(307, location=f"{server.url}/paid-read"))
    client.run(call())
    assert "authorization" not in server.requests[1].headers


def test_a_redirect_within_the_origin_keeps_credentials(client, server):
    server.plays(reply(301, location="../moved?x=1"), ok(id=2))
    assert client.run(call()) == {"id": 2}
    assert server.requests[1].target == "/api/moved?x=1"
    assert "authorization" in server.requests[1].headers


def test_a_circle_of_redirects_ends(client, server):
    server.plays(reply(302, location="/again"))
    with pytest.raises(UnexpectedAnswerError, match="more than 5 redirects"):
        client.run(call())
    assert len(server.requests) == 6


@pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://host/x"])
def test_a_redirect_to_no_web_address_is_refused(location, client, server):
    server.plays(reply(302, location=location))
    with pytest.raises(UnexpectedAnswerError, match="redirect leads to"):
        client.run(call())


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_only_reads_follow_redirects(method, client, server, elsewhere):
    server.plays(reply(307, location=f"{elsewhere.url}/x"))
    with pytest.raises(UnexpectedAnswerError, match="not followed"):
        client.run(call(method))
    assert not elsewhere.requests


def test_cookies_are_not_kept(client, server):
    def work():
        yield call()
        yield call()

    server.plays(reply(200, b"{}", set_cookie="session=abc; Path=/"))
    client.run(work())
    assert "cookie" not in server.requests[1].headers


def test_a_netrc_file_adds_no_credentials(client, server, tmp_path, monkeypatch):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login joe password hidden\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    server.plays(ok())
    bare = ProbeVendor(server.url)
    bare.headers = dict
    client.vendor = bare
    client.run(call())
    assert "authorization" not in server.requests[0].headers


def test_a_user_in_a_url_becomes_no_credentials(client, server, elsewhere):
    elsewhere.plays(ok())
    client.run(call(path=f"http://joe:hidden@127.0.0.1:{elsewhere.port}/x"))
    assert "authorization" not in elsewhere.requests[0].headers


def test_a_host_that_only_begins_like_the_own_one_is_foreign(client, server, elsewhere):
    elsewhere.plays(ok())
    client.run(call(path=f"http://127.0.0.1:{server.port}@127.0.0.1:{elsewhere.port}/x"))
    assert "authorization" not in elsewhere.requests[0].headers


ECHO = b"bad token sk-live-0123456789abcdef, see https://s3.test/x?X-Amz-Signature=feedface01&part=1"


@pytest.mark.parametrize(
    "trouble",
    [
        reply(401, ECHO),
        reply(500, ECHO),
        reply(200, ECHO),
        reply(200, b'{"x-amz-signature": "feedface01", "policy": "feedface01"}'),
        reset,
        cut(b""),
    ],
    ids=["401", "500", "not JSON", "presigned fields", "reset", "closed"],
)
@pytest.mark.parametrize("effect", [Effect.REPEATABLE, Effect.PAID])
def test_no_secret_reaches_errors_or_logs(trouble, effect, client, server, caplog):
    caplog.set_level(logging.DEBUG)
    server.plays(trouble)
    with pytest.raises(RenderError) as caught:
        client.run(
            paid(
                effect=effect,
                path=f"{server.url}/put?X-Amz-Signature=feedface01",
                parse=lambda answer: answer.json()["id"],
            )
        )
    text = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + caplog.text
    assert "POST" in text
    assert SECRET not in text
    assert "feedface01" not in text


@pytest.mark.parametrize("status", [400, 401, 403, 404, 500])
def test_no_secret_reaches_the_errors_of_a_download(status, client, server, tmp_path):
    server.plays(reply(status, ECHO))
    with pytest.raises(RenderError) as caught:
        client.download(Fetch("/video"), tmp_path / "video.mp4")
    text = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    assert str(status) in text
    assert SECRET not in text
    assert "feedface01" not in text


def test_successful_calls_log_no_secret(client, server, caplog):
    caplog.set_level(logging.DEBUG)
    server.plays(reply(503), ok())
    client.run(call(path=f"{server.url}/get?X-Amz-Signature=feedface01"))
    assert "answered 200" in caplog.text
    assert SECRET not in caplog.text
    assert "feedface01" not in caplog.text


def test_a_proxy_is_used_and_its_password_stays_hidden(client, server, elsewhere, caplog):
    elsewhere.plays(ok(via="proxy"))
    client.options = replace(client.options, proxy=f"http://joe:hidden@127.0.0.1:{elsewhere.port}")
    assert client.run(call()) == {"via": "proxy"}
    assert elsewhere.requests[0].target == f"{server.url}/api/renders/r1"
    assert "hidden" not in caplog.text
