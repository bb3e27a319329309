from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from itertools import count

import pytest

from airflow_provider_render.catalog.store import StateStore
from airflow_provider_render.catalog.wanted import Group, Wanted
from airflow_provider_render.core.errors import (
    AuthError,
    BudgetError,
    NotFoundError,
    OutOfCreditsError,
    RateLimitedError,
    RejectedError,
    UnavailableError,
    UnexpectedAnswerError,
)
from airflow_provider_render.core.job import RenderStatus
from airflow_provider_render.core.journal import Action, Phase, Record
from tests.catalog.submits import Task, jobs, product
from tests.fake_service import (
    FIND_MODEL,
    SUBMIT,
    UPLOAD,
    FakeService,
    Killed,
    Tripwire,
    lost_answer,
)
from tests.fake_vendor import FakeVendor

pytestmark = pytest.mark.usefixtures("fast_disk")


@pytest.fixture
def root(tmp_path):
    return tmp_path / "out"


class TestFreshSubmit:
    def test_every_product_is_paid_once(self, task):
        result = task.attempt(product("A"), product("B"), product("C"))
        assert sorted(result.paid) == ["A", "B", "C"]
        assert task.service.paid == {"A": 1, "B": 1, "C": 1}
        assert {record.phase for record in task.records.values()} == {Phase.SUBMITTED}
        assert task.spent == task.service.bill == 3

    def test_products_with_the_same_model_and_settings_share_one_render(self, task):
        result = task.attempt(
            product("A", "chair"), product("B", "chair"), product("C", "chair", aspect="1:1")
        )
        assert task.service.paid == {"A": 1}
        assert sorted(result.paid) == ["A", "B", "C"]
        assert len(set(jobs(task).values())) == 1
        assert sum(record.spent for record in task.records.values()) == 1

    def test_a_second_variant_waits_for_the_upload_and_goes_through_the_batch(self, root):
        task = Task(root, upload_renders=True)
        task.attempt(product("A", "chair"), product("A/4k", "chair", quality="4k"), product("B"))
        assert task.service.calls.count(UPLOAD) == 2
        assert task.service.batches == [["A/4k"]]
        assert task.service.bill == 5

    def test_a_model_is_uploaded_once_however_many_variants_it_has(self, root):
        task = Task(root)
        task.attempt(*(product(f"A/{ratio}", "chair", aspect=ratio) for ratio in ("1:1", "4:3", "16:9")))
        assert task.service.calls.count(UPLOAD) == 1
        assert task.service.batches == [["A/1:1", "A/4:3", "A/16:9"]]

    def test_a_model_the_vendor_has_is_not_uploaded(self, task):
        task.service.models[product("A").model.sha256] = "M1"
        task.attempt(product("A"))
        assert task.service.changing_calls == [SUBMIT]

    def test_batches_are_as_large_as_the_vendor_takes_and_no_larger(self, root):
        task = Task(root, max_batch=3)
        task.attempt(*(product(name) for name in "ABCDEFG"))
        assert [len(batch) for batch in task.service.batches] == [3, 3, 1]

    def test_an_equal_render_that_is_there_is_taken_over_free_of_charge(self, task, root):
        task.attempt(product("A", "chair"))
        other = Task(root.parent / "other", task.service, run="elsewhere", **task.capabilities)
        result = other.attempt(product("Z", "chair"))
        assert result.adopted == ["Z"]
        assert task.service.bill == 1
        assert other.records["Z"].spent == 0
        assert jobs(other)["Z"] == jobs(task)["A"]

    def test_progress_counts_every_product(self, task):
        told = []
        task.attempt(product("A", "x"), product("B", "x"), product("C"), progress=told.append)
        assert told[-1] == 3

    def test_intents_are_durable_when_the_vendor_charges(self, task):
        seen = {}

        def look(references):
            store = StateStore(task.root)
            seen.update({key: (store.get(key).phase, task.spent) for key in references})

        task.service.before_charge = look
        task.attempt(product("A"))
        assert seen == {"A": (Phase.INTENT, 1)}


