"""A sandbox of Glossi alone in a process of its own, driven with plain httpx."""

from __future__ import annotations

import io
import json
import signal
import struct
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
from PIL import Image

from tests.sandbox import shapes
from tests.sandbox.running import COMMAND, CREDITS, ROOT, SMALL
from tests.secret_watch import ready

API = "/api/v1"
ENDED = ("COMPLETED", "FAILED")


class Workspace:
    """The process, and what a user of it would have at hand."""

    def __init__(self, *flags: str) -> None:
        self.process = subprocess.Popen(
            [*COMMAND, "--vendor", "glossi", "--port", "0", *SMALL, *flags],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.ready = ready(self.process.stdout.readline())["glossi"]
        self.url = self.ready["base_url"] + API
        self.token = self.ready["token"]
        self.drive = Path(self.ready["drive"])
        self.api = httpx.Client(base_url=self.url, headers={"X-API-Key": self.token}, timeout=30)
        self.web = httpx.Client(timeout=30)
        control = httpx.URL(self.url).copy_with(path="/_sandbox")
        self.control = httpx.Client(base_url=control, timeout=30)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and return the exit code."""
        for client in (self.api, self.web, self.control):
            client.close()
        self.process.send_signal(number)
        self.process.communicate(timeout=20)
        return self.process.returncode

    def reset(self) -> None:
        """Disarm faults, fill the account, let links live as long as they should, forget the webhook."""
        for path in ("/faults", "/links"):
            self.control.delete(path)
        self.set_credits(CREDITS)
        self.api.delete("/webhooks")

    def arm(self, **fault: object) -> None:
        """Arm one fault instead of all others."""
        assert self.control.put("/faults", json={"faults": [fault]}).status_code == 200

    def set_credits(self, paid: int) -> None:
        """Replace the balance."""
        self.control.put("/credits", json={"glossi": {"credits": paid}})

    def calls(self) -> list[dict]:
        """Every paid call."""
        return self.control.get("/bill").json()["glossi"]["calls"]

    def template(self, name: str) -> str:
        """Id of a template."""
        listed = self.api.get("/templates").json()["templates"]
        return next(each["templateId"] for each in listed if each["name"] == name)

    def record(self, file_name: str = "product.glb", file_type: str = "glb") -> dict:
        """Make a model record."""
        answer = self.api.post("/models", json={"models": [{"fileName": file_name, "fileType": file_type}]})
        assert answer.status_code == 201, answer.text
        return answer.json()["models"][0]

    def put(self, url: str, content: bytes, **headers: str) -> httpx.Response:
        """Upload to a link."""
        return self.web.put(url, content=content, headers=headers)

    def confirm(self, model_id: str) -> httpx.Response:
        """Confirm an upload."""
        return self.api.post(f"/models/{model_id}/confirm", json={})

    def upload(self, content: bytes, file_name: str = "product.glb") -> str:
        """Upload a model, confirm it and return its id."""
        record = self.record(file_name, file_name.rpartition(".")[2])
        assert self.put(record["uploadUrl"], content).status_code == 200
        assert self.confirm(record["modelId"]).status_code == 200
        return record["modelId"]

    def states(self, *model_ids: str) -> dict:
        """Answer of ``POST /models/status``."""
        return self.api.post("/models/status", json={"modelIds": list(model_ids)}).json()

    def processed(self, *model_ids: str) -> list[dict]:
        """Wait until models are READY or FAILED and return their states."""
        return until(
            lambda: self.states(*model_ids)["models"],
            lambda models: all(each["status"] in ("READY", "FAILED") for each in models),
        )

    def ready_model(self, content: bytes | None = None, file_name: str = "product.glb") -> str:
        """Upload a model that becomes READY."""
        model_id = self.upload(content or shapes.glb(), file_name)
        [state] = self.processed(model_id)
        assert state["ready"], state
        return model_id

    def project(self, *model_ids: str, template: str = "Studio Light", **fields: object) -> httpx.Response:
        """Create projects."""
        body = {"modelIds": list(model_ids), "templateId": self.template(template), **fields}
        return self.api.post("/projects", json=body)

    def new_project(self, *model_ids: str, template: str = "Studio Light") -> str:
        """Create a project and return its id."""
        return self.project(*model_ids, template=template).json()["projects"][0]["projectId"]

    def order(self, *project_ids: str, **settings: object) -> httpx.Response:
        """Start renders."""
        return self.api.post("/renders", json={"projectIds": list(project_ids), "settings": settings})

    def render(self, *project_ids: str, **settings: object) -> list[dict]:
        """Start renders and wait until they have ended."""
        jobs = self.order(*project_ids, **settings).json()["jobs"]
        return [self.ended(f"/renders/{job['jobId']}") for job in jobs]

    def ended(self, path: str) -> dict:
        """Wait until the object at a path is COMPLETED or FAILED."""
        return until(lambda: self.api.get(path).json(), lambda found: found.get("status") in ENDED)


def until(look, is_enough, seconds: float = 90):
    """Look until it is enough and return what was seen."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        seen = look()
        if is_enough(seen):
            return seen
        time.sleep(0.05)
    raise AssertionError(f"still {seen}")


class Listener:
    """A server that hears webhooks; the first ``refused`` of them are answered with 500."""

    def __init__(self) -> None:
        self.heard: list[tuple[dict, bytes]] = []
        self.refused = 0
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                listener.heard.append((dict(self.headers), body))
                listener.refused -= 1
                self.send_response(500 if listener.refused >= 0 else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *words):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/hook"

    def events(self) -> list[str]:
        """Names of the events in the order in which they came."""
        return [json.loads(body)["event"] for _, body in self.heard]

    def wait_for(self, *events: str) -> dict:
        """Wait until these were heard and return the last data of each by name."""
        until(self.events, lambda names: set(events) <= set(names))
        return {each["event"]: each["data"] for each in (json.loads(body) for _, body in self.heard)}

    def close(self) -> None:
        """Stop."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def with_variants(*names: str) -> bytes:
    """A GLB whose one material has so many colours, each a named variant."""
    content = shapes.glb()
    length = struct.unpack("<I", content[12:16])[0]
    tree = json.loads(content[20 : 20 + length])
    binary = content[20 + length :]
    colours = ([0.8, 0.1, 0.1, 1], [0.1, 0.2, 0.8, 1], [0.1, 0.6, 0.2, 1])[: len(names)]
    tree["materials"] = [
        {"name": f"colour {index}", "pbrMetallicRoughness": {"baseColorFactor": colour, "metallicFactor": 0}}
        for index, colour in enumerate(colours)
    ]
    tree["extensionsUsed"] = ["KHR_materials_variants"]
    tree["extensions"] = {"KHR_materials_variants": {"variants": [{"name": name} for name in names]}}
    mappings = [{"material": index, "variants": [index]} for index in range(len(names))]
    for mesh in tree["meshes"]:
        for primitive in mesh["primitives"]:
            primitive["material"] = 0
            primitive["extensions"] = {"KHR_materials_variants": {"mappings": mappings}}
    text = json.dumps(tree).encode()
    text += b" " * (-len(text) % 4)
    total = 20 + len(text) + len(binary)
    return struct.pack("<4sIIII", b"glTF", 2, total, len(text), 0x4E4F534A) + text + binary


def picture(content: bytes) -> Image.Image:
    """Open an image."""
    return Image.open(io.BytesIO(content)).convert("RGB")
