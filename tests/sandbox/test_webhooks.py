from __future__ import annotations

import asyncio
import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from airflow_provider_render.sandbox.database import Database
from airflow_provider_render.sandbox.options import Options
from airflow_provider_render.sandbox.webhooks import Deliveries

BODY = b'{"event":"render.complete"}'


class _Ear(BaseHTTPRequestHandler):
    """Answers with the statuses it was given, one a call, the last one for ever."""

    statuses: list[int] = []
    heard: list[tuple[dict, bytes]] = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.heard.append((dict(self.headers), body))
        self.send_response(self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0])
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *words):
        pass


@pytest.fixture
def ear():
    """A server that hears webhooks: ``statuses``, ``heard`` and ``url``."""
    handler = type("Ear", (_Ear,), {"statuses": [200], "heard": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    handler.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    yield handler
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def database(tmp_path):
    kept = Database(tmp_path / "sandbox.sqlite3")
    yield kept
    kept.close()


def deliver(database: Database, url: str, **options) -> dict:
    """Send one body, wait until its delivery has ended and return its entry in the log."""

    async def run() -> dict:
        deliveries = Deliveries(database, Options(speed=200, **options))
        deliveries.send("glossi", url, BODY, {"X-Signature": "abc"})
        await deliveries.settle()
        await deliveries.close()
        return deliveries.log("glossi")[-1]

    return asyncio.run(run())


def test_a_taken_webhook_is_sent_once_with_its_headers_and_its_very_bytes(database, ear):
    entry = deliver(database, ear.url)
    [(headers, body)] = ear.heard
    assert (headers["X-Signature"], body) == ("abc", BODY)
    assert (entry["state"], entry["last_status"], len(entry["attempts"])) == ("delivered", 200, 1)
    assert (entry["event"], entry["sha256"]) == ("render.complete", hashlib.sha256(BODY).hexdigest())


def test_a_refused_webhook_comes_again_until_it_is_taken(database, ear):
    ear.statuses[:] = [500, 302, 204]
    entry = deliver(database, ear.url)
    assert [attempt["status"] for attempt in entry["attempts"]] == [500, 302, 204]
    assert entry["state"] == "delivered"


def test_a_webhook_is_given_up_after_three_attempts(database, ear):
    ear.statuses[:] = [503]
    entry = deliver(database, ear.url)
    assert (entry["state"], entry["last_status"], len(ear.heard)) == ("failed", 503, 3)


def test_a_server_that_is_not_there_is_tried_three_times(database):
    entry = deliver(database, "http://127.0.0.1:1/hook")
    assert [attempt["status"] for attempt in entry["attempts"]] == [None] * 3
    assert "ConnectError" in entry["attempts"][0]["error"]


@pytest.mark.parametrize(
    "url",
    ["https://example.com/hook", "http://127.0.0.1.example.com", "file:///etc/hosts", "http://[/", ""],
)
def test_nobody_outside_this_machine_is_called(database, url):
    entry = deliver(database, url)
    assert (entry["state"], entry["attempts"]) == ("not delivered", [])


def test_a_host_that_the_options_name_is_called(database):
    entry = deliver(database, "http://airflow.invalid/hook", webhook_hosts=("airflow.invalid",))
    assert (entry["state"], len(entry["attempts"])) == ("failed", 3)


def test_closing_gives_up_what_waits_and_a_restart_says_so(database):
    async def run() -> None:
        deliveries = Deliveries(database, Options(speed=0.001))
        deliveries.send("glossi", "http://127.0.0.1:1/hook", BODY, {})
        await asyncio.sleep(0.1)
        await deliveries.close()
        assert deliveries.log("glossi")[0]["state"] == "waiting"

    asyncio.run(run())
    [entry] = Deliveries(database, Options()).log("glossi")
    assert (entry["state"], entry["event"]) == ("failed", "render.complete")
    assert Deliveries(database, Options()).log("dxgl") == []
