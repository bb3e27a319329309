"""A render vendor that lives in memory, and the driver that talks to it.

:class:`FakeVendor` describes calls as every vendor does, :class:`FakeService` answers them and keeps the
bill, :class:`FakeClient` is the driver between them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Generator
from decimal import Decimal
from pathlib import Path
from typing import Any

from airflow_provider_render.core.calls import Answer, Call, Effect, Fetch, FilePart, Milestone, Notice, send
from airflow_provider_render.core.errors import (
    DownloadError,
    NotFoundError,
    OutOfCreditsError,
    RateLimitedError,
    RejectedError,
    RenderError,
    SettingsError,
    UnavailableError,
)
from airflow_provider_render.core.job import (
    OutputKind,
    RenderJob,
    RenderOutput,
    RenderRequest,
    RenderState,
    RenderStatus,
)
from airflow_provider_render.core.polling import PollPolicy
from airflow_provider_render.core.resource import Fetched
from airflow_provider_render.core.vendor import (
    Account,
    Answerable,
    Capabilities,
    Existing,
    RenderVendor,
    Upload,
)
from tests.fake_service import DEFAULTS, PRICES, FakeService

ERRORS = {402: OutOfCreditsError, 404: NotFoundError, 429: RateLimitedError, 503: UnavailableError}


class FakeVendor(RenderVendor):
    """A vendor whose abilities are chosen by the test.

    :param slow_models: it knows models by their ids alone, and works on them before they can be rendered.
    :param announces: it tells an id before it charges.
    :param batch_by: setting that must be the same for all renders of a submit.
    :param capabilities: values of :class:`Capabilities` that differ from an able vendor's.
    """

    name = "fake"
    title = "Fake Renders"
    poll_policy = PollPolicy(first=0, start=0, listing_grace=30, settling=0.0)
    default_outputs = frozenset({OutputKind.IMAGE, OutputKind.VIDEO})

    def __init__(
        self,
        *,
        slow_models: bool = False,
        announces: bool = False,
        batch_by: str | None = None,
        **capabilities: Any,
    ) -> None:
        super().__init__("https://fake.example")
        self.slow_models, self.announces, self.batch_by = slow_models, announces, batch_by
        able = {"extensions": frozenset({".glb", ".obj"}), "max_batch": 3, "tells_submitted": True}
        self.capabilities = Capabilities(**{**able, "can_cancel": True, **capabilities})

    def headers(self, credential=""):
        return {}

    def error(self, answer):
        kind = ERRORS.get(answer.status, RejectedError)
        return kind(f"{answer.call}: {answer.json()['error']}", status=answer.status)

    def settings(self, raw):
        for name in raw.keys() - DEFAULTS.keys():
            raise SettingsError(f"unknown setting {name!r}")
        if raw.get("quality", "hd") not in PRICES:
            raise SettingsError(f"quality: {raw['quality']!r} is not one of {sorted(PRICES)}")
        return dict(raw)

    def canonical(self, settings):
        return {**DEFAULTS, **settings}

    def price(self, settings):
        return PRICES[self.canonical(settings)["quality"]]

    def find_model(self, request):
        if self.slow_models:
            return (yield from self._noted(request))
        query = {"sha256": request.model.sha256}
        found = yield from send(Call("GET", "/models", _body, query=query))
        return Upload(found) if found else None

    def _noted(self, request):
        if request.model_id is None:
            return None
        job = RenderJob(self.name, f"prep-{request.model_id}", request.model_id)
        state = (yield from self.states([job])).get(job.id)
        if state is None or state.status is RenderStatus.FAILED:
            return None
        return Upload(request.model_id, preparing=None if state.status.terminal else job)

    def prepared(self, job):
        return job.id.removeprefix("prep-")
        yield

    def batch_key(self, settings):
        return self.canonical(settings)[self.batch_by] if self.batch_by else ""

    def upload(self, request):
        renders = self.capabilities.upload_renders
        if self.announces and renders:
            yield Milestone((RenderJob(self.name, f"draft-{request.key}", ""),))
        made = yield from send(
            Call(
                "POST",
                "/models",
                _body,
                effect=Effect.PAID if renders else Effect.ONCE,
                form={"order": json.dumps(_order(request))} if renders else {},
                files=(FilePart("file", request.model.source),),
            )
        )
        job = self._job(made["render"], made["model"], request) if renders else None
        if self.slow_models:
            return Upload("", preparing=RenderJob(self.name, f"prep-{made['model']}", ""))
        return Upload(made["model"], job)

    def submit(self, requests):
        orders = [_order(request) for request in requests]
        if self.announces:
            yield Milestone(tuple(RenderJob(self.name, f"draft-{one.key}", "") for one in requests))
        made = yield from send(Call("POST", "/renders", _body, effect=Effect.PAID, json=orders))
        return [
            self._job(render, request.model_id, request)
            for render, request in zip(made, requests, strict=True)
        ]

    def find_existing(self, request: RenderRequest, exclude: Collection[str] = ()):
        if not self.capabilities.tells_submitted:
            never_sent = not request.ticket or (self.announces and request.announced is None)
            return Existing(Answerable.ABSENT if never_sent else Answerable.UNKNOWN)
        if request.model_id is None:
            return Existing(Answerable.ABSENT)
        listed = yield from send(Call("GET", "/renders", _body, query={"model": request.model_id}))
        wanted = self.canonical(request.settings)
        for render in listed:
            if render["id"] not in exclude and self.canonical(render["settings"]) == wanted:
                return Existing(Answerable.FOUND, self._job(render["id"], request.model_id, request))
        return Existing(Answerable.ABSENT)

    def states(self, jobs):
        told = yield from send(Call("POST", "/states", _body, json=[job.id for job in jobs]))
        return {job: RenderState(RenderStatus(status), status) for job, status in told.items()}

    def outputs(self, job):
        offered = yield from send(Call("GET", "/outputs", _body, query={"render": job.id}))
        return [
            RenderOutput(OutputKind(kind), name, media_type, {"render": job.id})
            for kind, name, media_type in offered
        ]

    def locate(self, output):
        return Fetch(f"/files/{output.ref['render']}/{output.name}", media_types=(output.media_type,))
        yield

    def cancel(self, job):
        return (yield from send(Call("DELETE", "/renders", _body, query={"render": job.id})))

    def account(self):
        left = yield from send(Call("GET", "/account", _body))
        return Account("acme", None if left is None else Decimal(left))

    def portal_url(self, job):
        return f"{self.base_url}/renders/{job.id}"

    def _job(self, render: str, model: str, request: RenderRequest) -> RenderJob:
        return RenderJob(self.name, render, model, dict(request.settings))


def _body(answer: Answer) -> Any:
    return answer.json()


def _order(request: RenderRequest) -> dict[str, Any]:
    return {"reference": request.key, "model": request.model_id, "settings": dict(request.settings)}


class FakeClient:
    """A driver that carries calls out in memory.

    :param service: what answers.
    :param step: called before and after every call, as a place to end the process.
    :param capabilities: of the vendor.
    """

    def __init__(
        self, service: FakeService | None = None, step: Callable[[], None] = lambda: None, **capabilities: Any
    ) -> None:
        self.service = service or FakeService()
        self.vendor = FakeVendor(**capabilities)
        self._step = step

    @property
    def metered(self) -> Decimal:
        return self.service.charged_for_calls

    def run(self, work: Any) -> Any:
        if isinstance(work, Call):
            return self._send(work)
        return self._drive(work)

    def _drive(self, work: Generator[Call[Any], Any, Any]) -> Any:
        try:
            call = next(work)
            while True:
                try:
                    answer = None if isinstance(call, Notice) else self._send(call)
                except RenderError as error:
                    call = work.throw(error)
                else:
                    call = work.send(answer)
        except StopIteration as done:
            return done.value

    def _send(self, call: Call[Any]) -> Any:
        self._step()
        with self.service.lock, self.service.struck(call.label):
            self.service.calls.append(call.label)
            if call.effect is not Effect.REPEATABLE:
                self.service.changing_calls.append(call.label)
            status, data = self.service.answer(call)
        self._step()
        answer = Answer(call.label, status, {}, json.dumps(data).encode())
        if status >= 400:
            raise self.vendor.error(answer)
        return call.parse(answer)

    def download(self, fetch: Fetch, to: Any) -> Fetched:
        self._step()
        with self.service.lock:
            self.service.downloads.append(fetch.path)
            if self.service.broken_downloads > 0:
                self.service.broken_downloads -= 1
                raise DownloadError(f"{fetch.label} was cut short")
        data = self.service.content(fetch.path)
        Path(to).write_bytes(data)
        self._step()
        return Fetched(str(to), len(data), hashlib.sha256(data).hexdigest(), fetch.media_types[0])
