from __future__ import annotations

import json
import shutil
from decimal import Decimal
from itertools import count

import pytest

from airflow_provider_render.catalog import store
from airflow_provider_render.core.errors import (
    AmbiguousSubmitError,
    BudgetError,
    OutcomeUnknownError,
    RateLimitedError,
    UnavailableError,
)
from airflow_provider_render.core.journal import Phase
from tests.catalog.submits import Task, jobs, product
from tests.fake_service import (
    FIND_RENDERS,
    SUBMIT,
    UPLOAD,
    FakeService,
    Killed,
    Tripwire,
    lost_answer,
)

pytestmark = pytest.mark.usefixtures("fast_disk")


@pytest.fixture
def root(tmp_path):
    return tmp_path / "out"


def crash_points(root, requests, **capabilities):
    """Yield a task for every step of a submit, ended there; the last one got through."""
    for step in count(1):
        task = Task(root / str(step), **capabilities)
        try:
            task.attempt(*requests, step=Tripwire(step), concurrency=1)
        except Killed:
            yield task
        else:
            assert step > 10
            return


CATALOG = (
    product("A", "chair"),
    product("B", "chair"),
    product("C", "sofa"),
    product("D", "sofa", quality="4k"),
)


class TestCrashes:
    @pytest.mark.parametrize("upload_renders", [True, False])
    @pytest.mark.parametrize("run", ["run-1", "run-2"])
    def test_whatever_moment_a_worker_dies_at_each_render_is_paid_once(self, root, upload_renders, run):
        for task in crash_points(root, CATALOG, upload_renders=upload_renders, max_batch=2):
            task.run = run
            result = task.attempt(*CATALOG)
            assert not result.failed
            assert task.service.bill == 5
            assert set(task.service.live().values()) == {1}
            assert {record.phase for record in task.records.values()} == {Phase.SUBMITTED}
            assert sorted(task.records) == ["A", "B", "C", "D"]

    @pytest.mark.parametrize("upload_renders", [True, False])
    def test_the_ledger_is_right_after_a_crash_at_any_moment_and_a_limit_just_reached(
        self, root, upload_renders
    ):
        for task in crash_points(root, CATALOG, upload_renders=upload_renders, max_batch=2):
            task.limit = Decimal(5)
            assert not task.attempt(*CATALOG).failed
            assert task.spent == 5

    def test_two_crashes_in_a_row_pay_once_and_leave_the_ledger_right(self, root):
        for task in crash_points(root, CATALOG[:2], upload_renders=True):
            before = json.dumps(task.saved)
            for step in count(1):
                again = Task(
                    root / "again" / str(step) / task.root.name, task.service, limit=1, upload_renders=True
                )
                if task.root.exists():
                    copy_folder(task.root, again.root)
                again.service = copy_service(task.service)
                again.saved = json.loads(before)
                try:
                    again.attempt(*CATALOG[:2], step=Tripwire(step))
                except Killed:
                    assert not again.attempt(*CATALOG[:2]).failed
                    assert again.service.bill == again.spent == 1
                else:
                    break

    def test_a_vendor_that_cannot_tell_is_never_paid_twice_unless_wanted(self, root):
        for task in crash_points(root, CATALOG, tells_submitted=False, max_batch=2):
            result = task.attempt(*CATALOG)
            assert set(task.service.live().values()) <= {1}
            assert all(isinstance(error, AmbiguousSubmitError) for error in result.failed.values())
            assert {*result.failed, *jobs(task)} == {"A", "B", "C", "D"}

    def test_nothing_is_lost_at_a_vendor_that_cannot_tell_when_resubmitting_is_allowed(self, root):
        for task in crash_points(root, CATALOG, tells_submitted=False, max_batch=2):
            assert not task.attempt(*CATALOG, on_ambiguous="resubmit").failed
            assert set(jobs(task)) == {"A", "B", "C", "D"}


def copy_folder(source, goal):
    shutil.copytree(source, goal)


def copy_service(service):
    return FakeService(models=dict(service.models), renders=dict(service.renders))


class TestAmbiguity:
    @pytest.fixture
    def cut_off(self, root):
        """A task whose paid call took effect, at a vendor that cannot tell."""
        task = Task(root, tells_submitted=False)
        task.service.plan_fault(SUBMIT, Killed, after=True)
        with pytest.raises(Killed):
            task.attempt(product("A"))
        return task

    def test_by_default_the_product_fails_and_the_message_says_what_to_check(self, cut_off):
        result = cut_off.attempt(product("A"), product("B"))
        assert result.paid == ["B"]
        message = str(result.failed["A"])
        assert "A" in message
        assert "Look for it at Fake Renders" in message
        assert 'on_ambiguous="resubmit"' in message
        assert cut_off.service.paid == {"A": 1, "B": 1}

    def test_it_stays_undecided_until_somebody_decides(self, cut_off):
        for _ in range(3):
            assert isinstance(cut_off.attempt(product("A")).failed["A"], AmbiguousSubmitError)
        assert cut_off.service.paid["A"] == 1

    def test_resubmitting_pays_again_because_it_was_asked_for(self, cut_off):
        assert cut_off.attempt(product("A"), on_ambiguous="resubmit").paid == ["A"]
        assert cut_off.service.paid["A"] == 2
        assert cut_off.records["A"].generation == 0

    def test_could_not_ask_is_never_taken_for_not_there(self, root):
        task = Task(root)
        task.service.plan_fault(SUBMIT, Killed, after=True)
        with pytest.raises(Killed):
            task.attempt(product("A"))
        task.service.plan_fault(FIND_RENDERS, lambda: UnavailableError("503"))
        assert isinstance(task.attempt(product("A")).failed["A"], UnavailableError)
        assert task.records["A"].phase is Phase.INTENT
        assert task.attempt(product("A")).adopted == ["A"]
        assert task.service.bill == 1


