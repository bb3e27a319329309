from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from airflow_provider_render.catalog import folder
from airflow_provider_render.catalog.folder import (
    Rules,
    Taking,
    as_text,
    baseline,
    item_name,
    judged,
    note,
    take,
)
from airflow_provider_render.catalog.history import FileStatus, Pause, Pipeline, PipelineFile
from airflow_provider_render.catalog.pipeline import PAGE_ROWS, PipelineHistory, history_page, list_models
from airflow_provider_render.catalog.report import ItemReport, Outcome, Report, Stage
from airflow_provider_render.catalog.storage import place
from airflow_provider_render.core.errors import CatalogError, OutputError, RenderInputError
from tests.catalog.runs import outcomes

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
OLD = (NOW - timedelta(days=1)).timestamp()


def ago(**ago: float) -> str:
    return as_text(NOW - timedelta(**ago))


def listed(*paths: str, size: int = 9, mtime: float = OLD) -> dict[str, dict[str, float]]:
    return {path: {"size": size, "mtime": mtime} for path in paths}


def known(path: str, status: FileStatus, **changes) -> PipelineFile:
    name = changes.pop("name", path.rpartition("/")[2].removesuffix(".glb"))
    listing = {"size": 9, "mtime": OLD}
    return PipelineFile(path, name, listing, status, queued_at=ago(hours=5), run="earlier", **changes)


def taking(listing, *files: PipelineFile, now=NOW, **rules) -> Taking:
    history = {file.path: file for file in files}
    return take(listing, history, now=now, run="monday", rules=Rules(**rules))


def taken(listing, *files: PipelineFile, **rules) -> list[str]:
    return [file.path for file in taking(listing, *files, **rules).taken]


def reported(*items: ItemReport) -> Report:
    return Report("monday", "Fake Renders", "", items=list(items))


def failed(name: str, reason: str = "no light") -> ItemReport:
    return ItemReport(name, Outcome.FAILED, Stage.RENDER, reason=reason)


def delivered(name: str) -> ItemReport:
    files = ({"path": f"{name}/poster.png", "size": 1},)
    return ItemReport(name, Outcome.DELIVERED, credits=Decimal(2), job_id="r-1", files=files)


RENDERED = known("a.glb", FileStatus.COMPLETED)
GIVEN_UP = known("a.glb", FileStatus.FAILED, retry_count=3)
RETRIED = known("a.glb", FileStatus.FAILED, retry_count=1, next_try=ago(minutes=1))
LATER = known("a.glb", FileStatus.FAILED, next_try=as_text(NOW + timedelta(minutes=1)))
LEFT_ALONE = known("a.glb", FileStatus.BASELINE)
CUT_OFF = known("a.glb", FileStatus.RENDERING, retry_count=2)
SAME, CHANGED = listed("a.glb"), listed("a.glb", size=10)


@pytest.mark.parametrize(
    ("file", "listing", "modified", "retries"),
    [
        (None, SAME, False, 0),
        (RENDERED, SAME, True, None),
        (RENDERED, CHANGED, False, None),
        (RENDERED, CHANGED, True, 0),
        (LEFT_ALONE, SAME, True, None),
        (LEFT_ALONE, CHANGED, False, None),
        (LEFT_ALONE, CHANGED, True, 0),
        (LATER, SAME, False, None),
        (RETRIED, SAME, False, 2),
        (RETRIED, CHANGED, False, 0),
        (GIVEN_UP, SAME, True, None),
        (GIVEN_UP, CHANGED, False, 0),
        (CUT_OFF, SAME, False, 2),
        (CUT_OFF, CHANGED, False, 0),
    ],
)
def test_a_file_is_taken_once_and_again_only_for_a_reason(file, listing, modified, retries):
    found = taking(listing, *filter(None, [file]), reprocess_on_modified=modified).taken
    assert [one.retry_count for one in found] == ([] if retries is None else [retries])
    for one in found:
        assert (one.name, one.status, one.run) == ("a", FileStatus.RENDERING, "monday")
        assert (one.listing, one.taken_at, one.next_try) == (listing["a.glb"], as_text(NOW), None)


