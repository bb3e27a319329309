"""What every call carries of its connection: the organisation, the branch and, on request, the token.

Endpoints say with :class:`Own` where these go, and know no connection themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Any, TypeVar, overload
from urllib.parse import quote

from airflow_provider_render.core.calls import Call, Fetch, Notice, Operation, Secret, by_step

T = TypeVar("T")

TOKEN_FIELD = "bearer_token"  # noqa: S105 - the name of a parameter
"""Query parameter that may carry the token."""

ENVIRONMENTS = {"admin-fts": "fts"}
"""Names of environments that differ from the first part of the host's name."""


class Own(StrEnum):
    """Stands for something of the connection: in a query, a form, at the top of a JSON body; the organisation
    in a path too.
    """

    ORG = "{orgId}"
    BRANCH = "{branch}"
    TOKEN = "{token}"  # noqa: S105 - stands for one
    ENVIRONMENT = "{environment}"


class Org:
    """An organisation at Threekit, as a connection names it.

    :param org_id: its id.
    :param token: private token.
    :param host: name of the host.
    :param branch: branch of the organisation's data; the main one if empty.
    :param token_in_query: whether the token goes into the query of every call.
    """

    def __init__(
        self, org_id: str, token: str, host: str, *, branch: str = "", token_in_query: bool = False
    ) -> None:
        name = host.partition(".")[0]
        self.id = org_id
        self._token_in_query = token_in_query
        self._values: Mapping[Any, str | None] = {
            Own.ORG: org_id,
            Own.BRANCH: branch or None,
            Own.TOKEN: Secret(token),
            Own.ENVIRONMENT: ENVIRONMENTS.get(name, name),
        }

    def call(self, call: Call[T]) -> Call[T]:
        """Return a call with everything of the connection filled in."""
        body = self._filled(call.json) if isinstance(call.json, Mapping) else call.json
        return replace(
            call,
            path=self._path(call.path),
            query=self._query(call.path, call.query),
            form=self._filled(call.form),
            json=body,
        )

    def fetch(self, fetch: Fetch) -> Fetch:
        """Return a download with everything of the connection filled in."""
        return replace(fetch, query=self._query(fetch.path, fetch.query))

    @overload
    def work(self, work: Call[T]) -> Call[T]: ...
    @overload
    def work(self, work: Operation[T]) -> Operation[T]: ...
    def work(self, work: Call[T] | Operation[T]) -> Call[T] | Operation[T]:
        """Return a call, or an operation all of whose calls, filled in."""
        return self.call(work) if isinstance(work, Call) else by_step(work, self._step)

    def _path(self, path: str) -> str:
        return path.replace(Own.ORG, quote(self.id, safe="")) if Own.ORG in path else path

    def _query(self, path: str, query: Mapping[str, Any]) -> dict[str, Any]:
        at_home = not path.lower().startswith(("http://", "https://"))
        token = {TOKEN_FIELD: Own.TOKEN} if self._token_in_query and at_home else {}
        return self._filled({**query, **token})

    def _filled(self, values: Mapping[str, Any]) -> dict[str, Any]:
        known = {name: self._value(value) for name, value in values.items()}
        return {name: value for name, value in known.items() if value is not None or values[name] is None}

    def _value(self, value: Any) -> Any:
        return self._values[value] if isinstance(value, Own) else value

    def _step(self, step: Call[Any] | Notice) -> Call[Any] | Notice:
        return self.call(step) if isinstance(step, Call) else step
