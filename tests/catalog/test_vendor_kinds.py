"""Vendors that prepare models, announce ids, batch only what is alike, deliver pages, or charge for calls."""

from __future__ import annotations

from decimal import Decimal
from itertools import count

import pytest

from airflow_provider_render.catalog.ledger import Ledger
from airflow_provider_render.core.errors import AmbiguousSubmitError, BudgetError
from airflow_provider_render.core.job import OutputKind, RenderOutput
from airflow_provider_render.core.journal import Phase
from tests.catalog.runs import Shop, disk, outcomes
from tests.catalog.submits import Task, product
from tests.fake_service import SUBMIT, UPLOAD, Killed, Tripwire, lost_answer
from tests.fake_vendor import FakeVendor

pytestmark = pytest.mark.usefixtures("fast_disk")


@pytest.fixture
def root(tmp_path):
    return tmp_path / "out"


class TestPreparedModels:
    @pytest.fixture
    def shop(self, tmp_path):
        shop = Shop(tmp_path, slow_models=True)
        shop.stock("A")
        shop.stock("B")
        return shop

    def test_a_render_is_paid_only_when_its_model_is_ready(self, shop):
        shop.service.preparing_looks = 1
        task = shop.task()
        run, plan = task.submit()
        assert shop.service.bill == 0
        assert {record.phase for record in run.open(plan).values()} == {Phase.PREPARING}
        assert not run.prepared(plan)
        assert task.finish(lost=False).counts()["pending"] == 2
        assert outcomes(task.attempt()) == {"A": "delivered", "B": "delivered"}
        assert shop.service.paid == {"A": 1, "B": 1}
        assert shop.service.calls.count(UPLOAD) == 2

    def test_a_model_that_cannot_be_prepared_fails_alone_and_costs_nothing(self, shop):
        shop.service.broken_models = {"M1"}
        report = shop.render(concurrency=1)
        assert outcomes(report) == {"A": "failed", "B": "delivered"}
        assert shop.service.paid == {"B": 1}

    def test_a_model_that_could_not_be_prepared_is_uploaded_anew_by_the_next_run(self, shop):
        shop.service.broken_models = {"M1"}
        shop.render(concurrency=1)
        shop.service.broken_models = set()
        shop.service.models.clear()
        assert outcomes(shop.render("tuesday")) == {"A": "delivered", "B": "unchanged"}

    def test_new_settings_of_a_known_model_need_no_upload(self, shop):
        shop.render()
        shop.service.calls.clear()
        shop.stock("A", settings={"quality": "4k"})
        shop.stock("A/wide", look="A", settings={"aspect": "16:9"})
        report = shop.render("tuesday")
        assert outcomes(report) == {"A": "delivered", "B": "unchanged", "A/wide": "delivered"}
        assert UPLOAD not in shop.service.calls

    def test_a_known_model_that_the_vendor_lost_is_uploaded_again(self, shop):
        shop.render()
        shop.service.broken_models = {"M1", "M2"}
        shop.stock("A", settings={"quality": "4k"})
        task = shop.task("tuesday")
        task.submit()
        assert shop.service.calls.count(UPLOAD) == 3

    @pytest.fixture
    def cut_off(self, shop):
        """The shop after a night that died in its submit, whose models the vendor has lost since."""
        shop.service.plan_fault(SUBMIT, Killed)
        with pytest.raises(Killed):
            shop.task().attempt()
        shop.service.broken_models = {"M1", "M2"}
        assert {record.phase for record in shop.records.values()} == {Phase.INTENT}
        return shop

    def test_a_cut_off_submit_whose_models_are_lost_goes_on_with_new_uploads(self, cut_off):
        cut_off.service.models = {"lost chair": "M1", "lost bench": "M2"}
        assert outcomes(cut_off.render("tuesday")) == {"A": "delivered", "B": "delivered"}
        assert cut_off.service.paid == {"A": 1, "B": 1}
        assert cut_off.service.calls.count(UPLOAD) == 4

    def test_a_cut_off_submit_whose_models_cannot_be_prepared_any_more_fails_and_says_so(self, cut_off):
        report = cut_off.render("tuesday")
        assert {(item.outcome, item.reason) for item in report.items} == {
            ("failed", "the vendor says: failed")
        }
        assert cut_off.service.bill == 0

    def test_whatever_moment_a_worker_dies_at_each_render_is_paid_once(self, tmp_path):
        for step in count(1):
            shop = Shop(tmp_path / str(step), slow_models=True)
            shop.stock("A")
            shop.stock("A/dark", look="A", settings={"quality": "4k"})
            task, trip = shop.task(concurrency=1), Tripwire(step)
            try:
                with disk(trip):
                    task.attempt(trip)
            except Killed:
                assert outcomes(task.attempt()) == {"A": "delivered", "A/dark": "delivered"}
                assert shop.service.paid == {"A": 1, "A/dark": 1}
            else:
                assert step > 20
                return


