from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from airflow.sdk.exceptions import AirflowSkipException, TaskDeferred

from airflow_provider_render.catalog.pipeline import PipelineHistory
from airflow_provider_render.catalog.storage import place
from airflow_provider_render.core.errors import (
    BudgetError,
    RenderFailedError,
    RenderInputError,
    UnavailableError,
)
from airflow_provider_render.operators.folder import RenderFolderOperator
from tests.operators.account import SETTINGS, new_model
from tests.operators.task import Task, fire
from tests.operators.test_catalog import files_below


@pytest.fixture
def inbox(tmp_path, rendered) -> Path:
    """A source folder with three models whose renders are paid and finished."""
    return Path(rendered[0]).parent


class Runs:
    """The runs of one pipeline.

    :param account: the vendor.
    :param source: the folder.
    :param fields: of the operator, where they differ.
    """

    def __init__(self, account, source: Path, output: Path, **fields) -> None:
        self.output = output
        self.fields = {
            "task_id": "render",
            "render_conn_id": account.conn_id,
            "source": str(source),
            "output": str(output),
            "settings": SETTINGS,
            "poll_interval": 0.2,
            "settle": 0,
            **fields,
        }
        self.count = 0

    def next(self, *, params=None, **fields) -> Task:
        """Return the task of the next run."""
        self.count += 1
        both = {**self.fields, **fields}
        return Task(lambda: RenderFolderOperator(**both), run_id=f"run-{self.count}", params=params)

    def history(self) -> dict[str, str]:
        return {path: str(file.status) for path, file in self.files().items()}

    def files(self):
        return PipelineHistory(place(self.output)).files

    def be_due(self) -> None:
        """Let the time for the next try of failed files come."""
        for shard in (self.output / "_render/pipeline/files").iterdir():
            data = json.loads(shard.read_text())
            for file in data["files"].values():
                if "next_try" in file:
                    file["next_try"] = "2026-01-01T00:00:00+00:00"
            shard.write_text(json.dumps(data))


def test_a_baseline_given_as_text_pays_for_nothing(dxgl, inbox, tmp_path):
    new_model(inbox, "sofa")
    runs = Runs(dxgl, inbox, tmp_path / "out", process_existing="false")
    with pytest.raises(AirflowSkipException, match=r"4 files .* were noted as the baseline"):
        runs.next().run()
    assert dxgl.spent == 0


@pytest.mark.parametrize("source", [None, "", "None", ["in"]])
def test_a_source_that_is_no_path_is_told_by_its_parameter(idle, tmp_path, source):
    runs = Runs(idle, tmp_path, tmp_path / "out", render_timeout=5)
    with idle.counted("") as calls, pytest.raises(RenderInputError) as caught:
        runs.next(source=source).run()
    assert str(caught.value) == f"source: must be the path or URL of a folder, not {source!r}"
    assert calls == [0]


def corrupt(folder: Path, name: str) -> None:
    (folder / f"{name}.glb").write_bytes(b"glTF\x02\0\0\0" + b"\xff" * 50)


@pytest.mark.parametrize("deferrable", [True, False], ids=["deferred", "blocking"])
def test_each_file_is_taken_once_and_delivered_by_its_name(dxgl, inbox, tmp_path, deferrable):
    runs = Runs(dxgl, inbox, tmp_path / "out", batch_size=2, deferrable=deferrable)

    first = runs.next().run()
    assert (first["items"], first["delivered"], first["queued"], first["orphans"]) == (2, 2, 1, 0)
    assert runs.history() == {"bench.glb": "completed", "lamp.glb": "completed", "vase.glb": "queued"}

    second = runs.next().run()
    assert (second["items"], second["delivered"], second["queued"], second["orphans"]) == (1, 1, 0, 0)
    assert {"bench/poster.png", "lamp/poster.png", "vase/poster.png"} <= set(files_below(tmp_path / "out"))

    with (
        dxgl.counted("^(POST|GET) .*/(models|renders)") as calls,
        pytest.raises(AirflowSkipException, match=r"nothing is due in .*: 3 files there"),
    ):
        runs.next().run()
    assert calls == [0]

    page = Path(second["history"]).read_text()
    assert "3 files: 3 completed." in page
    assert page.index("| vase.glb |") < page.index("| bench.glb |")
    assert dxgl.spent == 0


