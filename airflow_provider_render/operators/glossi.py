"""What only Glossi has: projects, retries of failed renders, and the webhook."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from airflow_provider_render.catalog.submit import ON_AMBIGUOUS, OnAmbiguous
from airflow_provider_render.core.errors import (
    AmbiguousSubmitError,
    NotFoundError,
    RejectedError,
    RenderInputError,
    UnavailableError,
    VendorError,
)
from airflow_provider_render.core.job import RenderJob, RenderStatus
from airflow_provider_render.hooks.base import RenderHook
from airflow_provider_render.hooks.glossi import GlossiHook
from airflow_provider_render.operators.base import (
    RenderBaseOperator,
    force_token,
    recall,
    remember,
)
from airflow_provider_render.operators.parameters import (
    given,
    read_choice,
    read_flag,
    read_id,
    read_jobs,
    read_model_id,
    read_words,
)
from airflow_provider_render.vendors.glossi.answers import RenderJobInfo, Webhook
from airflow_provider_render.vendors.glossi.endpoints import EVENTS
from airflow_provider_render.vendors.glossi.paths import PORTAL
from airflow_provider_render.vendors.glossi.watching import preparing

if TYPE_CHECKING:
    from airflow.sdk import Context

PROJECTS = "glossi.projects"
RETRY = "glossi.retry"
WEBHOOK = "glossi.webhook"


def read_models(value: Any, hook: RenderHook) -> list[str]:
    """Read ids of models from ids or from what uploads returned, one or several.

    :raises RenderInputError: there is none, or something else among them.
    """
    several = isinstance(value, Iterable) and not isinstance(value, str | Mapping)
    return [read_model_id("model", one, hook) for one in ((list(value) or [value]) if several else [value])]


class GlossiOperator(RenderBaseOperator):
    """Base of the operators that only Glossi has.

    :param render_conn_id: connection of type Glossi.
    """

    def __init__(self, *, render_conn_id: str = GlossiHook.default_conn_name, **kwargs: Any) -> None:
        super().__init__(render_conn_id=render_conn_id, **kwargs)
        self.portal_url = PORTAL

    @cached_property
    def glossi(self) -> GlossiHook:
        """Glossi's hook."""
        return GlossiHook(self.render_conn_id)


