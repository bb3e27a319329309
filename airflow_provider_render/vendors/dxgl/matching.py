"""Which of the vendor's renders are the wanted ones."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime

from airflow_provider_render.core.calls import Operation, send
from airflow_provider_render.core.errors import NotFoundError, OutcomeUnknownError, VendorError
from airflow_provider_render.core.job import RenderRequest, Settings
from airflow_provider_render.vendors.dxgl.answers import Render
from airflow_provider_render.vendors.dxgl.endpoints import all_renders, get_model, get_render
from airflow_provider_render.vendors.dxgl.settings import equal

FAILED = frozenset({"error", "failed"})
"""Words of the vendor for a render that ended without a result."""


def find_equal(model_id: str, wanted: Settings, exclude: Collection[str]) -> Operation[Render | None]:
    """Return the best render of a model that shows what is wanted and has not failed.

    :param wanted: settings.
    :param exclude: ids that do not count.
    :returns: a finished one rather than a running one, a newer one rather than an older one; None where
        there is none.
    """
    listed = yield from _renders_of(model_id)
    candidates = [render for render in listed if _counts(render) and render.id not in exclude]
    detailed = yield from _with_settings(candidates)
    matching = [render for render in detailed if _counts(render) and _shows(render, wanted)]
    return max(matching, key=_preference, default=None)


def in_order(requests: Sequence[RenderRequest], renders: Sequence[Render]) -> Operation[list[Render]]:
    """Return the renders of a submit in the order of its requests.

    :raises OutcomeUnknownError: the vendor made other renders than were asked for, or does not tell which
        is which.
    """
    if len(renders) != len(requests) or len({render.id for render in renders}) != len(renders):
        raise _mismatch(requests, renders)
    if all(
        render.model_id in (None, request.model_id) for request, render in zip(requests, renders, strict=True)
    ):
        return list(renders)
    left = yield from _made(renders)
    ordered = []
    for request in requests:
        match = next((render for render in left if _made_for(request, render)), None)
        if match is None:
            raise _mismatch(requests, renders)
        left.remove(match)
        ordered.append(match)
    return ordered


def is_made_with(render: Render, wanted: Settings) -> bool:
    """Whether a render has the wanted settings, as far as anybody says."""
    return not wanted or render.render_settings is None or _shows(render, wanted)


def _renders_of(model_id: str) -> Operation[list[Render]]:
    """List the renders of a model, also of a deleted one.

    The model itself is asked first: only there DXGL marks the previews that it makes on its own account.
    """
    try:
        model = yield from send(get_model(model_id))
    except NotFoundError:
        return (yield from all_renders(model=model_id))
    if model.renders is None:
        return (yield from all_renders(model=model_id))
    return list(model.renders)


def _with_settings(renders: Iterable[Render]) -> Operation[list[Render]]:
    """Look up the renders that were listed without settings; those gone meanwhile are left out."""
    complete = []
    for render in renders:
        if render.render_settings is not None:
            complete.append(render)
            continue
        try:
            complete.append((yield from send(get_render(render.id))))
        except NotFoundError:
            continue
    return complete


def _made(renders: Sequence[Render]) -> Operation[list[Render]]:
    """Look up renders that are paid already: a refusal to tell must not pass for a refusal to make them."""
    try:
        return (yield from _with_settings(renders))
    except VendorError as error:
        ids = ", ".join(render.id for render in renders)
        raise OutcomeUnknownError(
            f"DXGL made the renders {ids} and did not tell which is which; they are charged, and a retry"
            f" takes them over. Cause: {error}",
            status=error.status,
            code=error.code,
            retry_after=error.retry_after,
            happened=None,
        ) from error


def _counts(render: Render) -> bool:
    return not render.is_system_preview and render.status not in FAILED


def _shows(render: Render, wanted: Settings) -> bool:
    return equal(wanted, render.render_settings or {})


def _made_for(request: RenderRequest, render: Render) -> bool:
    return render.model_id == request.model_id and _shows(render, request.settings)


def _preference(render: Render) -> tuple[bool, datetime]:
    return render.status == "done", render.created_at or datetime.min.replace(tzinfo=UTC)


def _mismatch(requests: Sequence[RenderRequest], renders: Sequence[Render]) -> OutcomeUnknownError:
    made = ", ".join(f"{render.id} of {render.model_id}" for render in renders) or "none"
    return OutcomeUnknownError(
        f"DXGL was asked for {len(requests)} renders and answered with others: {made}. They may have been "
        "charged; a retry asks DXGL which of them exist before it submits again.",
        happened=None,
    )
