from __future__ import annotations

import pytest
from PIL import Image, ImageChops

from tests.sandbox import shapes
from tests.sandbox.glossi.workspace import picture


def test_one_project_a_model_is_made_when_asked(glossi, model):
    other = glossi.ready_model(file_name="Second.glb")
    projects = glossi.project(model, other, createPerModel=True).json()["projects"]
    assert [each["modelIds"] for each in projects] == [[model], [other]]
    assert [each["name"] for each in projects] == ["product", "Second"]


def test_several_models_stand_in_one_scene_otherwise(glossi, model):
    other = glossi.ready_model()
    [project] = glossi.project(model, other, name="Both").json()["projects"]
    assert (project["name"], project["modelIds"]) == ("Both", [model, other])
    [both] = glossi.render(project["projectId"], renderShots=False)
    [one] = glossi.render(glossi.new_project(model), renderShots=False)
    assert width_of_what_is_shown(glossi, both) > 1.3 * width_of_what_is_shown(glossi, one)


def width_of_what_is_shown(glossi, job) -> int:
    front = picture(glossi.web.get(job["renders"][0]["url"]).content)
    background = Image.new("RGB", front.size, front.getpixel((0, 0)))
    shown = ImageChops.difference(front, background).convert("L").point(lambda value: 255 * (value > 30))
    left, _, right, _ = shown.getbbox()
    return right - left


def test_a_model_that_is_not_ready_is_refused(slow):
    model_id = slow.upload(shapes.glb())
    answer = slow.project(model_id)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "MODEL_NOT_READY")
    assert model_id in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"modelIds": []}, 400, "INVALID_REQUEST"),
        ({"modelIds": "x"}, 400, "INVALID_REQUEST"),
        ({"modelIds": ["nobody"]}, 404, "MODEL_NOT_FOUND"),
        ({"templateId": "nothing"}, 404, "TEMPLATE_NOT_FOUND"),
        ({"templateId": None}, 400, "INVALID_REQUEST"),
        ({"createPerModel": "yes"}, 400, "INVALID_REQUEST"),
    ],
)
def test_a_wrong_project_is_refused(glossi, model, change, status, code):
    body = {"modelIds": [model], "templateId": glossi.template("Studio Light"), **change}
    answer = glossi.api.post("/projects", json=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