@pytest.mark.parametrize(
    ("mtime", "whole"),
    [
        (NOW.timestamp() - 31, True),
        (NOW.timestamp() - 29, False),
        (int((NOW.timestamp() - 29) * 1e9), False),
        (int((NOW.timestamp() - 31) * 1e9), True),
        ((NOW - timedelta(seconds=29)).isoformat(), False),
        ((NOW - timedelta(seconds=29)).replace(tzinfo=None).isoformat(), False),
        (NOW.timestamp() + 20, False),
        (NOW.timestamp() + 86400, True),
        ("yesterday", True),
        (None, True),
    ],
)
def test_a_file_that_may_still_be_written_waits_where_the_storage_tells_a_time(mtime, whole):
    listing = {"a.glb": {"size": 9, **({"mtime": mtime} if mtime else {"etag": "1"})}}
    found = taking(listing, settle=30)
    assert (len(found.taken), found.unsettled) == ((1, 0) if whole else (0, 1))
    assert found.noted == ()


def test_those_that_have_waited_longest_are_taken_first_and_the_others_are_queued():
    files = [
        known("z.glb", FileStatus.RENDERING),
        replace(RETRIED, path="y.glb", next_try=ago(minutes=9)),
        replace(known("x.glb", FileStatus.QUEUED), queued_at=ago(minutes=3)),
    ]
    listing = listed("b.glb", "a.glb", "x.glb", "y.glb", "z.glb")

    found = taking(listing, *files, batch_size=3)
    assert [file.path for file in found.taken] == ["z.glb", "y.glb", "x.glb"]
    assert [(file.path, file.status) for file in found.noted] == [("a.glb", "queued"), ("b.glb", "queued")]

    after = [*found.taken, *found.noted]
    assert taking(listing, *after, batch_size=9).noted == ()
    assert taking(listing, *after, batch_size=3, now=NOW + timedelta(hours=1)).noted == ()


def test_files_of_one_name_get_names_of_their_own_that_never_change():
    first = taking(listed("chair.glb", "oak/chair.glb", "oak/chair.GLB", "oak/ash/Chair.obj"))
    names = {file.path: file.name for file in first.taken}
    assert names == {
        "chair.glb": "chair",
        "oak/ash/Chair.obj": "Chair/oak-ash-obj",
        "oak/chair.GLB": "chair/oak-GLB",
        "oak/chair.glb": "chair/28893d5c0a38",
    }

    done = [replace(file, status=FileStatus.COMPLETED) for file in first.taken]
    more = taking({**listed("ash/chair.glb"), **listed(*names, size=10)}, *done, reprocess_on_modified=True)
    assert {file.path: file.name for file in more.taken} == {**names, "ash/chair.glb": "chair/ash-glb"}


def test_a_name_that_everything_else_has_taken_ends_in_a_hash():
    assert item_name("oak/chair.glb", {"chair", "chair/oak-glb"}).startswith("chair/")
    assert item_name("oak/chair.glb", {"chair", "chair/oak-glb"}) != item_name("oak-/chair.glb", {"chair"})


def test_what_left_the_folder_is_forgotten_unless_a_run_took_it(monkeypatch):
    queued = replace(known("q.glb", FileStatus.QUEUED), run="")
    cut_off = known("c.glb", FileStatus.RENDERING)
    done = [known(f"{day}.glb", FileStatus.COMPLETED, finished_at=ago(days=day)) for day in (1, 2, 3)]
    monkeypatch.setattr(folder, "KEPT", 2)

    found = taking({}, queued, cut_off, *done)

    assert found.forgotten == ("q.glb", "3.glb")
    (lost,) = found.noted
    assert (lost.status, lost.last_error) == (FileStatus.FAILED, "it left the folder before it was rendered")
    assert taken(listed("c.glb"), lost) == ["c.glb"]


def test_a_baseline_is_left_alone():
    files = baseline(listed("a.glb", "b/a.glb"), NOW)
    assert [(file.path, file.name, file.status) for file in files] == [
        ("a.glb", "a", "baseline"),
        ("b/a.glb", "a/b-glb", "baseline"),
    ]
    assert taken(listed("a.glb", "b/a.glb", "c.glb"), *files) == ["c.glb"]


