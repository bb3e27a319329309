from __future__ import annotations

import io
import json
import shutil
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from hashlib import sha256
from itertools import count

import pytest

from airflow_provider_render.catalog.ledger import Ledger
from airflow_provider_render.catalog.store import StateStore
from airflow_provider_render.catalog.submit import Submission, Wanted
from airflow_provider_render.core.errors import (
    AmbiguousSubmitError,
    AuthError,
    BudgetError,
    NotFoundError,
    OutcomeUnknownError,
    OutOfCreditsError,
    RateLimitedError,
    RejectedError,
    UnavailableError,
)
from airflow_provider_render.core.job import RenderRequest, RenderState, RenderStatus
from airflow_provider_render.core.journal import Action, Phase, decide, observed
from airflow_provider_render.core.model import ModelFile
from tests.fake_service import (
    FIND_MODEL,
    FIND_RENDERS,
    SUBMIT,
    UPLOAD,
    FakeService,
    Killed,
    Tripwire,
    lost_answer,
)
from tests.fake_vendor import FakeClient

NOW = "2026-03-01T00:00:00.000+00:00"
PAYING = (Action.RENDER, Action.RECOVER)


class Bytes:
    def __init__(self, name, data):
        self.name, self.size, self._data = name, len(data), data

    def open(self):
        return io.BytesIO(self._data)


def product(key, content=None, **settings):
    """Return what is wanted of a product; equal contents are equal models."""
    data = (content or key).encode()
    return RenderRequest(key, ModelFile(Bytes(f"{key}.glb", data), sha256(data).hexdigest()), settings)


class SteppingJournal:
    """The real store, with a place to die before and after each write."""

    def __init__(self, store, step):
        self._store, self._step = store, step
        self.get = store.get

    def put(self, records):
        self._step()
        self._store.put(records)
        self._step()

    def forget(self, keys):
        self._step()
        self._store.forget(keys)
        self._step()


class Task:
    """A task that submits; every try is a fresh process on the same state."""

    def __init__(self, root, service=None, *, run="run-1", limit=None, **capabilities):
        self.root, self.run = root, run
        self.service = service or FakeService()
        self.limit = None if limit is None else Decimal(limit)
        self.capabilities = capabilities
        self.saved = None

    @property
    def records(self):
        return StateStore(self.root).load()

    def note(self, key, status):
        """Write down that a render has ended."""
        store = StateStore(self.root)
        store.put({key: observed(store.get(key), RenderState(status, str(status)))})

    def attempt(self, *requests, step=lambda: None, force=None, save=None, **options):
        client = FakeClient(self.service, step, **self.capabilities)
        store = StateStore(self.root, shards=16)
        ledger = Ledger(self.limit, self.saved, save or (lambda data: self._save(data, step)))
        ledger.settle(store.load().values(), self.run)
        submission = Submission(
            client,
            SteppingJournal(store, step),
            ledger,
            run=self.run,
            now=lambda: NOW,
            force=force,
            **options,
        )
        return submission.submit([*self._wanted(client.vendor, store, requests, force)])

    def _save(self, data, step):
        step()
        self.saved = json.loads(json.dumps(data))
        step()

    @property
    def spent(self):
        return Decimal(self.saved["spent"])

    def _wanted(self, vendor, store, requests, force):
        for request in requests:
            mark = vendor.fingerprint(request.model.sha256, request.settings)
            action = decide(store.get(request.key), mark, outputs_present=True, force=force)
            if action in PAYING:
                yield Wanted(request, mark, vendor.price(request.settings), action)


@pytest.fixture(autouse=True)
def _without_waiting_for_the_disk(monkeypatch):
    """The tests end a worker, not the machine."""
    monkeypatch.setattr("os.fsync", lambda _: None)


@pytest.fixture
def root(tmp_path):
    return tmp_path / "out"


@pytest.fixture(params=[True, False], ids=["uploading_renders", "uploading_is_free"])
def task(request, root):
    """A task at a vendor that renders whatever is uploaded, and at one that does not."""
    return Task(root, upload_renders=request.param)


def jobs(task):
    return {key: record.job.id for key, record in task.records.items() if record.job}


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
