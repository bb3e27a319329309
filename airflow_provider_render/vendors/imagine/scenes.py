"""Pictures of products in scenes: one for each camera of a render."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from airflow_provider_render.core.calls import Fetch, Milestone, Operation, send
from airflow_provider_render.core.errors import NotFoundError, RenderInputError
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
from airflow_provider_render.vendors.imagine import endpoints, products
from airflow_provider_render.vendors.imagine.answers import RenderImage
from airflow_provider_render.vendors.imagine.content import VENDOR, Disabled, picture, status_of
from airflow_provider_render.vendors.imagine.settings import placement

_JOB = re.compile(r"render-(\d+)")
UNNUMBERED = "render-unknown"
"""Id of a render whose number the vendor has not told yet."""

LOOKS: Mapping[str, tuple[str, OutputKind]] = {
    "file": ("", OutputKind.IMAGE),
    "filmic_file": ("-filmic", OutputKind.IMAGE),
    "color_pass_file": ("-color-pass", OutputKind.IMAGE),
    "thumbnail": ("-thumbnail", OutputKind.THUMBNAIL),
    "filmic_thumbnail": ("-filmic-thumbnail", OutputKind.THUMBNAIL),
}
"""What a camera delivers: the vendor's field, the end of our file's name, its kind."""


KINDS = frozenset(kind for _, kind in LOOKS.values())
"""What comes of a scene."""


def job_of(job_id: str, unicode: str, skus: Sequence[str], settings: Settings) -> RenderJob:
    """Return the job of a scene render.

    :param skus: the products in it.
    """
    refs = {"sku": skus[0], "cameras": str(len(settings["cameras"]))}
    return RenderJob(VENDOR, job_id, unicode, dict(settings), refs)


def number_of(job_id: str) -> str | None:
    """Return the vendor's number of a scene render; None for a job of another kind."""
    found = _JOB.fullmatch(job_id)
    return found[1] if found else None


def submit(request: RenderRequest, unicode: str) -> Operation[RenderJob]:
    """Have pictures of one product made: 1 credit, and another one to learn its SKU."""
    sku = yield from _sku(unicode)
    return (yield from submit_placed(request.settings, [placement(sku, request.settings)], unicode))


def submit_placed(
    settings: Settings, placed: Sequence[Mapping[str, Any]], unicode: str = ""
) -> Operation[RenderJob]:
    """Have pictures of products made as they are placed: 1 credit.

    :param settings: with ``scene_id``, ``cameras`` and maybe ``units``.
    :param placed: for each product what the vendor takes.
    :param unicode: id of the product, if it is one.
    """
    skus = [str(product["sku_id"]) for product in placed]
    yield Milestone((job_of(UNNUMBERED, unicode, skus, settings),))
    made = yield from send(
        endpoints.create_images(
            settings["scene_id"], settings["cameras"], placed, units=settings.get("units")
        )
    )
    return job_of(f"render-{made.render_id}", unicode, skus, settings)


def find_existing(request: RenderRequest) -> Operation[Existing]:
    """Say what can be known of a scene render: pictures do not tell which render they belong to.

    Without a cut-off submit nothing is asked. With one, 1 credit tells whether the product is in any
    picture at all; if not, it was never made.
    """
    if request.ticket is None or request.announced is None:
        return Existing(Answerable.ABSENT)
    return (yield from seen_before(request.announced.refs.get("sku", "")))


def seen_before(sku: str) -> Operation[Existing]:
    """Say whether a cut-off render of a product can have happened: 1 credit."""
    try:
        page = yield from send(endpoints.list_render_images(sku_id=sku))
    except NotFoundError:
        return Existing(Answerable.ABSENT)
    return Existing(Answerable.UNKNOWN if page.results else Answerable.ABSENT)


def state(job: RenderJob, disabled: Disabled) -> Operation[RenderState | None]:
    """Return where a scene render stands, None where it is not shown yet: 1 credit for 20 pictures."""
    images = yield from _images(job)
    if not images:
        return None
    wanted = max(int(job.refs.get("cameras") or 0), len(images))
    words = [image.status or "unknown" for image in images]
    stands = [status_of(word, disabled) for word in words]
    text = ", ".join(dict.fromkeys(words))
    ended = sum(one.terminal for one in stands)
    if ended < wanted:
        queued = all(one is RenderStatus.QUEUED for one in stands)
        return RenderState(RenderStatus.QUEUED if queued else RenderStatus.RUNNING, text, ended / wanted)
    failed = [
        f"{_named(image)}: {image.status}"
        for image, one in zip(images, stands, strict=True)
        if one is RenderStatus.FAILED
    ]
    if failed:
        return RenderState(RenderStatus.FAILED, text, error="; ".join(failed[:10]))
    return RenderState(RenderStatus.SUCCEEDED, text, 1.0)


def outputs(job: RenderJob) -> Operation[list[RenderOutput]]:
    """List the files of all cameras: 1 credit for 20 cameras."""
    images = yield from _images(job)
    return list(_files(number_of(job.id) or "", images))


def locate(output: RenderOutput) -> Operation[Fetch]:
    """Ask again where a file is: 1 credit for 20 cameras."""
    render_id = output.ref["render"]
    images = yield from endpoints.all_render_images(render_id=render_id)
    for offered in _files(render_id, images):
        if offered.ref == output.ref and offered.fetch:
            return offered.fetch
    raise NotFoundError(f"Imagine.io offers {output.name} no more; it was archived or removed")


def _images(job: RenderJob) -> Operation[list[RenderImage]]:
    try:
        return (yield from endpoints.all_render_images(render_id=number_of(job.id)))
    except NotFoundError:
        return []


def _files(render_id: str, images: Sequence[RenderImage]) -> Iterator[RenderOutput]:
    taken: dict[str, int] = {}
    for image in sorted(images, key=lambda image: image.id):
        stem = _stem(image)
        taken[stem] = taken.get(stem, 0) + 1
        name = stem if taken[stem] == 1 else f"{stem}_{taken[stem]}"
        for look, (ending, kind) in LOOKS.items():
            ref = {"render": render_id, "image": str(image.id), "file": look}
            yield from picture(kind, name + ending, getattr(image, look), ref)


def _sku(unicode: str) -> Operation[str]:
    """Return the SKU that a product has now: items with equal models share one, under the first one's SKU."""
    product = yield from products.by_unicode(unicode)
    if product is None or not product.sku_id:
        what = "has no SKU" if product else "is not there"
        raise RenderInputError(
            f"product {unicode} {what}, and Imagine.io places products in scenes by their SKU."
            " No render was submitted."
        )
    return product.sku_id


def _named(image: RenderImage) -> str:
    return image.angle_name or f"image {image.id}"


def _stem(image: RenderImage) -> str:
    """Return a camera's name as a file name."""
    return re.sub(r"[^a-z0-9]+", "-", _named(image).lower()).strip("-")[:60] or f"image-{image.id}"