def test_a_baseline_is_left_alone_and_new_files_are_taken(dxgl, inbox, tmp_path):
    later = tmp_path / "later"
    later.mkdir()
    shutil.move(inbox / "vase.glb", later)
    runs = Runs(dxgl, inbox, tmp_path / "out", process_existing=False)

    with pytest.raises(AirflowSkipException, match=r"2 files in .* were noted as the baseline"):
        runs.next().run()
    shutil.move(later / "vase.glb", inbox)

    assert runs.next().run()["delivered"] == 1
    assert runs.history() == {"bench.glb": "baseline", "lamp.glb": "baseline", "vase.glb": "completed"}


def test_a_changed_file_is_taken_again_only_where_that_is_wanted(dxgl, inbox, tmp_path):
    runs = Runs(dxgl, inbox, tmp_path / "out", outputs=["poster"])
    runs.next().run()
    before = files_below(tmp_path / "out")
    shutil.copy(inbox / "lamp.glb", inbox / "bench.glb")
    os.utime(inbox / "lamp.glb", (1, 1))

    with pytest.raises(AirflowSkipException):
        runs.next().run()
    summary = runs.next(reprocess_on_modified=True).run()

    assert (summary["delivered"], summary["unchanged"]) == (1, 1)
    after = files_below(tmp_path / "out")
    assert after["bench/poster.png"] == before["lamp/poster.png"] != before["bench/poster.png"]
    assert dxgl.spent == 0


def test_a_file_that_is_still_being_written_waits(dxgl, inbox, tmp_path):
    runs = Runs(dxgl, inbox, tmp_path / "out", settle=3600)
    with pytest.raises(AirflowSkipException, match="3 perhaps still being written"):
        runs.next().run()
    os.utime(inbox / "lamp.glb", (1, 1))
    assert runs.next().run()["delivered"] == 1
    assert runs.history() == {"lamp.glb": "completed"}


def test_files_of_one_name_are_delivered_to_folders_of_their_own(dxgl, inbox, tmp_path):
    (inbox / "oak").mkdir()
    shutil.move(inbox / "vase.glb", inbox / "oak/lamp.glb")
    Runs(dxgl, inbox, tmp_path / "out", outputs=["poster"]).next().run()
    posters = {path: data for path, data in files_below(tmp_path / "out").items() if path.endswith(".png")}
    assert set(posters) == {"bench/poster.png", "lamp/poster.png", "lamp/oak-glb/poster.png"}
    assert len(set(posters.values())) == 3


def test_a_failed_file_is_tried_again_when_it_is_due_and_paid_within_the_limit(dxgl, tmp_path):
    dxgl.faults({"kind": "render_failure"})
    new_model(tmp_path / "in", "doomed")
    runs = Runs(dxgl, tmp_path / "in", tmp_path / "out", max_retries=1)

    first = runs.next()
    assert first.run()["failed_keys"] == ["doomed"]
    first.clear()
    first.run()
    assert dxgl.spent == 1
    with pytest.raises(AirflowSkipException, match="the next try of 1 failed ones from"):
        runs.next().run()

    runs.be_due()
    with pytest.raises(RenderFailedError, match=r"items that failed: 1 of 1\. The first: doomed"):
        runs.next().run()
    (file,) = runs.files().values()
    assert (file.status, file.stage, file.retry_count, file.next_try) == ("failed", "render", 1, None)
    with pytest.raises(AirflowSkipException):
        runs.next().run()
    assert dxgl.spent == 2


