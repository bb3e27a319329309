"""Waiting for what only Glossi has: models that are processed, and pipelines."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseSensorOperator, PokeReturnValue, conf
from airflow.sdk.exceptions import AirflowSensorTimeout

from airflow_provider_render.core.errors import (
    RenderFailedError,
    RenderInputError,
    UnavailableError,
    VendorError,
)
from airflow_provider_render.core.job import RenderStatus
from airflow_provider_render.core.polling import Verdict
from airflow_provider_render.hooks.glossi import GlossiHook
from airflow_provider_render.links import VendorPortalLink
from airflow_provider_render.operators.base import RENDER_RETRY_POLICY
from airflow_provider_render.operators.glossi import read_models
from airflow_provider_render.operators.parameters import read_flag, read_id, read_interval
from airflow_provider_render.sensors.render import RenderSensor
from airflow_provider_render.vendors.glossi.folder import Folder, Look, Standing
from airflow_provider_render.vendors.glossi.paths import PORTAL
from airflow_provider_render.vendors.glossi.pipeline_answers import Pipeline, PipelineJob
from airflow_provider_render.vendors.glossi.watching import preparing

if TYPE_CHECKING:
    from airflow.sdk import Context


class GlossiModelReadySensor(RenderSensor):
    """Wait until Glossi has processed uploaded models, so that projects can be made of them.

    Only needed for models that were uploaded through the hook: ``UploadModelOperator`` waits by itself.
    One call looks at all of them and costs nothing. Fails when one cannot be processed.

    Returns what it was given.

    :param model: id of a model, what an upload returned, or a list of them.
    """

    template_fields: Sequence[str] = ("render_conn_id", "model")
    _given = "model"
    _too_many = (
        "Wait in mapped tasks, GlossiModelReadySensor.partial(...).expand(model=...). With do_xcom_push=False"
        " this task waits for any number; the next one then takes the models from the upload. The vendor was"
        " not asked, and goes on with the models."
    )

    def __init__(
        self, *, model: Any, render_conn_id: str = GlossiHook.default_conn_name, **kwargs: Any
    ) -> None:
        super().__init__(job=[], render_conn_id=render_conn_id, **kwargs)
        self.model = model

    def execute(self, context: Context) -> Any:
        """Look, and wait in the triggerer or on the worker where models are not ready."""
        self.job = self._processing()
        return super().execute(context)

    def execute_complete(self, context: Context, event: Mapping[str, Any] | None = None) -> Any:
        """Look again after the trigger fired.

        :param event: as :class:`RenderTrigger` fires it; only a hint.
        """
        self.job = self._processing()
        return super().execute_complete(context, event)

    def handed_on(self) -> Any:
        """Return what the next task is given: what this one was given."""
        return self.model if isinstance(self.model, str | Mapping) else list(self.model)

    def _processing(self) -> list[dict[str, Any]]:
        return [preparing(model_id).to_json() for model_id in read_models(self.model, self.hook)]


class GlossiPipelineSensor(BaseSensorOperator):
    """Wait until a pipeline has rendered the files of its folder.

    A pipeline looks for new files every few minutes. So either name the ``files``, and the sensor waits for
    each of them, or it waits until nothing is under way and nothing has changed for longer than that.

    Fails when files have failed for good, naming each with its stage, its last error and its retries, and
    when the pipeline is paused: then nothing more happens before somebody resumes it. A retry, a clear and a
    restart only look again. Looking costs nothing: one call for the whole folder, a second one only when
    there is something to read in it.

    Returns ``{"pipeline_id", "counts"}``, the counts by stage.

    :param pipeline_id: the pipeline, as ``GlossiCreatePipelineOperator`` returns it.
    :param files: names of the files to wait for; all that the pipeline comes to know if empty.
    :param since: failures before this moment do not count, such as those of earlier nights; all count if
        None. ISO text or a datetime.
    :param quiet: seconds, or timedelta, without change after which no more files are expected, where none are
        named; a minute more than the pipeline's own interval if None.
    :param render_conn_id: connection of Glossi.
    :param deferrable: wait in the triggerer, which keeps no worker.
    """

    template_fields: Sequence[str] = ("render_conn_id", "pipeline_id", "files", "since")
    operator_extra_links = (VendorPortalLink(),)
    ui_color = "#e8f1ee"

    def __init__(
        self,
        *,
        pipeline_id: str,
        files: Sequence[str] = (),
        since: datetime | str | None = None,
        quiet: timedelta | float | None = None,
        render_conn_id: str = GlossiHook.default_conn_name,
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("retry_policy", RENDER_RETRY_POLICY)
        kwargs.setdefault("poke_interval", 60.0)
        kwargs.setdefault("timeout", timedelta(hours=12))
        super().__init__(**kwargs)
        if self.reschedule and not files:
            raise RenderInputError("mode='reschedule' forgets when a folder fell quiet: use deferrable=True")
        self.pipeline_id = pipeline_id
        self.files = files
        self.since = since
        self.quiet = read_interval("quiet", quiet, zero=True)
        self.render_conn_id = render_conn_id
        self.deferrable = read_flag("deferrable", deferrable)
        self.portal_url = PORTAL

    @cached_property
    def hook(self) -> GlossiHook:
        """Glossi's hook."""
        return GlossiHook(self.render_conn_id)

    @cached_property
    def folder(self) -> Folder:
        """What is known of the folder so far."""
        files = [self.files] if isinstance(self.files, str) else self.files
        return Folder(frozenset(files or ()), self.hook.vendor.words, _moment(self.since), self.quiet)

    def poke(self, context: Context) -> PokeReturnValue:
        """Look once; a vendor that cannot be asked for a while is waited out."""
        try:
            look = self.hook.run(self.folder.look(self.pipeline_id))
        except VendorError as error:
            if not error.transient:
                raise
            self.log.warning("cannot look at the pipeline: %s", error)
            return PokeReturnValue(is_done=False)
        standing = self.folder.judge(look, time.time())
        self.log.info("files by stage: %s", dict(look.counts) or "none yet")
        if standing is Standing.PAUSED:
            raise self._paused(look.pipeline)
        done = standing is Standing.DONE
        return PokeReturnValue(is_done=done, xcom_value=self._result(look) if done else None)

    def execute(self, context: Context) -> Any:
        """Look, and wait in the triggerer or on the worker where files are not done."""
        self.pipeline_id = read_id("pipeline_id", self.pipeline_id)
        if not self.deferrable:
            return super().execute(context)
        looked = self.poke(context)
        return looked.xcom_value if looked.is_done else self._defer()

    def execute_complete(self, context: Context, event: Mapping[str, Any] | None = None) -> Any:
        """Look again after the trigger fired.

        :param event: as :class:`GlossiPipelineTrigger` fires it; only a hint.
        """
        said = event or {}
        status = said.get("status")
        if status == Verdict.EXPIRED.value:
            raise AirflowSensorTimeout(f"the files were not done after {self.timeout:g} seconds; they go on")
        if status == Verdict.HOPELESS.value:
            raise UnavailableError(f"the pipeline cannot be watched: {said.get('message')}")
        look = self.hook.run(self.folder.look(self.pipeline_id))
        standing = self.folder.judge(look, time.time())
        if standing is Standing.DONE or status == Standing.DONE.value:
            return self._result(look)
        if standing is Standing.PAUSED:
            raise self._paused(look.pipeline)
        return self._defer()

    def _defer(self) -> None:
        from airflow_provider_render.triggers.glossi import GlossiPipelineTrigger

        self.defer(
            trigger=GlossiPipelineTrigger(
                render_conn_id=self.render_conn_id,
                pipeline_id=self.pipeline_id,
                files=sorted(self.folder.files),
                quiet=self.quiet,
                interval=self.poke_interval,
                deadline=time.time() + self.timeout,
            ),
            method_name="execute_complete",
            timeout=timedelta(seconds=self.timeout + 300),
        )

    def _result(self, look: Look) -> dict[str, Any]:
        words = self.hook.vendor.words
        any_failed = any(words.status(word) is RenderStatus.FAILED for word in look.counts)
        jobs = look.jobs or (self.hook.pipelines.jobs(self.pipeline_id) if any_failed else ())
        if failed := self.folder.failed(jobs):
            told = "; ".join(_told(job) for job in failed[:10])
            raise RenderFailedError(f"{len(failed)} files of pipeline {self.pipeline_id} failed: {told}")
        return {"pipeline_id": self.pipeline_id, "counts": dict(look.counts)}

    def _paused(self, pipeline: Pipeline) -> RenderFailedError:
        return RenderFailedError(
            f"pipeline {pipeline.name or pipeline.id} is {pipeline.status}: it looks for no files, as after"
            " too many failures in a row or a refused sign-in. Look at Glossi why, then resume it there or"
            " with GlossiResumePipelineOperator, and clear this task."
        )


def _told(job: PipelineJob) -> str:
    stage = f" while {job.failed_stage.lower()}" if job.failed_stage else ""
    return f"{job.file}{stage} after {job.retry_count or 0} retries: {job.last_error or 'no reason given'}"


def _moment(value: datetime | str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) and value else value or None
    except ValueError:
        raise RenderInputError(f"since: not an ISO date and time: {value!r}") from None
    if moment is None or isinstance(moment, str):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
