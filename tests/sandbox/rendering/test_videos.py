from __future__ import annotations

import json
import zipfile

import av
import numpy as np
import pytest
from PIL import Image

from airflow_provider_render.sandbox.rendering.motion import poses
from airflow_provider_render.sandbox.rendering.spec import Motion

from .conftest import in_child
from .models import Model, ball, box, plain

SIZE = (128, 72)


def video(effect="turntable", *encodings, seconds=0.5, fps=12, **fields):
    return {
        "type": "video",
        "width": SIZE[0],
        "height": SIZE[1],
        "seconds": seconds,
        "fps": fps,
        "motion": {"effect": effect, **fields.pop("motion", {})},
        "encodings": list(encodings) or [{"name": "video.mp4"}],
        **fields,
    }


def frames(path, layout="rgb24"):
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format=layout).astype(int) for frame in container.decode(video=0)]


def boxes(path):
    data, found, start = path.read_bytes(), [], 0
    while start + 8 <= len(data):
        found.append(data[start + 4 : start + 8].decode())
        start += int.from_bytes(data[start : start + 4], "big") or len(data)
    return found


@pytest.fixture
def marked(tmp_path):
    """A grey box with a green ball on its right-hand side."""
    model = Model().add(box(), "body", **plain((0.4, 0.4, 0.4, 1)))
    return model.add(ball(0.3), "marker", at=(0.6, 0, 0), **plain((0, 0.8, 0, 1))).save(
        tmp_path / "marked.glb"
    )


def green(frame):
    """Mean column of the green pixels, and their number."""
    _, columns = np.nonzero((frame[..., 1] > 1.5 * frame[..., 0]) & (frame[..., 1] > 60))
    return (columns.mean() if len(columns) else -1), len(columns)


def test_an_mp4_plays_in_browsers(make, models):
    path = make(models / "box.glb", video()) / "video.mp4"
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        context = stream.codec_context
        assert (context.name, context.profile, context.pix_fmt) == ("h264", "High", "yuv420p")
        assert (context.width, context.height) == SIZE
        assert (context.color_primaries, context.color_trc, context.colorspace, context.color_range) == (
            1,
            1,
            1,
            1,
        )
        assert stream.frames == 6
        assert stream.average_rate == 12
    order = boxes(path)
    assert order.index("moov") < order.index("mdat")


def test_a_white_background_stays_white_in_the_video(make, models):
    for frame in frames(make(models / "box.glb", video()) / "video.mp4"):
        assert frame[[0, 0, -1, -1], [0, -1, 0, -1]].min() >= 254
        assert frame[36, 64, 0] > frame[36, 64, 2] + 40


def test_a_turntable_turns_the_front_to_the_right(make, marked):
    shots = frames(make(marked, video(seconds=1, fps=8, motion={"easing": False})) / "video.mp4")
    assert green(shots[0])[0] > 70
    assert green(shots[6])[1] > 3 * green(shots[2])[1]
    assert abs(green(shots[6])[0] - 63.5) < 4


def test_every_encoding_is_made_of_the_same_frames(make, models):
    out = make(
        models / "box.glb",
        video(
            "turntable",
            {"name": "video.mp4"},
            {"name": "thumb.mp4", "width": 33, "height": 19},
            {"name": "video.mov", "codec": "prores4444", "alpha": True},
            background="#2040a0",
        ),
    )
    large, small = frames(out / "video.mp4"), frames(out / "thumb.mp4")
    assert len(large) == len(small) == len(frames(out / "video.mov")) == 6
    assert small[0].shape == (18, 32, 3)
    assert np.abs(large[0][1, 1] - [0x20, 0x40, 0xA0]).max() < 6


def test_h264_shows_white_where_there_is_no_background(make, models):
    out = make(models / "box.glb", video(background=None, posters=[{"name": "poster.png"}]))
    assert frames(out / "video.mp4")[0][0, 0].min() >= 254
    with Image.open(out / "poster.png") as image:
        assert image.getpixel((0, 0)) == (0, 0, 0, 0)


def test_prores_carries_real_transparency(make, models):
    film = {"name": "video.mov", "codec": "prores4444", "alpha": True}
    path = make(models / "box.glb", video("turntable", film)) / "video.mov"
    with av.open(str(path)) as container:
        context = container.streams.video[0].codec_context
        assert (context.name, context.profile) == ("prores", "4444")
    frame = frames(path, "rgba")[0]
    assert frame[0, 0, 3] == 0
    assert frame[36, 64, 3] == 255
    assert frame[36, 64, 0] > frame[36, 64, 2] + 40
    assert set(np.unique(frame[..., 3])) > {0, 255}


