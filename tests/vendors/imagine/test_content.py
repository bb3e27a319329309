"""Content of a product: how far it is, whether it is there already, what it offers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from airflow_provider_render.core.errors import AuthError, NotFoundError, UnavailableError
from airflow_provider_render.core.job import OutputKind, RenderJob, RenderStatus
from airflow_provider_render.core.looking import Look, unread
from airflow_provider_render.core.vendor import Answerable
from airflow_provider_render.vendors.imagine.vendor import ImagineVendor
from tests.vendors.imagine.account import UNICODE, VENDOR, Desk, data, job, product, refused, request

STATUS = "GET /v1/product/status/"
SHARED = "GET /v1/product/shared-content/"
SKIPPING = ImagineVendor("https://api.imagine.io", "sk_x", "shop.example", disabled="skip")
ALL = "360+ar+silo+viewer"


def status(silo=None, spin=None, ar=None, viewer=None):
    return 200, product() | {
        "product_silo_images_status": silo,
        "product_threesixty_status": spin,
        "product_ar_status": ar,
        "product_3d_status": viewer,
        "api_hits_available": 9,
    }


def silo(*words, first=1):
    return [
        {"id": number, "name": f"cam {number}", "status": word} for number, word in enumerate(words, first)
    ]


def spin(word):
    return [{"id": 5025, "status": word}]


def look(answer, types="silo", vendor=VENDOR):
    desk = Desk({STATUS: answer}, vendor)
    return desk.run(vendor.states([job(types)])).get(job(types).id)


class TestStates:
    @pytest.mark.parametrize(
        ("word", "stands"),
        [
            ("Not Done", RenderStatus.QUEUED),
            ("Processing", RenderStatus.RUNNING),
            ("Blender Processing", RenderStatus.RUNNING),
            ("Done", RenderStatus.SUCCEEDED),
            ("Failed", RenderStatus.FAILED),
            ("Infected", RenderStatus.FAILED),
            ("Disabled", RenderStatus.FAILED),
            ("Polishing", RenderStatus.RUNNING),
        ],
    )
    def test_the_vendors_words_have_a_meaning(self, word, stands):
        for state in (
            look(status(ar=word), "ar"),
            look(status(silo=silo(word))),
            look(status(spin=spin(word)), "360"),
        ):
            assert (state.status, state.word) == (stands, word)

    def test_a_job_is_done_when_all_its_types_are(self):
        under_way = look(status(silo("Done"), spin("Done"), "Done", "Blender Processing"), ALL)
        assert (under_way.status, under_way.progress) == (RenderStatus.RUNNING, 0.75)
        assert under_way.word == "360: Done, ar: Done, silo: Done, viewer: Blender Processing"
        done = look(status(silo("Done"), spin("Done"), "Done", "Done"), ALL)
        assert (done.status, done.word, done.progress) == (RenderStatus.SUCCEEDED, "Done", 1.0)

    def test_a_failure_counts_once_nothing_is_under_way(self):
        assert look(status(silo("Failed"), spin("Not Done")), "360+silo").status is RenderStatus.RUNNING
        failed = look(status(silo("Failed"), spin("Done")), "360+silo")
        assert (failed.status, failed.error) == (RenderStatus.FAILED, "silo: Failed")
        assert "flagged as infected" in look(status(ar="Infected"), "ar").error

    def test_other_types_of_the_product_do_not_count(self):
        assert look(status(silo("Done"), spin("Processing"), "Failed")).status is RenderStatus.SUCCEEDED

    @pytest.mark.parametrize("pictures", [("Done", "Processing"), ("Processing", "Done")])
    def test_silo_is_done_when_all_its_pictures_are(self, pictures):
        assert look(status(silo(*pictures))).status is RenderStatus.RUNNING
        assert look(status(silo("Not Done", "Processing"))).status is RenderStatus.RUNNING
        assert look(status(silo("Not Done", "Not Done"))).status is RenderStatus.QUEUED

    def test_a_picture_made_anew_makes_up_for_an_older_failure(self):
        again = [*silo("Failed"), {"id": 9, "name": "cam 1", "status": "Done"}]
        assert look(status(again)).status is RenderStatus.SUCCEEDED
        assert (
            look(status([*again, {"id": 10, "name": "cam 1", "status": "Failed"}])).status
            is RenderStatus.FAILED
        )

    def test_a_disabled_type_fails_unless_it_is_skipped(self):
        answer = status(silo("Done"), ar="Disabled")
        failed = look(answer, "ar+silo")
        assert failed.status is RenderStatus.FAILED
        assert "disabled = 'skip'" in failed.error
        assert look(answer, "ar+silo", SKIPPING).status is RenderStatus.SUCCEEDED
        mixed = status(silo("Disabled", "Failed"))
        assert look(mixed, vendor=SKIPPING).status is RenderStatus.FAILED

    @pytest.mark.parametrize("nothing", [status(), status([], []), refused(404, "Not found.")])
    def test_what_was_never_asked_for_is_left_out(self, nothing):
        assert look(nothing, "360+silo") is None

    def test_a_type_that_does_not_show_yet_keeps_the_job_waiting(self):
        assert look(status(silo("Done")), "ar+silo").status is RenderStatus.QUEUED

    def test_jobs_of_one_product_share_one_question(self):
        desk = Desk({STATUS: status(silo("Done"), ar="Processing")})
        states = desk.run(VENDOR.states([job("silo"), job("ar"), job("ar+silo")]))
        assert [state.status for state in states.values()] == [
            RenderStatus.SUCCEEDED,
            RenderStatus.RUNNING,
            RenderStatus.RUNNING,
        ]
        assert len(desk.calls) == 1

    def test_the_settings_of_a_job_are_not_needed(self):
        desk = Desk({STATUS: status(silo("Done"), ar="Done")})
        (made,) = desk_submit().run(VENDOR.submit([request(settings={"content": "ar,silo"})]))
        bare = RenderJob.from_json({**made.to_json(), "settings": {}})
        assert desk.run(VENDOR.states([bare]))[made.id].status is RenderStatus.SUCCEEDED

    def test_foreign_ids_are_left_out_without_a_call(self):
        desk = Desk({})
        strange = [RenderJob("imagine", name, "m") for name in ("nosuch", "u:", "u:gold", "render-x", "")]
        assert desk.run(VENDOR.states(strange)) == {}

    def test_answers_that_were_paid_for_count_though_a_later_one_does_not_come(self):
        others = [RenderJob("imagine", f"other-{number}:silo", f"other-{number}") for number in range(2)]
        desk = Desk({STATUS: [status(silo("Done")), (503, {})]})
        states = desk.run(VENDOR.states([job(), *others]))
        assert states[job().id].status is RenderStatus.SUCCEEDED
        assert {states[one.id].word for one in others} == {"not asked"}
        assert not states[others[0].id].status.terminal
        assert len(desk.calls) == 2

    @pytest.mark.parametrize("code", [403, 422, 500])
    def test_a_product_that_cannot_be_read_does_not_hide_the_others(self, code):
        jobs = [job(), *(RenderJob("imagine", f"other-{number}:silo", f"m{number}") for number in range(2))]
        desk = Desk({STATUS: [status(silo("Done")), refused(code, "not this one"), status(silo("Done"))]})
        states = desk.run(Look(jobs).work(VENDOR.states(jobs)))
        assert [states[one.id].status.terminal for one in jobs] == [True, False, True]
        assert unread(states).keys() == {jobs[1].id}
        assert len(desk.calls) == 3

    def test_answers_that_were_paid_for_count_though_the_vendor_asks_to_slow_down(self):
        jobs = [job(), *(RenderJob("imagine", f"other-{number}:silo", f"m{number}") for number in range(2))]
        desk = Desk({STATUS: [status(silo("Done")), (429, {})]})
        states = desk.run(Look(jobs).work(VENDOR.states(jobs)))
        assert [states[one.id].word for one in jobs][1:] == ["not asked"] * 2
        assert len(desk.calls) == 2

    def test_a_vendor_that_cannot_be_asked_at_all_is_an_error(self):
        with pytest.raises(UnavailableError):
            Desk({STATUS: (503, {})}).run(VENDOR.states([job()]))
        with pytest.raises(AuthError):
            Desk({STATUS: [status(silo("Done")), (401, {"error": "Invalid API key."})]}).run(
                VENDOR.states([job(), RenderJob("imagine", "other:silo", "other")])
            )


def desk_submit():
    return Desk({"POST /v1/product/job/": data(202, unicode=UNICODE)})


class TestSubmit:
    def test_a_job_is_named_after_product_and_types_before_it_is_paid(self):
        desk = desk_submit()
        (made,) = desk.run(VENDOR.submit([request(settings={"content": ["viewer", "360"]})]))
        assert (made.id, made.model_id) == (f"{UNICODE}:360+viewer", UNICODE)
        assert desk.milestones == [(made,)]
        kinds = [order["req_type"] for order in desk.calls[0].json["job_detail_list"]]
        assert kinds == ["360_degree_spin", "3d_model_viewer"]

    def test_no_renders_need_no_call(self):
        assert Desk({}).run(VENDOR.submit([])) == []


class TestFindExisting:
    def find(self, answer, *, exclude=(), types="ar,silo", **more):
        wanted = request(settings={"content": types}, **more)
        desk = Desk({STATUS: answer})
        return desk.run(VENDOR.find_existing(wanted, exclude))

    @pytest.mark.parametrize("word", ["Done", "Processing", "Not Done"])
    def test_content_that_is_there_or_under_way_is_taken_over(self, word):
        found = self.find(status(silo(word), ar="Done"))
        assert (found.answer, found.job.id) == (Answerable.FOUND, job("ar+silo").id)

    @pytest.mark.parametrize(
        "answer",
        [
            status(),
            status(silo("Done")),
            status(silo("Processing")),
            status(silo("Failed"), ar="Done"),
            refused(404, "Not found."),
        ],
    )
    def test_content_that_is_not_all_there_is_absent(self, answer):
        assert self.find(answer).answer is Answerable.ABSENT
        assert self.find(answer, ticket="t").answer is Answerable.ABSENT

    def test_an_equal_job_that_must_not_count_is_absent(self):
        for word in ("Done", "Processing"):
            found = self.find(status(silo(word), ar=word), exclude=[job("ar+silo").id])
            assert found.answer is Answerable.ABSENT

    def test_after_a_cut_off_submit_work_under_way_is_the_new_job(self):
        exclude = [job("ar+silo").id]
        found = self.find(status(silo("Processing"), ar="Done"), exclude=exclude, ticket="t")
        assert found.answer is Answerable.FOUND
        ended = self.find(status(silo("Done"), ar="Done"), exclude=exclude, ticket="t")
        assert ended.answer is Answerable.UNKNOWN

    def test_a_product_that_is_not_there_has_no_content(self):
        desk = Desk({})
        assert desk.run(VENDOR.find_existing(request(model_id=None))).answer is Answerable.ABSENT

    def test_what_a_milestone_told_is_enough_to_ask(self):
        wanted = replace(request(model_id=None), ticket="t", announced=job())
        desk = Desk({STATUS: status(silo("Not Done"))})
        assert desk.run(VENDOR.find_existing(wanted)).answer is Answerable.FOUND


def shared(**changes):
    page = "https://app.imagine.io/product/public/{}-viewer/v2/4000f841"
    signed = "https://media.imagine.io/{}?Expires=1&Signature=s"
    images = [
        {"id": number, "name": "Silo Cam", "image_url": signed.format(f"{number}.jpg")} for number in (12, 11)
    ]
    return 200, product() | {
        "thumbnail_url": signed.format("t.png"),
        "product_3d": page.format("3d"),
        "product_ar": page.format("ar"),
        "product_threesixty": page.format("360"),
        "product_silo_images": images,
    } | changes


class TestOutputs:
    def offered(self, types, **changes):
        return Desk({SHARED: shared(**changes)}).run(VENDOR.outputs(job(types)))

    def test_pages_are_links_and_pictures_are_files(self):
        found = {output.name: output for output in self.offered(ALL)}
        assert list(found) == ["360.url", "ar.url", "viewer.url", "silo-1.jpg", "silo-2.jpg", "thumbnail.png"]
        assert found["360.url"].link.endswith("/360-viewer/v2/4000f841")
        assert [found[name].kind for name in ("360.url", "viewer.url", "ar.url")] == [
            OutputKind.VIEWER,
            OutputKind.VIEWER,
            OutputKind.AR,
        ]
        assert found["silo-1.jpg"].fetch.path == "https://media.imagine.io/11.jpg?Expires=1&Signature=s"
        assert (found["thumbnail.png"].kind, found["thumbnail.png"].media_type) == (
            OutputKind.THUMBNAIL,
            "image/png",
        )
        kept = [name for name, output in found.items() if output.kind in VENDOR.default_outputs]
        assert kept == list(found)[:-1]

    def test_only_what_the_job_asked_for_is_offered(self):
        assert [output.name for output in self.offered("ar")] == ["ar.url", "thumbnail.png"]

    def test_what_is_not_there_is_not_offered(self):
        gone = {"product_ar": None, "product_silo_images": [], "thumbnail_url": None}
        assert [output.name for output in self.offered("ar+silo", **gone)] == []

    def test_addresses_do_not_show(self):
        assert "Signature" not in repr(self.offered(ALL))

    def test_a_picture_is_found_again_and_an_archived_one_is_gone(self):
        pictures = [output for output in self.offered(ALL) if output.fetch]
        desk = Desk({SHARED: shared()})
        for output in pictures:
            assert desk.run(VENDOR.locate(replace(output, fetch=None))) == output.fetch
        with pytest.raises(NotFoundError, match=r"silo-1\.jpg"):
            Desk({SHARED: shared(product_silo_images=[])}).run(VENDOR.locate(pictures[0]))
