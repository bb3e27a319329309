"""Webhooks: bodies posted to the client's own server, tried again when it does not take them."""

from __future__ import annotations

import asyncio
import hashlib
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx

from airflow_provider_render.sandbox.identity import timestamp

if TYPE_CHECKING:
    from airflow_provider_render.sandbox.database import Database, Row
    from airflow_provider_render.sandbox.options import Options

SCHEMA = """
CREATE TABLE IF NOT EXISTS deliveries (
    number INTEGER PRIMARY KEY AUTOINCREMENT, vendor TEXT NOT NULL, url TEXT NOT NULL, event TEXT,
    sha256 TEXT NOT NULL, time TEXT NOT NULL, state TEXT NOT NULL, attempts TEXT NOT NULL DEFAULT '[]');
CREATE INDEX IF NOT EXISTS deliveries_vendor ON deliveries (vendor);
"""

MOST_ATTEMPTS = 3
FIRST_DELAY_SECONDS = 2.0
ANSWER_SECONDS = 10.0
LOOPBACK = ("127.0.0.1", "localhost", "::1")

WAITING, DELIVERED, FAILED, NOT_SENT = "waiting", "delivered", "failed", "not delivered"


class Deliveries:
    """
    Delivers webhooks in the background, and remembers every attempt.

    Only servers on this machine get any, and the hosts that the options name: a sandbox calls nobody else.

    :param database: where attempts are kept.
    :param options: ``speed`` divides the delays, ``webhook_hosts`` are allowed beside this machine.
    """

    def __init__(self, database: Database, options: Options) -> None:
        self._database = database
        self._speed = options.speed
        self._hosts = {*LOOPBACK, *options.webhook_hosts}
        self._tasks: set[asyncio.Task[None]] = set()
        self._client: httpx.AsyncClient | None = None
        database.define(SCHEMA)
        database.run("UPDATE deliveries SET state = ? WHERE state = ?", FAILED, WAITING)

    def send(self, vendor: str, url: str, body: bytes, headers: dict[str, str]) -> None:
        """
        Post a body: up to three times, 2 and 4 seconds apart (divided by the speed), until the answer is 2xx.

        :param vendor: for :meth:`log`.
        :param url: where to.
        :param body: sent as it is, so that signatures over it hold.
        :param headers: sent with it.
        """
        allowed = self._may_call(url)
        number = self._note(vendor, url, body, WAITING if allowed else NOT_SENT)
        if allowed:
            task = asyncio.create_task(self._deliver(number, url, body, headers))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def log(self, vendor: str) -> list[dict[str, Any]]:
        """Every delivery of a vendor, oldest first: url, event, body's hash, state, attempts, last status."""
        rows = self._database.rows("SELECT * FROM deliveries WHERE vendor = ? ORDER BY number", vendor)
        return [_shown(row) for row in rows]

    async def settle(self) -> None:
        """Wait until nothing is under way."""
        await asyncio.gather(*self._tasks)

    async def close(self) -> None:
        """Give up what is under way."""
        running = list(self._tasks)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        if self._client:
            await self._client.aclose()

    def _may_call(self, url: str) -> bool:
        try:
            parts = urlsplit(url)
        except ValueError:
            return False
        return parts.scheme in ("http", "https") and parts.hostname in self._hosts

    def _note(self, vendor: str, url: str, body: bytes, state: str) -> int:
        self._database.run(
            "INSERT INTO deliveries (vendor, url, event, sha256, time, state) VALUES (?, ?, ?, ?, ?, ?)",
            vendor,
            url,
            _event(body),
            hashlib.sha256(body).hexdigest(),
            timestamp(),
            state,
        )
        return self._database.count("SELECT last_insert_rowid()")

    async def _deliver(self, number: int, url: str, body: bytes, headers: dict[str, str]) -> None:
        for attempt in range(MOST_ATTEMPTS):
            if attempt:
                await asyncio.sleep(FIRST_DELAY_SECONDS * 2 ** (attempt - 1) / self._speed)
            outcome = await self._post(url, body, headers)
            delivered = 200 <= (outcome["status"] or 0) < 300
            is_last = delivered or attempt + 1 == MOST_ATTEMPTS
            state = WAITING if not is_last else DELIVERED if delivered else FAILED
            self._database.run(
                "UPDATE deliveries SET state = ?, attempts = json_insert(attempts, '$[#]', json(?))"
                " WHERE number = ?",
                state,
                json.dumps(outcome),
                number,
            )
            if is_last:
                return

    async def _post(self, url: str, body: bytes, headers: dict[str, str]) -> dict[str, Any]:
        # Proxies of the environment must not see calls to this machine.
        self._client = self._client or httpx.AsyncClient(timeout=ANSWER_SECONDS, trust_env=False)
        began = timestamp()
        try:
            answer = await self._client.post(url, content=body, headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return {"time": began, "status": None, "error": f"{type(error).__name__}: {error}"}
        return {"time": began, "status": answer.status_code, "error": None}


def _event(body: bytes) -> str | None:
    try:
        content = json.loads(body)
    except ValueError:
        return None
    event = content.get("event") if isinstance(content, dict) else None
    return event if isinstance(event, str) else None


def _shown(row: Row) -> dict[str, Any]:
    attempts = json.loads(row["attempts"])
    return {
        "url": row["url"],
        "event": row["event"],
        "sha256": row["sha256"],
        "time": row["time"],
        "state": row["state"],
        "attempts": attempts,
        "last_status": attempts[-1]["status"] if attempts else None,
    }