def test_posters_come_before_everything_else(models, tmp_path):
    poster = {"name": "poster.png", "width": 64, "height": 36}
    products = [
        {
            "type": "archive",
            "name": "bundle.zip",
            "members": {"film/v.mp4": "video.mp4", "p.png": "poster.png"},
        },
        {"type": "still", "name": "front.png", "width": 64, "height": 64},
        video(posters=[poster], watermark="PREVIEW"),
        {"type": "model", "name": "model.glb"},
    ]
    spec = {"model": str(models / "box.glb"), "output": str(tmp_path / "out"), "products": products}
    (tmp_path / "spec.json").write_text(json.dumps(spec))
    code, events = in_child(tmp_path / "spec.json")
    assert code == 0
    names = [event.get("name") for event in events[1:-1]]
    assert names == ["poster.png", "front.png", "video.mp4", "model.glb", "bundle.zip"]
    assert events[-1] == {
        "event": "done",
        "files": ["bundle.zip", "front.png", "poster.png", "video.mp4", "model.glb"],
    }
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(names)
    with zipfile.ZipFile(tmp_path / "out" / "bundle.zip") as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["film/v.mp4", "p.png"]


def test_a_wrong_spec_fails_with_the_name_of_the_field(tmp_path):
    spec = {"model": "m.glb", "output": str(tmp_path), "products": [video(seconds=-1)]}
    (tmp_path / "spec.json").write_text(json.dumps(spec))
    code, events = in_child(tmp_path / "spec.json")
    assert code == 1
    assert [event["event"] for event in events] == ["failed"]
    assert "seconds" in events[0]["error"]


def test_the_poster_of_a_reveal_shows_the_whole_product(make, models):
    out = make(models / "box.glb", video("reveal", posters=[{"name": "poster.png"}]))
    with Image.open(out / "poster.png") as image:
        poster = np.asarray(image).astype(int)
    assert (poster[36, 64] < 250).any()
    shots = frames(out / "video.mp4")
    assert shots[0].min() > 245
    assert np.abs(shots[-1] - poster).mean() < 4


@pytest.mark.parametrize("effect", ["turntable", "hero-spin", "showcase", "zoom-orbit", "reveal"])
def test_the_product_never_leaves_the_frame(make, models, effect):
    film = {"name": "video.mov", "codec": "prores4444", "alpha": True}
    out = make(models / "box.glb", video(effect, film, shadows=False, motion={"tilt_x": 15}))
    for frame in frames(out / "video.mov", "rgba"):
        edge = np.concatenate(
            [frame[:4].ravel(), frame[-4:].ravel(), frame[:, :4].ravel(), frame[:, -4:].ravel()]
        )
        assert edge.reshape(-1, 4)[:, 3].max() == 0


def turns(effect, count=25, **fields):
    return [pose.turn for pose in poses(Motion(effect=effect, **fields), count)]


def test_a_turntable_loops_without_a_doubled_frame():
    assert turns("turntable", 4, easing=False) == [0, 90, 180, 270]


def test_rotate_y_is_where_a_turntable_starts_and_a_spin_ends():
    assert turns("turntable", rotate_y=30)[0] == 30
    assert turns("hero-spin", rotate_y=30)[-1] == 30
    assert turns("hero-spin", rotate_y=30)[0] == 30 - 540


def test_a_hero_spin_slows_down_to_a_stop():
    steps = np.diff(turns("hero-spin", 101, ease_out_ratio=0.6))
    assert steps[:39] == pytest.approx(steps[0])
    assert (np.diff(steps[41:]) < 0).all()
    assert steps[-1] < 0.05 * steps[0]


def test_a_hero_spin_without_slowing_down_is_even():
    steps = np.diff(turns("hero-spin", ease_out_ratio=0))
    assert steps == pytest.approx(steps[0])


def test_a_showcase_swings_to_both_sides():
    swing = turns("showcase", 100, amplitude=40)
    assert (max(swing), min(swing)) == (pytest.approx(40, abs=0.1), pytest.approx(-40, abs=0.1))


def test_a_zoom_orbit_changes_the_distance_and_a_reveal_the_size():
    orbit = poses(Motion(effect="zoom-orbit", easing=False), 10)
    assert orbit[0].distance == 1
    assert orbit[-1].distance == pytest.approx(0.73)
    growing = [pose.scale for pose in poses(Motion(effect="reveal", scale_from=0.2), 10)]
    assert growing[0] == pytest.approx(0.2)
    assert growing[-1] == 1
    assert growing == sorted(growing)
