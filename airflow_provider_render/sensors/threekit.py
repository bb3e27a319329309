"""Waiting for any job at Threekit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from airflow_provider_render.hooks.threekit import ThreekitHook
from airflow_provider_render.operators.parameters import read_id
from airflow_provider_render.sensors.render import RenderSensor
from airflow_provider_render.vendors.threekit import handles

if TYPE_CHECKING:
    from airflow.sdk import Context, PokeReturnValue


class ThreekitJobSensor(RenderSensor):
    """Wait until jobs at Threekit, of any type, have stopped well.

    Fails when tasks of one have failed, with what their runs say. A retry, a clear and a restart only look
    again. Looking costs nothing.

    Returns the jobs, which :class:`~airflow_provider_render.operators.render.DownloadRendersOperator` takes.

    :param job: a job's id, or a render as operators return it, or a list of those.
    """

    def __init__(
        self, *, job: Any, render_conn_id: str = ThreekitHook.default_conn_name, **kwargs: Any
    ) -> None:
        super().__init__(job=job, render_conn_id=render_conn_id, **kwargs)

    def poke(self, context: Context) -> PokeReturnValue:
        """Look once."""
        self.job = as_jobs(self.job)
        return super().poke(context)

    def execute(self, context: Context) -> Any:
        """Look, and wait in the triggerer or on the worker where jobs have not stopped."""
        self.job = as_jobs(self.job)
        return super().execute(context)

    def execute_complete(self, context: Context, event: Mapping[str, Any] | None = None) -> Any:
        """Look again after the trigger fired.

        :param event: as :class:`RenderTrigger` fires it; only a hint.
        """
        self.job = as_jobs(self.job)
        return super().execute_complete(context, event)


def as_jobs(value: Any) -> list[dict[str, Any]]:
    """Return jobs in the form in which operators hand renders on.

    :raises RenderInputError: a job is neither an id nor such a form.
    """
    several = isinstance(value, Iterable) and not isinstance(value, str | Mapping)
    return [_as_job(one) for one in (value if several else [value])]


def _as_job(value: Any) -> dict[str, Any]:
    if isinstance(value, Mapping):
        return dict(value)
    job_id = read_id("job", value, "a job's id, or a render")
    return handles.of_job(job_id.removeprefix("job:")).to_json()
