"""The steps of a worker, at any of which it may die or be overtaken by another one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any, Literal

import httpx
import pytest

from airflow_provider_render.catalog import storage
from airflow_provider_render.hooks.base import RenderHook
from tests.operators.task import Died, StateStore

Kind = Literal["call", "file", "state"]


class Fate:
    """Sees every call, file and state write of a worker, before and after.

    :param watched: told after each call what the worker has sent, as ``METHOD path``.
    """

    def __init__(self, watched: Callable[[str], None]) -> None:
        self.calls: list[str] = []
        self.downloads = 0
        self._watched = watched
        self._left: int | None = None
        self._dead = False
        self._strike: Callable[[Kind], bool] = lambda kind: False
        self._working = 0
        self._lock = Lock()

    @contextmanager
    def of_a_worker(
        self, left: int | None = None, strike: Callable[[Kind], bool] | None = None
    ) -> Iterator[None]:
        """Let a worker work.

        :param left: the step at which ``strike`` is called, and at each later one until it returns true.
        :param strike: does what is to happen there; raises :class:`Died` unless it is given.
        """
        before = self._left, self._strike, self._dead
        self._left, self._strike, self._dead = left, strike or self._die, False
        self._working += 1
        try:
            yield
        finally:
            self._working -= 1
            self._left, self._strike, self._dead = before

    def patch(self, patch: pytest.MonkeyPatch) -> None:
        """Watch everything that leaves a worker."""
        patch.setattr(httpx.Client, "send", self._sending(httpx.Client.send))
        patch.setattr(RenderHook, "download", self._downloading(RenderHook.download))
        patch.setattr(StateStore, "set", self._around("state", StateStore.set))
        for name in ("write", "publish", "remove"):
            patch.setattr(storage._Local, name, self._around("file", getattr(storage._Local, name)))

    def _die(self, kind: Kind) -> bool:
        self._dead = True
        raise Died

    def _step(self, kind: Kind) -> None:
        with self._lock:
            if self._dead:
                raise Died
            if self._left is None:
                return
            self._left -= 1
            due = self._left <= 0
        if due and self._strike(kind):
            self._left = None

    def _sending(self, original: Callable[..., httpx.Response]) -> Callable[..., httpx.Response]:
        def send(client: httpx.Client, request: httpx.Request, **options: Any) -> httpx.Response:
            if not self._working:
                return original(client, request, **options)
            self._step("call")
            call = f"{request.method} {request.url.path}"
            self.calls.append(call)
            try:
                response = original(client, request, **options)
            finally:
                self._watched(call)
            try:
                self._step("call")
            except Died:
                response.close()
                raise
            return response

        return send

    def _downloading(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def download(*args: Any, **options: Any) -> Any:
            self.downloads += 1
            return original(*args, **options)

        return download

    def _around(self, kind: Kind, original: Callable[..., None]) -> Callable[..., None]:
        def method(owner: Any, *args: Any, **options: Any) -> None:
            # How often a progress file is written depends on the time.
            if not self._working or any(str(one).endswith("progress.json") for one in args):
                original(owner, *args, **options)
                return
            self._step(kind)
            original(owner, *args, **options)
            self._step(kind)

        return method
