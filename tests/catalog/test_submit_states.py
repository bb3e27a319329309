"""State that cannot be written, refusals that stop a run, and workers that are told to stop."""

from __future__ import annotations

import pytest

from airflow_provider_render.catalog import store
from airflow_provider_render.catalog.store import StateStore
from airflow_provider_render.core.errors import AmbiguousSubmitError, AuthError, OutputError
from airflow_provider_render.core.journal import Phase
from tests.catalog.submits import Task, TaskTimeout, jobs, product
from tests.fake_service import FIND_MODEL, FIND_RENDERS

pytestmark = pytest.mark.usefixtures("fast_disk")

MANY = [product(f"P{number:02}") for number in range(12)]


@pytest.fixture
def root(tmp_path):
    return tmp_path / "out"


@pytest.fixture
def busy(monkeypatch):
    """Lets the storage fail at some writes of one state file, and returns what the file was to hold."""

    def fail(phase, at=(1,)):
        written, lost, change = [], {}, store._Shard.change

        def failing(shard, changes):
            if any(record and record.phase is phase for record in changes.values()):
                written.append(changes)
                if len(written) in at:
                    lost.update(changes)
                    raise OutputError("cannot write it: 503 Slow Down")
            change(shard, changes)

        monkeypatch.setattr(store._Shard, "change", failing)
        return lost

    return fail


class TestPaidAnswers:
    def test_the_ids_of_one_answer_are_one_write(self, root, monkeypatch):
        task, writes, put = Task(root, max_batch=50), [], StateStore.put

        def counted(self, records):
            phases = {record.phase for record in records.values()}
            writes.extend([sorted(records)] if Phase.SUBMITTED in phases else [])
            put(self, records)

        monkeypatch.setattr(StateStore, "put", counted)
        task.attempt(*MANY)
        assert writes == [[request.key for request in MANY]]

    def test_a_state_file_that_cannot_be_written_loses_no_ids_of_the_others(self, root, busy):
        task = Task(root, max_batch=50, tells_submitted=False)
        lost = busy(Phase.SUBMITTED)
        with pytest.raises(OutputError, match="503"):
            task.attempt(*MANY)
        assert len(task.service.batches) == 1
        assert 0 < len(lost) < len(MANY)
        assert jobs(task).keys() == {request.key for request in MANY} - lost.keys()
        failed = task.attempt(*MANY).failed
        assert {key: type(error) for key, error in failed.items()} == dict.fromkeys(
            lost, AmbiguousSubmitError
        )

    def test_every_upload_of_a_wave_is_noted_before_an_error_is_raised(self, root, busy):
        task = Task(root, upload_renders=True, tells_submitted=False)
        lost = busy(Phase.SUBMITTED)
        with pytest.raises(OutputError, match="503"):
            task.attempt(*MANY[:4], concurrency=4)
        assert task.service.bill == 4
        assert len(lost) == 1
        assert jobs(task).keys() == {request.key for request in MANY[:4]} - lost.keys()

    def test_no_further_wave_is_uploaded_then(self, root, busy):
        task = Task(root, upload_renders=True)
        busy(Phase.SUBMITTED)
        with pytest.raises(OutputError):
            task.attempt(*MANY, concurrency=4)
        assert task.service.bill == 4
        assert not task.attempt(*MANY).failed
        assert task.service.bill == task.spent == len(MANY)

    def test_uploads_under_way_when_the_task_times_out_are_noted(self, root, struck):
        task = Task(root, upload_renders=True, tells_submitted=False)
        left = [struck]
        task.service.before_charge = lambda _: left.pop()() if left else None
        with pytest.raises(TaskTimeout):
            task.attempt(*MANY, concurrency=4)
        assert task.service.bill == len(jobs(task)) == 4
        assert not task.attempt(*MANY).failed
        assert task.service.bill == task.spent == len(MANY)

    def test_a_state_that_cannot_be_written_counts_more_than_a_refusal(self, root, busy):
        task = Task(root, upload_renders=True)
        task.service.credits = 1
        busy(Phase.SUBMITTED)
        with pytest.raises(OutputError, match="503"):
            task.attempt(*MANY[:2], concurrency=2)


class TestIntents:
    @pytest.mark.parametrize("upload_renders", [True, False])
    def test_intents_that_cannot_all_be_written_leave_no_question(self, root, busy, upload_renders):
        task = Task(root, max_batch=50, tells_submitted=False, upload_renders=upload_renders)
        busy(Phase.INTENT, at=[2])
        with pytest.raises(OutputError, match="503"):
            task.attempt(*MANY, concurrency=len(MANY))
        assert (task.records, task.service.bill, task.spent, task.saved["calls"]) == ({}, 0, 0, 0)
        assert not task.attempt(*MANY).failed
        assert task.service.bill == task.spent == len(MANY)


class TestStopping:
    @pytest.fixture
    def refuse(self, shut):
        """Makes refusals, of which all but the first come when the worker has given up asking."""

        def refuse():
            refuse.made += 1
            if refuse.made > 1:
                shut.wait(1)
            return AuthError("401 token revoked", status=401)

        refuse.made = 0
        return refuse

    @pytest.mark.parametrize("call", [FIND_MODEL, FIND_RENDERS])
    def test_a_refused_token_is_not_tried_for_every_item(self, root, refuse, call):
        task = Task(root)
        task.service.models.update({request.model.sha256: f"M-{request.key}" for request in MANY})
        task.service.plan_fault(call, refuse, times=len(MANY))
        result = task.attempt(*MANY, concurrency=2)
        assert refuse.made <= 3
        assert {type(error) for error in result.failed.values()} == {AuthError}
        assert len(result.failed) == len(MANY)
        assert (task.records, task.service.bill) == ({}, 0)

    def test_what_was_found_before_the_refusal_stays_found(self, root, refuse):
        Task(root.parent / "other", service := Task(root).service).attempt(MANY[0])
        task = Task(root, service)
        service.models.update({request.model.sha256: f"M-{request.key}" for request in MANY[1:]})
        service.plan_fault(FIND_RENDERS, refuse, times=len(MANY), skip=1)
        result = task.attempt(*MANY, concurrency=1)
        assert result.adopted == [MANY[0].key]
        assert len(result.failed) == len(MANY) - 1
        assert list(jobs(task)) == [MANY[0].key]
