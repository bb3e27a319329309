"""The single steps of a render, for chains that need something in between: upload, submit, download.

With :class:`~airflow_provider_render.sensors.render.RenderSensor` between submit and download, each with a
``render_conn_id``::

    uploaded = UploadModelOperator(task_id="upload", model="s3://acme/chair.glb", settings=...)
    job = SubmitRenderOperator(task_id="submit", model=uploaded.output, settings=...)
    done = RenderSensor(task_id="wait", job=job.output)
    DownloadRendersOperator(task_id="download", job=done.output, output="s3://acme-renders/")
"""

from __future__ import annotations

import sys
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from airflow_provider_render.catalog.clock import utcnow
from airflow_provider_render.catalog.files import check_output, model_file
from airflow_provider_render.catalog.ledger import Ledger
from airflow_provider_render.catalog.manifest import tell_files
from airflow_provider_render.catalog.preflight import check_model
from airflow_provider_render.catalog.submit import ON_AMBIGUOUS, OnAmbiguous, Submission
from airflow_provider_render.catalog.wanted import Wanted
from airflow_provider_render.core.errors import RenderFailedError, UnavailableError
from airflow_provider_render.core.job import RenderJob, RenderRequest, RenderStatus, Settings
from airflow_provider_render.core.journal import Action, Phase, Record, decide, observed
from airflow_provider_render.core.polling import Verdict
from airflow_provider_render.core.vendor import Upload
from airflow_provider_render.operators.base import (
    RenderBaseOperator,
    TaskJournal,
    WaitingOperator,
    force_token,
    recall,
    remember,
    run_name,
)
from airflow_provider_render.operators.parameters import (
    given,
    read_choice,
    read_count,
    read_flag,
    read_jobs,
    read_kinds,
    read_model_id,
    read_settings,
)
from airflow_provider_render.operators.parcels import download, parcel, read_folder, require_apart

if TYPE_CHECKING:
    from airflow.sdk import Context

ITEM = "job"
"""Key of the only record in a single task's journal."""

PREPARING = "render.preparing"
"""Key of what a task remembers of a model that the vendor works on."""