class GlossiCreateProjectOperator(GlossiOperator):
    """Put models into a template, to be looked at or rendered; costs nothing.

    The models must be ready. A retry returns the projects of the first try; one that was cut off may leave
    an unused project behind. Follows *Create a Project* of Glossi's *Complete Workflow*.

    Returns ``[{"project_id", "name", "model_ids"}]``.

    :param model: id of a model, what an upload returned, or a list of them.
    :param template_id: the scene; ``GlossiHook().templates.list()`` names those there are.
    :param project_name: name for people.
    :param per_model: one project for each model, instead of one with all of them.
    """

    template_fields: Sequence[str] = (*GlossiOperator.template_fields, "model", "template_id", "project_name")

    def __init__(
        self,
        *,
        model: Any,
        template_id: str,
        project_name: str | None = None,
        per_model: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.model = model
        self.template_id = template_id
        self.project_name = project_name
        self.per_model = read_flag("per_model", per_model)

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """Make the projects, unless an earlier try did."""
        made: list[dict[str, Any]] = recall(context, PROJECTS).get(force_token(context), [])
        if made:
            return made
        model_ids, template_id = (
            read_models(self.model, self.glossi),
            read_id("template_id", self.template_id),
        )
        self._check(model_ids)
        projects = self.glossi.projects.create(
            model_ids, template_id, name=given(self.project_name), per_model=self.per_model
        )
        made = [
            {"project_id": one.project_id, "name": one.name, "model_ids": list(one.model_ids)}
            for one in projects
        ]
        remember(context, PROJECTS, {force_token(context): made})
        return made

    def _check(self, model_ids: Sequence[str]) -> None:
        vendor, jobs = self.glossi.vendor, [preparing(model_id) for model_id in model_ids]
        states = self.glossi.run(vendor.states(jobs))
        for job in jobs:
            state = states.get(job.id)
            if state is None or state.status is RenderStatus.FAILED:
                said = state.word if state else "not known to Glossi"
                raise RejectedError(f"model {job.model_id} is {said}: upload it again. Nothing was made.")
            if not state.status.terminal:
                raise UnavailableError(
                    f"model {job.model_id} is still {state.word}; GlossiModelReadySensor waits for it",
                    happened=False,
                )


class GlossiRetryRenderOperator(GlossiOperator):
    """Render a failed job again, which may be charged; does nothing where it has not failed.

    What is about to happen is written down first. A task retry after a cut-off call asks Glossi: a job that
    is under way or finished was retried; one that still says that it failed cannot be told from one that was
    not, which ``on_ambiguous`` decides. Follows *Retrying Failed Renders* of Glossi's *Complete Workflow*.

    Returns the render in its JSON form; its id may have changed.

    :param job: a render, as ``SubmitRenderOperator`` returns it, or the id of a render job.
    :param on_ambiguous: ``fail`` or ``resubmit`` where Glossi cannot tell if a cut-off retry happened.
    """

    template_fields: Sequence[str] = (*GlossiOperator.template_fields, "job")

    def __init__(self, *, job: Any, on_ambiguous: OnAmbiguous = "fail", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.job = job
        self.on_ambiguous = read_choice("on_ambiguous", on_ambiguous, ON_AMBIGUOUS)

    def execute(self, context: Context) -> dict[str, Any]:
        """Retry the render, unless an earlier try did or it has not failed."""
        wanted = self._wanted()
        noted = recall(context, RETRY)
        noted = noted if noted.get("of") == wanted.id else {}
        job = RenderJob.from_json(noted["job"]) if noted.get("job") else wanted
        if noted.get("phase") == "submitted" and noted.get("epoch") == force_token(context):
            return job.to_json()
        info = self.glossi.renders.get(job.id)
        if self.glossi.vendor.words.status(info.status) is not RenderStatus.FAILED:
            self.log.info("render %s is %s: there is nothing to retry", job.id, info.status)
            return self._note(context, wanted, job).to_json()
        if noted.get("phase") == "intent" and self.on_ambiguous != "resubmit":
            raise self._ambiguous(job)
        return self._retry(context, wanted, job).to_json()

    def _retry(self, context: Context, wanted: RenderJob, job: RenderJob) -> RenderJob:
        before = recall(context, RETRY)
        intent = {"of": wanted.id, "epoch": force_token(context), "phase": "intent", "job": job.to_json()}
        remember(context, RETRY, intent)
        try:
            info = self.glossi.renders.retry(job.id)
        except VendorError as error:
            if error.happened is False:
                remember(context, RETRY, before)
            raise
        self.log.info("render %s is %s again, in batch %s", info.job_id, info.status, info.batch_id)
        return self._note(context, wanted, _retried(job, info))

    def _note(self, context: Context, wanted: RenderJob, job: RenderJob) -> RenderJob:
        note = {"of": wanted.id, "epoch": force_token(context), "phase": "submitted", "job": job.to_json()}
        remember(context, RETRY, note)
        return job

    def _wanted(self) -> RenderJob:
        if isinstance(self.job, str):
            return RenderJob("glossi", read_id("job", self.job), "")
        jobs = read_jobs(self.job, self.glossi)
        if len(jobs) != 1 or jobs[0].refs.get("kind"):
            raise RenderInputError(f"job: one render job is wanted, not {self.job!r}")
        return jobs[0]

    def _ambiguous(self, job: RenderJob) -> AmbiguousSubmitError:
        return AmbiguousSubmitError(
            f"an earlier retry of render {job.id} was cut off. Glossi says that the render failed, which may"
            ' be before or after that retry. Look at Glossi; to retry anyway set on_ambiguous="resubmit".'
            " Nothing was sent this time.",
            happened=None,
        )


class GlossiConfigureWebhookOperator(GlossiOperator):
    """Set the workspace's only webhook, unless it is set like that already; costs nothing.

    Glossi tells the secret, with which deliveries are signed, only when the webhook is set. It goes into
    the Airflow variable ``secret_variable``, never into a log or an XCom; without one it is dropped. An
    equal webhook is left alone, because setting it may renew the secret. Follows *Webhooks*.

    Returns ``{"id", "url", "events"}``.

    :param url: where deliveries go, ``https``.
    :param events: what is delivered, one word such as ``render.complete`` or a list; everything if None.
    :param enabled: whether anything is delivered.
    :param description: a note for people, shown at Glossi.
    :param secret_variable: name of the variable for the secret; Airflow hides its value where the name has
        ``secret`` in it.
    """

    template_fields: Sequence[str] = (*GlossiOperator.template_fields, "url", "secret_variable")

    def __init__(
        self,
        *,
        url: str,
        events: Sequence[str] | str | None = None,
        enabled: bool = True,
        description: str | None = None,
        secret_variable: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.url = url
        self.events = list(EVENTS) if events is None else read_words("events", events, EVENTS)
        self.enabled = read_flag("enabled", enabled)
        self.description = description
        self.secret_variable = secret_variable

    def execute(self, context: Context) -> dict[str, Any]:
        """Set the webhook where it is not as wanted."""
        url = read_id("url", self.url, "an address")
        present = self._present()
        if present is None or not self._as_wanted(present, url) or not self._kept(context):
            remember(context, WEBHOOK, {"phase": "setting"})
            present = self.glossi.webhooks.set(
                url, self.events, enabled=self.enabled, description=self.description
            )
            self._keep(present)
            remember(context, WEBHOOK, {"phase": "set"})
        return {"id": present.id, "url": present.url, "events": list(present.events)}

    def _present(self) -> Webhook | None:
        try:
            return self.glossi.webhooks.get()
        except NotFoundError:
            return None

    def _as_wanted(self, present: Webhook, url: str) -> bool:
        same = present.url == url and set(present.events) == set(self.events)
        return same and present.enabled is self.enabled

    def _kept(self, context: Context) -> bool:
        """Whether the secret is where it should be; one that a cut-off try was told is not."""
        from airflow.sdk import Variable

        if self.secret_variable is None:
            return True
        cut_off = recall(context, WEBHOOK).get("phase") == "setting"
        return not cut_off and Variable.get(self.secret_variable, default=None) is not None

    def _keep(self, webhook: Webhook) -> None:
        from airflow.sdk import Variable
        from airflow.sdk.log import mask_secret

        if webhook.secret is None:
            self.log.warning("Glossi told no secret; deliveries cannot be checked")
            return
        secret = webhook.secret.get_secret_value()
        mask_secret(secret)
        if self.secret_variable is None:
            self.log.warning("the secret is not kept, name a secret_variable: Glossi does not tell it again")
        else:
            Variable.set(self.secret_variable, secret, description="Secret of Glossi's webhook")


def _retried(job: RenderJob, info: RenderJobInfo) -> RenderJob:
    project = info.project_id or job.refs.get("project")
    refs = {"project": project, "batch": info.batch_id}
    known = {name: value for name, value in refs.items() if value}
    return RenderJob(job.vendor, info.job_id, job.model_id, job.settings, {**job.refs, **known})
