from __future__ import annotations

import hashlib
import hmac

import pytest

from tests.sandbox.glossi.workspace import until

URL = "http://127.0.0.1:1/hook"


def test_the_secret_is_shown_when_it_is_made_and_never_again(slow):
    made = slow.api.put(
        "/webhooks", json={"url": URL, "events": ["job.failed"], "description": "mine"}
    ).json()
    assert made["secret"]
    shown = slow.api.get("/webhooks").json()
    assert shown == {name: value for name, value in made.items() if name != "secret"}
    assert (shown["enabled"], shown["description"]) == (True, "mine")


def test_a_second_put_replaces_the_one_webhook(slow):
    first = slow.api.put("/webhooks", json={"url": URL, "events": ["job.failed"]}).json()
    second = slow.api.put("/webhooks", json={"url": URL + "2", "events": ["model.failed"]}).json()
    assert (second["id"], second["url"]) == (first["id"], URL + "2")
    assert second["secret"] != first["secret"]


def test_a_deleted_webhook_is_gone(slow):
    slow.api.put("/webhooks", json={"url": URL, "events": ["job.failed"]})
    assert slow.api.delete("/webhooks").status_code == 204
    assert slow.api.get("/webhooks").status_code == 404
    assert slow.api.delete("/webhooks").status_code == 404


@pytest.mark.parametrize(
    "change",
    [
        {"url": None},
        {"url": "ftp://x"},
        {"url": "http://["},
        {"events": []},
        {"events": ["pipeline.done"]},
        {"enabled": 1},
        {"description": 5},
    ],
)
def test_a_wrong_webhook_is_refused(slow, change):
    body = {"url": URL, "events": ["job.failed"], **change}
    assert slow.api.put("/webhooks", json=body).json()["error"]["code"] == "INVALID_REQUEST"


def test_the_signature_is_over_the_very_bytes_and_each_try_is_logged(glossi, listener, model):
    listener.refused = 2
    made = glossi.api.put("/webhooks", json={"url": listener.url, "events": ["project.created"]}).json()
    project = glossi.project(model, name="Größe ✓").json()["projects"][0]
    assert listener.wait_for("project.created")["project.created"] == project
    until(lambda: listener.heard, lambda heard: len(heard) == 3)
    for headers, body in listener.heard:
        expected = hmac.new(made["secret"].encode(), body, hashlib.sha256).hexdigest()
        assert headers["X-Glossi-Signature"] == expected
    entry = until(
        lambda: glossi.control.get("/webhooks").json()["glossi"][-1], lambda last: last["state"] != "waiting"
    )
    assert [attempt["status"] for attempt in entry["attempts"]] == [500, 500, 200]
    assert (entry["event"], entry["state"]) == ("project.created", "delivered")


@pytest.mark.parametrize("change", [{"enabled": False}, {"events": ["job.failed"]}])
def test_what_nobody_wants_to_hear_is_not_sent(glossi, model, change):
    before = len(glossi.control.get("/webhooks").json()["glossi"])
    glossi.api.put("/webhooks", json={"url": URL, "events": ["project.created"], **change})
    glossi.new_project(model)
    assert len(glossi.control.get("/webhooks").json()["glossi"]) == before


def test_a_server_elsewhere_is_not_called(glossi, model):
    glossi.api.put("/webhooks", json={"url": "https://your-app.com/webhooks", "events": ["project.created"]})
    glossi.new_project(model)
    assert glossi.control.get("/webhooks").json()["glossi"][-1]["state"] == "not delivered"
