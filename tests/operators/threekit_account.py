"""An organisation at the sandbox's Threekit, behind the tests of what only Threekit has."""

from __future__ import annotations

import json
import signal
import subprocess
from typing import Any

import httpx

from tests.sandbox.running import COMMAND, ROOT
from tests.secret_watch import ready


class Organisation:
    """A running sandbox with one organisation, whose bill is looked at from a mark on."""

    conn_id = "threekit_default"

    def __init__(self, *flags: str) -> None:
        command = [*COMMAND, "--vendor", "threekit", "--port", "0", "--scale", "0.1", *flags]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        self.ready = ready(self.process.stdout.readline())["threekit"]
        root = httpx.URL(self.ready["base_url"]).copy_with(path="/_sandbox")
        self.control = httpx.Client(base_url=root, timeout=30)
        self.begin()

    def begin(self) -> None:
        """Forget faults and what was spent so far."""
        self.control.delete("/faults")
        self._mark = self._billed()

    @property
    def spent(self) -> int:
        """Pictures that were charged since the mark."""
        return self._billed() - self._mark

    def connection(self) -> str:
        """The Airflow connection as an environment variable holds it."""
        extra = {"org_id": self.ready["org_id"], "retries": "0", "timeout": 20}
        return json.dumps(
            {
                "conn_type": "threekit",
                "host": self.ready["base_url"],
                "password": self.ready["token"],
                "extra": extra,
            }
        )

    def fault(self, **fault: Any) -> None:
        """Arm one fault instead of all others."""
        answer = self.control.put("/faults", json={"faults": [fault]})
        assert answer.status_code == 200, answer.text

    def stop(self) -> None:
        """End the sandbox."""
        self.control.close()
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=20)

    def _billed(self) -> int:
        return int(self.control.get("/bill").json()["threekit"]["credits"])
