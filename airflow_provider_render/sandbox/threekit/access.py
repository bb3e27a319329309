"""What the routes ask of a request: whose it is, what it carries, which page it wants."""

from __future__ import annotations

import json
import re
import secrets
import uuid
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends
from starlette.datastructures import UploadFile
from starlette.requests import Request

from airflow_provider_render.sandbox import uploads
from airflow_provider_render.sandbox.identity import timestamp
from airflow_provider_render.sandbox.threekit.assumed import OPEN_READS, PUBLIC_WRITES
from airflow_provider_render.sandbox.threekit.documents import ORDERS, Document, Where, shown
from airflow_provider_render.sandbox.threekit.double import Threekit
from airflow_provider_render.sandbox.threekit.errors import ApiError, malformed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

PREFIX = "/api"
DEFAULT_PER_PAGE = 30
LARGEST_PER_PAGE = 100
LARGEST_PAGE = 1_000_000
LARGEST_JSON = 64 << 20
LARGEST_FORM = 4 << 30
LARGEST_NUMBER = 2**53
ALWAYS = "9999"
READS = ("GET", "HEAD")

Answer = dict[str, Any]


@dataclass(frozen=True)
class Page:
    """Which part of a list is wanted, and in which order."""

    page: int
    per_page: int
    sort: str

    @property
    def offset(self) -> int:
        """Rows before the page."""
        return (self.page - 1) * self.per_page

    def answer(self, plural: str, rows: Sequence[Document], count: int) -> Answer:
        """
        Return the list envelope.

        :param plural: name of the list.
        :param count: rows on all pages.
        """
        place = {"count": count, "page": self.page, "perPage": self.per_page, "sort": self.sort}
        return {**place, plural: [shown(row) for row in rows]}

    def listing(self, account: Threekit, kind: str, plural: str, where: Sequence[Where]) -> Answer:
        """Return the page of a kind of documents in the list envelope."""
        rows = account.documents.every(kind, where, order=self.sort, limit=self.per_page, offset=self.offset)
        return self.answer(plural, rows, account.documents.count(kind, where))


class Query:
    """
    The query of a request; clients send values that are not texts as JSON.

    :param request: the request.
    """

    def __init__(self, request: Request) -> None:
        self._given = request.query_params

    def text(self, name: str) -> str | None:
        """Return a parameter, None when it is absent, empty or null."""
        value = self._given.get(name)
        return None if value in (None, "", "null", "undefined") else value

    def flag(self, name: str) -> bool:
        """Whether a parameter says true."""
        return (self.text(name) or "").lower() in ("true", "1")

    def number(self, name: str) -> int | None:
        """
        Return a parameter as a whole number.

        :raises ApiError: 422.
        """
        text = self.text(name)
        try:
            number = None if text is None else int(float(text))
        except (ValueError, OverflowError) as error:
            raise malformed(f"{name} must be a number") from error
        if number is not None and abs(number) > LARGEST_NUMBER:
            raise malformed(f"{name} is too large")
        return number

    def object(self, name: str) -> dict[str, Any] | None:
        """
        Return a parameter that is a JSON object.

        :raises ApiError: 422.
        """
        text = self.text(name)
        return None if text is None else an_object(name, text)

    def texts(self, name: str) -> list[str]:
        """Return a list parameter: a JSON list, repeated, or separated by commas."""
        found: list[str] = []
        for value in self._given.getlist(name):
            listed = value.startswith("[") and a_list(value)
            found += listed or [part for each in value.split(",") if (part := each.strip())]
        return found

    def identity(self, name: str) -> str | None:
        """
        Return a parameter that is a UUID.

        :raises ApiError: 422.
        """
        text = self.text(name)
        return None if text is None else a_uuid(name, text)


def a_list(text: str) -> list[str]:
    """Read a JSON list of texts; what is none has no texts."""
    try:
        content = json.loads(text)
    except ValueError:
        return []
    return [str(each) for each in content] if isinstance(content, list) else []


def an_object(name: str, value: Any) -> dict[str, Any]:
    """
    Read an object, given as it is or as JSON text.

    :raises ApiError: 422.
    """
    if isinstance(value, str):
        try:
            value = uploads.parsed(value)
        except ValueError as error:
            raise malformed(f"{name} is not JSON") from error
    if not isinstance(value, dict):
        raise malformed(f"{name} must be an object")
    return value


def optional_object(body: dict[str, Any], name: str) -> dict[str, Any]:
    """
    Read a member of a body that is an object; an absent one is empty.

    :raises ApiError: 422.
    """
    return {} if body.get(name) is None else an_object(name, body[name])


def a_uuid(name: str, value: Any) -> str:
    """
    Check that a value is a UUID and return it in the usual form.

    :raises ApiError: 422.
    """
    try:
        return str(uuid.UUID(str(value)))
    except ValueError as error:
        raise malformed(f"{name} must be a UUID") from error


def the_account(request: Request) -> Threekit:
    """Find the account that the app serves."""
    account: Threekit = request.app.state.threekit
    return account


def authorize(request: Request) -> None:
    """
    Let the organization's tokens pass: the private one everywhere, the public one where it only reads.

    :raises ApiError: 401, 403, 422, or whatever a ``reject`` fault says.
    """
    account, path = the_account(request), path_of(request)
    if request.method in READS and any(re.search(each, path) for each in OPEN_READS):
        return
    kind = _token_kind(account, request)
    may_write = any(re.search(each, path) for each in PUBLIC_WRITES)
    if kind == "public" and request.method not in READS and not may_write:
        raise ApiError(403, "This call needs a private token")
    check_org(account, request.query_params.get("orgId"))
    if fault := account.ground.faults.take("reject", call_of(request)):
        raise ApiError(_status(fault.code))


