"""What only Imagine.io has: scenes with several products, archived pictures, changes of products."""

from __future__ import annotations

import sys
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

from airflow_provider_render.catalog.clock import utcnow
from airflow_provider_render.catalog.inquiry import LONG_AGO
from airflow_provider_render.catalog.submit import ON_AMBIGUOUS, OnAmbiguous
from airflow_provider_render.core.calls import Operation, noting
from airflow_provider_render.core.errors import (
    AmbiguousSubmitError,
    NotFoundError,
    RenderFailedError,
    UnavailableError,
    VendorError,
)
from airflow_provider_render.core.fingerprint import fingerprint
from airflow_provider_render.core.job import RenderJob, RenderStatus
from airflow_provider_render.core.journal import Action, Phase, Record, decide, intend, observed, submitted
from airflow_provider_render.core.polling import Verdict
from airflow_provider_render.core.vendor import Answerable
from airflow_provider_render.hooks.imagine import ImagineHook
from airflow_provider_render.operators.base import (
    RenderBaseOperator,
    TaskJournal,
    WaitingOperator,
    run_name,
)
from airflow_provider_render.operators.parameters import given, read_choice, read_flag, read_id
from airflow_provider_render.vendors.imagine import placing, scenes

if TYPE_CHECKING:
    from airflow.sdk import Context

ITEM = "scene"
"""Key of the only record in the task's journal."""


