from __future__ import annotations

import io
import re
import signal
import time
import zipfile

import httpx
import pytest
import trimesh

from tests.sandbox import shapes
from tests.sandbox.imagine.running import (
    ARCHIVE,
    DETAILS,
    EVERYTHING,
    JOB,
    SHARED,
    STATUS,
    UNDER_WAY,
)

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
VIEWER, AR, SPIN, SILO = EVERYTHING
SOMEBODY = "ddd233ee-c968-43bc-9e51-4758d946223a"


def shared(sandbox, **query: str) -> dict:
    return sandbox.public.get(SHARED, params=query).json()


def test_nothing_is_there_before_a_job(waiting):
    product = waiting.product()
    status = waiting.status(product["unicode"])
    assert [value for name, value in status.items() if name.endswith("_status")] == [None] * 4
    content = shared(waiting, unicode=product["unicode"])
    assert (content["product_3d"], content["product_ar"], content["product_threesixty"]) == (None,) * 3
    assert (content["product_silo_images"], content["thumbnail_url"]) == ([], None)


def test_only_what_was_asked_for_is_queued(waiting):
    product = waiting.product()["unicode"]
    assert waiting.order(product, AR, SILO).status_code == 202
    status = waiting.status(product)
    assert (status["product_ar_status"], status["product_3d_status"]) == ("Not Done", None)
    assert status["product_threesixty_status"] is None
    assert {each["status"] for each in status["product_silo_images_status"]} == {"Not Done"}
    assert shared(waiting, unicode=product)["product_silo_images"] == []


def test_a_job_needs_a_known_product_with_its_files(waiting):
    unknown = waiting.order("00000000-0000-4000-8000-000000000000")
    early = waiting.order(waiting.create()["unicode"])
    assert (unknown.status_code, early.status_code) == (404, 400)


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"product": "XXX", "job_detail_list": EVERYTHING}, {"product"}),
        ({}, {"product", "job_detail_list"}),
        ({"product": "1", "job_detail_list": [{"req_type": "hologram"}]}, {"product", "job_detail_list"}),
        ({"product": SOMEBODY, "job_detail_list": [{"req_type": "Product Image"}]}, {"job_detail_list"}),
    ],
)
def test_a_wrong_job_names_its_fields(waiting, body, fields):
    answer = waiting.api.post(JOB, json=body)
    assert (answer.status_code, answer.json()["message"].keys()) == (400, fields)


def test_a_product_is_looked_up_by_the_first_identifier(waiting):
    product = waiting.product(gtin="4006381333931")
    by_gtin = waiting.api.get(STATUS, params={"sku_id": "nobody's", "gtin": "4006381333931"})
    assert by_gtin.json()["unicode"] == product["unicode"]
    by_unicode = waiting.api.get(STATUS, params={"sku_id": product["sku_id"], "unicode": "nobody's"})
    assert by_unicode.status_code == 404
    assert waiting.api.get(STATUS).status_code == 400


def test_one_content_type_can_be_picked(waiting):
    product = waiting.product()["unicode"]
    query = {"unicode": product, "content_type": "product_ar_status"}
    answer = waiting.api.get(STATUS, params=query).json()
    assert "product_ar_status" in answer
    assert "product_3d_status" not in answer
    assert waiting.api.get(STATUS, params={**query, "content_type": "smell"}).status_code == 400


def test_asking_again_adds_silo_images_and_leaves_what_is_in_progress(waiting):
    product = waiting.product()["unicode"]
    waiting.order(product)
    once = waiting.status(product)
    waiting.order(product)
    twice = waiting.status(product)
    assert twice["product_threesixty_status"] == once["product_threesixty_status"]
    silos = twice["product_silo_images_status"]
    assert len(silos) == 2 * len(once["product_silo_images_status"])


def test_statuses_come_in_the_documented_order(quick):
    product = quick.product()["unicode"]
    quick.order(product, VIEWER, SPIN)
    seen: list[tuple[str, str]] = []
    while not seen or any(status in UNDER_WAY for status in seen[-1]):
        status = quick.status(product)
        now = (status["product_3d_status"], status["product_threesixty_status"][0]["status"])
        seen += [now] if now not in seen else []
        time.sleep(0.005)
    viewer, spin = (list(dict.fromkeys(column)) for column in zip(*seen, strict=True))
    assert viewer == [each for each in (*UNDER_WAY, "Done") if each in viewer]
    assert "Blender Processing" in viewer
    assert "Blender Processing" not in spin
    assert (viewer[-1], spin[-1]) == ("Done", "Done")


