from __future__ import annotations

import re
import time

import pytest

from tests.sandbox import shapes

SAMPLE = {
    "id", "modelId", "status", "renderSettings", "fileSize", "errorMessage", "hasWebVariant", "createdAt",
    "updatedAt",
}  # fmt: skip
ORDER = ["pending", "poster-processing", "poster-done", "video-processing", "done"]


def create(sandbox, model, **settings):
    return sandbox.api.post("/v1/renders", json={"modelId": model, "renderSettings": settings})


def test_a_new_render_is_pending_and_keeps_its_settings_as_sent(waiting, model):
    settings = {"aspect": "16:9", "bgColor": "#FFFFFF", "length": 6, "shadows": True, "unheardOf": 1}
    answer = create(waiting, model, **settings)
    assert answer.status_code == 201
    data = answer.json()["data"]
    assert data == {"id": data["id"], "modelId": model, "status": "pending", "renderSettings": settings}
    assert re.fullmatch(r"[A-Za-z0-9]{12}", data["id"])


def test_a_pending_render_looks_as_documented(waiting, model):
    render = waiting.render(create(waiting, model).json()["data"]["id"])
    assert render.keys() == SAMPLE
    assert (render["fileSize"], render["errorMessage"], render["hasWebVariant"]) == (None, None, False)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", render["createdAt"])


@pytest.mark.parametrize(
    ("settings", "price"),
    [
        ({}, 1),
        ({"quality": "4k"}, 4),
        ({"quality": "pro"}, 16),
        ({"effect": "dataset"}, 1),
        ({"output": "dataset", "datasetQuality": "196x1024"}, 4),
        ({"output": "dataset", "datasetQuality": "400x2048", "coverage": "sphere"}, 16),
    ],
)
def test_the_price_follows_the_tier(waiting, model, settings, price):
    before = waiting.balance()
    render = create(waiting, model, **settings).json()["data"]["id"]
    assert waiting.balance() == before - price
    call = waiting.bill()["calls"][-1]
    assert (call["call"], call["credits"], call["render_ids"]) == ("POST /v1/renders", price, [render])


def test_the_bill_adds_up(waiting, model):
    create(waiting, model, quality="4k")
    bill = waiting.bill()
    assert bill["credits"] == sum(call["credits"] for call in bill["calls"])


def test_a_render_goes_through_the_documented_statuses(rendering):
    render = rendering.upload("box.glb", shapes.glb(), length=3)["renderId"]
    seen = []
    while not seen or seen[-1] not in ("done", "error"):
        status = rendering.render(render)["status"]
        seen += [status] if status not in seen else []
        time.sleep(0.005)
    assert seen == [status for status in ORDER if status in seen]
    assert seen[0] == "pending"
    assert seen[-1] == "done"


def test_a_finished_render_tells_its_size_and_its_web_variant(rendering, gallery):
    render = rendering.render(gallery.renders["standard"])
    assert render["fileSize"] == len(rendering.asset(render["id"], "video").content)
    assert render["hasWebVariant"] is True
    assert render["updatedAt"] > render["createdAt"]


def test_renders_are_filtered_by_model_and_status(rendering, gallery):
    listed = rendering.api.get("/v1/renders", params={"model": gallery.model, "status": "done"}).json()
    assert set(gallery.renders.values()) < {render["id"] for render in listed["data"]}
    assert listed["data"][-1].keys() == SAMPLE
    assert listed["meta"]["total"] == len(listed["data"])
    none = rendering.api.get("/v1/renders", params={"model": gallery.model, "status": "failed"}).json()
    assert none == {"data": [], "meta": {"total": 0, "offset": 0, "limit": 50}}


def test_renders_are_listed_page_by_page(waiting, model):
    ids = [create(waiting, model).json()["data"]["id"] for _ in range(3)]
    pages = [
        waiting.api.get("/v1/renders", params={"model": model, "limit": 2, "offset": offset}).json()
        for offset in (0, 2)
    ]
    listed = [render["id"] for page in pages for render in page["data"]]
    assert listed[:3] == ids[::-1]
    assert pages[0]["meta"]["total"] == len(listed) + 1 == 5


def test_dismiss_turns_error_into_failed(rendering):
    rendering.arm(kind="render_failure", next=1)
    render = rendering.upload("box.glb", shapes.glb())["renderId"]
    assert rendering.wait(render)["status"] == "error"
    answer = rendering.api.patch(f"/v1/renders/{render}/dismiss")
    assert answer.status_code == 200
    assert rendering.render(render)["status"] == "failed"
    assert rendering.render(render)["errorMessage"]


