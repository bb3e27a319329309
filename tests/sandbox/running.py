"""A sandbox in a process of its own, driven over plain HTTP."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx

from tests.secret_watch import ready

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "airflow_provider_render.sandbox"]
SMALL = ["--scale", "0.05", "--fps", "4"]
CREDITS = 1000


class RunningSandbox:
    """The process, and what a user of it would have at hand."""

    def __init__(self, *flags: str) -> None:
        self.process = subprocess.Popen(
            [*COMMAND, "--port", "0", *SMALL, *flags], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        self.ready_line = self.process.stdout.readline()
        self.ready = ready(self.ready_line)["dxgl"]
        self.url = self.ready["base_url"]
        self.token = self.ready["token"]
        self.root = httpx.URL(self.url).copy_with(path="/")
        self.api = httpx.Client(
            base_url=self.url, headers={"Authorization": f"Bearer {self.token}"}, timeout=30
        )
        self.anonymous = httpx.Client(base_url=self.url, timeout=30)
        self.control = httpx.Client(base_url=self.root.join("/_sandbox"), timeout=30)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and return the exit code."""
        for client in (self.api, self.anonymous, self.control):
            client.close()
        self.process.send_signal(number)
        self.process.communicate(timeout=20)
        return self.process.returncode

    def arm(self, **fault: object) -> None:
        """Arm one fault instead of all others."""
        assert self.control.put("/faults", json={"faults": [fault]}).status_code == 200

    def fired(self) -> list[int]:
        """How often each armed fault fired."""
        return [fault["fired"] for fault in self.control.get("/faults").json()["faults"]]

    def set_credits(self, paid: int, free: int = 0) -> None:
        """Replace the balance."""
        self.control.put("/credits", json={"dxgl": {"credits": paid, "free_credits": free}})

    def balance(self) -> int:
        """Credits that the account shows."""
        return self.api.get("/v1/account").json()["data"]["credits"]

    def bill(self) -> dict:
        """The bill of DXGL."""
        return self.control.get("/bill").json()["dxgl"]

    def upload(self, name: str, content: bytes, **settings: object) -> dict:
        """Upload a model and return ``data`` of the answer."""
        answer = self.api.post(
            "/v1/models", files={"file": (name, content)}, data={"renderSettings": json.dumps(settings)}
        )
        assert answer.status_code == 201, answer.text
        return answer.json()["data"]

    def render(self, render_id: str) -> dict:
        """One render as the API shows it."""
        return self.api.get(f"/v1/renders/{render_id}").json()["data"]

    def wait(self, render_id: str, seconds: float = 90) -> dict:
        """Wait until a render is done or failed."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            render = self.render(render_id)
            if render["status"] in ("done", "error", "failed"):
                return render
            time.sleep(0.1)
        raise AssertionError(f"still {render['status']}")

    def asset(self, render_id: str, path: str, **headers: str) -> httpx.Response:
        """One file of a render."""
        return self.api.get(f"/v1/renders/{render_id}/{path}", headers=headers)
