"""A sandbox with the double of Imagine, and what a client of it would do."""

from __future__ import annotations

import itertools
import json
import signal
import subprocess
import time

import httpx

from tests.sandbox import shapes
from tests.sandbox.running import COMMAND, ROOT, SMALL
from tests.secret_watch import ready

HITS = 1_000_000
"""More than any test spends while it waits on a slow machine."""
DETAILS = "/v1/product/details/"
JOB = "/v1/product/job/"
STATUS = "/v1/product/status/"
SHARED = "/v1/product/shared-content/"
ARCHIVE = "/v1/product/render-content/archive/"
CREATE_IMAGES = "/v1/product/create-images/"
RENDER_IMAGES = "/v1/product/render-images/"
EVERYTHING = [
    {"req_type": "3d_model_viewer"},
    {"req_type": "ar"},
    {"req_type": "360_degree_spin"},
    {"req_type": "Product Image", "image_type": "silo"},
]
UNDER_WAY = ("Not Done", "Processing", "Blender Processing")

_skus = itertools.count(1)


def new_sku() -> str:
    """A sku_id that no other call gets."""
    return f"SKU-{next(_skus)}"


class ImagineSandbox:
    """The process, and clients with each of the keys."""

    def __init__(self, *flags: str) -> None:
        self.process = subprocess.Popen(
            [*COMMAND, "--vendor", "imagine", "--port", "0", *SMALL, *flags],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.ready = ready(self.process.stdout.readline())["imagine"]
        self.url = self.ready["base_url"]
        self.origin = self.ready["origin"]
        self.api = self.client(self.ready["token"])
        self.public = self.client(self.ready["public_key"])
        self.anonymous = httpx.Client(base_url=self.url, timeout=30)
        self.control = httpx.Client(base_url=httpx.URL(self.url).join("/_sandbox"), timeout=30)

    def client(self, key: str, **headers: str) -> httpx.Client:
        """A client that sends a key."""
        headers = {"Authorization": f"Imagine-key {key}", "Origin": self.origin, **headers}
        return httpx.Client(base_url=self.url, headers=headers, timeout=30)

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

    def set_hits(self, hits: int) -> None:
        """Replace the balance."""
        balance = {"imagine": {"credits": hits}}
        assert self.control.put("/credits", json=balance).status_code == 200

    def bill(self) -> dict:
        """The bill."""
        return self.control.get("/bill").json()["imagine"]

    def create(self, file_name: str = "box.glb", **fields: str) -> dict:
        """Create a product and return ``data`` of the answer."""
        answer = self.api.post(DETAILS, data={"prop_data_user_file_name": file_name, **fields})
        assert answer.status_code == 201, answer.text
        return answer.json()["data"]

    def finalize(self, unicode: str) -> httpx.Response:
        """Mark the upload of a product as complete."""
        return self.api.patch(f"{DETAILS}{unicode}/", json={"action": "mark_upload_success"})

    def product(self, content: bytes | None = None, file_name: str = "box.glb", **fields: str) -> dict:
        """Create a product with its files in place."""
        created = self.create(file_name, **{"sku_id": new_sku(), "name": "Box", **fields})
        model = content if content is not None else shapes.glb()
        assert post(created["presigned_url_prop_user_file"], model).status_code == 204
        if created["presigned_url_thumbnail"]:
            assert post(created["presigned_url_thumbnail"], shapes.png("#c00000")).status_code == 204
        finalized = self.finalize(created["unicode"])
        assert finalized.status_code == 200, finalized.text
        return finalized.json()["data"]

    def order(self, unicode: str, *details: dict) -> httpx.Response:
        """Submit a content job."""
        wanted = {"product": unicode, "job_detail_list": list(details) or EVERYTHING}
        return self.api.post(JOB, json=wanted)

    def status(self, unicode: str) -> dict:
        """Content status of a product."""
        answer = self.api.get(STATUS, params={"unicode": unicode})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def wait_for_content(self, unicode: str, seconds: float = 90) -> dict:
        """Wait until everything that was ordered for a product has ended."""
        return wait(lambda: self.status(unicode), seconds)

    def place(self, *skus: str, scene: int = 7550, cameras: tuple[int, ...] = (8152584,), **more: object):
        """Order images of products in a scene."""
        products = [{"sku_id": sku} for sku in skus]
        body = {"scene_id": scene, "cameras_to_render": list(cameras), "products": products, **more}
        return self.api.post(CREATE_IMAGES, json=body)

    def images(self, **filters: object) -> dict:
        """A page of rendered images."""
        answer = self.api.get(RENDER_IMAGES, params=filters)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def wait_for_images(self, render_id: int, seconds: float = 90) -> list[dict]:
        """Wait until all images of an order have ended."""
        return wait(lambda: self.images(render_id=render_id), seconds)["results"]


def wait(look, seconds: float) -> dict:
    """Look again and again until no status is under way."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        seen = look()
        if not any(f'"{status}"' in json.dumps(seen) for status in UNDER_WAY):
            return seen
        time.sleep(0.1)
    raise AssertionError(f"still under way: {seen}")


def post(form: dict, content: bytes, **changes: str | None) -> httpx.Response:
    """Upload to a presigned form; fields that are changed to None are left out."""
    fields = {**form["fields"], **changes}
    given = {name: value for name, value in fields.items() if value is not None}
    return httpx.post(form["url"], data=given, files={"file": ("model.glb", content)}, timeout=30)
