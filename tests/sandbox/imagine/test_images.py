from __future__ import annotations

import httpx
import pytest

from tests.sandbox import shapes
from tests.sandbox.imagine.running import CREATE_IMAGES, RENDER_IMAGES

FILES = ("file", "filmic_file", "color_pass_file", "thumbnail", "filmic_thumbnail")
EMPTY = dict.fromkeys(FILES)


@pytest.fixture
def sku(waiting):
    """A product that can be placed."""
    return waiting.product(name="Placeable")["sku_id"]


def picture(image: dict, name: str):
    return shapes.picture(httpx.get(image[name]).content)


def test_an_order_makes_one_image_per_camera(waiting, sku):
    answer = waiting.place(sku, cameras=(8152586, 8152584))
    data = answer.json()["data"]
    assert (answer.status_code, data["sku_ids"]) == (202, [sku])
    images = waiting.images(render_id=data["render_id"])["results"]
    assert [each["angle_name"] for each in images] == ["cam 1", "Top Shot"]
    assert all({name: each[name] for name in FILES} == EMPTY for each in images)
    assert {each["status"] for each in images} == {"Not Done"}


def test_a_wrong_scene_and_a_wrong_sku_are_told_together(waiting, sku):
    answer = waiting.place(sku, "NOBODY'S", scene=755440)
    assert answer.status_code == 400
    assert answer.json()["message"] == {
        "scene_id": ["Room/Scene with id 755440 not found or not accessible."],
        "products": {"sku_id": 'Invalid or inaccessible sku_id(s): ["NOBODY\'S"]'},
    }


def test_cameras_belong_to_their_scene(waiting, sku):
    answer = waiting.place(sku, scene=4275, cameras=(8152601, 8152586, 7))
    expected = {"cameras_to_render": ["Invalid camera ID(s) for scene 4275: [8152586, 7]"]}
    assert (answer.status_code, answer.json()["message"]) == (400, expected)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"scene_id": None}, "scene_id"),
        ({"scene_id": "7550"}, "scene_id"),
        ({"cameras_to_render": []}, "cameras_to_render"),
        ({"cameras_to_render": ["8152584"]}, "cameras_to_render"),
        ({"units": "parsecs"}, "units"),
        ({"products": []}, "products"),
        ({"products": [{"sku_id": ""}]}, "products"),
        ({"products": [1]}, "products"),
    ],
)
def test_a_wrong_order_names_its_field_and_makes_nothing(waiting, sku, change, field):
    body = {"scene_id": 7550, "cameras_to_render": [8152584], "products": [{"sku_id": sku}], **change}
    answer = waiting.api.post(CREATE_IMAGES, json=body)
    assert (answer.status_code, list(answer.json()["message"])) == (400, [field])
    assert waiting.images(sku_id=sku)["count"] == 0


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"material_id": 1}, "material_id"),
        ({"position": [0, 0]}, "position"),
        ({"rotation": "x"}, "rotation"),
    ],
)
def test_a_wrong_placement_names_its_field(waiting, sku, change, field):
    body = {"scene_id": 7550, "cameras_to_render": [8152584], "products": [{"sku_id": sku, **change}]}
    message = waiting.api.post(CREATE_IMAGES, json=body).json()["message"]
    assert message["products"].keys() == {field}


def test_a_product_without_its_files_cannot_be_placed(waiting):
    product = waiting.create(sku_id="UNFINISHED")
    assert waiting.place(product["sku_id"]).status_code == 400


def test_images_are_found_by_each_product_in_them(waiting):
    first, second = waiting.product(name="Rare Orchid"), waiting.product(name="Pot")
    render_id = waiting.place(first["sku_id"], second["sku_id"]).json()["data"]["render_id"]
    expected = waiting.images(render_id=render_id)["results"]
    for filters in (
        {"product_id": first["id"]},
        {"sku_id": second["sku_id"]},
        {"sku_ids": second["sku_id"]},
        {"product_name": "rare orch"},
        {"product_name": "ORCHID", "sku_id": second["sku_id"], "render_id": render_id},
    ):
        assert waiting.images(**filters)["results"] == expected
    assert waiting.images(product_name="orchid", product_id=1)["count"] == 0


