"""The hook for Threekit, over real sockets, against a service that checks who asks for whom."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from airflow_provider_render.core.errors import AuthError, ConnectionConfigError, NotFoundError
from airflow_provider_render.hooks.files import StoredFile
from airflow_provider_render.hooks.threekit import ThreekitHook
from airflow_provider_render.vendors.threekit.paths import ASSUMED, WORDS
from tests.secret_watch import secret

ORG = "11111111-2222-3333-4444-555555555555"
TOKEN = secret("99999999-8888-7777-6666-555555555555")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Service

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        status, answer = self.server.react(self.command, self.path, self.headers.get("authorization"), body)
        raw = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "image/png" if isinstance(answer, bytes) else "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    do_GET = do_POST = do_PUT = do_DELETE = _answer  # noqa: N815

    def log_message(self, *words: Any) -> None:
        pass


class Service(ThreadingHTTPServer):
    """Knows one token, which it takes as a header or in the query, never in both."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.seen: list[tuple[str, str, dict[str, list[str]], bytes]] = []
        self.thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    def react(self, method: str, target: str, header: str | None, body: bytes) -> tuple[int, Any]:
        parts = urlsplit(target)
        query = parse_qs(parts.query)
        self.seen.append((method, parts.path, query, body))
        sent = [header.removeprefix("Bearer ")] if header else []
        if sent + query.get("bearer_token", []) != [TOKEN]:
            return 401, {"message": "Unknown token"}
        if parts.path == f"/api/orgs/{ORG}":
            return 200, {"id": ORG, "name": "Acme", "features": {"renderHoursLimit": 40}}
        if parts.path.endswith("/content"):
            return 200, b"\x89PNG" * 100
        if method == "POST" and parts.path == "/api/files":
            return 201, {"files": [{"id": "F1", "filename": "a.glb"}]}
        if parts.path.startswith(("/api/jobs/", "/moved/")):
            return 200, {"id": parts.path.rpartition("/")[2], "status": "stopped"}
        return 404, {"message": f"There is no {parts.path} with {TOKEN}"}

    def stop(self) -> None:
        self.shutdown()
        self.thread.join()
        self.server_close()


@pytest.fixture
def service() -> Iterator[Service]:
    service = Service()
    yield service
    service.stop()


@pytest.fixture
def hook(service, monkeypatch):
    """Return a function that makes a hook whose connection has the given fields."""

    def make(**fields: Any) -> ThreekitHook:
        extra = {"org_id": ORG, "retries": "0", **fields.pop("extra", {})}
        host = f"http://127.0.0.1:{service.server_port}"
        given = {"conn_type": "threekit", "host": host, "password": TOKEN, "extra": extra, **fields}
        monkeypatch.setenv("AIRFLOW_CONN_THREEKIT_TEST", json.dumps(given))
        return ThreekitHook("threekit_test")

    return make


def test_the_test_button_shows_the_organisation(hook):
    assert hook().test_connection() == (True, f"Threekit account {ORG}")
    shown, text = hook(password="00000000-0000-0000-0000-000000000000").test_connection()
    assert (shown, "private token" in text) == (False, True)


def test_every_call_names_the_organisation_and_carries_the_token_in_a_header(hook, service):
    hook().jobs.get("J1")
    assert service.seen[-1][:3] == ("GET", "/api/jobs/J1", {"orgId": [ORG]})


def test_the_token_goes_into_the_query_on_request(hook, service, tmp_path):
    client = hook(extra={"auth_in_query": "true"})
    client.jobs.get("J1")
    client.files.content(tmp_path / "a.png", "F1")
    client.request("GET", "/api/jobs/J2")
    assert [seen[2]["bearer_token"] for seen in service.seen] == [[TOKEN]] * 3


@pytest.mark.parametrize("auth_in_query", ["true", "false"])
def test_a_token_never_shows(hook, caplog, auth_in_query):
    client = hook(extra={"auth_in_query": auth_in_query})
    with caplog.at_level(logging.DEBUG):
        client.jobs.get("J1")
        with pytest.raises(NotFoundError, match=r"with \*\*\*") as caught:
            client.orders.get("O1")
    assert TOKEN not in caplog.text + str(caught.value) + repr(client.vendor.account())
    assert TOKEN in client._binding.secrets


def test_async_calls_and_downloads_do_the_same(hook, service, tmp_path):
    client = hook(extra={"auth_in_query": "yes"})

    async def work() -> Any:
        job = await client.aio.jobs.get("J1")
        file = await client.aio.files.content(tmp_path / "a.png", "F1")
        answer = await client.arequest("GET", "/api/jobs/J3")
        return job.status, file.size, answer.json()["id"]

    assert asyncio.run(work()) == ("stopped", 400, "J3")
    assert [seen[2] for seen in service.seen][:2] == [{"orgId": [ORG], "bearer_token": [TOKEN]}] * 2


def test_a_file_is_uploaded_as_a_form(hook, service, tmp_path):
    path = tmp_path / "chair.glb"
    path.write_bytes(b"glTF" * 10)
    (file,) = hook().files.upload(StoredFile(path))
    assert (file.id, b'filename="chair.glb"' in service.seen[-1][3]) == ("F1", True)


def test_assumed_paths_and_words_are_corrected_by_extras(hook, service):
    extra = {"job_change_path": "/moved/{id}", "running_word": "working", "branch": "sale"}
    client = hook(extra=extra)
    client.jobs.schedule("J1", "paused")
    assert service.seen[-1][:2] == ("PUT", "/moved/J1")
    assert client.vendor.words["running_word"] == "working"
    assert client.vendor.org.call(client.vendor.org.call(_branch_call())).query["branch"] == "sale"


def _branch_call():
    from airflow_provider_render.vendors.threekit.endpoints.layers import list_layers

    return list_layers(asset_id="A1")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"password": ""}, "has no password: fill in the Threekit API token"),
        ({"extra": {"org_id": ""}}, "extra 'org_id' is missing"),
        ({"extra": {"org_id": "acme"}}, "extra 'org_id' is 'acme', which is no UUID"),
        ({"extra": {"auth_in_query": "maybe"}}, "extra 'auth_in_query' is 'true' or 'false', not 'maybe'"),
        ({"conn_type": "dxgl"}, "is of type 'dxgl'"),
    ],
)
def test_a_connection_that_makes_no_sense_is_refused_before_anything_is_sent(hook, service, fields, message):
    with pytest.raises(ConnectionConfigError, match=message):
        hook(**fields).jobs.get("J1")
    assert service.seen == []


def test_without_a_host_the_documented_one_is_called(hook):
    assert hook(host="").vendor.base_url == "https://preview.threekit.com"


def test_refused_credentials_are_read_anew_for_the_next_call(hook):
    client = hook(password="00000000-0000-0000-0000-000000000000")
    with pytest.raises(AuthError):
        client.jobs.get("J1")
    hook()
    assert client.jobs.get("J1").status == "stopped"


def test_no_extra_of_a_correction_has_the_name_of_another():
    assert not ASSUMED.keys() & WORDS.keys()
    assert not {"org_id", "branch", "auth_in_query"} & {*ASSUMED, *WORDS}


def test_the_groups_of_the_hook_are_those_of_the_interface(hook):
    client = hook()
    groups = [name for name in vars(client.api) if not name.startswith("_")]
    assert len(groups) == 20
    assert [name for name in groups if getattr(client, name) is not getattr(client.api, name)] == []
