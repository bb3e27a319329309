"""Uploading and submitting renders, so that each is paid at most once.

The order of writes is what the promise rests on: ledger and intents are durable before a paid call, the
vendor's ids straight after it, all ids of one answer in one write. A worker that dies anywhere in between
leaves an intent, and the next one asks the vendor before it pays.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Literal, TypeVar, get_args
from uuid import uuid4

from airflow_provider_render.catalog.inquiry import Inquiry
from airflow_provider_render.catalog.ledger import Ledger
from airflow_provider_render.catalog.threads import at_once, take_all
from airflow_provider_render.catalog.waiting import look_on
from airflow_provider_render.catalog.wanted import Group, Submitted, Wanted, grouped, prices
from airflow_provider_render.core.calls import noting
from airflow_provider_render.core.errors import (
    AmbiguousSubmitError,
    AuthError,
    BudgetError,
    OutOfCreditsError,
    OutputError,
    QuotaError,
    RejectedError,
    RenderError,
    UnexpectedAnswerError,
    VendorError,
)
from airflow_provider_render.core.job import RenderJob, RenderStatus
from airflow_provider_render.core.journal import (
    Journal,
    Phase,
    Record,
    intend,
    preparing,
    submitted,
)
from airflow_provider_render.core.looking import concerns_all
from airflow_provider_render.core.vendor import Answerable, Upload, VendorClient

T = TypeVar("T")
OnAmbiguous = Literal["fail", "resubmit"]
ON_AMBIGUOUS: tuple[OnAmbiguous, ...] = get_args(OnAmbiguous)

STOPPING = (AuthError, OutOfCreditsError, QuotaError, BudgetError)
"""Errors after which no further paid call makes sense."""


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
        self._journal = journal
        self._ledger = ledger
        self._run = run
        self._now = now
        self._inquiry = Inquiry(client, force=force, now=now, pause=pause)
        self._force = force
        self._on_ambiguous = on_ambiguous
        self._concurrency = max(1, concurrency)
        self._progress = progress
        self._result = Submitted()
        self.renders: list[RenderJob] = []
        """Renders that were paid so far, also those of a submit that had been cut off."""

    def submit(self, wanted: Iterable[Wanted]) -> Submitted:
        """Submit renders; one that fails does not keep the others from going on.

        :returns: what was paid, what was adopted, and what failed and why. A refusal that would meet
            every further call too, such as an empty account, fails all that were not yet submitted.
        """
        groups = grouped(wanted, self._journal)
        try:
            groups = self._adopt(self._identify(self._resumed(groups)))
            self._upload(groups)
            for batch in self._batches([group for group in self._open(groups) if group.model_id]):
                self._submit(batch)
        except STOPPING as error:
            self._fail(self._open(groups), error)
        self._ledger.confirm()
        return self._result

    def _resumed(self, groups: list[Group]) -> list[Group]:
        """Take up models that were uploaded before and had to be prepared."""
        jobs = list({job.id: job for group in groups if (job := group.uploaded)}.values())
        try:
            states = look_on(self._client, jobs)
        except VendorError as error:
            self._fail([group for group in groups if group.uploaded], error)
            return self._open(groups)
        ready = []
        for group in groups:
            job = group.uploaded
            state = states.get(job.id) if job else None
            if job and state and not state.status.terminal:
                self._preparing([group], job)
            elif state and state.status is RenderStatus.SUCCEEDED:
                ready.append(group)
        for group, result in self._at_once(self._made_ready, ready):
            if isinstance(result, RenderError):
                self._fail([group], result)
            else:
                group.model_id = result
        return self._open(groups)

    def _made_ready(self, group: Group) -> str | None:
        return self._client.run(self._vendor.prepared(group.uploaded)) if group.uploaded else None

    def _identify(self, groups: list[Group]) -> list[Group]:
        """Find the vendor's ids of models it already has."""
        unknown = {group.model: group for group in groups if not group.model_id and group.request.model}
        for group, result in self._at_once(self._inquiry.model, list(unknown.values())):
            same = [other for other in groups if other.model == group.model]
            if isinstance(result, RenderError):
                self._fail(same, result)
            elif result is not None:
                self._known(same, result)
        return self._open(groups)

    def _known(self, groups: list[Group], model: Upload) -> None:
        """Note the model of renders; those whose model is not ready yet are left for later.

        A render whose submit was cut off is looked for all the same: its model was ready then.
        """
        for group in groups:
            if group.recovering:
                group.model_id, group.preparing = model.model_id or None, model.preparing
            elif model.preparing:
                self._preparing([group], model.preparing)
            else:
                group.model_id = model.model_id or None

    def _preparing(self, groups: Sequence[Group], job: RenderJob) -> None:
        booked = [group for group in groups if group.booked(self._run)]
        if booked:
            self._ledger.release(prices(booked), calls=0)
        self._journal.put({key: preparing(self._intent(one, key), job) for one in groups for key in one.keys})
        self._result.preparing += [key for group in groups for key in group.keys]

    def _adopt(self, groups: list[Group]) -> list[Group]:
        """Take over renders that are there already, and clear up submits that were cut off."""
        asked = [group for group in groups if group.model_id or group.recovering or group.twin]
        for group, result in self._at_once(self._inquiry.render, asked):
            if isinstance(result, RenderError):
                self._fail([group], result)
            elif result.job is not None:
                self._adopted(group, result.job)
            elif (
                group.recovering and result.answer is Answerable.UNKNOWN and self._on_ambiguous != "resubmit"
            ):
                self._fail([group], self._ambiguous(group))
            elif group.recovering:
                self._clear(group)
        return self._open(groups)

    def _clear(self, group: Group) -> None:
        """Go on with a submit that was cut off and is to be made again, as soon as its model is ready."""
        group.cleared = True
        if group.preparing:
            self._preparing([group], group.preparing)

    def _adopted(self, group: Group, job: RenderJob) -> None:
        recovered = group.recovering and job != group.twin
        self._journal.put(self._records(group, job, group.price if recovered else Decimal(0)))
        self._result.adopted += group.keys
        self._advance()

    def _ambiguous(self, group: Group) -> AmbiguousSubmitError:
        title, cut_off = self._vendor.title, group.record(Phase.INTENT)
        at, traces = (f" at {cut_off.updated}", _traces(cut_off)) if cut_off else ("", "")
        return AmbiguousSubmitError(
            f"An earlier submit{at} was cut off and {title} cannot tell whether it happened"
            f" ({group.price} credits). Look for it at {title}{traces}; to render anyway set"
            ' on_ambiguous="resubmit" for one run. Nothing was sent this time.',
            happened=None,
        )

    def _upload(self, groups: list[Group]) -> None:
        """Upload each model the vendor lacks, once; where that starts a render it is the wanted one."""
        by_model: dict[str, Group] = {}
        for group in groups:
            if not group.model_id:
                by_model.setdefault(group.model, group)
        first = list(by_model.values())
        for start in range(0, len(first), self._concurrency):
            wave = first[start : start + self._concurrency]
            if self._vendor.capabilities.upload_renders:
                self._intend(wave, calls=len(wave))
            self._ledger.require(self._vendor.capabilities.call_price * len(wave))
            self._wave(groups, wave)

    def _wave(self, groups: list[Group], wave: list[Group]) -> None:
        """Upload models at the same time; each answer may be paid for: it is noted before an error is raised.

        That holds for a state that cannot be written and for a worker that is told to stop: it waits for the
        answers under way. What it cannot note all the same has its intent.
        """
        errors = take_all(self._sent, wave, len(wave), "render", partial(self._uploaded, groups))
        if errors:
            raise min(errors, key=_mildness)

    def _sent(self, group: Group) -> Upload:
        return self._client.run(noting(self._vendor.upload(group.request), partial(self._announce, [group])))

    def _uploaded(self, groups: list[Group], group: Group, result: Upload | RenderError) -> None:
        same = [other for other in groups if other.model == group.model]
        if isinstance(result, RenderError):
            if self._vendor.capabilities.upload_renders:
                self._undo([group], result)
            self._fail(same, result)
            if isinstance(result, STOPPING):
                raise result
            return
        if result.job is not None:
            group.model_id = result.model_id
            self._paid([group], [result.job])
        self._known(self._open(same), result)

    def _batches(self, groups: Sequence[Group]) -> Iterator[list[Group]]:
        """Divide renders into those that one call can submit."""
        alike: dict[str, list[Group]] = {}
        for group in groups:
            alike.setdefault(self._vendor.batch_key(group.request.settings), []).append(group)
        size = self._vendor.capabilities.max_batch
        for same in alike.values():
            for start in range(0, len(same), size):
                yield same[start : start + size]

    def _submit(self, groups: list[Group]) -> None:
        """Submit one batch; one that is refused as a whole is halved until the culprit is alone."""
        self._intend(groups, calls=1)
        try:
            submit = self._vendor.submit([group.request for group in groups])
            jobs = self._client.run(noting(submit, partial(self._announce, groups)))
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
        self._paid(groups, jobs)

    def _intend(self, groups: list[Group], calls: int) -> None:
        """Write down what is about to be paid; where that fails, nothing is sent and no question is left."""
        booked = [group.fingerprint for group in groups if group.booked(self._run)]
        self._ledger.reserve(prices(groups), calls, booked=booked)
        ticket = uuid4().hex
        for group in groups:
            group.ticket, group.announced = ticket, None
        try:
            self._write_intents(groups)
        except OutputError as error:
            with suppress(OutputError):
                self._undo(groups, error, calls)
            raise

    def _announce(self, groups: Sequence[Group], jobs: Sequence[RenderJob]) -> None:
        """Write down what is known before the paid call is made."""
        for group, job in zip(groups, jobs, strict=True):
            group.announced = job
        self._write_intents(groups)

    def _write_intents(self, groups: Sequence[Group]) -> None:
        self._journal.put({key: self._intent(group, key) for group in groups for key in group.keys})

    def _intent(self, group: Group, key: str) -> Record:
        record = intend(
            group.before[key],
            group.fingerprint,
            exclude=group.exclude,
            force=self._force,
            run=self._run,
        )
        source = next(one.source for one in group.members if one.request.key == key)
        return replace(
            record,
            job=group.announced,
            ticket=group.ticket,
            model_id=group.model_id,
            source=source,
            run=self._run,
            updated=self._now(),
        )

    def _undo(self, groups: list[Group], error: RenderError, calls: int = 1) -> None:
        """Take intents back, unless the paid call may have happened after all."""
        if isinstance(error, VendorError) and error.happened is not False:
            return
        for group in groups:
            group.before = {key: self._unbooked(group, key) for key in group.keys}
        before = {key: record for group in groups for key, record in group.before.items()}
        try:
            self._journal.put({key: record for key, record in before.items() if record})
        finally:
            self._journal.forget([key for key, record in before.items() if not record])
        self._ledger.release(prices(groups), calls)

    def _unbooked(self, group: Group, key: str) -> Record | None:
        """Return a record as it was; an intent that the ledger counted is now nobody's."""
        record = group.before[key]
        return replace(record, run="") if record and group.counts(self._run, record) else record

    def _paid(self, groups: Sequence[Group], jobs: Sequence[RenderJob]) -> None:
        """Note what one call has paid for, in one write.

        :raises UnexpectedAnswerError: not each render has its id; what is known is noted.
        """
        at, records = self._now(), dict[str, Record]()
        for group, job in zip(groups, jobs, strict=False):
            records.update(self._records(group, job, group.price, at))
        self._journal.put(records)
        self._result.paid += records
        self._advance()
        if len(jobs) != len(groups):
            title = self._vendor.title
            raise UnexpectedAnswerError(
                f"{title} named {len(jobs)} renders where {len(groups)} were submitted"
            )

    def _records(self, group: Group, job: RenderJob, spent: Decimal, at: str = "") -> Mapping[str, Record]:
        """Return the records of all that share a render, with its ids; the first bears the cost."""
        if spent:
            self.renders.append(job)
        costs = [spent] + [Decimal(0)] * (len(group.keys) - 1)
        return {
            key: submitted(self._intent(group, key), job, cost, at)
            for key, cost in zip(group.keys, costs, strict=True)
        }

    def _fail(self, groups: Iterable[Group], error: RenderError) -> None:
        self._result.failed.update((key, error) for group in self._open(groups) for key in group.keys)
        self._advance()

    def _open(self, groups: Iterable[Group]) -> list[Group]:
        result = self._result
        done = {*result.paid, *result.adopted, *result.preparing, *result.failed}
        return [group for group in groups if group.keys[0] not in done]

    def _advance(self) -> None:
        self._progress(len(self._result.paid) + len(self._result.adopted) + len(self._result.failed))

    def _at_once(
        self, step: Callable[[Group], T], groups: Sequence[Group]
    ) -> Iterator[tuple[Group, T | RenderError]]:
        """Ask something for all groups at the same time; yield each answer or error as it comes.

        An error that each further question would meet is raised, and those that were not asked yet are left.
        """
        self._ledger.require(self._vendor.capabilities.call_price * len(groups))
        for group, result in at_once(step, groups, self._concurrency, "render"):
            if isinstance(result, STOPPING) and concerns_all(result):
                raise result
            yield group, result


def _mildness(error: BaseException) -> int:
    """Return which of several errors is to be raised: the end of the worker, then trouble with the state."""
    return isinstance(error, Exception) + isinstance(error, STOPPING)


def _traces(cut_off: Record) -> str:
    """Return the vendor's ids that were noted before a submit was cut off, each once."""
    job, model_id = cut_off.job, cut_off.model_id
    refs = [f"{name} {value}" for name, value in job.refs.items() if value not in job.id] if job else []
    model = [f"model {model_id}"] if model_id and not (job and model_id in job.id) else []
    found = [*([job.id] if job else ()), *refs, *model]
    return f": {', '.join(found)}" if found else ""
