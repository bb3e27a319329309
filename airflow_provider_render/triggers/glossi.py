"""Waiting until the files of a Glossi pipeline are done."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from airflow_provider_render.core.errors import (
    AuthError,
    ConnectionConfigError,
    RejectedError,
    RenderError,
    VendorError,
)
from airflow_provider_render.core.polling import Verdict
from airflow_provider_render.core.vendor import RenderVendor
from airflow_provider_render.hooks.base import RenderHook
from airflow_provider_render.vendors.glossi.folder import Folder, Standing
from airflow_provider_render.vendors.glossi.vendor import GlossiVendor
from airflow_provider_render.vendors.glossi.words import Words


class GlossiPipelineTrigger(BaseTrigger):
    """Wait until the files of a pipeline are done, with one call a look.

    Fires once, with ``{"status": "done"}`` when all files have ended in one way or another, ``"paused"``
    when the pipeline has stopped, ``"expired"`` when the deadline has passed, or ``"hopeless"`` with a
    message when Glossi refuses to tell. The event is a hint: the worker asks Glossi again. A restart of the
    triggerer only resumes the looking; nothing here is ever paid or cancelled.

    :param render_conn_id: connection of Glossi.
    :param pipeline_id: the pipeline.
    :param files: names of the files to wait for; all that the pipeline comes to know if empty.
    :param quiet: seconds without change after which nothing more is expected; see
        :class:`~airflow_provider_render.vendors.glossi.folder.Folder`.
    :param interval: seconds between two looks.
    :param deadline: when to give up, seconds since the epoch; None waits for ever.
    """

    def __init__(
        self,
        render_conn_id: str,
        pipeline_id: str,
        files: Sequence[str] = (),
        quiet: float | None = None,
        interval: float = 60.0,
        deadline: float | None = None,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.render_conn_id = render_conn_id
        self.pipeline_id = pipeline_id
        self.files = list(files)
        self.quiet = quiet
        self.interval = interval
        self.deadline = deadline

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the class path and the arguments; ids only, nothing secret."""
        names = ("render_conn_id", "pipeline_id", "files", "quiet", "interval", "deadline")
        path = f"{type(self).__module__}.{type(self).__qualname__}"
        return path, {name: getattr(self, name) for name in names}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Look until there is something to tell, then fire once."""
        try:
            event = await self._wait()
        except RenderError as error:
            event = {"status": Verdict.HOPELESS.value, "message": str(error)}
        yield TriggerEvent(event)  # type: ignore[no-untyped-call]

    async def _wait(self) -> dict[str, str]:
        folder: Folder | None = None
        while True:
            client = await RenderHook.adriver_for(self.render_conn_id)
            folder = folder or Folder(frozenset(self.files), self._words(client.vendor), quiet=self.quiet)
            try:
                standing = folder.judge(await client.run(folder.look(self.pipeline_id)), time.time())
            except (AuthError, RejectedError):
                raise
            except VendorError as error:
                self.log.warning("cannot look at the pipeline: %s", error)
                standing = Standing.WORKING
            if standing is not Standing.WORKING:
                return {"status": standing.value, "message": ""}
            if self.deadline is not None and time.time() >= self.deadline:
                return {"status": Verdict.EXPIRED.value, "message": ""}
            await asyncio.sleep(self._pause())

    def _words(self, vendor: RenderVendor) -> Words:
        if not isinstance(vendor, GlossiVendor):
            raise ConnectionConfigError(
                f"connection {self.render_conn_id!r} is {vendor.title}'s, not Glossi's"
            )
        return vendor.words

    def _pause(self) -> float:
        left = self.interval if self.deadline is None else self.deadline - time.time()
        return max(0.0, min(self.interval, left))
