from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.sandbox import shapes


@pytest.fixture
def model(waiting):
    """Id of a fresh model whose renders stay pending."""
    return waiting.upload("box.glb", shapes.glb())["modelId"]


@dataclass(frozen=True)
class Gallery:
    """Finished renders of one model, by what is special about them."""

    model: str
    renders: dict[str, str]


WANTED = {
    "square": {"aspect": "1:1", "length": 3},
    "pro": {"quality": "pro", "length": 3, "bgColor": "#000000"},
    "dataset": {"effect": "dataset"},
    "overlay": {"length": 3},
}


@pytest.fixture(scope="session")
def gallery(the_rendering_one):
    """One model, rendered in every way; made once."""
    sandbox = the_rendering_one
    uploaded = sandbox.upload("chair.glb", shapes.glb(), length=3)
    files = {"file": ("red.png", shapes.png("#c00000"))}
    overlay = sandbox.api.post("/v1/overlays", files=files).json()["data"]["id"]
    wanted = {**WANTED, "overlay": {**WANTED["overlay"], "bgImageId": overlay}}
    items = [{"modelId": uploaded["modelId"], "renderSettings": settings} for settings in wanted.values()]
    batch = sandbox.api.post("/v1/renders/batch", json={"renders": items}).json()["data"]
    ids = {"standard": uploaded["renderId"], **dict(zip(wanted, [each["id"] for each in batch], strict=True))}
    for name, render_id in ids.items():
        render = sandbox.wait(render_id)
        assert render["status"] == "done", (name, render)
    return Gallery(uploaded["modelId"], ids)
