"""The promises of a catalog under whatever order of events."""

from __future__ import annotations

import json
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from airflow_provider_render.catalog.store import StateStore
from airflow_provider_render.core.errors import RateLimitedError, UnavailableError
from airflow_provider_render.core.journal import Phase
from tests.catalog.runs import Shop, disk, outcomes, quiet
from tests.fake_service import OUTPUTS, STATES, SUBMIT, UPLOAD, Killed, Tripwire, lost_answer

KEYS = st.sampled_from(["A", "A/dark", "B", "C", "D"])
VENDORS = ({"upload_renders": True}, {}, {"slow_models": True}, {"batch_by": "aspect"})
"""A vendor that renders what is uploaded, one that does not, one that prepares models, a particular one."""


class Nights(RuleBasedStateMachine):
    """A shop over many nights, with crashes, retries, failures and changes."""

    @initialize(kind=st.sampled_from(VENDORS), announces=st.booleans(), max_batch=st.integers(1, 3))
    def open_the_shop(self, kind, announces, max_batch):
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr("os.fsync", lambda _: None)
        self.folder = Path(tempfile.mkdtemp())
        self.shop = Shop(self.folder, announces=announces, max_batch=max_batch, **kind)
        self.shop.service.before_charge = self.charged
        self.paid = set()
        self.worn = set()
        self.looks = self.nights = 0
        for key in ("A", "A/dark", "B"):
            self.new_model(key)
        self.next_night()

    def charged(self, references):
        """Check that a paid call is framed by intents that no earlier paid call has used."""
        store = StateStore(self.shop.output)
        for key in references:
            record = store.get(key)
            assert record is not None
            assert record.phase is Phase.INTENT
            render = (key, record.fingerprint, record.generation)
            assert render not in self.paid, "paid twice"
            self.paid.add(render)

    @rule()
    def next_night(self):
        self.nights += 1
        self.bill_before, self.ledger_lost = self.shop.service.bill, False
        self.task = self.shop.task(f"night-{self.nights}", concurrency=1, max_attempts=3, prune=True)

    @rule(key=KEYS)
    def new_model(self, key):
        self.looks += 1
        self.dress(key, f"look {self.looks}")

    @rule(key=KEYS, look=st.integers(0, 99))
    def model_of_another_product(self, key, look):
        look = f"look {look % (self.looks + 1)}"
        if (key, look) not in self.worn:
            self.dress(key, look)

    def dress(self, key, look):
        self.worn.add((key, look))
        self.shop.stock(key, look)

    @rule(key=KEYS)
    def leave_the_catalog(self, key):
        if len(self.shop.rows) > 1:
            self.shop.rows.pop(key, None)

    @rule()
    def try_(self):
        with suppress(UnavailableError):
            self.task.attempt()

    @rule(step=st.integers(1, 120))
    def try_and_die(self, step):
        tripwire = Tripwire(step)
        with disk(tripwire), suppress(Killed, UnavailableError):
            self.task.attempt(tripwire)

    @rule()
    def submit_and_be_cleared_while_waiting(self):
        self.task.submit()

    @rule()
    def clear_with_all_that_the_task_remembers(self):
        self.task = self.shop.task(self.task.run, **self.task.spec)
        self.ledger_lost = True

    @rule(key=KEYS, times=st.integers(1, 2))
    def renders_will_fail(self, key, times):
        self.shop.service.failing[key] = times

    @rule(call=st.sampled_from([SUBMIT, UPLOAD]), after=st.booleans())
    def an_answer_will_be_lost(self, call, after):
        self.shop.service.plan_fault(call, lost_answer, after=after)

    @rule(call=st.sampled_from([SUBMIT, UPLOAD]))
    def a_call_will_be_refused(self, call):
        self.shop.service.plan_fault(call, lambda: RateLimitedError("slow down"))

    @rule(call=st.sampled_from([STATES, OUTPUTS]))
    def the_vendor_will_be_away(self, call):
        self.shop.service.plan_fault(call, lambda: UnavailableError("503"))

    @rule(times=st.integers(1, 3))
    def downloads_will_break(self, times):
        self.shop.service.broken_downloads = times

    @rule(key=KEYS, name=st.sampled_from(["poster.png", "video.mp4", "render.json"]))
    def a_file_is_deleted(self, key, name):
        (self.shop.output / key / name).unlink(missing_ok=True)

    @rule()
    def the_vendor_forgets_all_renders(self):
        if all(record.phase is not Phase.INTENT for record in self.shop.records.values()):
            self.shop.service.forget_renders()

    @invariant()
    def no_two_renders_show_the_same(self):
        assert set(self.shop.service.live().values()) <= {1}

    @invariant()
    def every_file_is_whole(self):
        for path, data in self.shop.files().items():
            name = path.rpartition("/")[2]
            if name == "render.json":
                json.loads(data)
            else:
                render = data.split()[0].decode()
                assert data == self.shop.service.content(f"/files/{render}/{name}")

    @invariant()
    def the_ledger_counts_at_least_what_the_run_was_charged(self):
        if not self.ledger_lost:
            assert self.task.spent >= self.shop.service.bill - self.bill_before

    def teardown(self):
        if not hasattr(self, "shop"):
            return
        try:
            self.all_is_well_in_the_end()
        finally:
            self.patch.undo()
            shutil.rmtree(self.folder)

    def all_is_well_in_the_end(self):
        service = self.shop.service
        service.faults.clear()
        service.failing.clear()
        service.broken_downloads = 0
        for night in range(2):
            report = self.shop.render(f"quiet-{night}", max_attempts=99, prune=True)
        assert set(outcomes(report).values()) <= {"delivered", "unchanged"}
        assert set(outcomes(report)) == set(self.shop.rows) == set(self.shop.records)
        quiet(service)
        report = self.shop.render("idle", max_attempts=99, prune=True)
        assert set(outcomes(report).values()) <= {"unchanged"}
        assert service.changing_calls == service.downloads == []
        for key, record in self.shop.records.items():
            assert service.renders[record.job.id].credits > 0, key
            for file in record.files:
                wanted = service.content(f"/files/{record.job.id}/{file['name']}")
                assert (self.shop.output / file["path"]).read_bytes() == wanted


TestNights = pytest.mark.timeout(3600)(Nights.TestCase)
