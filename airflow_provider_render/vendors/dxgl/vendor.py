"""DXGL as a render vendor."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from airflow_provider_render.core.calls import Answer, Fetch, Operation, send
from airflow_provider_render.core.errors import NotFoundError, VendorError
from airflow_provider_render.core.job import (
    OutputKind,
    RenderJob,
    RenderOutput,
    RenderRequest,
    RenderState,
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
from airflow_provider_render.vendors.dxgl import checking, endpoints, errors, matching, watching
from airflow_provider_render.vendors.dxgl import settings as render_settings

ZIP = "application/zip"


class DxglVendor(RenderVendor):
    """DXGL with one account's token.

    Follows the *DXGL Public API* document. Uploading a model always renders it, for at least 1 credit.
    Cancelling deletes the render; whether DXGL stops the work and refunds it is not documented.

    :param base_url: root of the API, with or without ``/v1``.
    :param token: ``dxgl_sk_...`` from the portal.
    :param paths: corrections of :data:`~airflow_provider_render.vendors.dxgl.paths.ASSUMED`, same keys.
    """

    name = "dxgl"
    title = "DXGL"
    # DXGL says "100 MB" without saying whose: the smaller reading lets no upload through that it refuses.
    capabilities = Capabilities(
        extensions=frozenset({".glb", ".gltf", ".zip"}),
        max_model_bytes=100_000_000,
        max_batch=endpoints.MAX_BATCH,
        upload_renders=True,
        can_cancel=True,
        bulk_states=True,
        tells_submitted=True,
        zip_holds=frozenset({".obj"}),
    )
    poll_policy = PollPolicy(first=5.0, start=5.0, growth=1.5, cap=30.0)
    default_outputs = frozenset({OutputKind.VIDEO, OutputKind.POSTER, OutputKind.DATASET})
    default_base_url = "https://api.dx.gl"
    portal = "https://dx.gl/portal"

    def __init__(
        self, base_url: str = default_base_url, token: str = "", paths: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(base_url.rstrip("/").removesuffix("/v1"), paths)
        self._token = token

    def headers(self, credential: str = "") -> Mapping[str, str]:
        """Return the bearer token."""
        return {"Authorization": f"Bearer {self._token}"}

    def error(self, answer: Answer) -> VendorError:
        """Turn a refusal into an error of the common tree, by DXGL's code or else by the status."""
        return errors.to_error(answer)

    def settings(self, raw: Mapping[str, Any]) -> Settings:
        """Check ``renderSettings``; see :class:`~.settings.DxglSettings` for what there is.

        :raises SettingsError: names all that is wrong and what is allowed.
        """
        return checking.check(raw)

    def canonical(self, settings: Settings) -> Settings:
        """Return settings with DXGL's defaults filled in and without what has no effect."""
        return render_settings.canonical(settings)

    def price(self, settings: Settings) -> Decimal:
        """Return the credits by the document's table; an unknown tier counts as the dearest."""
        return render_settings.price(settings)

    def kinds(self, settings: Settings | None = None) -> frozenset[OutputKind]:
        """Return the kinds of a video's files, or a dataset's."""
        forms = ({}, render_settings.AS_DATASET) if settings is None else (settings,)
        return frozenset(file.kind for form in forms for file in _files(form))

    def outputs(self, job: RenderJob) -> Operation[list[RenderOutput]]:
        """List the files of a finished render; a dataset is one ZIP.

        The answer to a batch need not say which of a model's renders has which settings. Should its order
        have been another, the render with the wanted settings is taken instead.
        """
        render = yield from send(endpoints.get_render(job.id))
        if not matching.is_made_with(render, job.settings):
            render = (yield from matching.find_equal(job.model_id, job.settings, ())) or render
        files = _files(render.render_settings or job.settings)
        return [
            RenderOutput(file.kind, file.name, file.media_type, {"render": render.id, "asset": file.asset})
            for file in files
            if render.has_web_variant or file.kind is not OutputKind.WEB_VIDEO
        ]

    def locate(self, output: RenderOutput) -> Operation[Fetch]:
        """Say where a file is; DXGL needs no presigned URLs, so no call is made."""
        return self._located(output.ref["render"], output.ref["asset"])
        yield  # an operation without calls

    def find_model(self, request: RenderRequest) -> Operation[Upload | None]:
        """Ask by SHA-256 whether DXGL has the model."""
        if request.model is None:
            return None
        known = yield from send(endpoints.check_hash(request.model.sha256))
        return Upload(known.model_id) if known.exists and known.model_id else None

    def upload(self, request: RenderRequest) -> Operation[Upload]:
        """Upload a model and start, and pay, its render in the same call."""
        source = request.model_to_upload().source
        answer = yield from send(endpoints.upload_model(source, request.settings))
        return Upload(answer.model_id, _job(answer.render_id, answer.model_id, request.settings))

    def submit(self, requests: Sequence[RenderRequest]) -> Operation[list[RenderJob]]:
        """Start, and pay, renders: one by ``POST /renders``, more by one ``POST /renders/batch``.

        :raises OutcomeUnknownError: DXGL answered with other renders than were asked for.
        """
        orders = [(request.uploaded_model_id(), request.settings) for request in requests]
        if not orders:
            return []
        if len(orders) == 1:
            made = [(yield from send(endpoints.create_render(*orders[0])))]
        else:
            made = list((yield from send(endpoints.create_renders(orders))))
        ordered = yield from matching.in_order(requests, made)
        return [
            _job(render.id, model_id, sent) for render, (model_id, sent) in zip(ordered, orders, strict=True)
        ]

    def find_existing(self, request: RenderRequest, exclude: Collection[str] = ()) -> Operation[Existing]:
        """Look among the model's renders for one with equal settings that has not failed.

        DXGL knows models by their bytes and lists every render with its settings, so the answer is certain:
        a model without an id has no renders.
        """
        if not request.model_id:
            return Existing(Answerable.ABSENT)
        model_id = request.model_id
        render = yield from matching.find_equal(model_id, request.settings, exclude)
        if render is None:
            return Existing(Answerable.ABSENT)
        return Existing(Answerable.FOUND, _job(render.id, model_id, request.settings))

    def states(self, jobs: Sequence[RenderJob]) -> Operation[dict[str, RenderState]]:
        """Return the states of renders: 100 a call, up to 3 one by one."""
        return watching.states([job.id for job in jobs])

    def cancel(self, job: RenderJob) -> Operation[bool]:
        """Delete a render that has not ended. A finished one is kept."""
        try:
            render = yield from send(endpoints.get_render(job.id))
            if watching.state_of(render).status.terminal:
                return False
            yield from send(endpoints.delete_render(job.id))
        except NotFoundError:
            return False
        return True

    def account(self) -> Operation[Account]:
        """Read id and credits of the account."""
        info = yield from send(endpoints.get_account())
        return Account(info.id, info.credits)

    def portal_url(self, job: RenderJob) -> str:
        """Return the client portal; DXGL documents no page for a single render."""
        return self.portal

    def _located(self, render_id: str, asset: str) -> Fetch:
        places = {
            "video": lambda: endpoints.video(render_id),
            "web": lambda: endpoints.video(render_id, "web"),
            "poster": lambda: endpoints.poster(render_id),
            "thumb": lambda: endpoints.thumbnail(render_id),
            "bundle": lambda: endpoints.bundle(render_id),
            "dataset": lambda: endpoints.dataset(render_id),
        }
        return places[asset]()


class _File(NamedTuple):
    """A file of a render: what it is, and which of DXGL's assets."""

    kind: OutputKind
    name: str
    media_type: str
    asset: str


def _files(made_with: Settings) -> list[_File]:
    """Return the files that a render can have; DXGL makes a web video only of some."""
    if render_settings.is_dataset(made_with):
        return [_File(OutputKind.DATASET, "dataset.zip", ZIP, "dataset")]
    pro = made_with.get("quality") == "pro"
    video = ("video.mov", "video/quicktime") if pro else ("video.mp4", "video/mp4")
    return [
        _File(OutputKind.VIDEO, *video, "video"),
        _File(OutputKind.WEB_VIDEO, "web.mp4", "video/mp4", "web"),
        _File(OutputKind.POSTER, "poster.png", "image/png", "poster"),
        _File(OutputKind.THUMBNAIL, "thumb.mp4", "video/mp4", "thumb"),
        _File(OutputKind.ARCHIVE, "assets.zip", ZIP, "bundle"),
    ]


def _job(render_id: str, model_id: str, sent: Settings) -> RenderJob:
    return RenderJob(DxglVendor.name, render_id, model_id, dict(sent))
