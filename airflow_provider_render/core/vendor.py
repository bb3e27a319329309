"""The contract that every render vendor fulfils; the neutral operators know nothing else of a vendor."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from os import PathLike
from typing import Any, ClassVar, Protocol, TypeVar

from airflow_provider_render.core.calls import Answer, Call, Fetch, Operation
from airflow_provider_render.core.errors import VendorError
from airflow_provider_render.core.fingerprint import fingerprint
from airflow_provider_render.core.job import (
    OutputKind,
    RenderJob,
    RenderOutput,
    RenderRequest,
    RenderState,
    Settings,
)
from airflow_provider_render.core.polling import PollPolicy
from airflow_provider_render.core.resource import Fetched

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a vendor can do, so that neutral code need not ask who it is.

    :param extensions: model file extensions it takes, lower case with dot.
    :param max_model_bytes: largest model file; None where the vendor names no limit.
    :param max_batch: renders that one submit call takes.
    :param upload_renders: whether an upload is at once a paid render, with no way to upload alone.
    :param can_cancel: whether a running render can be stopped.
    :param bulk_states: whether one call tells the states of many renders.
    :param tells_submitted: whether the vendor can tell for certain if an interrupted submit happened.
    :param call_price: credits that the vendor takes for every call of its API, beside what renders cost.
    :param calls_per_render: how many such calls a new render takes at the least, beside the one that is its
        price.
    :param zip_holds: extensions of which a ZIP must hold exactly one file; empty where the vendor has no such
        rule.
    """

    extensions: frozenset[str]
    max_model_bytes: int | None = None
    max_batch: int = 1
    upload_renders: bool = False
    can_cancel: bool = False
    bulk_states: bool = False
    tells_submitted: bool = False
    call_price: Decimal = Decimal(0)
    calls_per_render: int = 0
    zip_holds: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Upload:
    """A model at the vendor.

    :param model_id: the vendor's id of the model; empty while it is known only to be in ``preparing``.
    :param job: the render that the upload started, at vendors where it starts one.
    :param preparing: the vendor's work on the model, such as an import, that must end before the model can
        be rendered; :meth:`RenderVendor.states` follows it like a render, and costs as little.
    """

    model_id: str
    job: RenderJob | None = None
    preparing: RenderJob | None = None


class Answerable(Enum):
    """Whether the vendor could say what became of an interrupted submit."""

    FOUND = "found"
    ABSENT = "absent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Existing:
    """The answer to "was this render already submitted?".

    "Could not ask" is never an answer: it is raised as an error.

    :param answer: found, certainly not there, or the vendor cannot tell.
    :param job: the render, if found.
    """

    answer: Answerable
    job: RenderJob | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """The account behind a connection.

    :param id: the vendor's id of it.
    :param credits: what it can still spend, in the vendor's credits; None where the vendor does not tell.
    """

    id: str
    credits: Decimal | None = None


