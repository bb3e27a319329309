"""Threekit as a render vendor."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from airflow_provider_render.core.calls import Answer, Fetch, Operation, send
from airflow_provider_render.core.errors import VendorError
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
from airflow_provider_render.vendors.threekit import errors, models, rendering, results, watching
from airflow_provider_render.vendors.threekit import settings as render_settings
from airflow_provider_render.vendors.threekit.endpoints.administration import get_org
from airflow_provider_render.vendors.threekit.handles import VENDOR
from airflow_provider_render.vendors.threekit.org import TOKEN_FIELD, Org
from airflow_provider_render.vendors.threekit.paths import WORDS

EXTENSIONS = frozenset(
    {".dxf", ".fbx", ".glb", ".gltf", ".iges", ".igs", ".obj", ".step"}
    | {".stl", ".stp", ".usda", ".usdc", ".usdz", ".zip"}
)
"""Of the models among the files that Threekit imports."""


class ThreekitVendor(RenderVendor):
    """Threekit with one organisation's private token.

    Threekit documents no price: a render counts 1 credit, and the organisation's plan limits render hours.

    :param base_url: root of the API.
    :param token: private token, a UUID.
    :param org_id: the organisation, a UUID.
    :param branch: branch of its data; the main one if empty.
    :param token_in_query: whether the token goes into the query instead of a header.
    :param paths: corrections of :data:`~.paths.ASSUMED` and :data:`~.paths.WORDS`, same keys.
    """

    name = VENDOR
    title = "Threekit"
    capabilities = Capabilities(
        extensions=EXTENSIONS,
        max_batch=rendering.MAX_BATCH,
        bulk_states=True,
        tells_submitted=True,
    )
    poll_policy = PollPolicy(first=10.0, start=10.0, growth=1.5, cap=60.0)
    default_outputs = frozenset({OutputKind.IMAGE, OutputKind.MODEL, OutputKind.AR})
    default_base_url = "https://preview.threekit.com"

    def __init__(
        self,
        base_url: str = default_base_url,
        token: str = "",
        org_id: str = "",
        *,
        branch: str = "",
        token_in_query: bool = False,
        paths: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(base_url.rstrip("/").removesuffix("/api"), paths)
        self._token = token
        self._token_in_query = token_in_query
        # No call goes with the second one: naming it keeps a token in a query out of messages and logs.
        self.credentials = ("", TOKEN_FIELD) if token_in_query else ("",)
        self.words = {name: self.paths.get(name, word) for name, word in WORDS.items()}
        host = urlsplit(self.base_url).hostname or ""
        self.org = Org(org_id, token, host, branch=branch, token_in_query=token_in_query)

    def headers(self, credential: str = "") -> Mapping[str, str]:
        """Return the bearer token, unless it goes into the query."""
        if credential == TOKEN_FIELD:
            return {TOKEN_FIELD: self._token}
        return {} if self._token_in_query else {"Authorization": f"Bearer {self._token}"}

    def error(self, answer: Answer) -> VendorError:
        """Turn a refusal into an error of the common tree, by its status."""
        return errors.to_error(answer)

    def settings(self, raw: Mapping[str, Any]) -> Settings:
        """Check render settings; see :class:`~.settings.ThreekitSettings` for what there is.

        :raises SettingsError: names all that is wrong and what is allowed.
        """
        return render_settings.check(raw)

    def canonical(self, settings: Settings) -> Settings:
        """Return settings with defaults filled in; ``renderMissingLayers`` makes no other picture."""
        return render_settings.canonical(settings)

    def price(self, settings: Settings) -> Decimal:
        """Return 1: Threekit documents no price, so budgets count renders."""
        return Decimal(1)

    def batch_key(self, settings: Settings) -> str:
        """Return everything that renders of one job have in common: all but the asset."""
        return rendering.batch_key(settings)

    def find_model(self, request: RenderRequest) -> Operation[Upload | None]:
        """Return the asset by its id or by its name, which holds the hash, or the import that makes it."""
        return self.org.work(models.find(request, self.words["job_title_field"]))

    def upload(self, request: RenderRequest) -> Operation[Upload]:
        """Upload a model's file, which Threekit keeps once, and start its import; both cost nothing."""
        return self.org.work(models.upload(request))

    def prepared(self, job: RenderJob) -> Operation[str]:
        """Return the id of the asset that an import has made."""
        return self.org.work(models.prepared(job))

    def submit(self, requests: Sequence[RenderRequest]) -> Operation[list[RenderJob]]:
        """Start one job of all renders, named by their ticket.

        Unless the setting ``renderMissingLayers`` is off, Threekit leaves out what it has already.
        """
        return self.org.work(rendering.submit(requests, self.words))

    def find_existing(self, request: RenderRequest, exclude: Collection[str] = ()) -> Operation[Existing]:
        """Look for the picture among the layers, then, after a cut-off submit, for the job by its ticket."""
        return self.org.work(rendering.find_existing(request, exclude, self.words))

    def states(self, jobs: Sequence[RenderJob]) -> Operation[dict[str, RenderState]]:
        """Return the states of renders, imports and other jobs: 100 jobs a call, up to 3 one by one."""
        return self.org.work(watching.states(jobs, self.words))

    def kinds(self, settings: Settings | None = None) -> frozenset[OutputKind]:
        """Return the kind of a render's picture; without settings those of all files that jobs leave."""
        return results.kinds(settings)

    def outputs(self, job: RenderJob) -> Operation[list[RenderOutput]]:
        """List the pictures of a render, or the files of an export."""
        return self.org.work(results.outputs(job))

    def locate(self, output: RenderOutput) -> Operation[Fetch]:
        """Say where a file is; no call is made."""
        return self.org.fetch(results.locate(output))
        yield  # an operation without calls

    def cancel(self, job: RenderJob) -> Operation[bool]:
        """Cancel nothing: Threekit documents no way to."""
        return False
        yield  # an operation without calls

    def account(self) -> Operation[Account]:
        """Read the organisation; proves token and organisation. Threekit tells no credits."""
        return self.org.work(_account())

    def portal_url(self, job: RenderJob) -> str:
        """Return the platform's page; Threekit documents none for a single job."""
        return self.base_url


def _account() -> Operation[Account]:
    org = yield from send(get_org())
    return Account(org.id)