def test_everything_becomes_done(studio):
    assert (studio.status["product_3d_status"], studio.status["product_ar_status"]) == ("Done", "Done")
    silos = studio.status["product_silo_images_status"]
    assert {each["status"] for each in [*silos, *studio.status["product_threesixty_status"]]} == {"Done"}
    assert all(each["name"].startswith("Studio Box - Silo ") for each in silos)


def test_silo_images_are_real_pictures_of_two_sizes(quick, studio):
    for each in shared(quick, unicode=studio.product["unicode"])["product_silo_images"]:
        image = shapes.picture(httpx.get(each["image_url"]).content)
        thumbnail = shapes.picture(httpx.get(each["thumbnail_url"]).content)
        assert image.size == (100, 100)
        assert thumbnail.width < image.width
        assert len(image.getcolors(10000)) > 20


def test_a_silo_image_has_a_white_background(quick, studio):
    white = shared(quick, unicode=studio.product["unicode"])["product_silo_images"][0]
    image = shapes.picture(httpx.get(white["image_url"]).content)
    assert "Silo White" in white["name"]
    assert min(image.getpixel((0, 0))) > 250


def test_image_links_are_signed_and_live_seven_days(quick, studio):
    link = httpx.URL(shared(quick, sku_id=studio.product["sku_id"])["thumbnail_url"])
    assert set(link.params) == {"Expires", "Signature", "Key-Pair-Id"}
    days = (int(link.params["Expires"]) - time.time()) / 86400
    assert 6.9 < days < 7.1
    assert httpx.get(link).content == shapes.png("#c00000")
    for name in link.params:
        assert httpx.get(link.copy_remove_param(name)).status_code == 403
    assert httpx.get(link.copy_set_param("Expires", "9999999999")).status_code == 403


def test_an_expired_image_link_is_renewed_by_asking_again(quick, studio):
    quick.control.put("/links", json={"imagine": 0})
    old = shared(quick, sku_id=studio.product["sku_id"])["thumbnail_url"]
    time.sleep(1.1)
    assert httpx.get(old).status_code == 403
    quick.control.delete("/links")
    assert httpx.get(shared(quick, sku_id=studio.product["sku_id"])["thumbnail_url"]).status_code == 200


def test_images_come_by_range_and_not_with_credentials(quick, studio):
    link = shared(quick, sku_id=studio.product["sku_id"])["product_silo_images"][0]["image_url"]
    part = httpx.get(link, headers={"Range": "bytes=0-9"})
    assert (part.status_code, len(part.content)) == (206, 10)
    key = f"Imagine-key {quick.ready['token']}"
    assert httpx.get(link, headers={"Authorization": key}).status_code == 400


def test_the_viewers_are_public_pages_with_real_media(quick, studio):
    content = shared(quick, unicode=studio.product["unicode"])
    kinds = {
        "product_3d": "video/mp4",
        "product_ar": "model/vnd.usdz+zip",
        "product_threesixty": "image/jpeg",
    }
    for name, kind in kinds.items():
        page = httpx.get(content[name])
        assert page.headers["content-type"].startswith("text/html")
        sources = set(
            re.findall(r'(?:src|href|poster)="([^":]*assets[^"]*|http[^"]*assets[^"]*)"', page.text)
        )
        media = [httpx.get(page.url.join(source)) for source in sources]
        assert {answer.status_code for answer in media} == {200}
        assert kind in {answer.headers["content-type"] for answer in media}


def test_the_ar_files_are_models(quick, studio):
    page = httpx.get(shared(quick, unicode=studio.product["unicode"])["product_ar"])
    found = {
        link.rpartition(".")[2]: link for link in re.findall(r'href="(http[^"]*\.(?:glb|usdz))"', page.text)
    }
    scene = trimesh.load(io.BytesIO(httpx.get(found["glb"]).content), file_type="glb")
    assert scene.extents[0] == pytest.approx(1.0, rel=1e-3)
    with zipfile.ZipFile(io.BytesIO(httpx.get(found["usdz"]).content)) as archive:
        assert archive.namelist()[0].endswith((".usda", ".usdc"))