def _token_kind(account: Threekit, request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    given = token.strip() if scheme.lower() == "bearer" else request.query_params.get("bearer_token", "")
    if not given:
        raise ApiError(403, "No token: send it as Authorization: Bearer, or as the query's bearer_token")
    for kind, known in (("private", account.token), ("public", account.public_token)):
        if secrets.compare_digest(given.encode(), known.encode()):
            return kind
    raise ApiError(401, "The token is not valid")


def _status(code: str | None) -> int:
    known = {each.value for each in HTTPStatus if each >= HTTPStatus.BAD_REQUEST}
    return int(code) if code and code.isdigit() and int(code) in known else 500


def is_public(request: Request) -> bool:
    """Whether the request came with the public token."""
    return _token_kind(the_account(request), request) == "public"


def check_org(account: Threekit, org_id: Any) -> None:
    """
    Refuse what is meant for another organization; it need not be named.

    :raises ApiError: 403, or 422 when it is no UUID.
    """
    if org_id in (None, "", "undefined", "null"):
        return
    if a_uuid("orgId", org_id) != account.org_id:
        raise ApiError(403, "The token belongs to another organization")


def path_of(request: Request) -> str:
    """Path of the request below ``/api``."""
    full: str = request.scope["path"]
    return full.removeprefix(request.scope.get("root_path", "")).removeprefix(PREFIX)


def call_of(request: Request) -> str:
    """Return the request's call in the form that faults are matched with."""
    return f"{request.method} {request.scope['path']}"


async def json_value(request: Request) -> Any:
    """
    Read the JSON body; an empty one is an empty object.

    :raises ApiError: 413 or 422.
    """
    body = b""
    async for chunk in request.stream():
        body = body + chunk if len(body) <= LARGEST_JSON else body
    if len(body) > LARGEST_JSON:
        raise ApiError(413)
    try:
        content = uploads.parsed(body) if body.strip() else {}
    except ValueError as error:
        raise malformed(f"The body is not JSON: {error}") from error
    if isinstance(content, dict):
        check_org(the_account(request), content.get("orgId"))
    return content


async def json_body(request: Request) -> dict[str, Any]:
    """
    Read the JSON object of the body.

    :raises ApiError: 413 or 422.
    """
    content = await json_value(request)
    if not isinstance(content, dict):
        raise malformed("The body must be a JSON object")
    return content


@dataclass(frozen=True)
class Form:
    """
    A multipart form.

    :param texts: its fields; of repeated ones the last.
    :param files: its files with the names of their fields.
    """

    texts: dict[str, str]
    files: list[tuple[str, UploadFile]]

    def object(self, name: str) -> dict[str, Any] | None:
        """
        Return a field that is a JSON object, None when it is absent.

        :raises ApiError: 422.
        """
        text = self.texts.get(name)
        return an_object(name, text) if text and text != "null" else None

    def flag(self, name: str) -> bool:
        """Whether a field says true."""
        return self.texts.get(name, "").lower() == "true"


@asynccontextmanager
async def multipart(request: Request) -> AsyncIterator[Form]:
    """
    Read a multipart form; its files are gone after the block.

    :raises ApiError: 400, 413 or 422.
    """
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise ApiError(400, "Send multipart/form-data")
    try:
        async with uploads.form(request, LARGEST_FORM) as fields:
            pairs = fields.multi_items()
            files = [(key, value) for key, value in pairs if isinstance(value, UploadFile)]
            texts = {key: value for key, value in pairs if isinstance(value, str)}
            check_org(the_account(request), texts.get("orgId"))
            yield Form(texts, [(key, file) for key, file in files if file.filename])
    except uploads.BodyTooLarge as error:
        raise ApiError(413) from error


def page(request: Request) -> Page:
    """
    Read ``page``, ``perPage`` and ``sort`` (``order`` for assets).

    :raises ApiError: 422.
    """
    query = Query(request)
    number, rows = query.number("page"), query.number("perPage")
    sort = (query.text("sort") or query.text("order") or "+createdAt").strip()
    if sort not in ORDERS:
        raise malformed("sort must be +createdAt or -createdAt")
    sort = sort if sort[0] in "+-" else f"+{sort}"
    per_page = min(max(DEFAULT_PER_PAGE if rows is None else rows, 1), LARGEST_PER_PAGE)
    return Page(min(max(number or 1, 1), LARGEST_PAGE), per_page, sort)


def listed_until(request: Request) -> str:
    """Tell which jobs and layers this request may see: those made until then."""
    fault = the_account(request).ground.faults.take("late_listing", call_of(request))
    return timestamp(fault.seconds or 0) if fault else ALWAYS


def base_url(request: Request) -> str:
    """Scheme, host and prefix by which the client reaches this double."""
    # Starlette's base_url leaves out the prefix that the app is mounted at.
    return f"{request.url.scheme}://{request.url.netloc}{request.scope.get('root_path', '')}"


Account = Annotated[Threekit, Depends(the_account)]
Body = Annotated[dict[str, Any], Depends(json_body)]
AnyBody = Annotated[Any, Depends(json_value)]
Paging = Annotated[Page, Depends(page)]
Asked = Annotated[Query, Depends(Query)]
ListedUntil = Annotated[str, Depends(listed_until)]
