"""Carries out operations at once, against answers that a test makes up."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from airflow_provider_render.core import errors
from airflow_provider_render.core.calls import Answer, Call, Milestone
from airflow_provider_render.core.job import RenderJob
from airflow_provider_render.core.vendor import RenderVendor

STATUSES: tuple[tuple[int, type[errors.VendorError]], ...] = (
    (400, errors.RejectedError),
    (401, errors.AuthError),
    (402, errors.OutOfCreditsError),
    (403, errors.AuthError),
    (404, errors.NotFoundError),
    (408, errors.UnavailableError),
    (409, errors.RejectedError),
    (422, errors.RejectedError),
    (429, errors.RateLimitedError),
    (500, errors.UnavailableError),
    (503, errors.UnavailableError),
)
"""What a refusal is that nothing but its status tells of."""


class Bytes:
    """A file in memory."""

    def __init__(self, name: str, content: bytes = b"glTF") -> None:
        self.name = name
        self.content = content
        self.size = len(content)

    def open(self) -> io.BytesIO:
        return io.BytesIO(self.content)


def answer(status: int, body: Any, call: str = "GET /v1/x") -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(call, status, {"content-type": "application/json"}, raw)


class Desk:
    """Answers calls by a function of the call, which returns status and body.

    :param root: beginning of paths that is left out of labels.
    """

    def __init__(
        self, react: Callable[[Call[Any]], tuple[int, Any]], vendor: RenderVendor, root: str = ""
    ) -> None:
        self._react = react
        self._vendor = vendor
        self._root = root
        self.calls: list[Call[Any]] = []
        self.milestones: list[tuple[RenderJob, ...]] = []

    @property
    def labels(self) -> list[str]:
        return [self.label(call) for call in self.calls]

    def label(self, call: Call[Any]) -> str:
        return call.label.replace(self._root, "", 1)

    def run(self, work: Any) -> Any:
        if isinstance(work, Call):
            return self._send(work)
        step = partial(next, work)
        while True:
            try:
                asked = step()
            except StopIteration as end:
                return end.value
            try:
                result = self.take(asked)
            except Exception as error:  # noqa: BLE001 - a driver throws every error into the operation
                step = partial(work.throw, error)
            else:
                step = partial(work.send, result)

    def take(self, step: Any) -> Any:
        """Do one step of an operation and return what it is sent."""
        if isinstance(step, Call):
            return self._send(step)
        if isinstance(step, Milestone):
            self.milestones.append(step.jobs)
        return None

    def _send(self, call: Call[Any]) -> Any:
        self.calls.append(call)
        given = answer(*self._react(call), call.label)
        if given.status >= 400:
            raise self._vendor.error(given)
        return call.parse(given)


class TableDesk(Desk):
    """Answers calls by their label: with a body, or with status and body.

    A list gives one answer after the other, its last one again and again.
    """

    def __init__(self, table: Mapping[str, Any], vendor: RenderVendor, root: str = "") -> None:
        super().__init__(self._laid_out, vendor, root)
        self._table = table

    def _laid_out(self, call: Call[Any]) -> tuple[int, Any]:
        laid = self._table[self.label(call)]
        if isinstance(laid, list):
            laid = laid.pop(0) if len(laid) > 1 else laid[0]
        return laid if isinstance(laid, tuple) else (200, laid)
