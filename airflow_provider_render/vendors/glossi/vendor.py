"""Glossi as a render vendor."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal

from airflow_provider_render.core.calls import Answer, Fetch, Operation, send
from airflow_provider_render.core.errors import VendorError
from airflow_provider_render.core.fingerprint import canonical_json
from airflow_provider_render.core.job import (
    OutputKind,
    RenderJob,
    RenderOutput,
    RenderRequest,
    RenderState,
    RenderStatus,
    Settings,
)
from airflow_provider_render.core.polling import PollPolicy
from airflow_provider_render.core.vendor import (
    Account,
    Answerable,
    Capabilities,
    Existing,
    RenderVendor,
    Upload,
)
from airflow_provider_render.vendors.glossi import (
    checking,
    delivering,
    endpoints,
    errors,
    onecall,
    projects,
    uploading,
    watching,
)
from airflow_provider_render.vendors.glossi import settings as render_settings
from airflow_provider_render.vendors.glossi.paths import API, PORTAL
from airflow_provider_render.vendors.glossi.words import Words

Workflow = Literal["renders", "jobs"]

EXTENSIONS = frozenset({".glb", ".gltf", ".usdz", ".usd", ".fbx", ".obj", ".step", ".stp", ".stl"})


class GlossiVendor(RenderVendor):
    """Glossi with one workspace's API key.

    Follows Glossi's *Complete Workflow* and, with the workflow ``jobs``, its *Simple Workflow*. Renders can
    neither be listed nor stopped, so a submit that was cut off after its last step began is for a person
    to clear up; with ``jobs`` Glossi can tell, but two of its paths are assumed.

    :param base_url: root of the API, with or without ``/api/v1``.
    :param key: ``glsi_...`` from the dashboard.
    :param paths: corrections of :data:`~airflow_provider_render.vendors.glossi.paths.ASSUMED`, same keys.
    :param workflow: ``renders`` uploads first and renders then; ``jobs`` does both in one.
    :param download_base_url: root of the storage that finished files are in, if Glossi tells only keys.
    :param words: what Glossi's words mean.
    """

    name = "glossi"
    title = "Glossi"
    poll_policy = PollPolicy(first=5.0, start=5.0, growth=1.5, cap=60.0)
    default_outputs = frozenset({OutputKind.IMAGE, OutputKind.VIDEO})
    default_base_url = "https://api.glossi.app"

    def __init__(
        self,
        base_url: str = default_base_url,
        key: str = "",
        paths: Mapping[str, str] | None = None,
        *,
        workflow: Workflow = "renders",
        download_base_url: str | None = None,
        words: Words | None = None,
    ) -> None:
        super().__init__(base_url.rstrip("/").removesuffix(API), paths)
        self._key = key
        self.workflow = workflow
        self.download_base_url = download_base_url
        self.words = words or Words.read()
        self.capabilities = Capabilities(
            extensions=EXTENSIONS, max_batch=projects.MAX_BATCH, upload_renders=workflow == "jobs"
        )

    def headers(self, credential: str = "") -> Mapping[str, str]:
        """Return the API key, but for presigned addresses."""
        return {} if credential == endpoints.ANONYMOUS else {"X-API-Key": self._key}

    def error(self, answer: Answer) -> VendorError:
        """Turn a refusal into an error of the common tree, by its status."""
        return errors.to_error(answer)

    def settings(self, raw: Mapping[str, Any]) -> Settings:
        """Check render settings; see :class:`~.settings.GlossiSettings` for what there is.

        :raises SettingsError: names all that is wrong and what is allowed.
        """
        return checking.check(raw)

    def canonical(self, settings: Settings) -> Settings:
        """Return settings with every default filled in."""
        return render_settings.canonical(settings)

    def price(self, settings: Settings) -> Decimal:
        """Return 1 for a render job, whatever it makes: Glossi names no prices."""
        return Decimal(1)

    def batch_key(self, settings: Settings) -> str:
        """Return the settings as text: one call renders many projects with equal settings."""
        return canonical_json(self.canonical(settings))

    def kinds(self, settings: Settings | None = None) -> frozenset[OutputKind]:
        """Return pictures, videos or both, by what is switched on."""
        return delivering.kinds(settings or {})

    def outputs(self, job: RenderJob) -> Operation[list[RenderOutput]]:
        """List the pictures and videos of a finished render.

        :raises UnexpectedAnswerError: a one-call job does not tell its files.
        """
        return delivering.outputs(job, self.download_base_url)

    def locate(self, output: RenderOutput) -> Operation[Fetch]:
        """Ask for the address of a file anew; how long one lives is not documented.

        :raises ConnectionConfigError: Glossi tells a storage key only; the connection must tell its root.
        """
        return delivering.locate(output, self.download_base_url)

    def find_model(self, request: RenderRequest) -> Operation[Upload | None]:
        """Ask whether the model that an earlier run uploaded is still there; without its id there is none."""
        if not request.model_id:
            return None
        job = watching.preparing(request.model_id)
        state = (yield from self.states([job])).get(job.id)
        if state is None or state.status is RenderStatus.FAILED:
            return None
        return Upload(job.model_id, preparing=None if state.status.terminal else job)

    def upload(self, request: RenderRequest) -> Operation[Upload]:
        """Upload a model, which Glossi then processes; with the workflow ``jobs`` also render it.

        The one-call workflow announces its job before the call that may be charged.
        """
        model = request.model_to_upload()
        media_type = self.words.media_type(endpoints.file_type(model.name))
        if self.workflow == "jobs":
            return (yield from onecall.upload(model, request.settings, media_type))
        name = request.label or request.key
        confirmed = yield from uploading.upload_model(model.source, name, media_type)
        if watching.model_state(confirmed, self.words).status is RenderStatus.SUCCEEDED:
            return Upload(confirmed.model_id)
        return Upload(confirmed.model_id, preparing=watching.preparing(confirmed.model_id))

    def submit(self, requests: Sequence[RenderRequest]) -> Operation[list[RenderJob]]:
        """Start, and pay, renders: a project of each model by one call, announced, then all renders by one.

        :raises UnexpectedAnswerError: the projects do not match; nothing was rendered.
        :raises OutcomeUnknownError: Glossi answered with other renders than were asked for.
        """
        if not requests:
            return []
        model_ids = [request.uploaded_model_id() for request in requests]
        return (yield from projects.submit(requests, model_ids, self.words))

    def find_existing(self, request: RenderRequest, exclude: Collection[str] = ()) -> Operation[Existing]:
        """Say what became of a submit that was cut off; Glossi lists no renders, so equal ones are not found.

        Without an announcement the call that may be charged was never made. With one, Glossi can tell for a
        one-call job only.
        """
        announced = request.announced
        if request.ticket is None or announced is None:
            return Existing(Answerable.ABSENT)
        if announced.refs.get("kind") == "job":
            return (yield from onecall.find(request, announced))
        return Existing(Answerable.UNKNOWN)

    def states(self, jobs: Sequence[RenderJob]) -> Operation[dict[str, RenderState]]:
        """Return states by id: one call for all models in preparation, one for each render."""
        return watching.states(jobs, self.words)

    def look_key(self, job: RenderJob) -> str:
        """Return what is looked at by one call: all models in preparation, or one render."""
        return "models" if watching.is_model(job) else job.id

    def cancel(self, job: RenderJob) -> Operation[bool]:
        """Do nothing: Glossi cannot stop a render."""
        return False
        yield  # an operation without calls

    def account(self) -> Operation[Account]:
        """Read the templates, which proves the key: Glossi has no call about the account."""
        yield from send(endpoints.list_templates())
        return Account("workspace")

    def portal_url(self, job: RenderJob) -> str:
        """Return Glossi's home page: no page of a render is documented."""
        return PORTAL