def test_a_viewer_of_what_was_not_made_is_not_found(quick, studio):
    url = shared(quick, unicode=studio.product["unicode"])["product_3d"]
    assert httpx.get(url.replace("3d-viewer", "smell-viewer")).status_code == 404
    assert httpx.get(f"{url[:-4]}0000").status_code == 404


def test_archived_images_are_hidden_until_they_are_restored(quick, studio):
    unicode = studio.product["unicode"]
    silo, image = studio.status["product_silo_images_status"][0]["id"], studio.images[0]["id"]

    def listed() -> list[bool]:
        silos = [each["id"] for each in shared(quick, unicode=unicode)["product_silo_images"]]
        images = [each["id"] for each in quick.images(render_id=studio.render_id)["results"]]
        return [silo in silos, image in images]

    body = {"ids": [silo, image, 1], "is_archive": True, "unicode": unicode}
    answer = quick.api.patch(ARCHIVE, json=body).json()
    assert answer["data"] == {"updated_count": 2, "ids": sorted([silo, image])}
    assert listed() == [False, False]
    quick.api.patch(ARCHIVE, json={**body, "is_archive": False})
    assert listed() == [True, True]


def test_images_are_archived_by_their_own_product_only(quick, studio):
    silo = studio.status["product_silo_images_status"][0]["id"]
    body = {"ids": [silo], "is_archive": True, "unicode": studio.other["unicode"]}
    assert quick.api.patch(ARCHIVE, json=body).json()["data"]["updated_count"] == 0


@pytest.mark.parametrize("change", [{"ids": []}, {"ids": ["1"]}, {"is_archive": "yes"}, {"unicode": "x"}])
def test_a_wrong_archive_request_is_refused(waiting, change):
    body = {"ids": [1], "is_archive": True, "unicode": SOMEBODY, **change}
    answer = waiting.api.patch(ARCHIVE, json=body)
    assert (answer.status_code, answer.json()["message"].keys()) == (400, change.keys())


def test_an_infected_model_is_told_apart_from_a_broken_one(quick):
    infected = quick.product(shapes.glb() + EICAR)["unicode"]
    broken = quick.product(shapes.corrupt_glb())["unicode"]
    quick.order(infected, VIEWER, SPIN)
    quick.order(broken, VIEWER, SPIN)
    status = quick.wait_for_content(infected)
    assert status["product_3d_status"] == "Infected"
    assert status["product_threesixty_status"][0]["status"] == "Failed"
    assert quick.wait_for_content(broken)["product_3d_status"] == "Failed"
    assert shared(quick, unicode=infected)["product_3d"] is None


def test_a_failed_content_type_can_be_made_again(quick):
    product = quick.product()["unicode"]
    quick.arm(kind="render_failure", next=1, match="/product/job/")
    quick.order(product, SPIN)
    assert quick.wait_for_content(product)["product_threesixty_status"][0]["status"] == "Failed"
    quick.order(product, SPIN)
    assert quick.wait_for_content(product)["product_threesixty_status"][0]["status"] == "Done"


def test_a_job_is_finished_after_a_crash(launch_imagine, tmp_path):
    first = launch_imagine("--data", str(tmp_path), "--speed", "0.0001")
    product = first.product()
    first.order(product["unicode"], AR)
    render_id = first.place(product["sku_id"]).json()["data"]["render_id"]
    first.stop(signal.SIGKILL)
    second = launch_imagine("--data", str(tmp_path), "--speed", "1000")
    assert second.ready["token"] == first.ready["token"]
    assert second.wait_for_content(product["unicode"])["product_ar_status"] == "Done"
    assert second.wait_for_images(render_id)[0]["status"] == "Done"


def test_content_calls_still_know_a_product_that_is_marked_for_deletion(waiting):
    product = waiting.product()["unicode"]
    waiting.api.delete(f"{DETAILS}{product}/")
    assert waiting.order(product, AR).status_code == 202
    assert shared(waiting, unicode=product)["unicode"] == product
