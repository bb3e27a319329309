"""The money promise at every vendor, with real operators, hooks and HTTP, under whatever order of events.

A render is paid at most once for each (item, fingerprint, generation), no two renders that came to something
show the same, and nothing that is finished is rendered again or lost. The witness is the vendor's bill.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import shutil
import tempfile
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from airflow.sdk.exceptions import TaskDeferred
from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from airflow_provider_render.catalog.store import StateStore
from airflow_provider_render.core.errors import RenderError
from airflow_provider_render.core.journal import Phase, Record
from airflow_provider_render.hooks.base import RenderHook
from airflow_provider_render.operators.catalog import RenderCatalogOperator
from tests.operators.task import Died, SupersededError, Task, fire, restored
from tests.promise.books import LOOK, Purchase
from tests.promise.fate import Fate, Kind
from tests.promise.trouble import HIDDEN, SETTLING, TROUBLE, TROUBLES
from tests.promise.vendors import BENCH
from tests.promise.witness import Witness
from tests.sandbox.shapes import glb

KEYS = st.sampled_from(["A", "A/dark", "B", "C"])
CHANGES = st.sampled_from(["new_model", "older_model", "leave", "other_settings"])
LIMITS = st.sampled_from([None, 1, 2, 50])
DEATHS = st.one_of(st.none(), st.integers(1, 150))
"""The step at which a worker dies, if it does."""

PATIENT = 99
ENDINGS = (RenderError, SupersededError, Died)


class Promise(RuleBasedStateMachine):
    """A catalog at a vendor over many nights."""

    vendor: ClassVar[str]

    @initialize(deferrable=st.booleans(), prune=st.booleans(), concurrency=st.integers(1, 3), limit=LIMITS)
    def open_the_shop(self, deferrable, prune, concurrency, limit):
        BENCH.example += 1
        self.name = f"{self.vendor}{BENCH.example}"
        self.sandbox, self.choice = BENCH.sandbox, BENCH.sandbox.choices[self.vendor]
        self.folder, self.output = (home := Path(tempfile.mkdtemp())), home / "out"
        self.options = {"deferrable": deferrable, "prune": prune, "concurrency": concurrency}
        self._connect()
        self.hashes: dict[str, str] = {}
        self.looks: dict[str, list[str]] = {}
        self.rows: dict[str, dict[str, Any]] = {}
        self.default = self.nights = 0
        self.deferred: TaskDeferred | None = None
        self.stale: list[Any] = []
        for key in ("A", "A/dark", "B"):
            self._new_model(key)
        self.night(limit, force=False)

    def _connect(self):
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr("os.fsync", lambda _: None)
        connection = self.sandbox.connection(self.vendor)
        self.conn_id = f"{self.vendor}_promise"
        self.patch.setenv(f"AIRFLOW_CONN_{self.conn_id.upper()}", connection)
        kind = type(RenderHook.for_connection(self.conn_id).vendor)
        policy = replace(kind.poll_policy, settling=SETTLING, listing_grace=SETTLING)
        self.patch.setattr(kind, "poll_policy", policy)
        self.patch.setattr(RuntimeTaskInstance, "get_task_states", staticmethod(self._task_states))
        self.terms = RenderHook.for_connection(self.conn_id).vendor
        self.books = self.sandbox.books(self.vendor)
        self.witness = Witness(
            self.books, self.marks, self.intents, finds=self.choice.lists, shares=self.choice.shares
        )
        self.fate = Fate(self.witness.look)
        self.fate.patch(self.patch)

    def _task_states(self, dag_id, map_index=None, task_ids=None, run_ids=None):
        return {run_ids[0]: {task_ids[0]: self.state}}

    def marks(self, purchase: Purchase) -> set[str]:
        sha256 = self.hashes[purchase.look]
        wanted = [self.terms.settings(self.choice.settings[one]) for one in purchase.variants]
        return {self.terms.fingerprint(sha256, one) for one in wanted}

    def records(self) -> dict[str, Record]:
        return StateStore(self.output).load()

    def intents(self) -> dict[str, Record]:
        return {key: one for key, one in self.wanted_records().items() if one.phase is Phase.INTENT}

    # What the people of the shop do

    @rule(change=CHANGES, key=KEYS, n=st.integers(0, 9))
    def the_shop_changes(self, change, key, n):
        if self.vendor == "threekit":
            # It lists what is finished.
            while self.books.under_way():
                time.sleep(0.02)
        getattr(self, f"_{change}")(key, n)

    def _new_model(self, key: str, n: int = 0):
        data = glb()
        sha256 = hashlib.sha256(data).hexdigest()
        self.hashes[sha256[:LOOK]] = sha256
        path = self.folder / "models" / f"{sha256[:LOOK]}.glb"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        self._stock(key, str(path))

    def _stock(self, key: str, model: str):
        """Put a product into the catalog; the variants of one SKU are of one model."""
        sku, _, variant = key.partition("/")
        self.looks.setdefault(sku, []).append(model)
        for known in {key, *self.rows}:
            if known.partition("/")[0] == sku:
                row = {"sku": f"{self.name}-{sku}", "variant": known.partition("/")[2], "model": model}
                chosen = {"settings": dict(self.choice.settings[1])} if variant and known == key else {}
                self.rows[known] = {**self.rows.get(known, {}), **row, **chosen}
                self.witness.begin_anew(f"{self.name}-{known}")

    def _older_model(self, key: str, n: int):
        worn = self.looks.get(key.partition("/")[0])
        if worn and self.choice.keeps:
            self._stock(key, worn[n % len(worn)])

    def _leave(self, key: str, n: int):
        if len(self.rows) > 1 and self.rows.pop(key, None):
            self.witness.begin_anew(f"{self.name}-{key}")

    def _other_settings(self, key: str, n: int):
        self.default = 1 - self.default
        for one in self.rows:
            self.witness.begin_anew(f"{self.name}-{one}")

    @rule(limit=LIMITS, force=st.sampled_from([False, False, False, True]))
    def night(self, limit, force):
        self.nights += 1
        self.witness.begin(limit)
        self.force, self.more, self.state = force, {}, "running"
        self._forget_the_wait()
        self.task = Task(self._operator, run_id=f"{self.name}-{self.nights}")

    def _operator(self) -> RenderCatalogOperator:
        return RenderCatalogOperator(
            task_id="render",
            render_conn_id=self.conn_id,
            catalog=list(self.rows.values()),
            output=str(self.output),
            settings=self.choice.settings[self.default],
            max_credits=self.witness.limit,
            force=self.force,
            max_attempts=self.witness.attempts,
            render_timeout=30,
            **{**self.options, **self.more},
        )

    # What becomes of the task

    @rule(trouble=TROUBLES, step=DEATHS)
    def try_(self, trouble, step):
        self._arm(trouble)
        self._work(self.task.start, step)

    @rule(trouble=TROUBLES, step=DEATHS)
    def wait_and_resume(self, trouble, step):
        self._arm(trouble)
        if self.deferred:
            deferred, event = self.deferred, fire(self.deferred.trigger)
            self._work(lambda: self.task.resume(deferred, event), step)

    def _work(self, work: Any, step: int | None = None, strike: Any = None) -> Any:
        """Let a worker work; returns the summary of a task that has ended well."""
        self._forget_the_wait()
        outcome: Any = None
        with self.fate.of_a_worker(step, strike), suppress(*ENDINGS):
            outcome = work()
        if isinstance(outcome, TaskDeferred):
            assert self.options["deferrable"]
            self.deferred, self.state = outcome, "deferred"
            return None
        if isinstance(outcome, dict):
            self._everything_is_explained(outcome)
        return outcome

    def _forget_the_wait(self):
        if self.deferred:
            self.stale.append(self.deferred.trigger)
        self.deferred, self.state = None, "running"

    @rule(trouble=TROUBLES, step=st.integers(1, 100))
    def try_and_be_overtaken(self, trouble, step):
        """Another worker takes the task up while this one stands still, which then goes on."""
        self._arm(trouble)

        def strike(kind: Kind) -> bool:
            # From the intent to the paid call nothing can hold a worker up: its request is under way.
            if kind == "file" or (kind == "call" and self.intents()):
                return False
            overtaken.append(self._work(self.task.start))
            waits.append(self.deferred)
            return True

        overtaken: list[Any] = []
        waits: list[TaskDeferred | None] = []
        self._work(self.task.start, step, strike)
        if waits:
            self.deferred = waits[0]
            self.state = "deferred" if self.deferred else "running"

    @rule(trouble=TROUBLES, step=DEATHS, forgets=st.sampled_from([False, False, True]))
    def clear(self, trouble, step, forgets):
        """Do what a user's *Clear* does, with or without all that the task remembers."""
        if forgets:
            self.task.rows.clear()
            self.witness.ledger_lost = True
        self.task.clear()
        self.try_(trouble, step)

    @rule(own=st.booleans())
    def the_wait_takes_too_long(self, own):
        if self.deferred:
            deferred = self.deferred
            event = {"status": "expired", "message": ""}
            self._work(lambda: self.task.resume(deferred, event) if own else self.task.time_out())

    @rule()
    def mark_failed_while_deferred(self):
        if self.deferred:
            self._arm(None)
            trigger = self.deferred.trigger
            self.deferred, self.state = None, "failed"
            self._kill(trigger)
            own = {job["id"] for job in trigger.jobs} - set(trigger.spare)
            assert not self.terms.capabilities.can_cancel or not own & set(self.books.under_way())

    @rule()
    def triggers_die_that_nobody_ended(self):
        """A restart of the triggerer, and triggers that are killed while somebody waits, cancel nothing."""
        there, state = self.witness.there(), self.state
        self.state = "deferred"
        for trigger in [*self.stale, *([self.deferred.trigger] if self.deferred else [])]:
            self._kill(trigger)
        self.stale, self.state = [], state
        if self.deferred:
            asyncio.run(self._look_for_a_while(restored(self.deferred.trigger)))
        assert self.witness.there() == there

    def _kill(self, trigger: Any):
        killed = restored(trigger)
        killed.task_instance = SimpleNamespace(
            dag_id="renders", run_id=self.task.run_id, task_id="render", map_index=-1
        )
        asyncio.run(killed.on_kill())

    async def _look_for_a_while(self, trigger: Any):
        events = trigger.run()
        with suppress(TimeoutError):
            await asyncio.wait_for(anext(events), 0.04)
        await events.aclose()

    # What goes wrong at the vendor

    def _arm(self, trouble: str | None):
        """Let the vendor have this trouble and no other."""
        self.witness.hides = HIDDEN in TROUBLE.get(trouble, ())
        places = {"paid": self.choice.paid, "sent": f"^(POST|PUT|PATCH) .*/{self.vendor}/"}
        places |= {"read": f"^GET .*/{self.vendor}/", "any": f"/{self.vendor}/"}
        self.sandbox.arm(*({**fault, "match": places[where]} for where, fault in TROUBLE.get(trouble, ())))

    # What must be so

    @invariant()
    def every_step_counts(self):
        BENCH.steps += 1

    @rule()
    def a_quiet_night_costs_nothing(self):
        self.sandbox.arm()
        self.night(None, force=False)
        self._to_the_end()
        if all(one.phase is Phase.DELIVERED for one in self.wanted_records().values()):
            self._nothing_is_done_on_a_quiet_night()

    def _nothing_is_done_on_a_quiet_night(self):
        self.night(None, force=False)
        before, downloads, calls = self.witness.purchases, self.fate.downloads, len(self.fate.calls)
        summary = self._to_the_end()
        assert summary["unchanged"] == len(self.rows), summary
        assert (self.witness.purchases, self.fate.downloads) == (before, downloads)
        assert [call for call in self.fate.calls[calls:] if not call.startswith("GET ")] == []

    def _to_the_end(self) -> dict[str, Any] | None:
        """Go on until the task has ended, well or not."""
        summary = self._work(self.task.start)
        while self.deferred:
            deferred, event = self.deferred, fire(self.deferred.trigger)
            summary = self._work(lambda deferred=deferred, event=event: self.task.resume(deferred, event))
        return summary

    def wanted_records(self) -> dict[str, Record]:
        known = self.records()
        return {key: known.get(key, LACKING) for key in (f"{self.name}-{one}" for one in self.rows)}

    def _everything_is_explained(self, summary: dict[str, Any]):
        report = json.loads(Path(summary["report"]).read_text())
        items = {item["key"]: item for item in report["items"]}
        assert set(items) == {f"{self.name}-{key}" for key in self.rows}
        for key, record in self.wanted_records().items():
            done = items[key]["outcome"] in ("delivered", "unchanged")
            assert record.phase is Phase.DELIVERED if done else items[key]["reason"], (items[key], record)

    @invariant()
    def no_two_renders_that_came_to_something_show_the_same(self):
        twice = self.witness.bought_twice()
        assert not twice, "\n".join(f"{what}: {line}" for what, lines in twice.items() for line in lines)

    @invariant()
    def every_delivered_file_is_whole(self):
        for record in self.wanted_records().values():
            if record.phase is Phase.DELIVERED:
                for file in record.files:
                    data = (self.output / file["path"]).read_bytes()
                    assert (len(data), hashlib.sha256(data).hexdigest()) == (file["size"], file["sha256"])

    @invariant()
    def the_ledger_counts_what_was_spent(self):
        ledger = json.loads(self.task.rows.get("render.ledger", "{}"))
        assert self.witness.ledger_lost or int(ledger.get("spent", 0)) >= self.witness.spent, ledger

    def teardown(self):
        if not hasattr(self, "task"):
            return
        try:
            self.sandbox.arm()
            self._all_is_well_in_the_end()
        finally:
            self.patch.undo()
            self.books.close()
            shutil.rmtree(self.folder)

    def _all_is_well_in_the_end(self):
        for _ in range(2):
            self.night(None, force=False)
            self.witness.begin(None, PATIENT)
            self._to_the_end()
        self._answer_what_nobody_can_tell()
        records = self.wanted_records()
        assert {one.phase for one in records.values()} == {Phase.DELIVERED}, records
        self._nothing_is_done_on_a_quiet_night()
        self.no_two_renders_that_came_to_something_show_the_same()
        self.every_delivered_file_is_whole()

    def _answer_what_nobody_can_tell(self):
        """Pay again where a person has looked at what the vendor cannot tell."""
        open_ = [one for one in self.wanted_records().values() if one.phase is Phase.INTENT]
        if open_:
            assert not self.terms.capabilities.tells_submitted or any(one.force for one in open_), open_
            self.witness.waived.update({one.fingerprint for one in open_})
            self.night(None, force=False)
            self.witness.begin(None, PATIENT, resubmits=True)
            self.more = {"on_ambiguous": "resubmit"}
            self._to_the_end()


LACKING = Record("", Phase.FAILED)


def at(vendor: str) -> Any:
    """Return the machine for a vendor as a test case."""
    kind = type(f"PromiseAt{vendor.title()}", (Promise,), {"vendor": vendor})
    nightly = settings.get_current_profile_name() == "nightly"
    kind.TestCase.settings = settings(
        max_examples=60 if nightly else 10, stateful_step_count=50 if nightly else 25, deadline=None
    )
    return pytest.mark.timeout(3600)(kind.TestCase)


TestTheMoneyAtDxgl = at("dxgl")
TestTheMoneyAtGlossi = at("glossi")
TestTheMoneyAtImagine = at("imagine")
TestTheMoneyAtThreekit = at("threekit")