class ImagineSceneRenderOperator(WaitingOperator):
    """Put products into a scene and have a picture of each camera made: 1 credit, whatever it shows.

    Each look until it is done, and at a retry, costs 1 credit more for every 20 cameras. For scenes with
    several products; a single one is rendered by the neutral operators with the setting ``scene_id``. The
    products must be at Imagine.io already, known by their SKU.

    Paid once: a retry or clear takes over the render that the first try submitted. Imagine.io cannot tell
    what became of a submit that was cut off, unless the first product is in no picture at all, which takes 1
    or 2 credits to find out: then ``on_ambiguous`` decides. One that failed is paid anew after a clear.
    Imagine.io cannot stop a render: after ``render_timeout`` it goes on, and a retry takes it over.

    Returns the render in its JSON form, for
    :class:`~airflow_provider_render.operators.render.DownloadRendersOperator`.

    :param scene_id: number of the scene, or template; the app shows it, no call lists them.
    :param cameras: numbers of the scene's cameras.
    :param products: what stands in it: SKUs, or for each ``sku_id`` and, if wanted, ``position``,
        ``rotation`` (three numbers each) and ``material_id``.
    :param units: of the positions; inches if None.
    :param on_ambiguous: ``fail`` or ``resubmit`` where nobody can tell if a cut-off submit happened.
    """

    template_fields: Sequence[str] = (
        *WaitingOperator.template_fields,
        "scene_id",
        "cameras",
        "products",
        "units",
    )
    template_fields_renderers = {"products": "json"}

    def __init__(
        self,
        *,
        scene_id: int | str,
        cameras: Sequence[int] | str,
        products: Sequence[str | Mapping[str, Any]] | str,
        units: str | None = None,
        on_ambiguous: OnAmbiguous = "fail",
        render_conn_id: str = ImagineHook.default_conn_name,
        **kwargs: Any,
    ) -> None:
        super().__init__(render_conn_id=render_conn_id, **kwargs)
        self.scene_id = scene_id
        self.cameras = cameras
        self.products = products
        self.units = units
        self.on_ambiguous = read_choice("on_ambiguous", on_ambiguous, ON_AMBIGUOUS)

    @cached_property
    def hook(self) -> ImagineHook:
        """The hook; the connection must be Imagine.io's."""
        return ImagineHook(self.render_conn_id)

    def execute(self, context: Context) -> Any:
        """Submit the render, or take over that of an earlier try, and wait for it."""
        record = self._submitted(context)
        return self._wait(context, record)

    def execute_complete(self, context: Context, event: Mapping[str, Any] | None = None) -> Any:
        """Look at the render again, and return it if it is done.

        :param event: as the trigger fires it; only a hint.
        """
        record = TaskJournal(context).get(ITEM)
        if record is None or record.job is None:
            raise RuntimeError("the journal lost the render it was given")
        state = self.hook.run(self.hook.vendor.states([record.job])).get(record.job.id)
        if state and state.status is RenderStatus.SUCCEEDED:
            self.note_portal([record.job])
            return record.job.to_json()
        return self._unfinished(context, record, observed(record, state), event or {})

    def _unfinished(self, context: Context, record: Record, now: Record, event: Mapping[str, Any]) -> Any:
        jobs = [record.job] if record.job else []
        status = event.get("status")
        if now.phase is Phase.FAILED or (now.phase is Phase.GONE and status == Verdict.READY.value):
            TaskJournal(context).put({ITEM: now})
            raise RenderFailedError(f"{jobs[0].id}: {now.error}. Its credit stays spent; a clear pays again.")
        if status == Verdict.EXPIRED.value:
            raise self.timed_out(jobs, ())
        if status == Verdict.HOPELESS.value:
            raise UnavailableError(f"the render goes on, but cannot be watched: {event.get('message')}")
        return self._wait(context, record)

    def _wait(self, context: Context, record: Record) -> Any:
        jobs = [record.job] if record.job else []
        since = datetime.fromisoformat(record.updated).timestamp()
        return self.execute_complete(context, self.await_renders(context, jobs, since))

    def _submitted(self, context: Context) -> Record:
        """Return the record of the render, which is paid if no earlier try has done so."""
        settings, placed = placing.order(self.scene_id, self.cameras, self.products, self.units)
        mark = fingerprint("imagine", "", {**settings, "products": placed})
        record = self._seen(TaskJournal(context).get(ITEM))
        action = decide(record, mark, outputs_present=False, max_attempts=sys.maxsize)
        if record and action in (Action.WAIT, Action.DELIVER):
            self.log.info("taking over render %s of an earlier try", record.job.id if record.job else "")
            return record
        if record and action is Action.RECOVER:
            self._clear_up(record)
        intent = replace(intend(record, mark), ticket=run_name(context), updated=utcnow())
        return self._pay(TaskJournal(context), record, intent, scenes.submit_placed(settings, placed))

    def _seen(self, record: Record | None) -> Record | None:
        """Return a record as the vendor sees its render; one that is not shown yet may still come."""
        if record is None or record.job is None or record.phase is not Phase.SUBMITTED:
            return record
        state = self.hook.run(self.hook.vendor.states([record.job])).get(record.job.id)
        return observed(record, state) if state else record

    def _pay(
        self, journal: TaskJournal, before: Record | None, intent: Record, submit: Operation[RenderJob]
    ) -> Record:
        def announce(jobs: Sequence[RenderJob]) -> None:
            journal.put({ITEM: replace(intent, job=jobs[0], updated=utcnow())})

        journal.put({ITEM: intent})
        try:
            job = self.hook.run(noting(submit, announce))
        except VendorError as error:
            if error.happened is False:
                journal.put({ITEM: before}) if before else journal.forget([ITEM])
            raise
        record = replace(submitted(intent, job, Decimal(1)), updated=utcnow())
        journal.put({ITEM: record})
        self.log.info("submitted %s, for 1 credit", job.id)
        return record

    def _clear_up(self, record: Record) -> None:
        """See whether a cut-off submit can have happened; returns where it did not, or may be repeated.

        :raises AmbiguousSubmitError: nobody can tell.
        """
        if record.job is None:
            return
        sku = record.job.refs["sku"]
        found = self.hook.run(scenes.seen_before(sku))
        age = time.time() - datetime.fromisoformat(record.updated).timestamp()
        settling = self.hook.vendor.poll_policy.settling
        # The request may have been sent long after the note, so the time counts from the first question.
        if found.answer is Answerable.ABSENT and age < LONG_AGO * settling:
            time.sleep(settling)
            found = self.hook.run(scenes.seen_before(sku))
        if found.answer is Answerable.UNKNOWN and self.on_ambiguous != "resubmit":
            raise AmbiguousSubmitError(
                f"an earlier submit was cut off, and Imagine.io cannot tell whether it happened (1 credit)."
                f" Look there for pictures of SKU {sku!r}; to render anyway set on_ambiguous='resubmit'."
                " Nothing was submitted this time.",
                happened=None,
            )