class TestLostAnswers:
    def test_a_lost_answer_fails_the_products_for_now_and_keeps_their_intents(self, task):
        call = UPLOAD if task.capabilities["upload_renders"] else SUBMIT
        task.service.plan_fault(call, lost_answer, after=True)
        result = task.attempt(product("A"))
        assert isinstance(result.failed["A"], OutcomeUnknownError)
        assert task.records["A"].phase is Phase.INTENT
        assert task.spent == 1

    @pytest.mark.parametrize("after", [True, False], ids=["it_happened", "it_did_not"])
    def test_the_next_try_finds_out_and_pays_only_if_nothing_was(self, task, after):
        call = UPLOAD if task.capabilities["upload_renders"] else SUBMIT
        task.service.plan_fault(call, lost_answer, after=after)
        task.attempt(product("A"))
        result = task.attempt(product("A"))
        assert (result.adopted if after else result.paid) == ["A"]
        assert task.service.bill == task.spent == 1
        assert task.records["A"].spent == 1

    def test_a_product_that_shares_the_lost_upload_is_not_paid_for_beside_it(self, root):
        task = Task(root, upload_renders=True)
        task.service.plan_fault(UPLOAD, lost_answer, after=True)
        variants = product("A", "chair"), product("A/4k", "chair", quality="4k")
        assert set(task.attempt(*variants).failed) == {"A", "A/4k"}
        result = task.attempt(*variants)
        assert (result.adopted, result.paid) == (["A"], ["A/4k"])
        assert task.service.paid == {"A": 1, "A/4k": 1}

    def test_a_model_that_changed_meanwhile_is_counted_beside_the_lost_one(self, task):
        call = UPLOAD if task.capabilities["upload_renders"] else SUBMIT
        task.service.plan_fault(call, lost_answer, after=True)
        task.attempt(product("A", "old"))
        assert task.attempt(product("A", "new")).paid == ["A"]
        assert task.spent == task.service.bill == 2

    def test_a_refusal_of_the_changed_model_leaves_the_lost_one_counted(self, task):
        call = UPLOAD if task.capabilities["upload_renders"] else SUBMIT
        task.service.plan_fault(call, lost_answer, after=True)
        task.attempt(product("A", "old"))
        before = task.records
        task.service.plan_fault(call, lambda: RateLimitedError("slow down"))
        task.attempt(product("A", "new"))
        assert task.records == before
        assert task.spent == task.service.bill == 1


class TestSharedRenders:
    @pytest.mark.parametrize("on_ambiguous", ["fail", "resubmit"])
    def test_a_worker_that_dies_between_the_files_of_two_items_leaves_no_question(
        self, root, monkeypatch, on_ambiguous
    ):
        task = Task(root, announces=True, tells_submitted=False)
        chairs, written, change = (product("A", "chair"), product("B", "chair")), [], store._Shard.change

        def dying(shard, changes):
            if any(record and record.phase is Phase.SUBMITTED for record in changes.values()):
                written.append(changes)
            if len(written) == 2:
                raise Killed
            change(shard, changes)

        with monkeypatch.context() as patch:
            patch.setattr(store._Shard, "change", dying)
            with pytest.raises(Killed):
                task.attempt(*chairs)
        assert {record.phase for record in task.records.values()} == {Phase.INTENT, Phase.SUBMITTED}
        assert not task.attempt(*chairs, on_ambiguous=on_ambiguous).failed
        assert (jobs(task), task.service.bill) == ({"A": "R1", "B": "R1"}, 1)


class TestRecoveredBatches:
    @pytest.fixture
    def cut_off(self, root):
        """A task whose worker died before its batch was taken in, one render of which is refused."""
        task = Task(root, max_batch=8, limit=4)
        task.service.plan_fault(SUBMIT, Killed)
        with pytest.raises(Killed):
            task.attempt(*map(product, "ABCD"))
        task.service.bad = {"D"}
        return task

    def test_a_recovered_batch_that_is_halved_is_counted_as_it_is_charged(self, cut_off):
        assert cut_off.spent == 4
        assert list(cut_off.attempt(*map(product, "ABCD")).failed) == ["D"]
        assert cut_off.spent == cut_off.service.bill == 3

    def test_what_is_left_of_the_limit_afterwards_holds(self, cut_off):
        cut_off.attempt(*map(product, "ABCD"))
        assert cut_off.attempt(product("E")).paid == ["E"]
        assert isinstance(cut_off.attempt(product("F")).failed["F"], BudgetError)
        assert cut_off.service.bill == 4
