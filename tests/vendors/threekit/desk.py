"""What tests of Threekit share."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from airflow_provider_render.core.calls import Call
from airflow_provider_render.core.job import RenderJob, RenderRequest
from airflow_provider_render.core.model import ModelFile
from airflow_provider_render.vendors.threekit.vendor import ThreekitVendor
from tests.secret_watch import secret
from tests.vendors import desk
from tests.vendors.desk import Bytes

ORG = "11111111-2222-3333-4444-555555555555"
TOKEN = secret("99999999-8888-7777-6666-555555555555")
STAGE = "aaaaaaaa-0000-0000-0000-000000000001"
VENDOR = ThreekitVendor("https://preview.threekit.com", TOKEN, ORG)


MODEL = ModelFile(Bytes("chair.glb"), "a" * 64)
NAME = f"CHR-1-{'a' * 12}"


def request(model_id: str | None = "A1", ticket: str | None = None, **settings: Any) -> RenderRequest:
    return RenderRequest("CHR-1", MODEL, VENDOR.settings(settings), model_id, sku="CHR-1", ticket=ticket)


def job(job_id: str, model_id: str = "A1", **settings: Any) -> RenderJob:
    return RenderJob("threekit", job_id, model_id, settings)


class Desk(desk.Desk):
    """Answers calls by a function of the call, which returns status and body."""

    def __init__(self, react: Callable[[Call[Any]], tuple[int, Any]]) -> None:
        super().__init__(react, VENDOR)


@dataclass
class Shelf:
    """What an organisation has, in memory: lists by the field that they are answered in."""

    jobs: list[dict[str, Any]] = field(default_factory=list)
    layers: list[dict[str, Any]] = field(default_factory=list)
    runs: list[dict[str, Any]] = field(default_factory=list)
    tasks: list[dict[str, Any]] = field(default_factory=list)
    assets: list[dict[str, Any]] = field(default_factory=list)
    items: list[dict[str, Any]] = field(default_factory=list)
    files: list[dict[str, Any]] = field(default_factory=list)
    imports: dict[str, dict[str, Any]] = field(default_factory=dict)
    default_stages: dict[str, str] = field(default_factory=dict)
    started: list[dict[str, Any]] = field(default_factory=list)

    def __call__(self, call: Call[Any]) -> tuple[int, Any]:
        if call.method == "POST":
            return self._post(call)
        service, _, last = call.path.rpartition("/")
        lists: Mapping[str, list[dict[str, Any]]] = {
            "/api/jobs": self.jobs,
            "/api/layers": self.layers,
            "/api/jobs/runs": self.runs,
            "/api/jobs/tasks": self.tasks,
            "/api/assets": self.assets,
        }
        if call.path in lists:
            return 200, self._page(call, lists[call.path])
        if service == "/api/catalog/jobs":
            return (200, self.imports[last]) if last in self.imports else (404, {"message": "no job"})
        if service == "/api/orgs":
            return 200, {"id": last, "playerSettings": {"defaultStages": self.default_stages}}
        ones = {**lists, "/api/v2/assets": self.items, "/api/files": self.files}
        found = [row for row in ones.get(service, []) if row["id"] == last]
        return (200, found[0]) if found else (404, {"message": f"{last} is not known"})

    def _post(self, call: Call[Any]) -> tuple[int, Any]:
        if call.path == "/api/files":
            return 201, {"files": [{"id": "F1", "filename": call.files[0].source.name}]}
        self.started.append({"path": call.path, **call.json})
        return 200, {"jobId": f"J{len(self.started)}", "job": {"id": f"J{len(self.started)}"}}

    def _page(self, call: Call[Any], rows: list[dict[str, Any]]) -> dict[str, Any]:
        """Filter by every field that the rows have, and cut the page out."""
        paging = ("page", "perPage", "sort", "order", "orgId", "branch")
        asked = {name: value for name, value in call.query.items() if name not in paging and value}
        found = [row for row in rows if all(_same(row, name, value) for name, value in asked.items())]
        number, size = int(call.query["page"]), int(call.query["perPage"])
        plural = call.path.rpartition("/")[2]
        return {
            "count": len(found),
            "page": number,
            "perPage": size,
            plural: found[(number - 1) * size :][:size],
        }


def _same(row: Mapping[str, Any], name: str, value: str) -> bool:
    if name not in row:
        return True
    return row[name] == value or json.dumps(row[name], sort_keys=True) == _sorted(value)


def _sorted(text: str) -> str | None:
    try:
        return json.dumps(json.loads(text), sort_keys=True)
    except ValueError:
        return None


def stopped(job_id: str, count: int = 1, failures: int = 0, **more: Any) -> dict[str, Any]:
    """A job that has stopped, as the service lists it."""
    counters = {
        "taskCount": count,
        "taskStatusPending": 0,
        "taskStatusRunning": 0,
        "taskStatusStopped": count,
        "taskResultFailures": failures,
        "taskResultSuccesses": count - failures,
    }
    return {"id": job_id, "status": "stopped", "schedulerState": "active", **counters, **more}


def pending(job_id: str, count: int = 1, running: int = 0, ended: int = 0, **more: Any) -> dict[str, Any]:
    """A job that has not stopped."""
    counters = {
        "taskCount": count,
        "taskStatusPending": count - running - ended,
        "taskStatusRunning": running,
        "taskStatusStopped": ended,
        "taskResultFailures": 0,
        "taskResultSuccesses": ended,
    }
    return {"id": job_id, "status": "pending", "schedulerState": "active", **counters, **more}


def layer(layer_id: str, **more: Any) -> dict[str, Any]:
    """A picture of asset A1, as the service shows it."""
    return {
        "id": layer_id,
        "assetId": "A1",
        "assetLayerConfiguration": {},
        "stageId": "",
        "stageConfiguration": {},
        "fileId": f"F-{layer_id}",
        "jobId": "J0",
        "format": "png",
        "width": 1024,
        "height": 1024,
        **more,
    }
