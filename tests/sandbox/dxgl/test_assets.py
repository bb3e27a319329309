from __future__ import annotations

import io
import json
import zipfile

import av
import pytest

from tests.sandbox import shapes


def codec(content):
    with av.open(io.BytesIO(content)) as film:
        stream = film.streams.video[0]
        return stream.codec_context.name, stream.width, stream.height, stream.frames


def test_the_video_is_a_film_of_the_wanted_length(rendering, gallery):
    answer = rendering.asset(gallery.renders["standard"], "video")
    assert answer.headers["Content-Type"] == "video/mp4"
    assert codec(answer.content) == ("h264", 96, 54, 12)


def test_the_aspect_shapes_the_picture(rendering, gallery):
    assert codec(rendering.asset(gallery.renders["square"], "video").content)[1:3] == (54, 54)


def test_the_web_variant_is_smaller(rendering, gallery):
    web = rendering.asset(gallery.renders["standard"], "video?quality=web")
    assert web.headers["Content-Type"] == "video/mp4"
    assert codec(web.content)[1] < 96


def test_pro_is_prores_with_a_light_web_variant(rendering, gallery):
    answer = rendering.asset(gallery.renders["pro"], "video")
    assert answer.headers["Content-Type"] == "video/quicktime"
    assert codec(answer.content)[:3] == ("prores", 192, 108)
    web = rendering.asset(gallery.renders["pro"], "video?quality=web")
    assert codec(web.content)[:3] == ("h264", 96, 54)


def test_the_poster_is_small_unless_the_full_one_is_asked_for(rendering, gallery):
    small = rendering.asset(gallery.renders["standard"], "poster")
    full = rendering.asset(gallery.renders["standard"], "poster?quality=full")
    assert small.headers["Content-Type"] == full.headers["Content-Type"] == "image/png"
    assert shapes.picture(full.content).size == (96, 54)
    assert shapes.picture(small.content).width < 96


def test_the_poster_shows_the_product(rendering, gallery):
    poster = shapes.picture(rendering.asset(gallery.renders["standard"], "poster?quality=full").content)
    assert poster.getpixel((0, 0)) == pytest.approx((255, 255, 255), abs=8)
    assert sum(poster.getpixel((48, 27))) < 740


def test_the_thumbnail_is_a_quarter_of_the_film(rendering, gallery):
    answer = rendering.asset(gallery.renders["standard"], "thumb")
    assert answer.headers["Content-Type"] == "video/mp4"
    assert codec(answer.content)[1] == 24


@pytest.mark.parametrize("path", ["video", "thumb"])
def test_films_can_be_taken_in_parts(rendering, gallery, path):
    whole = rendering.asset(gallery.renders["standard"], path).content
    parts = [
        rendering.asset(gallery.renders["standard"], path, Range=wanted)
        for wanted in ("bytes=0-99", "bytes=100-", "bytes=-50")
    ]
    assert [part.status_code for part in parts] == [206, 206, 206]
    assert parts[0].content + parts[1].content == whole
    assert parts[2].content == whole[-50:]
    assert parts[0].headers["Content-Range"] == f"bytes 0-99/{len(whole)}"


def test_a_range_behind_the_end_is_416(rendering, gallery):
    answer = rendering.asset(gallery.renders["standard"], "video", Range="bytes=99999999-")
    assert answer.status_code == 416
    size = rendering.render(gallery.renders["standard"])["fileSize"]
    assert answer.headers["Content-Range"] == f"bytes */{size}"


def test_a_range_that_makes_no_sense_is_ignored(rendering, gallery):
    for wanted in ("bytes=abc", "lines=1-2", "bytes=9-5"):
        answer = rendering.asset(gallery.renders["standard"], "video", Range=wanted)
        assert answer.status_code == 200, wanted