def test_dismiss_leaves_a_healthy_render_alone(waiting, model):
    render = create(waiting, model).json()["data"]["id"]
    waiting.api.patch(f"/v1/renders/{render}/dismiss")
    assert waiting.render(render)["status"] == "pending"


def test_a_deleted_render_is_gone_and_its_credits_too(waiting, model):
    before = waiting.balance()
    render = create(waiting, model).json()["data"]["id"]
    assert waiting.api.delete(f"/v1/renders/{render}").status_code == 200
    assert waiting.api.get(f"/v1/renders/{render}").status_code == 404
    assert waiting.api.delete(f"/v1/renders/{render}").status_code == 404
    assert waiting.balance() == before - 1


def test_deleting_a_running_render_stops_it_and_spares_the_preview(rendering):
    data = rendering.upload("box.glb", shapes.glb(), length=15, quality="4k")
    while rendering.render(data["renderId"])["status"] == "pending":
        time.sleep(0.02)
    rendering.api.delete(f"/v1/renders/{data['renderId']}")
    [preview] = rendering.api.get(f"/v1/models/{data['modelId']}").json()["data"]["renders"]
    assert preview["is_system_preview"] is True
    assert rendering.wait(preview["id"])["status"] == "done"


def test_a_batch_answers_in_the_order_of_the_request(waiting, model):
    other = waiting.upload("box.glb", shapes.glb())["modelId"]
    items = [
        {"modelId": model, "renderSettings": {"aspect": "16:9"}},
        {"modelId": other, "renderSettings": {"quality": "4k"}},
        {"modelId": model},
    ]
    before = waiting.balance()
    answer = waiting.api.post("/v1/renders/batch", json={"renders": items})
    assert answer.status_code == 201
    data = answer.json()["data"]
    assert [(each["modelId"], each["status"]) for each in data] == [
        (model, "pending"),
        (other, "pending"),
        (model, "pending"),
    ]
    assert data[0].keys() == {"id", "modelId", "status"}
    assert waiting.balance() == before - 6
    call = waiting.bill()["calls"][-1]
    assert call["call"] == "POST /v1/renders/batch"
    assert call["model_ids"] == [model, other]
    assert call["render_ids"] == [each["id"] for each in data]


@pytest.mark.parametrize(
    ("last", "status", "code"),
    [
        ({"modelId": "nobody"}, 404, "model_not_found"),
        ({"renderSettings": {}}, 400, "model_id_required"),
        ("text", 400, "model_id_required"),
        ({"renderSettings": {"length": 99}}, 400, "invalid_settings"),
        ({"renderSettings": {"quality": "pro"}}, 402, "no_credits"),
    ],
)
def test_a_batch_is_all_or_nothing(waiting, model, last, status, code):
    waiting.set_credits(10)
    total = waiting.api.get("/v1/renders").json()["meta"]["total"]
    item = (
        {"modelId": model, **last}
        if isinstance(last, dict) and code in ("invalid_settings", "no_credits")
        else last
    )
    answer = waiting.api.post("/v1/renders/batch", json={"renders": [{"modelId": model}, item]})
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert waiting.balance() == 10
    assert waiting.api.get("/v1/renders").json()["meta"]["total"] == total


def test_a_batch_of_100_is_the_largest(waiting, model):
    answer = waiting.api.post("/v1/renders/batch", json={"renders": [{"modelId": model}] * 100})
    assert len(answer.json()["data"]) == 100


def test_free_credits_pay_for_standard_renders_only(waiting, model):
    waiting.set_credits(0, free=2)
    assert create(waiting, model, quality="4k").status_code == 402
    assert create(waiting, model).status_code == 201
    assert waiting.balance() == 1


def test_a_render_for_a_free_credit_is_watermarked(rendering, gallery):
    rendering.set_credits(0, free=1)
    free = create(rendering, gallery.model, length=3).json()["data"]["id"]
    assert rendering.wait(free)["status"] == "done"
    posters = [
        rendering.asset(render, "poster?quality=full").content
        for render in (free, gallery.renders["standard"])
    ]
    assert posters[0] != posters[1]


def test_an_upload_without_credits_keeps_nothing(waiting):
    waiting.set_credits(0)
    total = waiting.api.get("/v1/models").json()["meta"]["total"]
    answer = waiting.api.post("/v1/models", files={"file": ("box.glb", shapes.glb())})
    assert answer.json()["error"]["code"] == "no_credits"
    assert waiting.api.get("/v1/models").json()["meta"]["total"] == total
