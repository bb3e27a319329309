"""The switches of the sandbox that are there for load figures."""

from __future__ import annotations

import asyncio
import io
import zipfile

import av
import pytest
import trimesh
from PIL import Image

from airflow_provider_render.sandbox import instant
from airflow_provider_render.sandbox.command import read
from airflow_provider_render.sandbox.render_queue import RenderQueue, seconds_of
from tests.sandbox import shapes
from tests.sandbox.running import RunningSandbox


@pytest.mark.parametrize("ending", sorted(instant.PICTURES))
def test_ready_made_pictures_can_be_opened(ending):
    Image.open(io.BytesIO(instant.ready_made(ending))).load()


@pytest.mark.parametrize("ending", sorted(instant.CODECS))
def test_ready_made_videos_have_a_frame(ending):
    with av.open(io.BytesIO(instant.ready_made(ending))) as video:
        assert sum(1 for _ in video.decode(video=0)) == 1


@pytest.mark.parametrize("ending", [".zip", ".usdz"])
def test_ready_made_archives_are_whole(ending):
    assert zipfile.ZipFile(io.BytesIO(instant.ready_made(ending))).testzip() is None


def test_a_ready_made_glb_is_read():
    assert not trimesh.load_scene(io.BytesIO(instant.ready_made(".glb")), file_type="glb").geometry


def test_an_instant_sandbox_bills_and_delivers_without_a_render_process():
    sandbox = RunningSandbox("--instant", "--vendor", "dxgl", "--speed", "1000")
    try:
        made = sandbox.upload("box.glb", shapes.glb(), length=3)
        assert sandbox.wait(made["renderId"])["status"] == "done"
        assert sandbox.asset(made["renderId"], "video").content == instant.ready_made(".mp4")
        broken = sandbox.upload("broken.glb", shapes.corrupt_glb(), length=3)
        assert sandbox.wait(broken["renderId"])["status"] == "done"
        assert sandbox.bill()["credits"] == 2
    finally:
        sandbox.stop()


def test_the_queue_makes_the_files_of_a_spec_with_the_renderers_events(tmp_path):
    products = [
        {"type": "still", "name": "front.png", "width": 32, "height": 32},
        {"type": "archive", "name": "all.zip", "members": {"front.png": "front.png"}},
    ]
    spec = {"model": "/nowhere.glb", "output": str(tmp_path / "out"), "products": products}

    async def run():
        queue = RenderQueue(tmp_path / "jobs", 1, 60, renderer=instant.events, seconds=(0.01, 0.02))
        return [event async for event in queue.render("a", spec)]

    events = asyncio.run(run())
    assert [event["event"] for event in events] == ["started", "product", "product", "done"]
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"front.png", "all.zip"}


def test_the_time_of_a_render_is_spread_by_its_id_and_stays_the_same():
    times = [seconds_of(f"r{number}", (20.0, 60.0)) for number in range(1000)]
    assert times == [seconds_of(f"r{number}", (20.0, 60.0)) for number in range(1000)]
    assert all(20 <= time < 60 for time in times)
    quarters = [sum(1 for time in times if low <= time < low + 10) for low in (20, 30, 40, 50)]
    assert min(quarters) > 200
    assert seconds_of("r", (0.0, 0.0)) == 0


@pytest.mark.parametrize(("text", "spread"), [("5", (5, 5)), ("1-3", (1, 3)), ("0.5-0.5", (0.5, 0.5))])
def test_vendor_seconds_are_a_number_or_a_spread(text, spread):
    assert read(["--vendor-seconds", text]).vendor_seconds == spread


@pytest.mark.parametrize("text", ["3-1", "-1-2", "x", "1-inf", ""])
def test_other_vendor_seconds_are_refused(text, capsys):
    with pytest.raises(SystemExit):
        read([f"--vendor-seconds={text}"])
    assert "vendor-seconds" in capsys.readouterr().err


def test_the_help_says_that_instant_files_are_for_load_figures_only(capsys):
    with pytest.raises(SystemExit):
        read(["--help"])
    assert "FOR LOAD FIGURES ONLY" in capsys.readouterr().out
    assert not read([]).instant
    assert "load figures only" in (instant.__doc__ or "")