@pytest.mark.parametrize("path", ["video", "poster", "thumb", "bundle", "video?quality=web"])
def test_head_tells_what_get_would_send(rendering, gallery, path):
    url = f"/v1/renders/{gallery.renders['standard']}/{path}"
    told, sent = rendering.api.head(url), rendering.api.get(url)
    assert (told.status_code, told.content) == (200, b"")
    for name in ("content-type", "content-length", "accept-ranges", "etag", "cache-control"):
        assert told.headers.get(name) == sent.headers.get(name)


def test_if_range_with_an_old_tag_gives_the_whole_film(rendering, gallery):
    tag = rendering.asset(gallery.renders["standard"], "video").headers["ETag"]
    for given, status in ((tag, 206), ('"old"', 200)):
        answer = rendering.asset(
            gallery.renders["standard"], "video", **{"Range": "bytes=0-9", "If-Range": given}
        )
        assert answer.status_code == status


@pytest.mark.parametrize(
    ("name", "members"),
    [
        ("standard", {"video.mp4", "web.mp4", "poster.png", "thumb.mp4"}),
        ("pro", {"video.mov", "web.mp4", "poster.png", "thumb.mp4"}),
    ],
)
def test_the_bundle_is_a_streamed_zip_of_all_files(rendering, gallery, name, members):
    answer = rendering.asset(gallery.renders[name], "bundle")
    assert answer.headers["Content-Type"] == "application/zip"
    assert answer.headers["Cache-Control"] == "immutable"
    assert "Content-Length" not in answer.headers
    with zipfile.ZipFile(io.BytesIO(answer.content)) as bundle:
        assert bundle.testzip() is None
        assert set(bundle.namelist()) == members
        main = next(each for each in members if each.startswith("video"))
        assert bundle.read(main) == rendering.asset(gallery.renders[name], "video").content
        assert (
            shapes.picture(bundle.read("poster.png")).width
            == shapes.picture(rendering.asset(gallery.renders[name], "poster?quality=full").content).width
        )


def test_the_bundle_of_a_dataset_is_the_dataset(rendering, gallery):
    answer = rendering.asset(gallery.renders["dataset"], "bundle")
    assert "Content-Length" not in answer.headers
    assert len(answer.content) == rendering.render(gallery.renders["dataset"])["fileSize"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as dataset:
        names = dataset.namelist()
        folders = {name.split("/")[0] for name in names if "/" in name}
        assert folders == {"images", "depth", "depth_16bit", "normals", "masks"}
        assert sum(name.startswith("images/") for name in names) == 100
        assert len(json.loads(dataset.read("transforms.json"))["frames"]) == 100
        assert "overview.webp" in names


@pytest.mark.parametrize(
    ("path", "code"),
    [("video", "video_not_found"), ("thumb", "thumb_not_found"), ("video?quality=web", "video_not_found")],
)
def test_a_dataset_has_no_film(rendering, gallery, path, code):
    answer = rendering.asset(gallery.renders["dataset"], path)
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == code
    assert rendering.render(gallery.renders["dataset"])["hasWebVariant"] is False


def test_the_system_preview_is_a_picture_without_a_film(rendering, gallery):
    renders = rendering.api.get(f"/v1/models/{gallery.model}").json()["data"]["renders"]
    [preview] = [render for render in renders if render.get("is_system_preview")]
    assert preview["status"] == "done"
    assert shapes.picture(rendering.asset(preview["id"], "poster").content).size == (32, 32)
    assert rendering.asset(preview["id"], "video").status_code == 404


def test_the_files_of_a_deleted_render_are_gone(rendering, gallery):
    render = rendering.api.post(
        "/v1/renders", json={"modelId": gallery.model, "renderSettings": {"length": 3}}
    ).json()["data"]["id"]
    rendering.wait(render)
    assert rendering.asset(render, "video").status_code == 200
    rendering.api.delete(f"/v1/renders/{render}")
    assert rendering.asset(render, "video").json()["error"]["code"] == "render_not_found"
