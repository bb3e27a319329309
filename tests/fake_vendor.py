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

from airflow_provider_render.core.calls import Answer, Call, Effect, Fetch, FilePart, send
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

    :param capabilities: values of :class:`Capabilities` that differ from an able vendor's.
    """

    name = "fake"
    title = "Fake Renders"
    poll_policy = PollPolicy(first=0, start=0, listing_grace=30, settling=0.0)
    default_outputs = frozenset({OutputKind.IMAGE, OutputKind.VIDEO})

    def __init__(self, **capabilities: Any) -> None:
        super().__init__("https://fake.example")
        able = {"extensions": frozenset({".glb", ".obj"}), "max_batch": 3, "tells_submitted": True}
        self.capabilities = Capabilities(**{**able, "can_cancel": True, **capabilities})

    def headers(self):
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

    def find_model(self, model):
        return (yield from send(Call("GET", "/models", _body, query={"sha256": model.sha256})))

    def upload(self, request):
        renders = self.capabilities.upload_renders
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
        return Upload(made["model"], job)

    def submit(self, requests):
        orders = [_order(request) for request in requests]
        made = yield from send(Call("POST", "/renders", _body, effect=Effect.PAID, json=orders))
        return [
            self._job(render, request.model_id, request)
            for render, request in zip(made, requests, strict=True)
        ]

    def find_existing(self, request: RenderRequest, exclude: Collection[str] = ()):
        if not self.capabilities.tells_submitted:
            return Existing(Answerable.UNKNOWN)
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

    def run(self, work: Any) -> Any:
        if isinstance(work, Call):
            return self._send(work)
        return self._drive(work)

    def _drive(self, work: Generator[Call[Any], Any, Any]) -> Any:
        try:
            call = next(work)
            while True:
                try:
                    answer = self._send(call)
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
