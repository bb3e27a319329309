"""Asking a vendor which renders are there already, and what became of submits that were cut off."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from airflow_provider_render.catalog.wanted import Group
from airflow_provider_render.core.job import RenderJob, RenderStatus
from airflow_provider_render.core.journal import Phase
from airflow_provider_render.core.vendor import Answerable, Existing, Upload, VendorClient

LOOK_AGAIN = 5.0
"""Seconds between two questions about a cut-off submit."""

LONG_AGO = 10
"""Settling times after which no request can still be under way, however slow its upload was."""


class Inquiry:
    """Asks one vendor on behalf of one submission.

    :param client: the vendor and its driver.
    :param force: set by a run that wants every render anew.
    :param now: returns the present as ISO text.
    :param pause: waits for some seconds.
    """

    def __init__(
        self,
        client: VendorClient,
        *,
        force: str | None,
        now: Callable[[], str],
        pause: Callable[[float], None],
    ) -> None:
        self._client = client
        self._vendor = client.vendor
        self._force = force
        self._now = now
        self._pause = pause
        self._began = datetime.fromisoformat(now())

    def model(self, group: Group) -> Upload | None:
        """Return the model of a group as the vendor has it."""
        if group.request.model is None:
            return Upload(group.model_id) if group.model_id else None
        hints = (hint for one in group.members if (hint := one.hint))
        return self._client.run(self._vendor.find_model(replace(group.request, model_id=next(hints, None))))

    def render(self, group: Group) -> Existing:
        """Ask for an equal render; a forced run notes those that are there and wants another."""
        if not self._force and (twin := self._living(group.twin)):
            return Existing(Answerable.FOUND, twin)
        if not group.model_id and not group.recovering:
            return Existing(Answerable.ABSENT)
        if group.recovering:
            return self._cleared_up(group)
        while True:
            found = self._find(group)
            if not self._force or found.job is None:
                return found
            group.exclude = (*group.exclude, found.job.id)

    def _living(self, job: RenderJob | None) -> RenderJob | None:
        """Return a render that another item has, if the vendor still has it and it has not failed."""
        state = self._client.run(self._vendor.states([job])).get(job.id) if job else None
        good = state and (not state.status.terminal or state.status is RenderStatus.SUCCEEDED)
        return job if good else None

    def _find(self, group: Group) -> Existing:
        return self._client.run(self._vendor.find_existing(group.question, group.exclude))

    def _cleared_up(self, group: Group) -> Existing:
        """Ask for the render of a cut-off submit until it is there, or has had the time to appear."""
        while True:
            found = self._find(group)
            left = self._unsettled(group)
            if found.answer is not Answerable.ABSENT or left <= 0:
                return found
            self._pause(min(left, self._patience))
            if not group.model_id and (model := self.model(group)):
                group.model_id = model.model_id or None

    @property
    def _patience(self) -> float:
        """Seconds between two questions; where each costs, there are three of them at most."""
        paid = self._vendor.capabilities.call_price
        return max(LOOK_AGAIN, self._vendor.poll_policy.settling / 3) if paid else LOOK_AGAIN

    def _unsettled(self, group: Group) -> float:
        """Return the seconds in which the vendor may still come to know of a cut-off submit.

        Nobody wrote down when the request ended, so they count from the first question after it.
        """
        intents = [record for record in group.before.values() if record and record.phase is Phase.INTENT]
        written = max(datetime.fromisoformat(record.updated) for record in intents)
        now, settling = datetime.fromisoformat(self._now()), self._vendor.poll_policy.settling
        if (now - written).total_seconds() > LONG_AGO * settling:
            return 0.0
        return settling - (now - self._began).total_seconds()
