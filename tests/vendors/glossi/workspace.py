"""A Glossi workspace on real sockets, written from the vendor's document; states move on with every look.

Files are uploaded to, and downloaded from, a storage with an address of its own, which refuses anybody who
brings an API key.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any

from airflow_provider_render.http import registry
from tests.secret_watch import secret

KEY = secret("glsi_0123456789_workspace")
TEMPLATE = {"templateId": "T1", "name": "Studio Light"}
SECRET = secret("whsec_never_shown_again")
FILES = (
    {"name": "Front View - Default", "fileType": "PNG", "isVideo": False},
    {"name": "360 Spin - Default", "fileType": "MP4", "isVideo": True},
)
Reply = tuple[int, Any]


class Server(ThreadingHTTPServer):
    """Answers by a function of method, path, headers and body; remembers what it was asked."""

    daemon_threads = True

    def __init__(self, answer: Callable[[str, str, Any, bytes], Reply]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = answer
        self.seen: list[tuple[str, dict[str, str], bytes]] = []
        self.drops: list[str] = []
        self.thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def labels(self) -> list[str]:
        return [label for label, _, _ in self.seen]

    def count(self, pattern: str) -> int:
        return sum(bool(re.search(pattern, label)) for label in self.labels)

    def stop(self) -> None:
        self.shutdown()
        self.thread.join()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 65536
    server: Server

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        label = f"{self.command} {self.path}"
        self.server.seen.append((label, dict(self.headers), body))
        status, answer = self.server.answer(self.command, self.path, self.headers, body)
        drop = next((one for one in self.server.drops if re.search(one, label)), None)
        if drop:
            self.server.drops.remove(drop)
            self.close_connection = True
            return
        raw = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        kind = self._kind() if isinstance(answer, bytes) else "application/json"
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def _kind(self) -> str:
        return "video/mp4" if ".mp4" in self.path else "image/png"

    do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = _answer  # noqa: N815

    def log_message(self, *words: Any) -> None:
        pass


class Workspace:
    """The workspace; ``api`` and ``storage`` are its two addresses.

    :ivar words: what each model, render or job says at its next looks, by id; the last word stays.
    :ivar links: whether finished files come with an address instead of a storage key alone.
    """

    def __init__(self) -> None:
        self.api = Server(self._api)
        self.storage = Server(self._store)
        self.ids = count(1)
        self.words: dict[str, list[str]] = {}
        self.models: dict[str, str] = {}
        self.projects: dict[str, list[str]] = {}
        self.renders: dict[str, dict[str, Any]] = {}
        self.jobs: dict[str, dict[str, Any]] = {}
        self.pipelines: dict[str, dict[str, Any]] = {}
        self.pipeline_jobs: list[dict[str, Any]] = []
        self.webhook: dict[str, Any] | None = None
        self.uploads: dict[str, bytes] = {}
        self.links = True
        self.next_renders = ["QUEUED", "RENDERING", "COMPLETED"]

    def stop(self) -> None:
        self.api.stop()
        self.storage.stop()

    def connection(self, **extra: str) -> str:
        """The Airflow connection as an environment variable holds it."""
        fields = {"conn_type": "glossi", "host": self.api.url, "password": KEY}
        return json.dumps({**fields, "extra": {"retries": "0", "timeout": 20, **extra}})

    @property
    def paid(self) -> int:
        """Calls that made something render."""
        return self.api.count(r"POST .*(/renders|/retry|/jobs/[^/]+/confirm)$")

    def _new(self, kind: str) -> str:
        return f"{kind}-{next(self.ids)}"

    def _word(self, thing: str) -> str:
        words = self.words.setdefault(thing, ["PENDING"])
        return words.pop(0) if len(words) > 1 else words[0]

    def _store(self, method: str, path: str, headers: Any, body: bytes) -> Reply:
        if headers.get("X-API-Key"):
            return 400, b"Only one auth mechanism allowed"
        if "signature=good" not in path and "/public/" not in path:
            return 403, b"<Error>Request has expired</Error>"
        if method == "PUT":
            self.uploads[path.partition("?")[0].strip("/")] = body
            return 200, b""
        return 200, b"file " + path.partition("?")[0].encode()

    def _api(self, method: str, path: str, headers: Any, raw: bytes) -> Reply:
        if headers.get("X-API-Key") != KEY:
            return 401, {"error": {"code": "UNAUTHORIZED", "message": "Invalid API key"}}
        body = json.loads(raw) if raw else {}
        plain = path.partition("?")[0]
        for pattern, answer in self._routes().items():
            if found := re.fullmatch(pattern, f"{method} {plain}"):
                return answer(body, *found.groups())
        return 404, {"error": {"message": f"no such path: {method} {plain}"}}

    def _routes(self) -> dict[str, Callable[..., Reply]]:
        v1 = "/api/v1"
        return {
            f"GET {v1}/templates": lambda body: (
                200,
                {"templates": [{"templateId": "T1", "name": "Studio"}]},
            ),
            f"POST {v1}/models": self._create_models,
            f"POST {v1}/models/status": self._status,
            f"POST {v1}/models/([^/]+)/confirm": self._confirm,
            f"POST {v1}/projects": self._create_projects,
            f"POST {v1}/renders": self._create_renders,
            f"GET {v1}/renders/([^/]+)": self._render,
            f"POST {v1}/renders/([^/]+)/retry": self._retry,
            f"POST {v1}/jobs": self._create_job,
            f"POST {v1}/jobs/([^/]+)/confirm": self._confirm_job,
            f"GET {v1}/jobs/([^/]+)": self._job,
            f"GET {v1}/webhooks": self._get_webhook,
            f"PUT {v1}/webhooks": self._set_webhook,
            f"DELETE {v1}/webhooks": lambda body: (204, b""),
            f"GET {v1}/pipelines": lambda body: (200, {"pipelines": list(self.pipelines.values())}),
            f"POST {v1}/pipelines": self._create_pipeline,
            f"GET {v1}/pipelines/([^/]+)": lambda body, one: (200, self.pipelines[one]),
            f"PATCH {v1}/pipelines/([^/]+)": self._change_pipeline,
            f"GET {v1}/pipelines/([^/]+)/jobs": lambda body, one: (200, {"jobs": self.pipeline_jobs}),
        }

    def _record(self, wanted: dict[str, Any], name: str) -> dict[str, Any]:
        model = self._new("model")
        self.models[model] = wanted["fileType"]
        key = f"workspaces/w/{model}.{wanted['fileType']}"
        return {name: model, "uploadUrl": f"{self.storage.url}/{key}?signature=good", "uploadKey": key}

    def _create_models(self, body: Any) -> Reply:
        made = [{**self._record(one, "modelId"), "name": one["name"]} for one in body["models"]]
        return 201, {"models": made}

    def _confirm(self, body: Any, model: str) -> Reply:
        self.words[model] = ["PENDING", "PROCESSING", "READY"]
        return 200, {"modelId": model, "status": self._word(model), "filePath": f"workspaces/w/{model}"}

    def _status(self, body: Any) -> Reply:
        known = [one for one in body["modelIds"] if one in self.words]
        states = [{"modelId": one, "status": self._word(one)} for one in known]
        for state in states:
            state["ready"] = state["status"] == "READY"
        missing = [one for one in body["modelIds"] if one not in known]
        return 200, {"models": states, "allReady": not missing, "notFound": missing}

    def _create_projects(self, body: Any) -> Reply:
        ids = body["modelIds"]
        groups = [[one] for one in ids] if body.get("createPerModel") else [ids]
        made = [{"projectId": self._new("project"), "status": "PENDING", "modelIds": one} for one in groups]
        self.projects.update((one["projectId"], one["modelIds"]) for one in made)
        # The document does not promise an order.
        return 201, {"projects": made[::-1]}

    def _create_renders(self, body: Any) -> Reply:
        made = [self._render_job(project) for project in body["projectIds"]]
        return 201, {"jobs": made[::-1], "totalProjects": len(made)}

    def _render_job(self, project: str) -> dict[str, Any]:
        job = self._new("render")
        self.words[job] = list(self.next_renders)
        self.renders[job] = {"jobId": job, "projectId": project}
        return {**self.renders[job], "status": "QUEUED"}

    def _render(self, body: Any, job: str) -> Reply:
        if job not in self.renders:
            return 404, {"message": "Render job not found"}
        word = self._word(job)
        done = {"renders": [self._file(job, one) for one in FILES]} if word == "COMPLETED" else {}
        return 200, {**self.renders[job], "status": word, **done}

    def _file(self, job: str, file: dict[str, Any]) -> dict[str, Any]:
        key = f"public/{job}/{file['name'][:3].strip()}.{file['fileType'].lower()}"
        link = {"url": f"{self.storage.url}/{key}?signature=good"} if self.links else {}
        return {**file, "id": f"{job}/{file['fileType']}", "filePath": key, **link}

    def _retry(self, body: Any, job: str) -> Reply:
        self.words[job] = list(self.next_renders)
        return 200, {**self.renders[job], "status": "QUEUED", "batchId": "batch-2"}

    def _create_job(self, body: Any) -> Reply:
        job = self._new("job")
        self.words[job] = ["AWAITING_UPLOADS"]
        models = [self._record(one, "id") for one in body["models"]]
        self.jobs[job] = {"jobId": job, "models": [{"id": one["id"]} for one in models]}
        return 201, {"jobId": job, "status": "AWAITING_UPLOADS", "models": models}

    def _confirm_job(self, body: Any, job: str) -> Reply:
        self.words[job] = list(self.next_renders)
        render = self._render_job("project-of-job")
        self.words[render["jobId"]] = ["COMPLETED"]
        self.jobs[job]["renderJobs"] = [render]
        return 200, {"jobId": job, "status": "PROCESSING"}

    def _job(self, body: Any, job: str) -> Reply:
        return 200, {**self.jobs[job], "status": self._word(job)}

    def _get_webhook(self, body: Any) -> Reply:
        if self.webhook is None:
            return 404, {"error": "No webhook"}
        return 200, {name: value for name, value in self.webhook.items() if name != "secret"}

    def _set_webhook(self, body: Any) -> Reply:
        self.webhook = {"id": "W1", "secret": SECRET, **body}
        return 200, self.webhook

    def _create_pipeline(self, body: Any) -> Reply:
        made = self._new("pipeline")
        self.pipelines[made] = {
            "id": made,
            "name": body["name"],
            "status": "ACTIVE",
            "pollIntervalMinutes": 5,
        }
        return 201, {"pipeline": self.pipelines[made]}

    def _change_pipeline(self, body: Any, pipeline: str) -> Reply:
        self.pipelines[pipeline].update(body)
        return 200, self.pipelines[pipeline]


def running(monkeypatch: Any) -> Iterator[Workspace]:
    """Give a workspace behind the connections ``glossi_default`` and, one call for all, ``glossi_jobs``."""
    workspace = Workspace()
    monkeypatch.setenv("AIRFLOW_CONN_GLOSSI_DEFAULT", workspace.connection())
    monkeypatch.setenv("AIRFLOW_CONN_GLOSSI_JOBS", workspace.connection(workflow="jobs"))
    yield workspace
    for _, key in list(registry._sync):
        registry.forget(key)
    workspace.stop()
