"""No token, signature or policy is in a record, an error or a repr, at any vendor, whatever goes wrong."""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import replace

import pytest

from airflow_provider_render.core.errors import ConnectionConfigError, RenderError
from airflow_provider_render.hooks.base import RenderHook
from airflow_provider_render.http import registry
from airflow_provider_render.http.options import HttpOptions
from airflow_provider_render.vendors.glossi import endpoints as glossi
from airflow_provider_render.vendors.imagine import endpoints as imagine
from tests.faults.accounts import ACCOUNTS, SIGNATURE, cut_inside, echo, fetch, look, signed, upload
from tests.http.probe import SECRET, Bytes, call, paid
from tests.http.scripted import cut, ok, reply, reset

TROUBLES = {
    "reset": lambda told: reset,
    "cut": lambda told: cut(reply(200, told, content_length="99999")),
    "400": lambda told: reply(400, told),
    "401": lambda told: reply(401, told),
    "403": lambda told: reply(403, told),
    "404": lambda told: reply(404, told),
    "429": lambda told: reply(429, told, retry_after="86400"),
    "500": lambda told: reply(500, told),
    "500 page": lambda told: reply(500, b"<html>" + told, "text/html"),
    "page": lambda told: reply(200, b"<html>" + told, "text/html"),
    "broken JSON": lambda told: reply(200, told[:-5]),
    "another shape": lambda told: reply(200, told),
    "another shape inside": lambda told: reply(200, b'{"data": ' + told + b', "status": true}'),
    "a list": lambda told: reply(200, b"[" + told + b"]"),
    "redirect": lambda told: reply(302, told),
}
troubles = pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES.keys())


@pytest.fixture(params=ACCOUNTS.values(), ids=ACCOUNTS.keys())
def account(request):
    return request.param


@pytest.fixture
def hook(account, server, monkeypatch):
    monkeypatch.setenv("AIRFLOW_CONN_FAULTY", account.connection(server))
    yield RenderHook.for_connection("faulty")
    for _, key in list(registry._sync):
        registry.forget(key)


@pytest.fixture(params=["task", "trigger"])
def run(request, hook):
    """Carry work out as a task does, and as a trigger does."""

    async def in_trigger(work):
        return await (await RenderHook.adriver_for("faulty")).run(work)

    return hook.run if request.param == "task" else lambda work: asyncio.run(in_trigger(work))


def ended(run, work):
    """Return the error, or the result in one: Imagine.io tells the balance along with a 404."""
    try:
        return ValueError(repr(run(work)))
    except RenderError as error:
        return error


def fails(run, work):
    with pytest.raises(RenderError) as caught:
        run(work)
    return caught.value


@troubles
@pytest.mark.parametrize("work", [look, upload])
def test_no_secret_is_told_when_the_vendor_is_in_trouble(
    work, trouble, account, run, hook, server, elsewhere, said
):
    server.plays(trouble(echo(account, elsewhere)))
    told = ended(run, work(hook, elsewhere))
    assert any(account.token in f"{one.target} {one.headers}" for one in server.requests)
    said.nothing_of(account.secrets, told)


@troubles
def test_no_secret_is_told_when_the_storage_is_in_trouble(
    trouble, account, hook, server, elsewhere, said, tmp_path
):
    elsewhere.plays(trouble(echo(account, elsewhere)))
    error = fails(lambda work: hook.download(work, tmp_path / "f.png"), fetch(hook, elsewhere))
    assert all(account.token not in f"{one.target} {one.headers}" for one in elsewhere.requests)
    assert list(tmp_path.iterdir()) == []
    said.nothing_of(account.secrets, error)


PRESIGNED = {name: account for name, account in ACCOUNTS.items() if account.before_storage}


@troubles
@pytest.mark.parametrize("account", PRESIGNED.values(), ids=PRESIGNED.keys(), indirect=True)
def test_no_presigned_upload_is_told_when_the_storage_is_in_trouble(
    trouble, account, hook, server, elsewhere, said
):
    server.plays(account.before_storage(elsewhere), reply(500, echo(account, elsewhere)))
    elsewhere.plays(trouble(echo(account, elsewhere)))
    error = fails(hook.run, upload(hook, elsewhere))
    (sent, *_) = elsewhere.requests
    assert SIGNATURE in sent.target + sent.body.decode("latin-1")
    assert account.token not in f"{sent.target} {sent.headers} {sent.body!r}"
    said.nothing_of(account.secrets, error)


