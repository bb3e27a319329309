"""Content of a product alone: what is asked for, how far it is, and what comes of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Literal
from urllib.parse import urlsplit

from airflow_provider_render.core.calls import Fetch, Milestone, Operation, send
from airflow_provider_render.core.errors import NotFoundError
from airflow_provider_render.core.job import (
    OutputKind,
    RenderJob,
    RenderOutput,
    RenderRequest,
    RenderState,
    RenderStatus,
    Settings,
)
from airflow_provider_render.core.vendor import Answerable, Existing
from airflow_provider_render.vendors.imagine import endpoints
from airflow_provider_render.vendors.imagine.answers import ContentStatus, Progress, SharedContent
from airflow_provider_render.vendors.imagine.assumed import DISABLED, WORDS
from airflow_provider_render.vendors.imagine.settings import canonical

Disabled = Literal["fail", "skip"]
"""What a type of content means that is disabled for the account."""

LINK_TYPE = "application/internet-shortcut"
KINDS: Mapping[str, OutputKind] = {
    "silo": OutputKind.IMAGE,
    "viewer": OutputKind.VIEWER,
    "ar": OutputKind.AR,
    "360": OutputKind.VIEWER,
    "thumbnail": OutputKind.THUMBNAIL,
}
"""What comes of each type of content, and with all of them."""
IMAGE_TYPES = ("image/jpeg", "image/png", "image/webp")
VENDOR = "imagine"


def job_of(unicode: str, settings: Settings) -> RenderJob:
    """Return the job of a product's content; known before it is submitted, as the vendor has no id for it."""
    types = canonical(settings)["content"]
    return RenderJob(VENDOR, f"{unicode}:{'+'.join(types)}", unicode, dict(settings))


def parts_of(job_id: str) -> tuple[str, list[str]] | None:
    """Return product and types of content of a job; None for a job of another kind."""
    unicode, _, types = job_id.partition(":")
    known = [name for name in types.split("+") if name in endpoints.ORDERS]
    return (unicode, known) if known else None


def submit(unicode: str, settings: Settings) -> Operation[RenderJob]:
    """Have content made: 1 credit, the price of the job."""
    job = job_of(unicode, settings)
    yield Milestone((job,))
    yield from send(endpoints.create_job(unicode, canonical(settings)["content"]))
    return job


def find_existing(
    request: RenderRequest, exclude: Collection[str], disabled: Disabled
) -> Operation[Existing]:
    """Look whether all the types are there or being made: 1 credit.

    A job has no id of its own. Where an equal one is not to count, one that is being made can only be new
    where a submit was cut off; of one that is finished nobody can tell.
    """
    unicode = request.model_id or (request.announced.model_id if request.announced else None)
    if not unicode:
        return Existing(Answerable.ABSENT)
    job = job_of(unicode, request.settings)
    state = (yield from states([job], disabled)).get(job.id)
    if state is None or state.word == INCOMPLETE or state.status is RenderStatus.FAILED:
        return Existing(Answerable.ABSENT)
    if job.id not in exclude:
        return Existing(Answerable.FOUND, job)
    if request.ticket is None:
        return Existing(Answerable.ABSENT)
    return Existing(Answerable.UNKNOWN) if state.status.terminal else Existing(Answerable.FOUND, job)


def states(jobs: Sequence[RenderJob], disabled: Disabled) -> Operation[dict[str, RenderState]]:
    """Return the states of jobs of one product: 1 credit for all its types; unknown ones are left out."""
    unicode = jobs[0].id.partition(":")[0]
    try:
        status = yield from send(endpoints.get_status(unicode=unicode))
    except NotFoundError:
        return {}
    known = ((job.id, parts_of(job.id)) for job in jobs)
    found = {job_id: state_of(status, parts[1], disabled) for job_id, parts in known if parts}
    return {job_id: state for job_id, state in found.items() if state is not None}


INCOMPLETE = "not requested"
"""Our word for a job some of whose types the vendor does not know of."""


def state_of(status: ContentStatus, types: Collection[str], disabled: Disabled) -> RenderState | None:
    """Say where some types of content stand; None where the vendor knows of none of them."""
    words = {name: _word(status, name) for name in types}
    given = {name: word for name, word in words.items() if word}
    if not given:
        return None
    stands = {name: status_of(word, disabled) for name, word in given.items()}
    text = _told(given)
    if len(given) < len(words):
        return RenderState(RenderStatus.QUEUED, INCOMPLETE, None)
    if not all(one.terminal for one in stands.values()):
        queued = all(one is RenderStatus.QUEUED for one in stands.values())
        share = sum(one.terminal for one in stands.values()) / len(stands)
        return RenderState(RenderStatus.QUEUED if queued else RenderStatus.RUNNING, text, share)
    failed = {name: word for name, word in given.items() if stands[name] is RenderStatus.FAILED}
    if failed:
        return RenderState(RenderStatus.FAILED, text, error=_reason(failed))
    return RenderState(RenderStatus.SUCCEEDED, text, 1.0)


