from __future__ import annotations

import hashlib
import os

import pytest

from airflow_provider_render.catalog.deliver import Delivery, Parcel, safe_name, stale_files
from airflow_provider_render.catalog.storage import place
from airflow_provider_render.core.errors import (
    DownloadError,
    NotFoundError,
    OutputError,
    UnavailableError,
)
from airflow_provider_render.core.job import OutputKind, RenderJob
from tests.fake_service import OUTPUTS, FakeService, Killed, Render
from tests.fake_vendor import FakeClient


@pytest.fixture
def service():
    """A service with three finished renders."""
    service = FakeService()
    for name in ("R1", "R2", "R3"):
        service.renders[name] = Render(name, "M1", name, {}, 1, "succeeded")
    return service


@pytest.fixture
def client(service):
    return FakeClient(service)


def parcel(number):
    return Parcel(f"SKU-{number}", f"SKU-{number}", RenderJob("fake", f"R{number}", "M1"))


def content(root, path):
    return (root / path).read()


def below(root):
    return sorted(root.below(entry) for entry in root.walk())


def test_the_usual_outputs_are_put_in_place_whole(client, service, root):
    files = Delivery(client, root).fetch(parcel(1))
    assert below(root) == ["SKU-1/poster.png", "SKU-1/video.mp4"]
    for file in files:
        data = service.content(f"/files/R1/{file['name']}")
        assert content(root, file["path"]) == data
        assert (file["size"], file["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())
    assert [(file["kind"], file["media_type"]) for file in files] == [
        ("image", "image/png"),
        ("video", "video/mp4"),
    ]


def test_a_download_keeps_its_ending_by_which_an_archive_without_a_type_is_known(client, root, monkeypatch):
    seen, download = [], FakeClient.download
    monkeypatch.setattr(
        FakeClient, "download", lambda self, fetch, to: seen.append(to.name) or download(self, fetch, to)
    )
    Delivery(client, root).fetch(parcel(1))
    assert seen == ["poster.png", "video.mp4"]


def test_other_kinds_are_fetched_where_they_are_wanted(client, root):
    Delivery(client, root, kinds=[OutputKind.THUMBNAIL]).fetch(parcel(1))
    assert below(root) == ["SKU-1/small.png"]


def test_a_render_without_any_of_the_wanted_kinds_says_what_it_has(client, root):
    with pytest.raises(OutputError, match="it has image, thumbnail, video"):
        Delivery(client, root, kinds=[OutputKind.DATASET]).fetch(parcel(1))


def test_a_file_gets_the_extension_of_what_it_is(client, service, root):
    service.files = [("image", "poster.png", "image/webp"), ("video", "clip.mp4", "video/mp4")]
    files = Delivery(client, root).fetch(parcel(1))
    assert [file["name"] for file in files] == ["poster.webp", "clip.mp4"]


@pytest.mark.parametrize("name", ["shot.jpeg", "shot.JPG", "shot.jpg"])
def test_every_spelling_of_jpeg_is_left_as_it_is(client, service, root, name):
    service.files = [("image", name, "image/jpeg")]
    (file,) = Delivery(client, root).fetch(parcel(1))
    assert file["name"] == name


def test_a_second_delivery_replaces_the_first(client, service, root):
    delivery = Delivery(client, root)
    delivery.fetch(parcel(1))
    delivery.fetch(Parcel("SKU-1", "SKU-1", RenderJob("fake", "R2", "M1")))
    assert content(root, "SKU-1/poster.png") == service.content("/files/R2/poster.png")
    assert below(root) == ["SKU-1/poster.png", "SKU-1/video.mp4"]


class TestTrouble:
    def test_a_broken_download_is_located_anew_once(self, client, service, root):
        service.broken_downloads = 1
        Delivery(client, root).fetch(parcel(1))
        assert len(service.downloads) == 3

    def test_a_download_that_stays_broken_fails(self, client, service, root):
        service.broken_downloads = 2
        with pytest.raises(DownloadError):
            Delivery(client, root).fetch(parcel(1))
        assert below(root) == []

    def test_one_parcel_that_fails_does_not_stop_the_others(self, client, service, root):
        service.renders["R2"].gone = True
        told = {
            parcel.key: result
            for parcel, result in Delivery(client, root).deliver([parcel(1), parcel(2), parcel(3)])
        }
        assert isinstance(told["SKU-2"], NotFoundError)
        assert len(told["SKU-1"]) == len(told["SKU-3"]) == 2

    def test_a_listing_that_cannot_be_had_is_told_as_it_is(self, client, service, root):
        service.plan_fault(OUTPUTS, lambda: UnavailableError("503"))
        ((_, result),) = Delivery(client, root).deliver([parcel(1)])
        assert isinstance(result, UnavailableError)

    def test_a_folder_that_cannot_be_written_fails_its_parcel_only(self, client, tmp_path):
        (tmp_path / "SKU-1").write_text("a file where a folder should be")
        told = {
            parcel.key: result
            for parcel, result in Delivery(client, place(tmp_path)).deliver([parcel(1), parcel(2)])
        }
        assert isinstance(told["SKU-1"], OutputError)
        assert len(told["SKU-2"]) == 2

    def test_a_delivery_that_is_cut_off_leaves_whole_files_or_none(self, service, tmp_path):
        steps = iter([None] * 5)

        def step():
            try:
                next(steps)
            except StopIteration:
                raise Killed from None

        root = place(tmp_path)
        with pytest.raises(Killed):
            list(Delivery(FakeClient(service, step), root).deliver([parcel(1)]))
        assert below(root) == ["SKU-1/poster.png"]
        assert content(root, "SKU-1/poster.png") == service.content("/files/R1/poster.png")
        Delivery(FakeClient(service), root).fetch(parcel(1))
        assert below(root) == ["SKU-1/poster.png", "SKU-1/video.mp4"]


@pytest.mark.parametrize("concurrency", [0, 1, 3])
def test_progress_counts_parcels_whatever_the_concurrency(client, root, concurrency):
    told = []
    delivery = Delivery(client, root, concurrency=concurrency, progress=told.append)
    assert len(list(delivery.deliver([parcel(1), parcel(2), parcel(3)]))) == 3
    assert told == [1, 2, 3]


def test_nothing_to_deliver_is_fine(client, root):
    assert list(Delivery(client, root).deliver([])) == []


def test_stale_files_are_those_that_nothing_replaced():
    before = [{"path": "A/old.png"}, {"path": "A/poster.png"}, {"path": "A/clip.mov"}]
    assert stale_files(before, [{"path": "A/poster.png"}]) == ["A/clip.mov", "A/old.png"]
    assert stale_files([], before) == []


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("poster.png", "poster.png"),
        ("../../etc/passwd", "passwd"),
        ("a\\b\\c.mp4", "c.mp4"),
        ("nul\0line\n.zip", "nul_line_.zip"),
        ("..", "file"),
        ("", "file"),
    ],
)
def test_a_name_from_the_vendor_stays_in_its_folder(name, safe):
    assert safe_name(name) == safe


def test_a_name_of_four_kilobytes_is_cut_and_keeps_its_ending():
    assert safe_name("x" * 4096 + ".png") == "x" * 100 + ".png"


def test_temporary_folders_of_killed_workers_are_removed_after_a_day(client, tmp_path):
    root = place(str(tmp_path / "renders"))
    old, new = (tmp_path / "renders/_render/spool" / name for name in ("render-old", "render-new"))
    for folder in (old, new):
        folder.mkdir(parents=True)
    os.utime(old, (0, 0))
    Delivery(client, root).fetch(parcel(1))
    assert (old.exists(), new.exists()) == (False, True)