def test_failed_files_are_due_after_one_two_and_four_minutes_and_then_no_more():
    now, waits, file = NOW, [], taking(SAME).taken[0]
    while True:
        (file,) = note([file], reported(failed("a")), now=now, rules=Rules(max_retries=3))
        if file.next_try is None:
            break
        waits.append(datetime.fromisoformat(file.next_try) - now)
        assert taking(SAME, file, now=now + waits[-1] - timedelta(seconds=1)).taken == ()
        now += waits[-1]
        (file,) = taking(SAME, file, now=now).taken
    assert waits == [timedelta(minutes=minutes) for minutes in (1, 2, 4)]
    assert (file.status, file.stage, file.last_error, file.retry_count) == ("failed", "render", "no light", 3)
    assert taking(SAME, file, now=now + timedelta(days=9)).taken == ()


def test_what_a_report_says_is_noted_and_may_be_noted_again():
    files = taking(listed("a.glb", "b.glb", "c.glb", "d.glb")).taken
    pending = ItemReport("c", Outcome.PENDING, Stage.SUBMIT)
    report = reported(delivered("a"), failed("b"), pending, failed("d", "the account is empty"))

    def noted(files):
        return {file.name: file for file in note(files, report, now=NOW, rules=Rules(), spared={"d"})}

    after = noted(files)
    assert noted(after.values()) == after
    assert {name: str(file.status) for name, file in after.items()} == {
        "a": "completed",
        "b": "failed",
        "c": "queued",
        "d": "queued",
    }
    assert (after["a"].credits, after["a"].job_id, after["a"].files) == (2, "r-1", ("a/poster.png",))
    assert (after["d"].last_error, after["d"].retry_count) == ("the account is empty", 0)
    assert note(files[:1], reported(delivered("a")), now=NOW, rules=Rules())[0] == after["a"]

    retried = note(after.values(), reported(*map(delivered, "abcd")), now=NOW, rules=Rules())
    assert {(file.status, file.last_error, file.next_try) for file in retried} == {("completed", None, None)}


def test_files_that_fail_in_a_row_pause_the_pipeline_and_a_delivered_one_breaks_the_row():
    def after(pipeline, run, *items):
        return judged(pipeline, reported(*items), now=NOW, run=run, rules=Rules(pause_after=3))

    start = Pipeline(ago(days=1))
    two = after(start, "1", failed("a"), failed("b"))
    assert (two.pause, [*two.failing]) == (None, ["a", "b"])
    assert after(two, "2", failed("b"), failed("a")).pause is None
    assert after(two, "2", delivered("c"), failed("d")).pause is None

    three = after(two, "2", failed("c", "dark"))
    assert three.pause == Pause(as_text(NOW), "3 files failed in a row, the last one c: dark", "2")
    assert after(three, "2", delivered("c")).pause is None, "a retry of the same run went well"
    assert after(three, "3", delivered("c")).pause == three.pause, "only resume ends an earlier pause"
    assert after(three, "3", failed("d")).pause == three.pause


@pytest.mark.parametrize(
    "wrong", [{"batch_size": 0}, {"max_retries": -1}, {"pause_after": 0}, {"settle": -1}]
)
def test_an_option_out_of_range_is_refused_by_its_name(wrong):
    with pytest.raises(RenderInputError, match=f"{next(iter(wrong))}: must be at least"):
        Rules(**wrong)


def test_a_folder_tells_its_models_and_nothing_else(root):
    source, output = root / "in", root / "in/renders"
    for path in ("a.glb", "b/c d.OBJ", ".hidden.glb", "_render/x.glb", "notes.txt", "b/ .glb"):
        (source / path).write(b"model")
    (output / "a/assets.zip").write(b"delivered")

    found = list_models(source, output)

    assert set(found) == {"a.glb", "b/c d.OBJ"}
    assert all(told["size"] == 5 and len(told) == 2 for told in found.values())


def test_a_folder_also_tells_the_models_that_the_vendor_alone_takes(root):
    for path in ("a.glb", "b.dae", "c.blend"):
        (root / "in" / path).write(b"model")
    assert set(list_models(root / "in", root / "out", {".dae"})) == {"a.glb", "b.dae"}