def status_of(word: str, disabled: Disabled) -> RenderStatus:
    """Return what a word of the vendor means."""
    if disabled == "skip" and _off(word):
        return RenderStatus.SUCCEEDED
    return WORDS.get(word.lower(), RenderStatus.RUNNING)


def kinds(settings: Settings) -> frozenset[OutputKind]:
    """Return the kinds of what comes of content."""
    return frozenset(KINDS[name] for name in (*canonical(settings)["content"], "thumbnail"))


def outputs(job: RenderJob) -> Operation[list[RenderOutput]]:
    """List what is finished of a job's types, and the product's thumbnail: 1 credit."""
    unicode, types = parts_of(job.id) or (job.model_id, [])
    shared = yield from send(endpoints.get_shared_content(unicode=unicode))
    return [*_pages(shared, types), *(_silos(shared) if "silo" in types else ()), *_thumbnail(shared)]


def locate(output: RenderOutput) -> Operation[Fetch]:
    """Ask again where a picture is: 1 credit."""
    shared = yield from send(endpoints.get_shared_content(unicode=output.ref["product"]))
    for offered in (*_silos(shared), *_thumbnail(shared)):
        if offered.ref == output.ref and offered.fetch:
            return offered.fetch
    raise NotFoundError(f"Imagine.io offers {output.name} no more; it was archived or removed")


def picture(kind: OutputKind, name: str, url: str | None, ref: Mapping[str, str]) -> Iterator[RenderOutput]:
    """Yield a picture if there is one, named after what it is.

    :param name: file name without its extension.
    :param url: presigned address.
    """
    if url:
        is_png = PurePosixPath(urlsplit(url).path).suffix.lower() == ".png"
        ending, media_type = (".png", "image/png") if is_png else (".jpg", "image/jpeg")
        fetch = Fetch(url, media_types=IMAGE_TYPES)
        yield RenderOutput(kind, name + ending, media_type, ref, fetch=fetch)


def _pages(shared: SharedContent, types: Collection[str]) -> Iterator[RenderOutput]:
    offered = {"viewer": shared.product_3d, "ar": shared.product_ar, "360": shared.product_threesixty}
    for name in types:
        if link := offered.get(name):
            ref = {"product": shared.unicode, "page": name}
            yield RenderOutput(KINDS[name], f"{name}.url", LINK_TYPE, ref, link=link)


def _silos(shared: SharedContent) -> Iterator[RenderOutput]:
    images = sorted(shared.product_silo_images, key=lambda image: image.id)
    for number, image in enumerate(images, start=1):
        ref = {"product": shared.unicode, "image": str(image.id)}
        yield from picture(KINDS["silo"], f"silo-{number}", image.image_url, ref)


def _thumbnail(shared: SharedContent) -> Iterator[RenderOutput]:
    ref = {"product": shared.unicode, "image": "thumbnail"}
    yield from picture(KINDS["thumbnail"], "thumbnail", shared.thumbnail_url, ref)


def _word(status: ContentStatus, name: str) -> str | None:
    if name == "ar":
        return status.product_ar_status
    if name == "viewer":
        return status.product_3d_status
    silo = name == "silo"
    return _common(status.product_silo_images_status if silo else status.product_threesixty_status)


def _common(entries: Sequence[Progress]) -> str | None:
    """Return one word for pictures or spins: that of the slowest, else of the worst.

    Older jobs leave theirs in the list; of several of one name the newest counts, once none is under way.
    """
    words = [entry.status or "unknown" for entry in entries]
    under_way = [word for word in words if not WORDS.get(word.lower(), RenderStatus.RUNNING).terminal]
    if under_way:
        return max(under_way, key=lambda word: WORDS.get(word.lower()) is not RenderStatus.QUEUED)
    newest = {entry.name: entry.status or "" for entry in sorted(entries, key=lambda entry: entry.id or 0)}
    return min(newest.values(), key=_goodness, default=None)


def _goodness(word: str) -> tuple[bool, bool]:
    return WORDS[word.lower()] is not RenderStatus.FAILED, _off(word)


def _off(word: str) -> bool:
    return word.lower() == DISABLED


def _told(words: Mapping[str, str]) -> str:
    if len(set(words.values())) == 1:
        return next(iter(words.values()))
    return ", ".join(f"{name}: {word}" for name, word in sorted(words.items()))


def _reason(failed: Mapping[str, str]) -> str:
    means = {
        "infected": "the model file was flagged as infected",
        DISABLED: "it is disabled for the account; the connection's extra disabled = 'skip' ignores that",
    }
    told = (f"{name}: {means.get(word.lower(), word)}" for name, word in sorted(failed.items()))
    return "; ".join(told)
