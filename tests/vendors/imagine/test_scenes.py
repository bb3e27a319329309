"""Pictures of products in scenes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from airflow_provider_render.core.errors import NotFoundError, RenderInputError, SettingsError
from airflow_provider_render.core.job import OutputKind, RenderJob, RenderStatus
from airflow_provider_render.core.vendor import Answerable
from airflow_provider_render.vendors.imagine import placing
from tests.vendors.imagine.account import UNICODE, VENDOR, Desk, data, listed, product, refused, request

IMAGES = "GET /v1/product/render-images/"
CREATE = "POST /v1/product/create-images/"
DETAILS = "GET /v1/product/details/"
SCENE = {"scene_id": 7550, "cameras": [8152584, 8152586], "position": [0, 1, 2], "units": "cm"}
JOB = RenderJob("imagine", "render-2281539", UNICODE, {}, {"sku": "CHR-1", "cameras": "2"})


def image(number, word="Done", angle="cam 1"):
    fields = ("file", "filmic_file", "color_pass_file", "thumbnail", "filmic_thumbnail")
    url = "https://media.imagine.io/{}-{}.jpg?Signature=s"
    files = {name: url.format(name, number) if word == "Done" else None for name in fields}
    return {"id": number, "angle_name": angle, "status": word, **files}


def scene(**more):
    return request(settings=SCENE, **more)


class TestSubmit:
    def desk(self, **more):
        made = data(202, render_id=2281539, sku_ids=["CHR-1"])
        return Desk({DETAILS: listed(product()), CREATE: made, **more})

    def test_the_product_is_placed_by_its_sku(self):
        desk = self.desk()
        (made,) = desk.run(VENDOR.submit([scene()]))
        assert desk.calls[1].json == {
            "scene_id": 7550,
            "cameras_to_render": [8152584, 8152586],
            "units": "cm",
            "products": [{"sku_id": "CHR-1", "position": [0.0, 1.0, 2.0]}],
        }
        assert (made.id, made.model_id, made.refs) == (JOB.id, UNICODE, JOB.refs)
        assert made.settings == VENDOR.settings(SCENE)

    def test_what_is_known_is_announced_before_it_is_paid(self):
        desk = self.desk()
        desk.run(VENDOR.submit([scene()]))
        ((announced,),) = desk.milestones
        assert (announced.model_id, announced.refs["sku"]) == (UNICODE, "CHR-1")

    @pytest.mark.parametrize("known", [{}, {"sku": None}, {"sku": None, "model": None}])
    def test_a_product_is_placed_by_the_sku_that_it_has_now(self, known):
        desk = self.desk(**{DETAILS: listed(product(sku_id="CHR-9"))})
        desk.run(VENDOR.submit([scene(**known)]))
        assert desk.labels == [DETAILS, CREATE]
        assert desk.calls[0].query["unicode"] == UNICODE
        assert desk.calls[1].json["products"][0]["sku_id"] == "CHR-9"

    @pytest.mark.parametrize(
        ("found", "why"), [(listed(), "is not there"), (listed(product(sku_id=None)), "has no SKU")]
    )
    def test_a_product_without_a_sku_cannot_be_placed(self, found, why):
        desk = self.desk(**{DETAILS: found})
        with pytest.raises(RenderInputError, match=why):
            desk.run(VENDOR.submit([scene(sku=None, model=None)]))
        assert desk.milestones == []


class TestStates:
    def look(self, *images, job=JOB):
        desk = Desk({IMAGES: listed(*images)})
        return desk.run(VENDOR.states([job])).get(job.id)

    @pytest.mark.parametrize(
        ("words", "stands", "progress"),
        [
            (("Not Done", "Not Done"), RenderStatus.QUEUED, 0.0),
            (("Done", "Not Done"), RenderStatus.RUNNING, 0.5),
            (("Done", "Processing"), RenderStatus.RUNNING, 0.5),
            (("Done",), RenderStatus.RUNNING, 0.5),
            (("Done", "Done"), RenderStatus.SUCCEEDED, 1.0),
            (("Done", "Failed"), RenderStatus.FAILED, None),
            (("Done", "Disabled"), RenderStatus.FAILED, None),
        ],
    )
    def test_a_render_is_done_when_all_cameras_are(self, words, stands, progress):
        state = self.look(*(image(number, word, f"cam {number}") for number, word in enumerate(words)))
        assert (state.status, state.progress) == (stands, progress)

    def test_a_failure_names_its_camera(self):
        assert self.look(image(1), image(2, "Failed", "Top Shot")).error == "Top Shot: Failed"

    def test_a_render_that_shows_no_pictures_is_left_out(self):
        assert self.look() is None
        assert Desk({IMAGES: refused(404, "Not found.")}).run(VENDOR.states([JOB])) == {}

    def test_many_cameras_are_read_page_by_page(self):
        link = "http://staging-api.imagine.io/v1/product/render-images/?render_id=2281539&page=2"
        pages = [
            listed(*(image(n) for n in range(20)), next_link=link),
            listed(*(image(n) for n in range(20, 25))),
        ]
        desk = Desk({IMAGES: pages})
        job = replace(JOB, refs={"cameras": "25"})
        assert desk.run(VENDOR.states([job]))[job.id].status is RenderStatus.SUCCEEDED
        assert [call.query["render_id"] for call in desk.calls] == ["2281539", "2281539"]


class TestFindExisting:
    def test_without_a_cut_off_submit_nothing_is_asked(self):
        assert Desk({}).run(VENDOR.find_existing(scene())).answer is Answerable.ABSENT

    @pytest.mark.parametrize(
        ("answer", "found"),
        [
            (listed(), Answerable.ABSENT),
            (refused(404, "Not found."), Answerable.ABSENT),
            (listed(image(1)), Answerable.UNKNOWN),
        ],
    )
    def test_pictures_of_the_product_leave_it_open_whether_a_cut_off_submit_happened(self, answer, found):
        desk = Desk({IMAGES: answer})
        announced = replace(JOB, refs={"sku": "CHR-7", "cameras": "2"})
        assert desk.run(VENDOR.find_existing(scene(ticket="t", announced=announced))).answer is found
        assert desk.calls[0].query["sku_id"] == "CHR-7"

    def test_a_submit_that_was_cut_off_before_its_paid_call_did_not_happen_and_nothing_is_asked(self):
        assert Desk({}).run(VENDOR.find_existing(scene(ticket="t"))).answer is Answerable.ABSENT


class TestOutputs:
    def offered(self, *images):
        return Desk({IMAGES: listed(*images)}).run(VENDOR.outputs(JOB))

    def test_every_camera_offers_its_looks(self):
        found = {output.name: output.kind for output in self.offered(image(2, angle="Top Shot"), image(1))}
        assert found == {
            "cam-1.jpg": OutputKind.IMAGE,
            "cam-1-filmic.jpg": OutputKind.IMAGE,
            "cam-1-color-pass.jpg": OutputKind.IMAGE,
            "cam-1-thumbnail.jpg": OutputKind.THUMBNAIL,
            "cam-1-filmic-thumbnail.jpg": OutputKind.THUMBNAIL,
            "top-shot.jpg": OutputKind.IMAGE,
            "top-shot-filmic.jpg": OutputKind.IMAGE,
            "top-shot-color-pass.jpg": OutputKind.IMAGE,
            "top-shot-thumbnail.jpg": OutputKind.THUMBNAIL,
            "top-shot-filmic-thumbnail.jpg": OutputKind.THUMBNAIL,
        }

    def test_names_are_safe_and_there_once(self):
        images = [
            image(1, angle="../Cam A"),
            image(2, angle="cam a"),
            image(3, angle="???"),
            image(4, angle=None),
        ]
        names = [output.name for output in self.offered(*images)]
        assert len(set(names)) == len(names)
        assert names[::5] == ["cam-a.jpg", "cam-a_2.jpg", "image-3.jpg", "image-4.jpg"]

    def test_what_is_not_there_is_not_offered(self):
        bare = {**image(1), "color_pass_file": None, "filmic_file": None}
        names = [output.name for output in self.offered(bare)]
        assert names == ["cam-1.jpg", "cam-1-thumbnail.jpg", "cam-1-filmic-thumbnail.jpg"]

    def test_a_file_is_found_again_and_an_archived_one_is_gone(self):
        outputs = self.offered(image(1), image(2))
        desk = Desk({IMAGES: listed(image(1), image(2))})
        for output in outputs:
            assert desk.run(VENDOR.locate(replace(output, fetch=None))) == output.fetch
        with pytest.raises(NotFoundError, match=r"cam-1\.jpg"):
            Desk({IMAGES: listed(image(2))}).run(VENDOR.locate(outputs[0]))


class TestPlacing:
    def test_products_are_skus_or_say_where_they_stand(self):
        products = ["CHR-1", {"sku_id": "TBL-1", "position": "1 0 0", "material_id": "500"}]
        settings, placed = placing.order("7550", "2,1", products)
        assert settings == {"scene_id": 7550, "cameras": [1, 2], "units": "inches"}
        assert placed == [
            {"sku_id": "CHR-1"},
            {"sku_id": "TBL-1", "position": [1.0, 0.0, 0.0], "material_id": 500},
        ]

    def test_products_may_be_json_text(self):
        _, placed = placing.order(1, [1], '[{"sku_id": "A", "rotation": [0, 90, 0]}, "B"]')
        assert placed == [{"sku_id": "A", "rotation": [0.0, 90.0, 0.0]}, {"sku_id": "B"}]
        assert placing.order(1, [1], "A")[1] == [{"sku_id": "A"}]

    @pytest.mark.parametrize(
        ("order", "why"),
        [
            ((1, [1], []), "products: "),
            ((1, [1], 5), "products: "),
            ((1, [1], "[{"), "products: not JSON"),
            ((1, [1], [{"position": [0, 0, 0]}]), "has no sku_id"),
            ((1, [1], [{"sku_id": "A", "colour": 1}]), "colour: unknown, known are material_id, position"),
            ((1, [1], [{"sku_id": "A", "position": [0, 0]}]), "position: "),
            ((None, [1], ["A"]), "scene_id: "),
            ((None, None, ["A"]), "scene_id: "),
            ((1, "x", ["A"]), "cameras: "),
        ],
    )
    def test_a_wrong_order_is_refused_by_name(self, order, why):
        with pytest.raises(SettingsError, match=why):
            placing.order(*order)

    def test_numbers_are_read_from_text(self):
        assert placing.numbers("ids", "3, 1") == [3, 1]
        for wrong in ("", None, "x", [0]):
            with pytest.raises(SettingsError, match="ids: "):
                placing.numbers("ids", wrong)
