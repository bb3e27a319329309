"""A file of one item that cannot be written or removed is no trouble of the others."""

from __future__ import annotations

import pytest

from airflow_provider_render.catalog.report import Stage
from tests.catalog.runs import outcomes, quiet

pytestmark = pytest.mark.usefixtures("fast_disk")


@pytest.fixture
def stocked(shop):
    for key in "CDE":
        shop.stock(key)
    return shop


def in_the_way(shop, path):
    file = shop.output / path
    file.unlink(missing_ok=True)
    file.mkdir(parents=True)
    return file


def test_an_item_whose_description_cannot_be_written_fails_alone(stocked):
    folder = in_the_way(stocked, "B/render.json")
    report = stocked.render()
    assert outcomes(report) == {**dict.fromkeys("ACDE", "delivered"), "B": "failed"}
    (failed,) = (item for item in report.items if item.key == "B")
    assert failed.stage is Stage.DOWNLOAD
    assert "cannot write" in failed.reason
    assert "B/render.json" in failed.reason
    assert list((stocked.output / "_render/reports").iterdir())
    folder.rmdir()
    quiet(stocked.service)
    assert outcomes(stocked.task().finish())["B"] == "delivered"
    assert len(stocked.service.downloads) == 2


def test_an_item_whose_older_file_cannot_be_removed_fails_alone(stocked):
    stocked.render()
    stocked.service.files = [("image", "front.png", "image/png")]
    in_the_way(stocked, "B/poster.png")
    for key in "AB":
        stocked.stock(key, look=f"new {key}")
    report = outcomes(stocked.render("tuesday"))
    assert (report["A"], report["B"]) == ("delivered", "failed")


def test_a_disk_that_takes_no_download_fails_the_items_and_leaves_a_report(stocked):
    in_the_way(stocked, "_render").joinpath("spool").write_bytes(b"")
    report = stocked.render()
    assert set(outcomes(report).values()) == {"failed"}
    assert {item.stage for item in report.items} == {Stage.DOWNLOAD}
    assert list((stocked.output / "_render/reports").iterdir())


def test_an_item_that_cannot_be_removed_is_left_to_a_later_run(stocked, caplog):
    stocked.render()
    folder = in_the_way(stocked, "B/poster.png")
    for key in "BC":
        del stocked.rows[key]
    report = stocked.render("tuesday", prune=True)
    assert (report.pruned, report.orphans) == (["C"], ["B"])
    assert "B: cannot be removed" in caplog.text
    folder.rmdir()
    assert stocked.render("wednesday", prune=True).pruned == ["B"]
