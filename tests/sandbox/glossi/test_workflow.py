"""The vendor's "Complete Workflow" from its first request to its last, with nothing but httpx."""

from __future__ import annotations

import hashlib
import hmac
import json
import time

import httpx

from tests.sandbox import shapes
from tests.sandbox.glossi.workspace import picture

EVENTS = [
    "model.processed",
    "model.failed",
    "project.created",
    "job.complete",
    "job.failed",
    "render.complete",
    "render.failed",
]


def test_the_documented_workflow_works_word_by_word(glossi, listener):
    base, headers = glossi.ready["base_url"], {"X-API-Key": glossi.token}

    webhook = httpx.put(
        f"{base}/api/v1/webhooks",
        headers=headers,
        json={"url": listener.url, "events": EVENTS, "enabled": True},
    ).json()
    assert set(webhook) >= {"id", "url", "secret", "events", "enabled"}

    created = httpx.post(
        f"{base}/api/v1/models",
        headers=headers,
        json={"models": [{"name": "My Product", "fileName": "product.glb", "fileType": "glb"}]},
    ).json()["models"][0]
    assert set(created) == {"modelId", "name", "uploadUrl", "uploadKey"}
    assert created["name"] == "My Product"
    assert created["uploadKey"].startswith("workspaces/")
    assert created["uploadKey"].endswith("/model.glb")
    model_id = created["modelId"]

    put = httpx.put(created["uploadUrl"], headers={"Content-Type": "model/gltf-binary"}, content=shapes.glb())
    assert (put.status_code, put.content) == (200, b"")

    confirmed = httpx.post(
        f"{base}/api/v1/models/{model_id}/confirm", headers=headers, json={"fileType": "glb"}
    ).json()
    assert confirmed == {
        "modelId": model_id,
        "name": "My Product",
        "status": "PENDING",
        "filePath": created["uploadKey"],
    }

    while True:
        status = httpx.post(
            f"{base}/api/v1/models/status", headers=headers, json={"modelIds": [model_id]}
        ).json()
        if status["allReady"]:
            break
        time.sleep(0.1)
    ready = {"modelId": model_id, "name": "My Product", "status": "READY", "ready": True}
    assert status == {"models": [ready], "allReady": True, "notFound": []}

    templates = httpx.get(f"{base}/api/v1/templates", headers=headers).json()["templates"]
    assert {"templateId", "name", "description"} == set(templates[0])
    assert (templates[0]["name"], templates[1]["name"]) == ("Studio Light", "Outdoor Scene")
    template_id = templates[0]["templateId"]

    project = httpx.post(
        f"{base}/api/v1/projects",
        headers=headers,
        json={"name": "Product Photoshoot", "modelIds": [model_id], "templateId": template_id},
    ).json()["projects"][0]
    assert project == {
        "projectId": project["projectId"],
        "name": "Product Photoshoot",
        "status": "PENDING",
        "modelIds": [model_id],
        "templateId": template_id,
    }

    started = httpx.post(
        f"{base}/api/v1/renders",
        headers=headers,
        json={
            "projectIds": [project["projectId"]],
            "settings": {
                "renderBookmarks": True,
                "renderShots": True,
                "renderVariants": True,
                "imageQuality": 1,
                "videoQuality": 1,
            },
        },
    ).json()
    [job] = started["jobs"]
    assert started["totalProjects"] == 1
    assert job == {"jobId": job["jobId"], "status": "QUEUED", "projectId": project["projectId"]}

    while True:
        job = httpx.get(f"{base}/api/v1/renders/{job['jobId']}", headers=headers).json()
        if job["status"] in ("COMPLETED", "FAILED"):
            break
        assert job["status"] in ("QUEUED", "RENDERING")
        time.sleep(0.1)
    assert job["status"] == "COMPLETED"
    by_name = {render["name"]: render for render in job["renders"]}
    assert list(by_name) == ["Front View - Default", "Three Quarter - Default", "360 Spin - Default"]
    front, spin = by_name["Front View - Default"], by_name["360 Spin - Default"]
    assert (front["fileType"], front["isVideo"]) == ("PNG", False)
    assert (spin["fileType"], spin["isVideo"]) == ("MP4", True)
    assert front["filePath"].startswith("workspaces/")
    assert front["filePath"].endswith("/render.png")
    assert spin["filePath"].endswith("/video.mp4")
    assert picture(httpx.get(front["url"]).content).size == (96, 54)
    assert httpx.get(spin["url"]).content[4:8] == b"ftyp"

    data = listener.wait_for("model.processed", "project.created", "render.complete")
    assert data["render.complete"]["jobId"] == job["jobId"]
    for sent, body in listener.heard:
        # What the documented verifyWebhook() does: it hashes JSON.stringify(payload).
        again = json.dumps(json.loads(body), separators=(",", ":"), ensure_ascii=False).encode()
        expected = hmac.new(webhook["secret"].encode(), again, hashlib.sha256).hexdigest()
        assert sent["X-Glossi-Signature"] == expected


def test_a_failed_render_is_retried_as_documented(glossi, project):
    glossi.arm(kind="render_failure", next=1)
    [failed] = glossi.render(project, renderShots=False)
    assert failed["status"] == "FAILED"
    retried = glossi.api.post(f"/renders/{failed['jobId']}/retry").json()
    assert {**retried, "batchId": ""} == {
        "jobId": failed["jobId"],
        "status": "QUEUED",
        "projectId": project,
        "batchId": "",
    }
    assert retried["batchId"]
    assert glossi.ended(f"/renders/{failed['jobId']}")["status"] == "COMPLETED"