def test_an_unknown_order_is_not_found(waiting):
    for render_id in ("1", "x", "9" * 40):
        assert waiting.api.get(RENDER_IMAGES, params={"render_id": render_id}).status_code == 404


def test_images_are_paged(waiting, sku):
    for _ in range(7):
        waiting.place(sku, cameras=(8152584, 8152585, 8152586))
    page = waiting.images(sku_id=sku)
    assert (page["count"], page["total_pages"], len(page["results"])) == (21, 2, 20)
    last = waiting.api.get(page["next_link"]).json()
    assert (last["current_page_number"], len(last["results"]), last["next_link"]) == (2, 1, None)


def test_a_finished_image_comes_in_five_files(studio):
    for image in studio.images:
        assert image["status"] == "Done"
        sizes = {name: picture(image, name).size for name in FILES}
        assert sizes["file"] == sizes["filmic_file"] == sizes["color_pass_file"] == (96, 54)
        assert sizes["thumbnail"] == sizes["filmic_thumbnail"]
        assert sizes["thumbnail"][0] < 96


def test_the_filmic_image_and_the_color_pass_differ_from_the_image(studio):
    plain, filmic, flat = (picture(studio.images[0], name) for name in FILES[:3])
    assert plain.tobytes() != filmic.tobytes()
    small = flat.resize((24, 14))
    assert len({(r // 64, g // 64, b // 64) for _, (r, g, b) in small.getcolors(10000)}) < 16


PLACEMENTS = {
    "beside": {"position": [2, 0, 0]},
    "beside in cm": {"position": [200, 0, 0], "units": "cm"},
    "nearer": {"position": [2, 0, 0], "units": "inches"},
    "turned": {"position": [2, 0, 0], "rotation": [0, 40, 0]},
    "walnut": {"position": [2, 0, 0], "material_id": 500},
}


def test_position_rotation_units_and_material_are_seen(quick, studio):
    def ordered(units: str = "m", **placement: object) -> int:
        body = {"scene_id": 7601, "cameras_to_render": [8152701], "units": units}
        products = [{"sku_id": studio.other["sku_id"]}, {"sku_id": studio.product["sku_id"], **placement}]
        answer = quick.api.post(CREATE_IMAGES, json={**body, "products": products})
        return answer.json()["data"]["render_id"]

    orders = {name: ordered(**placement) for name, placement in PLACEMENTS.items()}
    images = {name: quick.wait_for_images(render_id)[0] for name, render_id in orders.items()}
    pixels = {name: picture(image, "file").tobytes() for name, image in images.items()}
    assert pixels["beside in cm"] == pixels["beside"]
    assert len(set(pixels.values())) == 4


def test_one_camera_may_fail_alone(quick, studio):
    quick.arm(kind="render_failure", next=1, match="create-images")
    order = quick.place(studio.product["sku_id"], scene=7601, cameras=(8152701, 8152702)).json()
    images = quick.wait_for_images(order["data"]["render_id"])
    assert {each["angle_name"]: each["status"] for each in images} == {
        "silo camera 1": "Failed",
        "silo camera 2": "Done",
    }
    assert {name: images[1][name] for name in FILES} == EMPTY


def test_a_late_listing_hides_fresh_images(waiting, sku):
    render_id = waiting.place(sku).json()["data"]["render_id"]
    waiting.arm(kind="late_listing", seconds=60, match="render-images")
    assert waiting.api.get(RENDER_IMAGES, params={"render_id": render_id}).status_code == 404
    assert waiting.images(sku_id=sku)["count"] == 0
    waiting.control.delete("/faults")
    assert waiting.images(render_id=render_id)["count"] == 1


def test_a_picture_can_break_off(quick, studio):
    quick.arm(kind="truncate", next=1, match="GET /imagine/media/")
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(studio.images[0]["file"])
    assert httpx.get(studio.images[0]["file"]).status_code == 200