class TestRefusals:
    def test_a_refused_call_leaves_no_trace(self, task):
        call = UPLOAD if task.capabilities["upload_renders"] else SUBMIT
        task.service.plan_fault(call, lambda: RateLimitedError("slow down"))
        result = task.attempt(product("A"))
        assert isinstance(result.failed["A"], RateLimitedError)
        assert task.records == {}
        assert task.spent == task.service.bill == 0

    def test_a_refused_call_restores_the_record_that_was_there(self, task):
        task.attempt(product("A", "old"))
        task.note("A", RenderStatus.SUCCEEDED)
        before = task.records["A"]
        call = UPLOAD if task.capabilities["upload_renders"] else SUBMIT
        task.service.plan_fault(call, lambda: RejectedError("no"))
        task.attempt(product("A", "new"))
        assert task.records["A"] == before
        assert task.spent == 1

    def test_a_refused_resubmit_is_looked_up_again_and_not_counted(self, task):
        call = UPLOAD if task.capabilities["upload_renders"] else SUBMIT
        task.service.plan_fault(call, Killed)
        with pytest.raises(Killed):
            task.attempt(product("A"))
        task.service.plan_fault(call, lambda: RateLimitedError("slow down"))
        assert set(task.attempt(product("A")).failed) == {"A"}
        assert (task.records["A"].phase, task.spent) == (Phase.INTENT, 0)
        task.limit = Decimal(1)
        assert task.attempt(product("A")).paid == ["A"]
        assert task.spent == task.service.bill == 1

    def test_halving_a_refused_batch_finds_the_culprit_alone(self, root):
        task = Task(root, FakeService(bad={"C"}), max_batch=8)
        result = task.attempt(*(product(name) for name in "ABCDEFGH"))
        assert set(result.failed) == {"C"}
        assert sorted(result.paid) == list("ABDEFGH")
        assert task.spent == task.service.bill == 7
        assert "C" not in task.records

    def test_an_upload_that_is_refused_fails_all_variants_of_its_model_only(self, root):
        task = Task(root, FakeService(bad={"A"}), upload_renders=True)
        result = task.attempt(product("A", "chair"), product("A/4k", "chair", quality="4k"), product("B"))
        assert set(result.failed) == {"A", "A/4k"}
        assert task.service.paid == {"B": 1}

    def test_a_model_that_cannot_be_looked_up_fails_alone(self, task):
        task.service.plan_fault(FIND_MODEL, lambda: UnavailableError("503"))
        result = task.attempt(product("A"), product("B"), concurrency=1)
        assert list(result.failed) == ["A"]
        assert result.paid == ["B"]


class TestStopping:
    def test_out_of_credits_stops_further_paid_calls_and_reports_all_the_others(self, root):
        task = Task(root, FakeService(credits=Decimal(4)), max_batch=3)
        result = task.attempt(*(product(name) for name in "ABCDEFGHI"))
        assert sorted(result.paid) == ["A", "B", "C"]
        assert sorted(result.failed) == list("DEFGHI")
        assert {type(error) for error in result.failed.values()} == {OutOfCreditsError}
        assert task.service.batches == [["A", "B", "C"], ["D", "E", "F"]]
        assert sorted(task.records) == ["A", "B", "C"]
        assert task.spent == 3

    def test_a_wave_of_uploads_that_empties_the_account_is_the_last_one(self, root):
        task = Task(root, FakeService(credits=Decimal(3)), upload_renders=True)
        result = task.attempt(*(product(name) for name in "ABCDEFGH"), concurrency=2)
        assert len(result.paid) == 3
        assert len(result.failed) == 5
        assert task.service.calls.count(UPLOAD) == 4
        assert task.spent == task.service.bill == 3

    def test_refused_credentials_stop_at_the_first_paid_call(self, root):
        task = Task(root, max_batch=1)
        task.service.plan_fault(SUBMIT, lambda: AuthError("revoked"), times=99)
        result = task.attempt(product("A"), product("B"), product("C"))
        assert {type(error) for error in result.failed.values()} == {AuthError}
        assert task.service.changing_calls.count(SUBMIT) == 0
        assert (task.records, task.spent) == ({}, 0)

    def test_more_than_the_limit_is_not_paid(self, root):
        task = Task(root, max_batch=2, limit=3)
        result = task.attempt(*(product(name) for name in "ABCDE"))
        assert sorted(result.paid) == ["A", "B"]
        assert {type(error) for error in result.failed.values()} == {BudgetError}
        assert task.service.bill == 2

    def test_the_limit_holds_over_retries(self, root):
        task = Task(root, max_batch=1, limit=3)
        task.service.plan_fault(SUBMIT, Killed, skip=2, after=True)
        with pytest.raises(Killed):
            task.attempt(*(product(name) for name in "ABCDE"))
        result = task.attempt(*(product(name) for name in "ABCDE"))
        assert result.adopted == ["C"]
        assert sorted(result.failed) == ["D", "E"]
        assert task.spent == task.service.bill == 3

    @pytest.mark.parametrize("upload_renders", [True, False])
    def test_a_superseded_worker_pays_nothing(self, root, upload_renders):
        def superseded(_):
            raise ConnectionError("409: this try is not running any more")

        task = Task(root, upload_renders=upload_renders)
        with pytest.raises(ConnectionError):
            task.attempt(product("A"), product("B"), save=superseded)
        assert task.service.bill == 0
        assert task.records == {}