@pytest.mark.parametrize(("source", "output"), [("in", "in"), ("out/in", "out"), ("in/../out/in", "out")])
def test_a_folder_in_its_own_output_folder_is_refused(tmp_path, source, output):
    (tmp_path / "out/in").mkdir(parents=True)
    (tmp_path / "in").mkdir()
    with pytest.raises(CatalogError, match="is, or is in, the output folder"):
        list_models(place(tmp_path / source), place(tmp_path / output))


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(CatalogError, match="there is no folder"):
        list_models(place(tmp_path / "none"), place(tmp_path / "out"))


def test_the_history_is_read_back_as_it_was_written(root):
    files = [
        known(f"{n}.glb", FileStatus.COMPLETED, credits=Decimal("1.5"), files=("p",)) for n in range(200)
    ]
    pipeline = Pipeline(ago(days=1), {"a": "monday"}, Pause(ago(days=0), "dark", "monday"))
    history = PipelineHistory(root)
    history.put(files)
    history.stand(pipeline)
    history.put([replace(files[0], status=FileStatus.FAILED)], forget=["1.glb"])

    again = PipelineHistory(root)

    assert again.pipeline == pipeline
    assert again.files == history.files
    assert len(again.files) == 199
    assert again.files["0.glb"].status is FileStatus.FAILED
    assert again.of("earlier") == sorted(again.files.values(), key=lambda file: file.path)
    assert "**Paused since" in again.page.read().decode()


def test_one_file_of_the_folder_rewrites_one_file_of_the_history(tmp_path):
    history = PipelineHistory(place(tmp_path))
    history.put([known(f"{n}.glb", FileStatus.COMPLETED) for n in range(500)])
    shards = sorted((tmp_path / "_render/pipeline/files").iterdir())
    before = [shard.stat().st_mtime_ns for shard in shards]
    assert len(before) == 64

    history.put([known("7.glb", FileStatus.FAILED)])

    assert sum(shard.stat().st_mtime_ns != time for shard, time in zip(shards, before, strict=True)) == 1


@pytest.mark.parametrize("file", ["pipeline.json", "files/00.json"])
@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is damaged"),
        ("[]", "is damaged"),
        ('{"version": 1}', "is damaged"),
        ('{"version": 2}', "version 2"),
    ],
)
def test_a_damaged_history_is_not_taken_for_an_empty_one(tmp_path, file, content, message):
    path = tmp_path / "_render/pipeline" / file
    path.parent.mkdir(parents=True)
    path.write_text(content)
    with pytest.raises(OutputError, match=message):
        PipelineHistory(place(tmp_path))


def test_the_page_shows_the_newest_files_first_and_is_of_bounded_length():
    files = [
        known(f"{n}.glb", FileStatus.COMPLETED, finished_at=ago(minutes=n)) for n in range(PAGE_ROWS + 5)
    ]
    nasty = known("a|b\n.glb", FileStatus.FAILED, finished_at=ago(days=-1), last_error="<b>no\nlight</b>")
    page = history_page([*files, nasty], None)
    rows = [line for line in page.splitlines() if line.startswith("| ")][1:]
    assert len(rows) == PAGE_ROWS
    assert [row.split(" | ")[0] for row in rows[1:3]] == ["| 0.glb", "| 1.glb"]
    assert rows[0].startswith(r"| a\|b .glb | ")
    assert r"\<b\>no light\</b\>" in rows[0]
    assert "506 files: 505 completed, 1 failed." in page
    assert "6 older files are in `files/`." in page


def test_a_partial_catalog_reads_only_its_own_items_and_has_no_orphans(shop):
    shop.render(run="1")
    shop.rows = {}
    shop.stock("C")

    report = shop.render(run="2", partial=True)
    assert (outcomes(report), report.orphans) == ({"C": "delivered"}, [])
    assert shop.render(run="3").orphans == ["A", "B"]


def test_a_history_entry_is_small():
    file = replace(known("chairs/oak/CHR-1001.glb", FileStatus.COMPLETED), files=("CHR-1001/poster.png",) * 5)
    assert len(json.dumps(file.to_json())) < 600
