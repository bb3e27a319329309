"""The states of many renders with few calls."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping

from airflow_provider_render.core.calls import Call, Operation, send
from airflow_provider_render.core.errors import NotFoundError
from airflow_provider_render.core.job import RenderState, RenderStatus
from airflow_provider_render.core.looking import one_by_one
from airflow_provider_render.vendors.dxgl.answers import Page, Render
from airflow_provider_render.vendors.dxgl.endpoints import get_render, list_renders
from airflow_provider_render.vendors.dxgl.paging import PAGE, Enough, rows

WORDS: Mapping[str, tuple[RenderStatus, float | None]] = {
    "pending": (RenderStatus.QUEUED, 0.0),
    "poster-processing": (RenderStatus.RUNNING, 0.25),
    "poster-done": (RenderStatus.RUNNING, 0.5),
    "video-processing": (RenderStatus.RUNNING, 0.75),
    "done": (RenderStatus.SUCCEEDED, 1.0),
    "error": (RenderStatus.FAILED, None),
    "failed": (RenderStatus.FAILED, None),
}
"""The vendor's words, in the order in which a render goes through them."""

UNDER_WAY = tuple(word for word, (status, _) in WORDS.items() if not status.terminal)
FEW = 3
"""Up to so many renders are asked for one by one."""
WORTH = 3
"""Wanted renders that make a page worth its call; what the lists miss costs a call each."""


def state_of(render: Render) -> RenderState:
    """Say where a render stands; a word that DXGL does not document counts as running."""
    word = render.status or "unknown"
    status, progress = WORDS.get(word, (RenderStatus.RUNNING, None))
    return RenderState(status, word, progress, render.error_message)


def states(ids: Collection[str]) -> Operation[dict[str, RenderState]]:
    """Return the states of renders by id; unknown ones are left out.

    Lists show 100 renders a call. They are read as long as they help: first all renders, which is best
    where the newest come first, then those under way, in the order in which renders move through the
    states so that none slips by. What is in none of them has ended or is gone, and is asked for alone.
    """
    wanted = frozenset(ids)
    found: dict[str, Render] = {}
    if len(wanted) > FEW:
        yield from _search(lambda offset: list_renders(offset=offset), wanted, found)
    for word in UNDER_WAY:
        if len(wanted - found.keys()) > len(UNDER_WAY):
            yield from _search(_listed(word), wanted, found)
    singles = [((render_id,), _single(render_id)) for render_id in sorted(wanted - found.keys())]
    alone = yield from one_by_one(singles)
    return {render_id: state_of(render) for render_id, render in found.items()} | alone


def _search(
    list_page: Callable[[int], Call[Page[Render]]], wanted: frozenset[str], found: dict[str, Render]
) -> Operation[None]:
    """Add wanted renders of a list to those found, until all are or the list no longer helps."""
    listed = yield from rows(list_page, _enough(wanted - found.keys()))
    found.update((render.id, render) for render in listed if render.id in wanted)


def _enough(missing: frozenset[str]) -> Enough:
    """Stop when all is found, or when more pages brought little than all that is missing would fill.

    A list also shows what nobody waits for, such as the free preview of each upload, or another task's
    renders: a page of those says little of the next one.
    """
    left = set(missing)
    poor = math.ceil(len(missing) / PAGE)

    def enough(fresh: frozenset[str]) -> bool:
        nonlocal poor
        poor -= len(left & fresh) < min(WORTH, len(left) / 4)
        left.difference_update(fresh)
        return not left or poor <= 0

    return enough


def _listed(word: str) -> Callable[[int], Call[Page[Render]]]:
    return lambda offset: list_renders(status=word, offset=offset)


def _single(render_id: str) -> Operation[dict[str, RenderState]]:
    try:
        return {render_id: state_of((yield from send(get_render(render_id))))}
    except NotFoundError:
        return {}