class RenderVendor(ABC):
    """A render vendor with one account's credentials.

    Methods that return an :data:`Operation` describe calls and do no I/O themselves.

    :param base_url: root of the API, without trailing slash.
    :param paths: corrections of :class:`~airflow_provider_render.core.paths.AssumedPath`, by name.
    """

    name: ClassVar[str]
    """Short name, equal to the connection type."""
    title: ClassVar[str]
    """The name people know."""
    capabilities: Capabilities
    poll_policy: PollPolicy
    default_outputs: ClassVar[frozenset[OutputKind]]
    """Kinds of output that are downloaded where the user names none."""

    credentials: Collection[str] = ("",)
    """Names of the credentials that calls may go with; the main one has no name."""

    def __init__(self, base_url: str, paths: Mapping[str, str] | None = None) -> None:
        self.base_url = base_url.rstrip("/")
        self.paths = dict(paths or {})

    @abstractmethod
    def headers(self, credential: str = "") -> Mapping[str, str]:
        """Return the headers that carry a credential; sent to the origin of its :meth:`root` only."""

    def root(self, credential: str = "") -> str:
        """Return the root URL of the calls that go with a credential."""
        return self.base_url

    @abstractmethod
    def error(self, answer: Answer) -> VendorError:
        """Turn an answer with a status of 400 and above into an error of the common tree."""

    @abstractmethod
    def settings(self, raw: Mapping[str, Any]) -> Settings:
        """Check render settings and return them as JSON values, as they will be sent.

        :raises SettingsError: names the field, what is wrong with it and what is allowed.
        """

    @abstractmethod
    def canonical(self, settings: Settings) -> Settings:
        """Return settings with every default filled in, for comparing."""

    @abstractmethod
    def price(self, settings: Settings) -> Decimal:
        """Return what one render with these settings costs, in the vendor's credits.

        Where a vendor names no price a render counts as 1 credit, so that budgets and reports count renders.
        """

    def kinds(self, settings: Settings | None = None) -> frozenset[OutputKind]:
        """Return the kinds of output that a render can have; by default none, which says that nobody knows.

        :param settings: of the render, as :meth:`settings` returns them; None for all that the vendor makes.
        """
        return frozenset()

    @abstractmethod
    def outputs(self, job: RenderJob) -> Operation[list[RenderOutput]]:
        """List the files that a succeeded render offers; all are of the :meth:`kinds` that are known."""

    @abstractmethod
    def locate(self, output: RenderOutput) -> Operation[Fetch]:
        """Say where an output is downloaded, fetching a fresh presigned URL where the vendor uses them."""

    @abstractmethod
    def find_model(self, request: RenderRequest) -> Operation[Upload | None]:
        """Return the model of a request as the vendor has it, or None where it has none with these bytes.

        Costs nothing beside :attr:`Capabilities.call_price`.

        :param request: its ``model_id``, if set, is what an earlier run noted for these bytes; a vendor that
            cannot look models up asks whether that one is still there.
        """

    @abstractmethod
    def upload(self, request: RenderRequest) -> Operation[Upload]:
        """Upload the model of a request.

        Where :attr:`Capabilities.upload_renders` holds this starts, and charges, the wanted render, after a
        :class:`~airflow_provider_render.core.calls.Milestone` if ids are known before the paid call.
        """

    def prepared(self, job: RenderJob) -> Operation[str]:
        """Return the vendor's id of a model whose preparation has succeeded.

        :param job: :attr:`Upload.preparing`.
        """
        return job.model_id
        yield  # makes it an operation

    def batch_key(self, settings: Settings) -> str:
        """Return what renders must have in common to be submitted in one call; by default nothing."""
        return ""

    @abstractmethod
    def submit(self, requests: Sequence[RenderRequest]) -> Operation[list[RenderJob]]:
        """Submit renders of uploaded models, all or none, at most :attr:`Capabilities.max_batch`.

        :param requests: each with its ``model_id``, all with one :meth:`batch_key` and one ``ticket``.
        :returns: one job for each request, in order.
        """

    @abstractmethod
    def find_existing(self, request: RenderRequest, exclude: Collection[str] = ()) -> Operation[Existing]:
        """Ask whether a render equal to a request is already there and has not failed.

        Costs nothing beside :attr:`Capabilities.call_price`.

        :param request: with its ``model_id`` where it is known; a vendor that recognises models by their
            bytes answers "absent" without one. With a ``ticket`` where a submit was cut off: only then may
            the answer be "unknown".
        :param exclude: ids of renders that do not count, such as older ones when a new one is forced.
        """

    @abstractmethod
    def states(self, jobs: Sequence[RenderJob]) -> Operation[dict[str, RenderState]]:
        """Return the states of renders by id, with as few calls as the vendor allows.

        Renders that the vendor does not know, or does not yet list, are left out. One that cannot be read
        is said by an :class:`~airflow_provider_render.core.looking.Unreadable`, as
        :func:`~airflow_provider_render.core.looking.one_by_one` does, so that a look at many can go on
        with the others.

        :raises VendorError: some cannot be read, and nobody bears with that.
        """

    def look_key(self, job: RenderJob) -> str:
        """Return what renders have in common whose states the same calls tell.

        By default all renders where :attr:`Capabilities.bulk_states` holds, else those of one model.
        """
        return "" if self.capabilities.bulk_states else job.model_id

    @abstractmethod
    def cancel(self, job: RenderJob) -> Operation[bool]:
        """Stop a render that has not ended; returns whether there was something to stop."""

    def charge(self, answer: Answer) -> Decimal:
        """Return what a call cost beside what a render in it costs; by default nothing."""
        return Decimal(0)

    @abstractmethod
    def account(self) -> Operation[Account]:
        """Look at the account; proves the credentials and costs :attr:`Capabilities.call_price` at most."""

    @abstractmethod
    def portal_url(self, job: RenderJob) -> str:
        """Return a page for people about a render, or about the account where there is none."""

    def fingerprint(self, model_sha256: str, settings: Settings) -> str:
        """Return what identifies a render of a model with these settings at this vendor."""
        return fingerprint(self.name, model_sha256, self.canonical(settings))


class VendorClient(Protocol):
    """A vendor together with the driver that carries its calls out; a hook is one."""

    @property
    def vendor(self) -> RenderVendor:
        """The vendor, with credentials."""

    @property
    def metered(self) -> Decimal:
        """Credits that calls of this process have cost so far, beside the renders in them."""

    def run(self, work: Call[T] | Operation[T], /) -> T:
        """Carry out a call or an operation."""

    def download(self, fetch: Fetch, to: str | PathLike[str], /) -> Fetched:
        """Download a file."""