class PayingOperator(RenderBaseOperator):
    """An operator whose call may be charged, and is made once.

    A retry or clear takes over the render that the first try submitted, and asks the vendor first where a
    try was cut off in between; one that the vendor has failed or lost is paid anew, as often as the task is
    repeated. Without ``force`` an equal render that the account already has is taken over too, whoever asked
    for it. A timeout or kill cancels nothing: the render goes on and a retry takes it over.

    :param settings: render settings in the vendor's names.
    :param force: submit a new render even where an equal one is there; once a run, and again after a clear.
        In a chain, set it on the upload or on the submit: on both, a new model is rendered twice.
    :param on_ambiguous: ``fail`` or ``resubmit`` where the vendor cannot tell if a cut-off submit happened.
    """

    template_fields: Sequence[str] = (*RenderBaseOperator.template_fields, "model", "settings", "force")
    template_fields_renderers = {"settings": "json"}

    def __init__(
        self,
        *,
        model: Any,
        settings: Mapping[str, Any] | None = None,
        force: bool = False,
        on_ambiguous: OnAmbiguous = "fail",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.model = model
        self.settings = settings
        self.force = force
        self.on_ambiguous = read_choice("on_ambiguous", on_ambiguous, ON_AMBIGUOUS)

    def pay_once(self, context: Context, request: RenderRequest, identity: str) -> RenderJob:
        """Return the render for a request: the one of an earlier try, one that is there, or a new one.

        :param request: what to render.
        :param identity: the model's hash, or the vendor's id of it.
        """
        vendor, journal = self.hook.vendor, TaskJournal(context)
        mark = vendor.fingerprint(identity, request.settings)
        record = self._seen(journal.get(ITEM))
        force = force_token(context) if self.forced else None
        action = decide(record, mark, outputs_present=False, force=force, max_attempts=sys.maxsize)
        if action in (Action.WAIT, Action.DELIVER) and record and record.job:
            self.log.info("taking over render %s of an earlier try", record.job.id)
            return record.job
        if record:
            journal.put({ITEM: record})
        wanted = Wanted(replace(request, key=ITEM), mark, vendor.price(request.settings), action)
        return self._submit(context, journal, wanted, force)

    @property
    def forced(self) -> bool:
        """Whether a new render is wanted even where an equal one is there."""
        return read_flag("force", self.force)

    def _seen(self, record: Record | None) -> Record | None:
        """Return a record as the vendor sees its render; one just submitted may not be listed yet."""
        if record is None or record.job is None or record.phase is Phase.INTENT:
            return record
        vendor = self.hook.vendor
        state = self.hook.run(vendor.states([record.job])).get(record.job.id)
        age = datetime.now(UTC) - datetime.fromisoformat(record.updated)
        if state is None and age.total_seconds() < vendor.poll_policy.listing_grace:
            return record
        return observed(record, state)

    def _submit(self, context: Context, journal: TaskJournal, wanted: Wanted, force: str | None) -> RenderJob:
        result = Submission(
            self.hook,
            journal,
            Ledger(),
            run=run_name(context),
            now=utcnow,
            force=force,
            on_ambiguous=self.on_ambiguous,
            concurrency=1,
        ).submit([wanted])
        for error in result.failed.values():
            raise error
        record = journal.get(ITEM)
        if result.preparing:
            raise UnavailableError("the vendor still works on the model; a retry asks again", happened=False)
        if record is None or record.job is None:
            raise RuntimeError("the journal lost the render it was just given")
        how = "took over" if result.adopted else f"submitted, for {record.spent} credits,"
        self.log.info("%s render %s at %s", how, record.job.id, self.hook.vendor.title)
        return record.job


class UploadModelOperator(WaitingOperator, PayingOperator):
    """Upload a 3D model, unless the vendor has it already, and wait until it can be rendered.

    Where the vendor renders whatever is uploaded (DXGL) this submits, and pays for, the render that
    ``settings`` describe; :class:`SubmitRenderOperator` then takes that render over. Where the vendor
    knows the bytes already nothing is uploaded and no render is paid. A vendor that has to import or process
    a model first is waited for as for a render; that work is never cancelled.

    Returns ``{"vendor", "model_id", "sha256", "name", "sku", "job"}``; ``job`` is the render that the
    upload started, or None.

    :param model: path or URL of the model file.
    :param sku: the product's number, for vendors that keep models by it; the file's name without extension
        if None.
    """

    template_fields: Sequence[str] = (*PayingOperator.template_fields, "sku")

    def __init__(self, *, sku: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.sku = sku

    def execute(self, context: Context) -> dict[str, Any]:
        """Check, look up and if need be upload the model."""
        vendor = self.hook.vendor
        # Only a vendor that renders on upload needs the settings now.
        wanted = read_settings(self.settings)
        settings = vendor.settings(wanted) if wanted or vendor.capabilities.upload_renders else {}
        model = model_file(self.model)
        check_model(model, vendor.capabilities)
        sku = given(self.sku) or PurePosixPath(model.name).stem
        request = RenderRequest(ITEM, model, settings, label=model.name, sku=sku)
        facts = {"vendor": vendor.name, "sha256": model.sha256, "name": model.name, "sku": sku}
        uploaded = self._uploaded(context, request)
        if uploaded.preparing is None:
            return self._result(facts, uploaded)
        remember(context, PREPARING, {"job": uploaded.preparing.to_json(), "facts": facts})
        return self._await_model(context)

    def execute_complete(self, context: Context, event: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Go on when the vendor has the model ready.

        :param event: as :class:`RenderTrigger` fires it; only a hint.
        """
        noted, status = recall(context, PREPARING), str((event or {}).get("status", ""))
        job = RenderJob.from_json(noted["job"])
        state = self.hook.run(self.hook.vendor.states([job])).get(job.id)
        if state is not None and state.status is RenderStatus.SUCCEEDED:
            model_id = self.hook.run(self.hook.vendor.prepared(job))
            return self._result(noted["facts"], Upload(model_id))
        if status == Verdict.EXPIRED.value:
            raise self.timed_out([job], ())
        if status == Verdict.HOPELESS.value:
            raise UnavailableError(f"the model cannot be watched: {(event or {}).get('message')}")
        if state is not None and not state.status.terminal:
            return self._await_model(context)
        context["task_state_store"].delete(PREPARING)
        why = (state.error or f"the vendor says: {state.word}") if state else "the vendor does not know it"
        name, title = noted["facts"]["name"], self.hook.vendor.title
        raise RenderFailedError(f"{name} cannot be rendered at {title}: {why}")

    def _uploaded(self, context: Context, request: RenderRequest) -> Upload:
        """Return the model at the vendor: of an earlier try, one that is there, or a new one."""
        vendor, noted = self.hook.vendor, recall(context, PREPARING)
        if noted and request.model and noted["facts"]["sha256"] == request.model.sha256:
            job = RenderJob.from_json(noted["job"])
            return Upload(job.model_id, preparing=job)
        found = self.hook.run(vendor.find_model(request))
        if not vendor.capabilities.upload_renders:
            return found or self.hook.run(vendor.upload(request))
        if found is not None and not TaskJournal(context).get(ITEM):
            return found
        job = self.pay_once(context, request, request.model.sha256 if request.model else "")
        self.note_portal([job])
        return Upload(job.model_id, job)

    def _await_model(self, context: Context) -> dict[str, Any]:
        job = RenderJob.from_json(recall(context, PREPARING)["job"])
        return self.execute_complete(context, self.await_renders(context, [job], time.time(), spare=[job.id]))

    def _result(self, facts: Mapping[str, Any], uploaded: Upload) -> dict[str, Any]:
        self.log.info("%s is model %s at %s", facts["name"], uploaded.model_id, self.hook.vendor.title)
        job = uploaded.job.to_json() if uploaded.job else None
        return {**facts, "model_id": uploaded.model_id, "job": job}


class SubmitRenderOperator(PayingOperator):
    """Submit a render of an uploaded model.

    Returns the render in its JSON form: ``{"vendor", "id", "model_id", "settings", "refs"}``.

    :param model: what :class:`UploadModelOperator` returned, or the vendor's id of a model.
    """

    def execute(self, context: Context) -> dict[str, Any]:
        """Take over the render that is there, or submit a new one."""
        settings = self.hook.vendor.settings(read_settings(self.settings))
        model_id = read_model_id("model", self.model, self.hook)
        uploaded = self.model if isinstance(self.model, Mapping) else {}
        job = self._started(uploaded, settings)
        if job is None:
            name, sku = uploaded.get("name"), uploaded.get("sku")
            request = RenderRequest(ITEM, None, settings, model_id, name, sku)
            job = self.pay_once(context, request, str(uploaded.get("sha256") or model_id))
        self.note_portal([job])
        return job.to_json()

    def _started(self, uploaded: Mapping[str, Any], settings: Settings) -> RenderJob | None:
        """Return the render that the upload started, if it is the wanted one and has not failed."""
        if self.forced or not uploaded.get("job"):
            return None
        vendor, (job,) = self.hook.vendor, read_jobs(uploaded["job"], self.hook)
        if vendor.canonical(job.settings) != vendor.canonical(settings):
            return None
        state = self.hook.run(vendor.states([job])).get(job.id)
        failed = state is not None and state.status.terminal and state.status != "succeeded"
        return None if failed else job


class DownloadRendersOperator(RenderBaseOperator):
    """Download what finished renders offer into a folder; may be repeated, and renders nothing.

    Each file is checked and then put in place whole. Costs nothing but the calls that list the files, and
    those only where the vendor charges for calls, as Imagine.io does.

    Returns ``{"renders", "file_count", "bytes", "manifest", "files", "truncated"}``, less than 10 kB however
    many renders there are. ``files`` has as many entries as fit; the manifest, a JSONL file below
    ``_render/manifests`` in the folder, has all, with ``uri``, ``path``, ``name``, ``kind``, ``media_type``,
    ``size``, ``sha256`` and ``job_id``.

    :param job: a render, or a list of them, as submit operator and sensor return them.
    :param output: path or URL of the folder.
    :param folder: folder of each render below it; ``{id}`` and ``{model_id}`` stand for the vendor's ids.
        Renders that would share one are refused before the first download.
    :param outputs: kinds of output to fetch, such as ``["video", "poster"]``; the vendor's usual if None.
    :param concurrency: renders at the same time.
    """

    template_fields: Sequence[str] = (*RenderBaseOperator.template_fields, "job", "output_folder", "outputs")

    def __init__(
        self,
        *,
        job: Any,
        output: Any,
        folder: str = "{id}",
        outputs: Collection[str] | None = None,
        concurrency: int = 4,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.job = job
        self.output_folder = output
        self.folder = read_folder(folder)
        self.outputs = outputs
        self.concurrency = read_count("concurrency", concurrency)

    def execute(self, context: Context) -> dict[str, Any]:
        """Download all files of all renders, and write down which they are."""
        # Submits of equal renders hand on one render each time.
        jobs = list({job.id: job for job in read_jobs(self.job, self.hook)}.values())
        self.note_portal(jobs)
        parcels = [parcel(self.folder, job) for job in jobs]
        require_apart(parcels, "Put {id} into it. Nothing was downloaded")
        kinds, root = read_kinds(self.outputs), check_output(self.output_folder)
        files = download(self.hook, root, parcels, kinds, self.concurrency)
        self.log.info("%d files of %d renders are in %s", len(files), len(jobs), root)
        return tell_files(root, run_name(context), files, len(jobs))
