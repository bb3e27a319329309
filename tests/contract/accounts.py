"""One sandbox with an account at every vendor, for what all of them have in common."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
from demo_runner.layout import VENDORS

from tests.secret_watch import ready

ROOT = Path(__file__).parents[2]
FLAGS = ("--port", "0", "--scale", "0.05", "--fps", "2", "--speed", "100")


class Sandbox:
    """The process behind all accounts."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "airflow_provider_render.sandbox", *FLAGS]
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        self.ready: dict[str, dict[str, str]] = ready(self._process.stdout.readline())
        base = httpx.URL(self.ready["dxgl"]["base_url"]).join("/_sandbox")
        self.control = httpx.Client(base_url=base, timeout=30)

    def stop(self) -> None:
        self.control.close()
        self._process.terminate()
        self._process.communicate(timeout=20)


class Account:
    """An account at one vendor, whose bill is looked at from a mark on.

    :param sandbox: where it is.
    :param name: the vendor.
    """

    def __init__(self, sandbox: Sandbox, name: str) -> None:
        self.name, self.conn_id = name, f"{name}_default"
        self.said = sandbox.ready[name]
        self.token = self.said["token"]
        self._control = sandbox.control
        self._mark, self._calls = self._billed(), len(self._bill()["calls"])

    @property
    def spent(self) -> int:
        """Credits that were charged since the account was opened for this test."""
        return self._billed() - self._mark

    def connection(self) -> str:
        """The Airflow connection as an environment variable holds it; a look costs no time here."""
        found: dict[str, Any] = json.loads(VENDORS[self.name].connection(self.said))
        quick = {"retries": "0", "poll_first": "0.1", "poll_start": "0.1", "poll_cap": "0.3"}
        return json.dumps({**found, "extra": {**found.get("extra", {}), **quick}})

    def get(self, path: str, **headers: str) -> Any:
        """Read from the vendor without the hook."""
        return httpx.get(f"{self.said['base_url']}{path}", headers=headers, timeout=30).json()

    @property
    def paid_calls(self) -> int:
        """Calls since the mark by which renders were bought."""
        calls = self._bill()["calls"][self._calls :]
        return sum(bool(call["render_ids"]) for call in calls)

    def fault(self, **fault: Any) -> None:
        """Arm this fault and no other."""
        answer = self._control.put("/faults", json={"faults": [fault]})
        assert answer.status_code == 200, answer.text

    def _bill(self) -> dict[str, Any]:
        found: dict[str, Any] = self._control.get("/bill").json()[self.name]
        return found

    def _billed(self) -> int:
        return int(self._bill()["credits"])