class TestMilestones:
    """A vendor that cannot tell what became of a submit, but announces ids before it charges."""

    @pytest.mark.parametrize("upload_renders", [True, False])
    def test_a_submit_that_died_before_its_milestone_is_simply_repeated(self, root, upload_renders):
        task = Task(root, announces=True, tells_submitted=False, upload_renders=upload_renders)
        with pytest.raises(Killed):
            task.attempt(product("A"), step=dies_when(lambda: self.phase(task) is Phase.INTENT))
        result = task.attempt(product("A"))
        assert (result.paid, result.failed) == (["A"], {})
        assert task.service.paid == {"A": 1}

    def test_a_submit_whose_answer_was_lost_after_its_milestone_is_left_to_a_person(self, root):
        task = Task(root, announces=True, tells_submitted=False)
        task.service.plan_fault(SUBMIT, lost_answer, after=True)
        task.attempt(product("A"))
        assert task.records["A"].job.id == "draft-A"
        assert isinstance(task.attempt(product("A")).failed["A"], AmbiguousSubmitError)
        assert task.service.paid == {"A": 1}

    def test_every_render_of_a_submit_has_its_ticket_in_the_journal(self, root):
        task = Task(root, max_batch=2)
        task.attempt(product("A"), product("B"), product("C"))
        tickets = {key: record.ticket for key, record in task.records.items()}
        assert tickets["A"] == tickets["B"] != tickets["C"]
        assert all(len(ticket) == 32 for ticket in tickets.values())

    @staticmethod
    def phase(task):
        record = task.records.get("A")
        return record.phase if record else None


def dies_when(condition):
    def step():
        if condition():
            raise Killed

    return step


def test_only_renders_that_are_alike_are_submitted_together(root):
    task = Task(root, batch_by="aspect", max_batch=3)
    ratios = {"A": "1:1", "B": "4:3", "C": "1:1", "D": "4:3"}
    task.attempt(*(product(key, aspect=ratio) for key, ratio in ratios.items()))
    assert sorted(sorted(batch) for batch in task.service.batches) == [["A", "C"], ["B", "D"]]


class TestPages:
    def test_a_page_is_delivered_as_a_link(self, tmp_path, monkeypatch):
        page = RenderOutput(
            OutputKind.IMAGE, "viewer.url", "text/html", link="https://vendor.example/viewer/1"
        )

        def outputs(self, job):
            return [page]
            yield

        monkeypatch.setattr(FakeVendor, "outputs", outputs)
        shop = Shop(tmp_path)
        shop.stock("A")
        (item,) = shop.render().items
        assert item.files[0]["link"] == "https://vendor.example/viewer/1"
        assert shop.files()["A/viewer.url"].splitlines() == [
            b"[InternetShortcut]",
            b"URL=https://vendor.example/viewer/1",
        ]
        gallery = (shop.output / "_render/reports/gallery.html").read_text()
        assert '<a href="https://vendor.example/viewer/1">viewer</a>' in gallery
        assert outcomes(shop.render("tuesday")) == {"A": "unchanged"}


class TestCallsThatCost:
    def ledger(self, calls, saved=None, limit=10):
        return Ledger(Decimal(limit), saved, None, lambda: calls[0])

    def test_calls_count_towards_the_limit(self):
        calls = [Decimal(5)]
        ledger = self.ledger(calls)
        calls[0] += 4
        ledger.reserve({"a": Decimal(6)})
        with pytest.raises(BudgetError, match="has spent 10 of the 10"):
            ledger.reserve({"b": Decimal(1)})
        assert (ledger.spent, ledger.overhead, ledger.total) == (6, 4, 10)

    def test_calls_of_an_earlier_try_and_of_the_triggerer_are_remembered(self):
        calls, saved = [Decimal(0)], {}
        first = Ledger(None, None, saved.update, lambda: calls[0])
        calls[0] += 3
        first.add_overhead(Decimal(2))
        first.keep()
        assert self.ledger([Decimal(0)], saved).overhead == 5

    def test_the_report_tells_what_calls_cost(self, tmp_path, monkeypatch):
        shop = Shop(tmp_path)
        shop.stock("A")
        task = shop.task()
        run, plan = task.submit()
        run.ledger.add_overhead(Decimal(7))
        report = run.report(plan)
        assert report.summary()["credits_calls"] == "7"
        assert "and 7 for the calls around them" in report.markdown()