class TestForce:
    @pytest.fixture
    def rendered(self, task):
        task.attempt(product("A"))
        task.note("A", RenderStatus.SUCCEEDED)
        return task

    def test_force_renders_anew_and_does_not_adopt_older_renders(self, rendered):
        result = rendered.attempt(product("A"), force="f1")
        assert result.paid == ["A"]
        assert rendered.service.paid["A"] == 2
        assert rendered.records["A"].generation == 1
        assert rendered.records["A"].exclude == ("R1",)

    def test_the_same_force_is_served_once(self, rendered):
        rendered.attempt(product("A"), force="f1")
        again = rendered.attempt(product("A"), force="f1")
        assert (again.paid, again.adopted) == ([], [])
        assert rendered.service.paid["A"] == 2

    def test_another_force_renders_once_more(self, rendered):
        for token in ("f1", "f2", "f3"):
            assert rendered.attempt(product("A"), force=token).paid == ["A"]
        assert rendered.service.paid["A"] == 4
        assert rendered.records["A"].exclude == ("R1", "R2", "R3")

    def test_a_forced_render_is_paid_once_whatever_moment_the_worker_dies_at(self, root):
        both = product("A", "chair"), product("B", "chair")
        for step in count(1):
            task = Task(root / str(step), upload_renders=True)
            task.attempt(*both)
            for key in "AB":
                task.note(key, RenderStatus.SUCCEEDED)
            try:
                task.attempt(*both, force="f1", step=Tripwire(step))
            except Killed:
                task.attempt(*both, force="f1")
                assert task.service.bill == task.spent == 2
                assert set(jobs(task).values()) == {"R2"}
                assert {record.force for record in task.records.values()} == {"f1"}
            else:
                break


class TestGeneration:
    def test_a_render_the_vendor_failed_is_paid_again_under_the_next_generation(self, task):
        task.attempt(product("A"))
        next(iter(task.service.renders.values())).status = "failed"
        task.note("A", RenderStatus.FAILED)
        assert task.attempt(product("A")).paid == ["A"]
        assert task.records["A"].generation == 1
        assert task.service.paid["A"] == 2

    def test_a_changed_model_starts_at_generation_zero(self, task):
        task.attempt(product("A", "old"))
        task.note("A", RenderStatus.FAILED)
        task.attempt(product("A", "new"))
        assert task.records["A"].generation == 0

    @pytest.mark.parametrize("fault", [Killed, lost_answer, lambda: RateLimitedError("slow down")])
    def test_a_crash_a_lost_answer_and_a_refusal_keep_the_generation(self, root, fault):
        task = Task(root)
        task.service.plan_fault(SUBMIT, fault)
        with suppress(Killed):
            task.attempt(product("A"))
        task.attempt(product("A"))
        assert task.records["A"].generation == 0
        assert task.service.bill == 1

    def test_files_of_an_earlier_delivery_are_remembered_for_removal(self, task):
        task.attempt(product("A", "old"))
        store = StateStore(task.root)
        files = ({"path": "A/old.png", "size": 1},)
        store.put({"A": replace(store.get("A"), phase=Phase.DELIVERED, files=files)})
        task.attempt(product("A", "new"))
        assert task.records["A"].files == files


def test_a_model_the_vendor_deleted_meanwhile_fails_the_one_product(root):
    task = Task(root, max_batch=1)
    task.service.plan_fault(SUBMIT, lambda: NotFoundError("no such model"))
    result = task.attempt(product("A"), product("B"))
    assert (list(result.failed), result.paid) == (["A"], ["B"])


def test_a_model_that_may_not_be_asked_about_fails_the_one_product(root):
    task = Task(root, upload_renders=False)
    task.service.plan_fault(FIND_MODEL, lambda: AuthError("not this one", status=403))
    result = task.attempt(product("A"), product("B"), product("C"))
    assert (len(result.failed), len(result.paid)) == (1, 2)


def test_a_cut_off_submit_is_looked_for_at_the_model_that_it_named():
    """The vendor may find another copy of the model first, whose upload was cut off before."""
    wanted = Wanted(product("A"), "f", Decimal(1), Action.RECOVER)
    intent = Record("f", Phase.INTENT, model_id="named by the submit", updated="2026-03-01T00:00:00+00:00")
    group = Group([wanted], {"A": intent}, "found first", ())
    assert group.question.model_id == "named by the submit"
    group.cleared = True
    assert (group.question.model_id, group.request.model_id) == ("found first", "found first")


def test_an_answer_that_names_too_few_renders_keeps_those_that_it_names(root, monkeypatch):
    submit = FakeVendor.submit

    def short(vendor, requests):
        return (yield from submit(vendor, requests))[:-1]

    monkeypatch.setattr(FakeVendor, "submit", short)
    task = Task(root, upload_renders=False)
    with pytest.raises(UnexpectedAnswerError, match="named 2 renders where 3 were submitted"):
        task.attempt(product("A"), product("B"), product("C"))
    assert sorted(jobs(task)) == ["A", "B"]