class ImagineArchiveImagesOperator(RenderBaseOperator):
    """Hide pictures of a product in Imagine.io's lists, or bring them back: 1 credit. Nothing is deleted.

    Archived pictures are not delivered by later downloads.

    Returns the ids of the pictures that were changed.

    :param product: Imagine.io's id of the product, a UUID.
    :param ids: numbers of the pictures, as status and shared content have them.
    :param archive: False to bring them back.
    """

    template_fields: Sequence[str] = (*RenderBaseOperator.template_fields, "product", "ids")

    def __init__(
        self,
        *,
        product: str,
        ids: Collection[int] | str,
        archive: bool = True,
        render_conn_id: str = ImagineHook.default_conn_name,
        **kwargs: Any,
    ) -> None:
        super().__init__(render_conn_id=render_conn_id, **kwargs)
        self.product = product
        self.ids = ids
        self.archive = read_flag("archive", archive)

    def execute(self, context: Context) -> list[int]:
        """Archive the pictures, or bring them back."""
        product, ids = read_id("product", self.product), placing.numbers("ids", self.ids)
        changed = ImagineHook(self.render_conn_id).content.archive(product, ids, archive=self.archive)
        self.log.info("%s of %d pictures were changed", changed.updated_count, len(ids))
        return list(changed.ids)


class ImagineUpdateProductOperator(RenderBaseOperator):
    """Change what Imagine.io shows of a product: 1 credit. What is not given stays.

    The asset's name is left alone: it carries the mark by which later runs know the model.

    Returns ``{"product", "name", "sku_id", "gtin", "upload_status"}`` as they are then.

    :param product: Imagine.io's id of the product, a UUID.
    :param product_name: name for people.
    :param sku: stock keeping unit; the catalog looks the product up by it.
    :param gtin: global trade item number.
    """

    template_fields: Sequence[str] = (
        *RenderBaseOperator.template_fields,
        "product",
        "product_name",
        "sku",
        "gtin",
    )

    def __init__(
        self,
        *,
        product: str,
        product_name: str | None = None,
        sku: str | None = None,
        gtin: str | None = None,
        render_conn_id: str = ImagineHook.default_conn_name,
        **kwargs: Any,
    ) -> None:
        super().__init__(render_conn_id=render_conn_id, **kwargs)
        self.product = product
        self.product_name = product_name
        self.sku = sku
        self.gtin = gtin

    def execute(self, context: Context) -> dict[str, Any]:
        """Change the product."""
        changed = ImagineHook(self.render_conn_id).products.update(
            read_id("product", self.product),
            name=given(self.product_name),
            sku_id=given(self.sku),
            gtin=given(self.gtin),
        )
        self.log.info("product %s was changed", changed.unicode)
        told = ("name", "sku_id", "gtin", "upload_status")
        return {"product": changed.unicode, **{name: getattr(changed, name) for name in told}}


class ImagineDeleteProductOperator(RenderBaseOperator):
    """Mark a product for deletion: 1 credit. Imagine.io removes it, with all that was made of it, after a
    grace period, during which its SKU is not free.

    A product that is gone already is no error. Returns what Imagine.io says, which names the date.

    :param product: Imagine.io's id of the product, a UUID.
    """

    template_fields: Sequence[str] = (*RenderBaseOperator.template_fields, "product")

    def __init__(
        self, *, product: str, render_conn_id: str = ImagineHook.default_conn_name, **kwargs: Any
    ) -> None:
        super().__init__(render_conn_id=render_conn_id, **kwargs)
        self.product = product

    def execute(self, context: Context) -> str:
        """Delete the product."""
        product = read_id("product", self.product)
        try:
            deleted = ImagineHook(self.render_conn_id).products.delete(product)
        except NotFoundError as error:
            self.log.info("there is nothing to delete: %s", error)
            return "not found"
        self.log.info("product %s: %s", product, deleted.message)
        return deleted.message or "deleted"
