"""Imagine.io as a render vendor."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any

from airflow_provider_render.core.calls import Answer, Fetch, Operation, send
from airflow_provider_render.core.errors import ConnectionConfigError, VendorError
from airflow_provider_render.core.job import (
    OutputKind,
    RenderJob,
    RenderOutput,
    RenderRequest,
    RenderState,
    Settings,
)
from airflow_provider_render.core.polling import PollPolicy
from airflow_provider_render.core.vendor import Account, Capabilities, Existing, RenderVendor, Upload
from airflow_provider_render.vendors.imagine import content, endpoints, errors, products, scenes, watching
from airflow_provider_render.vendors.imagine import settings as render_settings
from airflow_provider_render.vendors.imagine.content import Disabled
from airflow_provider_render.vendors.imagine.products import Foreign

EXTENSIONS = (
    ".glb .gltf .obj .fbx .blend .usdz .stl .dae .ply .abc .bvh .x3d .wrl .3ds .max .off .step .stp .iges"
    " .igs .brep .ifc .3mf .fcstd .fcstd1 .zip"
)
CALLS = 6
"""A new render takes these at the least: create and complete the product, look for equal content, look at the
job from the triggerer and from the worker, list what came of it.
"""
NO_PRODUCT = "00000000-0000-0000-0000-000000000000"


class ImagineVendor(RenderVendor):
    """Imagine.io with one account's keys.

    Every call of the API costs 1 credit, looks and refusals included; what is priced here as a render is
    the call that submits it. Products are known by their SKU, and those made here carry the beginning of
    their model's hash.

    :param base_url: root of the API, without ``/v1``.
    :param key: secret key, ``sk_...``.
    :param origin: domain that is registered for the keys; sent with every call.
    :param public_key: ``pk_...``, for calls that only read; the secret key if empty.
    :param zapier_token: token of the Zapier side, if that is used.
    :param zapier_host: root of the Zapier side.
    :param foreign: what becomes of products with a wanted SKU that were not made here.
    :param disabled: what a type of content means that is disabled for the account.
    """

    name = content.VENDOR
    title = "Imagine.io"
    capabilities = Capabilities(
        extensions=frozenset(EXTENSIONS.split()),
        tells_submitted=True,
        call_price=Decimal(1),
        calls_per_render=CALLS,
    )
    poll_policy = PollPolicy(first=180.0, start=120.0, growth=1.2, cap=180.0, listing_grace=600.0)
    default_outputs = frozenset({OutputKind.IMAGE, OutputKind.VIEWER, OutputKind.AR})
    default_base_url = "https://api.imagine.io"
    default_zapier_host = "https://prod.imagine.io"
    portal = "https://app.imagine.io/"

    def __init__(
        self,
        base_url: str = default_base_url,
        key: str = "",
        origin: str = "",
        *,
        public_key: str = "",
        zapier_token: str = "",
        zapier_host: str = default_zapier_host,
        foreign: Foreign = "fail",
        disabled: Disabled = "fail",
    ) -> None:
        super().__init__(base_url.rstrip("/").removesuffix("/v1"))
        self._keys = {"": key, endpoints.PUBLIC: public_key or key}
        self._origin = origin
        self._zapier_token = zapier_token
        self._zapier_host = zapier_host.rstrip("/")
        self._foreign: Foreign = foreign
        self._disabled: Disabled = disabled
        self.credentials = ("", endpoints.PUBLIC, *((endpoints.ZAPIER,) if zapier_token else ()))

    def headers(self, credential: str = "") -> Mapping[str, str]:
        """Return the key and the origin it is registered for, or the Zapier token.

        :raises ConnectionConfigError: the call needs a Zapier token, and there is none.
        """
        if credential == endpoints.ZAPIER_SESSION:
            return {}
        if credential != endpoints.ZAPIER:
            return {"Authorization": f"Imagine-key {self._keys[credential]}", "Origin": self._origin}
        if not self._zapier_token:
            raise ConnectionConfigError(
                "the connection has no Zapier token: fill it in as login; the app has it in Settings, API"
            )
        return {"Authorization": f"Zapier {self._zapier_token}"}

    def root(self, credential: str = "") -> str:
        """Return the root URL: the Zapier side has a host of its own."""
        zapier = credential in (endpoints.ZAPIER, endpoints.ZAPIER_SESSION)
        return self._zapier_host if zapier else self.base_url

    def error(self, answer: Answer) -> VendorError:
        """Turn a refusal into an error of the common tree, by its status."""
        return errors.to_error(answer)

    def settings(self, raw: Mapping[str, Any]) -> Settings:
        """Check settings; see :class:`~.settings.ImagineSettings` for what there is.

        :raises SettingsError: names all that is wrong and what is allowed.
        """
        return render_settings.check(raw)

    def canonical(self, settings: Settings) -> Settings:
        """Return settings with defaults filled in, in an order that makes no difference."""
        return render_settings.canonical(settings)

    def price(self, settings: Settings) -> Decimal:
        """Return 1: every job is one call, whatever it makes."""
        return Decimal(1)

    def charge(self, answer: Answer) -> Decimal:
        """Return 1 for a call of the API that is not the price of a render; storage and Zapier are free."""
        return errors.charge(answer)

    def balance(self, answer: Answer) -> Decimal | None:
        """Return the credits that are left after a call, where its answer tells."""
        return errors.balance(answer)

    def kinds(self, settings: Settings | None = None) -> frozenset[OutputKind]:
        """Return the kinds of what comes of content, or of a scene."""
        if settings is None:
            return scenes.KINDS.union(content.KINDS.values())
        return scenes.KINDS if render_settings.is_scene(settings) else content.kinds(settings)

    def outputs(self, job: RenderJob) -> Operation[list[RenderOutput]]:
        """List the pictures and pages of a finished job: 1 credit."""
        return scenes.outputs(job) if scenes.number_of(job.id) else content.outputs(job)

    def locate(self, output: RenderOutput) -> Operation[Fetch]:
        """Ask anew where a picture is: 1 credit."""
        return scenes.locate(output) if "render" in output.ref else content.locate(output)

    def find_model(self, request: RenderRequest) -> Operation[Upload | None]:
        """Look for the product with the request's SKU and the model's bytes: 1 to 4 credits."""
        return products.find(request, self._foreign)

    def upload(self, request: RenderRequest) -> Operation[Upload]:
        """Create the product and send model and thumbnail: 2 credits for a new SKU, 5 for a changed model."""
        return products.upload(request, self._foreign)

    def submit(self, requests: Sequence[RenderRequest]) -> Operation[list[RenderJob]]:
        """Submit, and pay, one job."""
        jobs = []
        for request in requests:
            unicode = request.uploaded_model_id()
            if render_settings.is_scene(request.settings):
                jobs.append((yield from scenes.submit(request, unicode)))
            else:
                jobs.append((yield from content.submit(unicode, request.settings)))
        return jobs

    def find_existing(self, request: RenderRequest, exclude: Collection[str] = ()) -> Operation[Existing]:
        """Look for content of the product: 1 credit. Scene renders cannot be told apart, nor found again."""
        if render_settings.is_scene(request.settings):
            return scenes.find_existing(request)
        return content.find_existing(request, exclude, self._disabled)

    def states(self, jobs: Sequence[RenderJob]) -> Operation[dict[str, RenderState]]:
        """Return the states of jobs: 1 credit for each product or scene render."""
        return watching.states(jobs, self._disabled)

    def cancel(self, job: RenderJob) -> Operation[bool]:
        """Do nothing: Imagine.io stops no job."""
        return False
        yield  # an operation without calls

    def account(self) -> Operation[Account]:
        """Read the balance by looking for a product that cannot be: 1 credit."""
        try:
            page = yield from send(endpoints.list_products(unicode=NO_PRODUCT))
        except errors.NotThereError as error:
            return Account(self._origin, error.credits)
        left = page.api_hits_available
        return Account(self._origin, None if left is None else Decimal(left))

    def portal_url(self, job: RenderJob) -> str:
        """Return the app; Imagine.io documents no page for a single job."""
        return self.portal