def test_failed_files_in_a_row_pause_the_pipeline_until_it_is_resumed(dxgl, inbox, tmp_path):
    source = tmp_path / "in"
    source.mkdir()
    corrupt(source, "a")
    corrupt(source, "b")
    runs = Runs(dxgl, source, tmp_path / "out", pause_after=2, resume="{{ params.resume }}")

    with pytest.raises(
        RenderFailedError, match=r"paused: 2 files failed in a row, the last one b: .*cut short"
    ):
        runs.next(params={"resume": False}).run()
    shutil.copy(inbox / "lamp.glb", source)
    with pytest.raises(AirflowSkipException, match=r"paused since .*resume=True"):
        runs.next(params={"resume": False}).run()
    assert "lamp.glb" not in runs.history()

    assert runs.next(params={"resume": True}).run()["delivered"] == 1
    assert "Paused" not in (tmp_path / "out/_render/pipeline/history.md").read_text()
    with pytest.raises(AirflowSkipException, match="nothing is due"):
        runs.next(params={"resume": False}).run()


def test_a_run_goes_on_with_its_own_files_whatever_has_come_since(idle, tmp_path):
    new_model(tmp_path / "in", "chair")
    runs = Runs(idle, tmp_path / "in", tmp_path / "out", deferrable=True)
    task = runs.next()
    jobs = task.start().trigger.jobs
    new_model(tmp_path / "in", "stool")

    assert task.start().trigger.jobs == jobs, "a retry"
    task.clear()
    assert task.start().trigger.jobs == jobs, "a clear"
    assert runs.history() == {"chair.glb": "rendering"}
    assert idle.spent == 1

    taken_over = runs.next().start()
    assert len(taken_over.trigger.jobs) == 2, "the run after one that was given up"
    assert idle.spent == 2


def test_a_retry_after_trouble_notes_that_all_went_well_in_the_end(dxgl, inbox, tmp_path):
    runs = Runs(dxgl, inbox, tmp_path / "out", pause_after=1, batch_size=1)
    dxgl.faults({"kind": "error_before", "match": "^GET .*/poster"})
    task = runs.next()
    with pytest.raises(UnavailableError):
        task.run()
    assert set(runs.history().values()) == {"failed", "queued"}
    dxgl.faults()

    assert task.run()["delivered"] == 1
    assert runs.history()["bench.glb"] == "completed"
    assert runs.next().run()["delivered"] == 1, "the pipeline is not paused"


def test_an_empty_account_uses_up_no_retry(dxgl, tmp_path):
    new_model(tmp_path / "in", "chair")
    runs = Runs(dxgl, tmp_path / "in", tmp_path / "out", max_retries=0)
    dxgl.set_credits(0)
    with pytest.raises(RenderFailedError, match="could not be submitted"):
        runs.next().run()
    assert runs.history() == {"chair.glb": "queued"}
    dxgl.set_credits(10)
    assert runs.next().run()["delivered"] == 1


def test_a_batch_above_max_credits_is_refused_and_taken_up_by_the_next_run(idle, tmp_path):
    new_model(tmp_path / "in", "a")
    new_model(tmp_path / "in", "b")
    runs = Runs(idle, tmp_path / "in", tmp_path / "out", deferrable=True)
    with pytest.raises(BudgetError):
        runs.next(max_credits=1).run()
    assert idle.spent == 0
    assert isinstance(runs.next(max_credits=2).start(), TaskDeferred)
    assert idle.spent == 2


def test_a_lost_history_pays_nothing_twice(dxgl, tmp_path):
    new_model(tmp_path / "in", "chair")
    runs = Runs(dxgl, tmp_path / "in", tmp_path / "out", deferrable=True)
    task = runs.next()
    deferred = task.start()
    shutil.rmtree(tmp_path / "out/_render/pipeline")
    event = fire(deferred.trigger)
    assert task.resume(deferred, event)["items"] == 0

    assert runs.next().run()["delivered"] == 1
    assert dxgl.spent == 1


@pytest.mark.parametrize("name", ["catalog", "prune", "force", "plan_only", "max_attempts", "shard_group"])
def test_what_makes_no_sense_for_a_folder_is_refused(dxgl, tmp_path, name):
    with pytest.raises(TypeError, match=name):
        Runs(dxgl, tmp_path, tmp_path / "out", **{name: 1}).next()
