"""A sandbox with the double of Threekit, and what a client of it would do."""

from __future__ import annotations

import signal
import subprocess
import time

import httpx

from tests.sandbox import shapes
from tests.sandbox.running import COMMAND, ROOT, SMALL
from tests.secret_watch import ready

CREDITS = 1000


class ThreekitSandbox:
    """The process, and clients with each of the tokens."""

    def __init__(self, *flags: str) -> None:
        self.process = subprocess.Popen(
            [*COMMAND, "--vendor", "threekit", "--port", "0", *SMALL, *flags],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.ready = ready(self.process.stdout.readline())["threekit"]
        self.url, self.org_id = self.ready["base_url"], self.ready["org_id"]
        self.token, self.public_token = self.ready["token"], self.ready["public_token"]
        self.api = self.client(self.token)
        self.public = self.client(self.public_token)
        self.anonymous = httpx.Client(base_url=f"{self.url}/api", timeout=60)
        self.control = httpx.Client(base_url=httpx.URL(self.url).join("/_sandbox"), timeout=30)

    def client(self, token: str) -> httpx.Client:
        """A client that sends a token."""
        headers = {"Authorization": f"Bearer {token}"}
        return httpx.Client(base_url=f"{self.url}/api", headers=headers, timeout=60)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and return the exit code."""
        for client in (self.api, self.public, self.anonymous, self.control):
            client.close()
        self.process.send_signal(number)
        self.process.communicate(timeout=20)
        return self.process.returncode

    def arm(self, **fault: object) -> None:
        """Arm one fault instead of all others."""
        assert self.control.put("/faults", json={"faults": [fault]}).status_code == 200

    def set_credits(self, paid: int) -> None:
        """Replace the balance."""
        assert self.control.put("/credits", json={"threekit": {"credits": paid}}).status_code == 200

    def bill(self) -> dict:
        """The bill."""
        return self.control.get("/bill").json()["threekit"]

    def upload(self, name: str, content: bytes) -> dict:
        """Upload a file and return its record."""
        answer = self.api.post("/files", files={"file": (name, content)})
        assert answer.status_code == 201, answer.text
        return answer.json()["files"][0]

    def start_import(self, name: str, content: bytes, **fields: object) -> dict:
        """Upload and import a file; the answer of the import."""
        body = {"fileId": self.upload(name, content)["id"], "sync": True, **fields}
        return self.ok(self.api.post("/asset-jobs/import", json=body))

    def model(self, name: str = "box.glb", content: bytes | None = None, **fields: object) -> str:
        """Id of the asset that a file was imported as."""
        imported = self.start_import(name, shapes.glb() if content is None else content, **fields)
        output = self.ok(self.api.get(f"/catalog/jobs/{imported['jobId']}"))["output"]
        return output["model"][0]["assetId"]

    def stages(self) -> dict[str, str]:
        """Ids of the stages by name."""
        assets = self.ok(self.api.get("/assets", params={"type": "stage"}))["assets"]
        return {asset["name"]: asset["id"] for asset in assets}

    def render(self, asset: str, client: httpx.Client | None = None, **body: object) -> httpx.Response:
        """Order one picture, small and awaited unless the body says otherwise."""
        wanted = {"orgId": self.org_id, "sync": True, **size(1600), **body}
        return (client or self.api).post(f"/asset-jobs/{asset}/render/webgl/image", json=wanted)

    def picture(self, asset: str, **body: object) -> bytes:
        """Bytes of one picture."""
        job = self.ok(self.render(asset, **body))["job"]
        assert job["taskResultSuccesses"] == 1, job["runs"]
        return self.content(outputs(job)[0]["id"])

    def content(self, file_id: str) -> bytes:
        """Bytes of a file."""
        answer = self.api.get(f"/files/{file_id}/content")
        assert answer.status_code == 200, answer.text
        return answer.content

    def layers(self, **query: object) -> dict:
        """A page of layers."""
        return self.ok(self.api.get("/layers", params=query))

    def wait(self, job_id: str, seconds: float = 90) -> dict:
        """Wait until a job has stopped."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            job = self.ok(self.api.get(f"/jobs/{job_id}"))
            if job["status"] == "stopped":
                return job
            time.sleep(0.1)
        raise AssertionError(f"still {job['status']}")

    @staticmethod
    def ok(answer: httpx.Response) -> dict:
        """The JSON of a successful answer."""
        assert answer.status_code == 200, answer.text
        return answer.json()


def size(width: int, height: int | None = None) -> dict:
    """The settings of a render of that size."""
    resolution = {"width": width, **({"height": height} if height else {})}
    return {"settings": {"output": {"resolution": resolution}}}


def outputs(job: dict) -> list[dict]:
    """Files that a job made, without its logs."""
    files = [file for run in job["runs"] for file in run["results"]["files"]]
    return [file for file in files if file["filename"] not in ("stdout", "stderr")]
