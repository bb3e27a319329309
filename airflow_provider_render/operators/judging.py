"""Whether a task whose items went more or less well has failed."""

from __future__ import annotations

from collections.abc import Mapping

from airflow_provider_render.catalog.outcome import Failure
from airflow_provider_render.catalog.report import Report
from airflow_provider_render.core.errors import RenderFailedError, UnavailableError


def judge(failures: Mapping[str, Failure], report: Report, *, strict: bool) -> None:
    """Fail a task where that helps: for a retry, for a person to act, or because nothing worked.

    :param failures: what went wrong, by key.
    :param report: what the run did.
    :param strict: whether one item that failed is enough.
    :raises UnavailableError: another try may mend it.
    :raises RenderFailedError: it will not.
    """
    counts = report.counts()
    if passing := [failure for failure in failures.values() if failure.passing]:
        raise UnavailableError(
            f"items that did not get on: {len(passing)}; a retry takes up only them. The first:"
            f" {passing[0].reason}"
        )
    if stopping := [failure for failure in failures.values() if failure.stopping]:
        raise RenderFailedError(
            f"items that could not be submitted: {len(stopping)}; what was submitted is delivered."
            f" {stopping[0].reason}"
        )
    failed = counts.get("failed", 0)
    worked = counts.get("delivered", 0) or counts.get("unchanged", 0)
    if failed and (strict or not worked):
        first = next(item for item in report.items if item.outcome == "failed")
        raise RenderFailedError(
            f"items that failed: {failed} of {len(report.items)}. The first: {first.key}: {first.reason}"
        )
