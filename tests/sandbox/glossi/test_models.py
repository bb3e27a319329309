from __future__ import annotations

import re

import httpx
import pytest

from tests.sandbox import shapes


def test_the_key_looks_like_a_key_of_glossi(glossi):
    assert re.fullmatch(r"glsi_\w{10}_\w+", glossi.token)


@pytest.mark.parametrize("headers", [{}, {"X-API-Key": "glsi_0_wrong"}, {"Authorization": "Bearer x"}])
@pytest.mark.parametrize("path", ["/templates", "/renders/x", "/webhooks", "/pipelines", "/jobs/x"])
def test_without_the_key_nothing_is_answered(glossi, path, headers):
    answer = httpx.get(glossi.url + path, headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "UNAUTHORIZED")


def test_many_records_are_made_in_one_call(slow):
    names = [f"Product {number}" for number in range(120)]
    body = {"models": [{"name": name, "fileName": "a.glb", "fileType": "glb"} for name in names]}
    models = slow.api.post("/models", json=body).json()["models"]
    assert [model["name"] for model in models] == names
    assert len({model["modelId"] for model in models} | {model["uploadKey"] for model in models}) == 240


def test_a_record_without_a_name_is_called_like_its_file(slow):
    assert slow.record("Oak Chair.glb")["name"] == "Oak Chair"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "models must be"),
        ({"models": []}, "models must be"),
        ({"models": ["a.glb"]}, "models must be"),
        ({"models": [{"fileType": "glb"}]}, "fileName is required"),
        ({"models": [{"fileName": "a.blend", "fileType": "blend"}]}, "fileType must be one of glb"),
        ({"models": [{"fileName": "a.glb", "fileType": ["glb"]}]}, "fileType must be one of glb"),
        ({"models": [{"fileName": "a.glb", "fileType": "glb", "name": 1}]}, "name is required"),
    ],
)
def test_a_wrong_record_is_refused_with_its_reason(slow, body, said):
    answer = slow.api.post("/models", json=body)
    assert answer.status_code == 400
    assert said in answer.json()["error"]["message"]


def test_a_body_that_is_no_json_object_is_refused(slow):
    for body in (b"{", b"[]", b'"text"'):
        answer = slow.api.post("/models", content=body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "INVALID_REQUEST")


def test_confirming_before_the_upload_is_refused(slow):
    record = slow.record()
    answer = slow.confirm(record["modelId"])
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "UPLOAD_MISSING")
    slow.put(record["uploadUrl"], shapes.glb())
    assert slow.confirm(record["modelId"]).status_code == 200


def test_confirming_as_another_type_is_refused(slow):
    record = slow.record()
    slow.put(record["uploadUrl"], shapes.glb())
    answer = slow.api.post(f"/models/{record['modelId']}/confirm", json={"fileType": "usdz"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "INVALID_REQUEST")


def test_confirming_an_unknown_model_is_404(slow):
    assert slow.confirm("nobody").json()["error"]["code"] == "MODEL_NOT_FOUND"


def test_confirming_twice_changes_nothing(glossi, model):
    assert glossi.confirm(model).json()["status"] == "READY"


def test_a_fresh_model_is_pending(slow):
    [state] = slow.states(slow.upload(shapes.glb()))["models"]
    assert (state["status"], state["ready"]) == ("PENDING", False)


def test_the_status_of_many_models_comes_in_one_answer_with_those_not_found(glossi, model):
    waiting = glossi.record()["modelId"]
    answer = glossi.states(model, "nobody", waiting)
    assert [each["modelId"] for each in answer["models"]] == [model, waiting]
    assert answer["notFound"] == ["nobody"]
    assert answer["allReady"] is False
    assert glossi.states(model)["allReady"] is True


def test_a_broken_model_fails_and_says_why(glossi, listener):
    glossi.api.put("/webhooks", json={"url": listener.url, "events": ["model.failed"]})
    model_id = glossi.upload(shapes.corrupt_glb())
    [state] = glossi.processed(model_id)
    assert (state["status"], state["ready"]) == ("FAILED", False)
    assert "GLB" in state["error"]
    assert listener.wait_for("model.failed")["model.failed"] == state


def test_a_failed_model_can_be_uploaded_again(glossi):
    record = glossi.record()
    for content, status in ((shapes.corrupt_glb(), "FAILED"), (shapes.glb(), "READY")):
        glossi.put(record["uploadUrl"], content)
        glossi.confirm(record["modelId"])
        [state] = glossi.processed(record["modelId"])
        assert state["status"] == status


def test_other_formats_are_converted_and_rendered(glossi):
    model_id = glossi.ready_model(shapes.OBJ, "plate.obj")
    [job] = glossi.render(glossi.new_project(model_id), renderShots=False)
    assert job["status"] == "COMPLETED", job


def test_a_format_that_the_sandbox_cannot_read_fails(glossi):
    [state] = glossi.processed(glossi.upload(b"ISO-10303-21;", "part.step"))
    assert (state["status"], "cannot read" in state["error"]) == ("FAILED", True)


def test_templates_are_filtered_by_whose_they_are(slow):
    def names(**query: str) -> set[str]:
        return {each["name"] for each in slow.api.get("/templates", params=query).json()["templates"]}

    assert {"Studio Light", "Outdoor Scene"} <= names(internal="false")
    assert names(internal="false") | names(public="false") == names()
    assert not names(internal="false") & names(public="false")
    assert names(internal="true") == names()


def test_templates_have_the_same_ids_in_every_sandbox(slow, glossi):
    assert slow.api.get("/templates").json() == glossi.api.get("/templates").json()


def test_unknown_paths_and_methods_are_answered_in_the_envelope(slow):
    assert slow.api.get("/nowhere").json()["error"]["code"] == "NOT_FOUND"
    assert slow.api.delete("/templates").json()["error"]["code"] == "METHOD_NOT_ALLOWED"
