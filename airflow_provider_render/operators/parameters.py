"""Reading the parameters of operators and sensors, as DAG authors, templates and other tasks give them.

Each kind of value has one reader. It says which parameter is wrong, and what is allowed, before anything is
sent.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from airflow_provider_render.core.errors import RenderInputError
from airflow_provider_render.core.job import OutputKind, RenderJob
from airflow_provider_render.hooks.base import RenderHook

LONGEST = timedelta(days=366)
"""The longest time that a parameter may name: Airflow adds it to a date, which must not overflow."""


def given(value: Any) -> Any:
    """Return a value, or None where a template left nothing of it: the text ``None``, or an empty one."""
    return None if str(value).strip() in ("", "None") else value


def read_flag(name: str, value: Any) -> bool:
    """Read a switch; a template gives text, and the text ``False`` must not pay for a forced render.

    :raises RenderInputError: it is neither yes nor no.
    """
    words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False, "none": False}
    known = value if isinstance(value, bool) else words.get(str(value).strip().lower() or "no")
    if known is None:
        raise RenderInputError(f"{name}: must be true or false, not {value!r}")
    return known


def read_choice(name: str, value: Any, allowed: Sequence[Any]) -> Any:
    """Return a value that has to be one of some words: a typo must not pass for the one that pays.

    :raises RenderInputError: it is none of them.
    """
    if value in allowed:
        return value
    raise RenderInputError(f"{name}: must be {' or '.join(map(repr, allowed))}, not {value!r}")


def read_count(name: str, value: Any, least: int = 1) -> int:
    """Return a whole number that has to be large enough.

    :raises RenderInputError: it is not.
    """
    if isinstance(value, int) and not isinstance(value, bool) and value >= least:
        return value
    raise RenderInputError(f"{name}: must be a whole number from {least}, not {value!r}")


def read_credits(name: str, value: Any) -> Decimal | None:
    """Return a number of credits; nothing, also as a template gives it, is no limit.

    :raises RenderInputError: it is no number, or a negative one.
    """
    if given(value) is None:
        return None
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0:
        raise RenderInputError(f"{name}: must be a number from 0, not {value!r}")
    return amount


def read_seconds(name: str, value: Any, *, zero: bool = False) -> float:
    """Return a length of time in seconds, given as such, as text of a number, or as timedelta.

    :param zero: whether it may be 0.
    :raises RenderInputError: it is none, negative, or longer than :data:`LONGEST`.
    """
    try:
        seconds = value.total_seconds() if isinstance(value, timedelta) else float(value)
    except (TypeError, ValueError):
        seconds = -1.0
    if not isinstance(value, bool) and (0 < seconds <= LONGEST.total_seconds() or (zero and seconds == 0)):
        return seconds
    least = "from" if zero else "above"
    raise RenderInputError(
        f"{name}: must be a timedelta or a number of seconds {least} 0, {LONGEST.days} days at most,"
        f" not {value!r}"
    )


def read_interval(name: str, value: Any, *, zero: bool = False) -> float | None:
    """Return a length of time as :func:`read_seconds` does, or None where none is given."""
    return None if value is None else read_seconds(name, value, zero=zero)


def read_id(name: str, value: Any, what: str = "an id") -> str:
    """Return an id or a name at the vendor; what an empty XCom left is none.

    :param what: what is wanted, for the message.
    :raises RenderInputError: it is empty, or neither text nor UUID.
    """
    if not isinstance(value, str | UUID) or given(value) is None:
        raise RenderInputError(f"{name}: must be {what}, not {value!r}. Nothing was sent")
    return str(value).strip()


def read_model_id(name: str, value: Any, hook: RenderHook) -> str:
    """Return the vendor's id of a model, given as such or as what its upload returned.

    :raises RenderInputError: it is neither, or the upload was at another vendor.
    """
    found = value
    if isinstance(value, Mapping):
        require_own(name, "the upload", value.get("vendor"), hook)
        found = value.get("model_id") or value
    return read_id(name, found, f"{hook.vendor.title}'s id of a model, or what its upload returned")


def read_jobs(value: Any, hook: RenderHook | None = None) -> list[RenderJob]:
    """Read one render or several from what another task returned.

    :param hook: where they must be renders of; whoever made them if None.
    :raises RenderInputError: it is neither, or one is another vendor's.
    """
    values = [value] if isinstance(value, Mapping) else value
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise RenderInputError(
            f"job: must be a render, or a list of them, as SubmitRenderOperator returns them, not {value!r}"
        )
    try:
        jobs = [RenderJob.from_json(one) for one in values]
    except (TypeError, ValueError) as error:
        raise RenderInputError(f"job: {error}") from error
    if hook:
        for job in jobs:
            require_own("job", f"render {job.id}", job.vendor, hook)
    return jobs


def require_own(name: str, what: str, vendor: str | None, hook: RenderHook) -> None:
    """Refuse what another vendor made.

    :param vendor: who made it; None where nobody says.
    :raises RenderInputError: it is not the vendor behind the connection.
    """
    # A vendor that is derived from another one may leave its name in what it hands on.
    names = {getattr(kind, "name", None) for kind in type(hook.vendor).__mro__}
    if vendor and vendor not in names:
        raise RenderInputError(
            f"{name}: {what} is of {vendor}, connection {hook.render_conn_id!r} is {hook.vendor.name}."
            " Nothing was sent"
        )


def read_settings(value: Any, name: str = "settings") -> dict[str, Any]:
    """Read render settings or another table of names and values, which a template may give as JSON text.

    :raises RenderInputError: they are no mapping.
    """
    try:
        settings = json.loads(value) if isinstance(value, str) and value.strip() else value or {}
    except ValueError as error:
        raise RenderInputError(f"{name}: not JSON: {error}") from error
    if not isinstance(settings, Mapping):
        raise RenderInputError(f"{name}: must map names to values, not {settings!r}")
    return dict(settings)


def read_words(name: str, value: Any, allowed: Sequence[str]) -> list[str]:
    """Read a list of words, which may be empty; one may be given as text alone.

    :raises RenderInputError: one of them is not allowed.
    """
    words = list(value) if isinstance(value, Iterable) and not isinstance(value, str) else [value]
    if unknown := [word for word in words if word not in allowed]:
        told = ", ".join(map(repr, unknown))
        raise RenderInputError(f"{name}: {told}: unknown; allowed are {', '.join(allowed)}")
    return words


def read_kinds(outputs: Collection[str] | None) -> list[OutputKind] | None:
    """Read kinds of output; one may be given as text alone.

    :raises RenderInputError: one of them is unknown.
    """
    if outputs is None:
        return None
    return [OutputKind(kind) for kind in read_words("outputs", outputs, tuple(OutputKind))]
