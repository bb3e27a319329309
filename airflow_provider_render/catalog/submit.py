"""Uploading and submitting renders, so that each is paid at most once.

The order of writes is what the promise rests on: ledger and intents are durable before a paid call, the
vendor's ids straight after it. A worker that dies anywhere in between leaves an intent, and the next one
asks the vendor before it pays.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, TypeVar

from airflow_provider_render.catalog.ledger import Ledger
from airflow_provider_render.core.errors import (
    AmbiguousSubmitError,
    AuthError,
    BudgetError,
    OutOfCreditsError,
    QuotaError,
    RejectedError,
    RenderError,
    VendorError,
)
from airflow_provider_render.core.job import RenderJob, RenderRequest
from airflow_provider_render.core.journal import Action, Journal, Phase, Record, intend, submitted
from airflow_provider_render.core.vendor import Answerable, Existing, Upload, VendorClient

T = TypeVar("T")
OnAmbiguous = Literal["fail", "resubmit"]

LOOK_AGAIN = 5.0
"""Seconds between two questions about a cut-off submit."""

LONG_AGO = 10
"""Settling times after which no request can still be under way, however slow its upload was."""

STOPPING = (AuthError, OutOfCreditsError, QuotaError, BudgetError)
"""Errors after which no further paid call makes sense."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A render that is to be paid, or whose cut-off submit is to be cleared up.

    :param request: what to render.
    :param fingerprint: what it will show; wanted renders with equal fingerprints share one paid render.
    :param price: credits it costs.
    :param action: ``RENDER`` or ``RECOVER``.
    :param source: what the model's listing said when its bytes were read, for :attr:`Record.source`.
    """

    request: RenderRequest
    fingerprint: str
    price: Decimal
    action: Action = Action.RENDER
    source: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Submitted:
    """What became of the wanted renders.

    :param paid: keys of items whose render was submitted.
    :param adopted: keys of items that took over a render that was already there, free of charge.
    :param failed: what went wrong, by key.
    """

    paid: list[str] = field(default_factory=list)
    adopted: list[str] = field(default_factory=list)
    failed: dict[str, RenderError] = field(default_factory=dict)


@dataclass(slots=True)
class _Group:
    """Wanted renders that show the same thing: one is submitted, all get its job."""

    members: list[Wanted]
    before: dict[str, Record | None]
    model_id: str | None
    exclude: tuple[str, ...]

    @property
    def price(self) -> Decimal:
        return self.members[0].price

    @property
    def request(self) -> RenderRequest:
        return replace(self.members[0].request, model_id=self.model_id)

    @property
    def model(self) -> str:
        model = self.members[0].request.model
        return model.sha256 if model else str(self.model_id)

    @property
    def recovering(self) -> bool:
        return any(wanted.action is Action.RECOVER for wanted in self.members)

    @property
    def keys(self) -> list[str]:
        return [wanted.request.key for wanted in self.members]

    @property
    def fingerprint(self) -> str:
        return self.members[0].fingerprint

    def booked(self, run: str) -> bool:
        """Whether the ledger of a run counts it already: an intent of the run is there."""
        return any(self.counts(run, record) for record in self.before.values())

    def counts(self, run: str, record: Record | None) -> bool:
        """Whether a record is an intent of this render that the ledger of a run counts."""
        if record is None or record.phase is not Phase.INTENT:
            return False
        return record.fingerprint == self.fingerprint and record.run == run


class Submission:
    """Submits wanted renders at one vendor; made for one use.

    :param client: the vendor and its driver.
    :param journal: durable records of the items.
    :param ledger: counts and limits what is paid, and fences superseded workers.
    :param run: name of the run, written into the records.
    :param now: returns the present as ISO text.
    :param force: set by a run that wants every render anew: equal renders made before are not adopted.
    :param on_ambiguous: what to do where the vendor cannot tell whether a cut-off submit happened.
    :param concurrency: calls at the same time.
    :param progress: told how many items are dealt with.
    :param pause: waits for some seconds.
    """

    def __init__(
        self,
        client: VendorClient,
        journal: Journal,
        ledger: Ledger,
        *,
        run: str,
        now: Callable[[], str],
        force: str | None = None,
        on_ambiguous: OnAmbiguous = "fail",
        concurrency: int = 8,
        progress: Callable[[int], None] = lambda _: None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._vendor = client.vendor
        self._pause = pause
        self._journal = journal
        self._ledger = ledger
        self._run = run
        self._now = now
        self._began = datetime.fromisoformat(now())
        self._force = force
        self._on_ambiguous = on_ambiguous
        self._concurrency = max(1, concurrency)
        self._progress = progress
        self._result = Submitted()

    def submit(self, wanted: Iterable[Wanted]) -> Submitted:
        """Submit renders; one that fails does not keep the others from going on.

        :returns: what was paid, what was adopted, and what failed and why. A refusal that would meet
            every further call too, such as an empty account, fails all that were not yet submitted.
        """
        groups = self._adopt(self._identify(self._grouped(wanted)))
        try:
            self._upload(groups)
            ready = [group for group in self._open(groups) if group.model_id]
            for start in range(0, len(ready), self._vendor.capabilities.max_batch):
                self._submit(ready[start : start + self._vendor.capabilities.max_batch])
        except STOPPING as error:
            self._fail(self._open(groups), error)
        self._ledger.confirm()
        return self._result

    def _grouped(self, wanted: Iterable[Wanted]) -> list[_Group]:
        groups: dict[str, _Group] = {}
        for one in wanted:
            before = self._journal.get(one.request.key)
            group = groups.setdefault(one.fingerprint, _Group([], {}, one.request.model_id, ()))
            group.members.append(one)
            group.before[one.request.key] = before
            if before and before.fingerprint == one.fingerprint:
                group.exclude = tuple(dict.fromkeys((*group.exclude, *before.exclude)))
        return list(groups.values())

    def _identify(self, groups: list[_Group]) -> list[_Group]:
        """Find the vendor's ids of models it already has."""
        unknown = {group.model: group for group in groups if not group.model_id and group.request.model}
        for group, result in self._at_once(self._find_model, list(unknown.values())):
            same = [other for other in groups if other.model == group.model]
            if isinstance(result, RenderError):
                self._fail(same, result)
            else:
                for other in same:
                    other.model_id = result
        return self._open(groups)

    def _find_model(self, group: _Group) -> str | None:
        model = group.request.model
        return self._client.run(self._vendor.find_model(model)) if model else group.model_id

    def _adopt(self, groups: list[_Group]) -> list[_Group]:
        """Take over renders that are there already, and clear up submits that were cut off."""
        asked = [group for group in groups if group.model_id or group.recovering]
        for group, result in self._at_once(self._existing, asked):
            if isinstance(result, RenderError):
                self._fail([group], result)
            elif result.job is not None:
                self._adopted(group, result.job)
            elif group.recovering and result.answer is Answerable.UNKNOWN and self._on_ambiguous == "fail":
                self._fail([group], self._ambiguous(group))
        return self._open(groups)

    def _existing(self, group: _Group) -> Existing:
        """Ask for an equal render; a forced run notes those that are there and wants another."""
        if group.recovering:
            return self._cleared_up(group)
        while True:
            found = self._find(group)
            if not self._force or found.job is None:
                return found
            group.exclude = (*group.exclude, found.job.id)

    def _find(self, group: _Group) -> Existing:
        return self._client.run(self._vendor.find_existing(group.request, group.exclude))

    def _cleared_up(self, group: _Group) -> Existing:
        """Ask for the render of a cut-off submit until it is there, or has had the time to appear."""
        while True:
            found = self._find(group)
            left = self._unsettled(group)
            if found.answer is not Answerable.ABSENT or left <= 0:
                return found
            self._pause(min(left, LOOK_AGAIN))
            group.model_id = group.model_id or self._find_model(group)

    def _unsettled(self, group: _Group) -> float:
        """Return the seconds in which the vendor may still come to know of a cut-off submit.

        Nobody wrote down when the request ended, so they count from the first question after it.
        """
        intents = [record for record in group.before.values() if record and record.phase is Phase.INTENT]
        written = max(datetime.fromisoformat(record.updated) for record in intents)
        now, settling = datetime.fromisoformat(self._now()), self._vendor.poll_policy.settling
        if (now - written).total_seconds() > LONG_AGO * settling:
            return 0.0
        return settling - (now - self._began).total_seconds()

    def _adopted(self, group: _Group, job: RenderJob) -> None:
        self._record(group, job, group.price if group.recovering else Decimal(0))
        self._result.adopted += group.keys
        self._advance()

    def _ambiguous(self, group: _Group) -> AmbiguousSubmitError:
        return AmbiguousSubmitError(
            f"{group.keys[0]}: an earlier submit was cut off and {self._vendor.title} cannot tell whether it"
            f" happened ({group.price} credits). Look for it at {self._vendor.title}; to render anyway set"
            ' on_ambiguous="resubmit". Nothing was sent this time.',
            happened=None,
        )

    def _upload(self, groups: list[_Group]) -> None:
        """Upload each model the vendor lacks, once; where that starts a render it is the wanted one."""
        by_model: dict[str, _Group] = {}
        for group in groups:
            if not group.model_id:
                by_model.setdefault(group.model, group)
        first = list(by_model.values())
        for start in range(0, len(first), self._concurrency):
            wave = first[start : start + self._concurrency]
            if self._vendor.capabilities.upload_renders:
                self._intend(wave, calls=len(wave))
            stop = [self._uploaded(groups, group, result) for group, result in self._uploads(wave)]
            for error in filter(None, stop):
                raise error

    def _uploads(self, wave: list[_Group]) -> Iterator[tuple[_Group, Upload | RenderError]]:
        return self._at_once(lambda group: self._client.run(self._vendor.upload(group.request)), wave)

    def _uploaded(
        self, groups: list[_Group], group: _Group, result: Upload | RenderError
    ) -> RenderError | None:
        same = [other for other in groups if other.model == group.model]
        if isinstance(result, RenderError):
            if self._vendor.capabilities.upload_renders:
                self._undo([group], result)
            self._fail(same, result)
            return result if isinstance(result, STOPPING) else None
        for other in same:
            other.model_id = result.model_id
        if result.job is not None:
            self._paid(group, result.job)
        return None

    def _submit(self, groups: list[_Group]) -> None:
        """Submit one batch; one that is refused as a whole is halved until the culprit is alone."""
        self._intend(groups, calls=1)
        try:
            jobs = self._client.run(self._vendor.submit([group.request for group in groups]))
        except RenderError as error:
            self._undo(groups, error)
            if isinstance(error, STOPPING):
                raise
            if isinstance(error, RejectedError) and error.happened is False and len(groups) > 1:
                self._submit(groups[: len(groups) // 2])
                self._submit(groups[len(groups) // 2 :])
            else:
                self._fail(groups, error)
            return
        for group, job in zip(groups, jobs, strict=True):
            self._paid(group, job)

    def _intend(self, groups: list[_Group], calls: int) -> None:
        booked = [group.fingerprint for group in groups if group.booked(self._run)]
        self._ledger.reserve(_prices(groups), calls, booked=booked)
        self._journal.put(
            {key: self._intent(group, key) for group in groups for key in group.keys},
        )

    def _intent(self, group: _Group, key: str) -> Record:
        record = intend(
            group.before[key],
            group.fingerprint,
            exclude=group.exclude,
            force=self._force,
        )
        source = next(one.source for one in group.members if one.request.key == key)
        return replace(record, model_id=group.model_id, source=source, run=self._run, updated=self._now())

    def _undo(self, groups: list[_Group], error: RenderError) -> None:
        """Take intents back, unless the paid call may have happened after all."""
        if isinstance(error, VendorError) and error.happened is not False:
            return
        before = {key: self._unbooked(group, key) for group in groups for key in group.keys}
        self._journal.put({key: record for key, record in before.items() if record})
        self._journal.forget([key for key, record in before.items() if not record])
        self._ledger.release(_prices(groups))

    def _unbooked(self, group: _Group, key: str) -> Record | None:
        """Return a record as it was; an intent that the ledger counted is now nobody's."""
        record = group.before[key]
        return replace(record, run="") if record and group.counts(self._run, record) else record

    def _paid(self, group: _Group, job: RenderJob) -> None:
        self._record(group, job, group.price)
        self._result.paid += group.keys
        self._advance()

    def _record(self, group: _Group, job: RenderJob, spent: Decimal) -> None:
        """Write the ids of a render into the records of all that share it; the first bears the cost."""
        costs = [spent] + [Decimal(0)] * (len(group.keys) - 1)
        self._journal.put(
            {
                key: submitted(self._intent(group, key), job, cost)
                for key, cost in zip(group.keys, costs, strict=True)
            }
        )

    def _fail(self, groups: Iterable[_Group], error: RenderError) -> None:
        self._result.failed.update((key, error) for group in self._open(groups) for key in group.keys)
        self._advance()

    def _open(self, groups: Iterable[_Group]) -> list[_Group]:
        done = {*self._result.paid, *self._result.adopted, *self._result.failed}
        return [group for group in groups if group.keys[0] not in done]

    def _advance(self) -> None:
        self._progress(len(self._result.paid) + len(self._result.adopted) + len(self._result.failed))

    def _at_once(
        self, step: Callable[[_Group], T], groups: Sequence[_Group]
    ) -> Iterator[tuple[_Group, T | RenderError]]:
        """Run a step for all groups at the same time; yield each result or error as it comes."""
        with ThreadPoolExecutor(self._concurrency, thread_name_prefix="render") as pool:
            futures = {pool.submit(step, group): group for group in groups}
            for future in as_completed(futures):
                try:
                    yield futures[future], future.result()
                except RenderError as error:
                    yield futures[future], error


def _prices(groups: Iterable[_Group]) -> dict[str, Decimal]:
    return {group.fingerprint: group.price for group in groups}