@pytest.mark.parametrize("before", [195, 200, 205, 300, 800, 1500, 4096])
@pytest.mark.parametrize("status", [200, 400, 500])
def test_a_token_is_masked_where_a_text_is_cut_inside_it(status, before, account, hook, server, said):
    server.plays(reply(status, cut_inside(account, before), "text/plain"))
    said.nothing_of(account.secrets, fails(hook.run, look(hook, server)))


def test_the_test_button_tells_no_secret(account, hook, server, elsewhere, said):
    server.plays(reply(401, echo(account, elsewhere)))
    works, text = hook.test_connection()
    assert not works
    said.nothing_of(account.secrets, ValueError(text))


def test_a_very_long_refusal_is_told_by_its_begin_and_its_end(hook, server):
    server.plays(reply(400, json.dumps({"message": "x" * 100_000, "error": "y" * 100_000}).encode()))
    error = fails(hook.run, upload(hook, server))
    assert len(str(error)) <= 2100


IN_HEADERS = {name: one for name, one in ACCOUNTS.items() if "auth_in_query" not in one.extra}


@pytest.mark.parametrize("account", IN_HEADERS.values(), ids=IN_HEADERS.keys(), indirect=True)
def test_a_token_that_no_header_can_carry_is_not_told(account, server, monkeypatch, said):
    fields = json.loads(account.connection(server))
    token = f"{account.token}\nX-Injected: 1"
    monkeypatch.setenv("AIRFLOW_CONN_FAULTY", json.dumps({**fields, "password": token}))
    hook = RenderHook.for_connection("faulty")
    error = fails(hook.run, look(hook, server))
    assert "cannot be sent" in str(error)
    assert server.requests == []
    said.nothing_of(account.secrets, error)


def test_what_is_held_shows_no_secret(account, hook, server, elsewhere, said):
    proxied = HttpOptions(proxy=f"http://joe:{SIGNATURE}@proxy.test")
    held = [hook, hook.vendor, hook._binding, hook._binding.connection, hook.get_conn().terms, proxied]
    server.plays(account.before_storage(elsewhere) if account.before_storage else ok())
    if account.conn_type == "glossi":
        held += hook.run(glossi.create_models([("Chair", "chair.glb")]))
        held.append(glossi.put_file(signed(elsewhere), Bytes(b"glTF"), "model/gltf-binary"))
    if account.conn_type == "imagine":
        made = hook.run(imagine.create_product("chair.glb", name="Chair"))
        held += [made, imagine.send_file(made.presigned_url_prop_user_file, Bytes(b"glTF"))]
    said.nothing_of(account.secrets, *(ValueError(f"{one!r} {one}") for one in held))


def test_the_http_library_logs_no_address_and_no_header(client, server, said):
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.NOTSET)
    server.plays(ok())
    client.run(call(query={"X-Amz-Signature": SIGNATURE}))
    assert SIGNATURE in server.requests[0].target
    said.nothing_of((SIGNATURE, SECRET))


def test_a_user_in_a_link_is_not_told(client, server, elsewhere, said):
    elsewhere.plays(reply(500))
    link = f"{elsewhere.url}/put".replace("://", f"://joe:{SIGNATURE}@")
    said.nothing_of((SIGNATURE,), fails(client.run, paid(path=link)), fails(client.run, call(path=link)))


def test_a_token_that_is_itself_looked_up_is_not_told(client, server, said):
    server.plays(reply(500))
    work = paid(path=f"/api/accesstokens/{SIGNATURE}")
    said.nothing_of((SIGNATURE,), fails(client.run, work))


def test_a_proxy_that_refuses_is_told_without_its_password(client, server, elsewhere, said):
    elsewhere.plays(reply(407, b"who are you?"))
    client.options = replace(client.options, proxy=f"http://joe:{SIGNATURE}@127.0.0.1:{elsewhere.port}")
    said.nothing_of((SIGNATURE,), fails(client.run, call()), fails(client.run, paid()))


@pytest.mark.parametrize("proxy", ["socks9://joe:{}@proxy.test", "http://joe:{}@proxy.test:port", "joe:{}"])
def test_a_proxy_that_makes_no_sense_is_an_error_of_the_connection(proxy, client, server, said):
    client.options = replace(client.options, proxy=proxy.format(SIGNATURE))
    error = fails(client.run, paid())
    assert isinstance(error, ConnectionConfigError)
    assert server.requests == []
    said.nothing_of((SIGNATURE,), error)


@pytest.mark.parametrize("verify", ["missing.pem", "empty.pem"])
def test_certificates_that_are_none_are_an_error_of_the_connection(verify, client, server, tmp_path):
    (tmp_path / "empty.pem").touch()
    client.options = replace(client.options, verify=str(tmp_path / verify))
    with pytest.raises(ConnectionConfigError, match=verify):
        client.run(paid())
    assert server.requests == []
