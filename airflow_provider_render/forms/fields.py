"""Fields of connection forms."""

from __future__ import annotations

from typing import Any


def text(label: str, description: str) -> dict[str, Any]:
    """Describe an extra that is stored as text: Airflow's HTTP hook makes headers of extras.

    Airflow masks in its logs what extras hold, from five letters on: defaults are best left empty.
    """
    return {"label": label, "description": description, "schema": {"type": ["string", "null"]}}


def form(conn_type: str, hook: str, title: str, **behaviour: dict[str, str]) -> dict[str, Any]:
    """Describe a connection type; the host is a URL, the password a token.

    :param hook: path of the hook class below this package.
    :param behaviour: ``relabeling`` and ``placeholders`` of fields.
    """
    hidden = ["schema"] if "login" in behaviour["relabeling"] else ["login", "schema"]
    return {
        "connection-type": conn_type,
        "hook-class-name": f"airflow_provider_render.{hook}",
        "hook-name": title,
        "ui-field-behaviour": {"hidden-fields": hidden, **behaviour},
    }


def integration(title: str, url: str) -> dict[str, Any]:
    """Describe a vendor."""
    return {"integration-name": title, "external-doc-url": url, "tags": ["service"]}


CALL_FIELDS: dict[str, Any] = {
    "timeout": {
        "label": "Timeout (s)",
        "description": "Seconds of silence after which a call is given up; 60 if empty",
        "schema": {"type": ["number", "null"], "minimum": 1, "maximum": 3600},
    },
    "max_concurrency": text("Calls at once", "Most calls at the same time in one process; 8 if empty"),
    "rate_limit": text("Calls a second", "Most calls a second in one process; no limit if empty"),
    "retries": text("Repeats", "How often a call that may be repeated is; 4 if empty"),
    "poll_first": text(
        "First look (s)", "Seconds before the first look at renders; the vendor's own if empty"
    ),
    "poll_start": text("Looks (s)", "Seconds between two looks at the start; the vendor's own if empty"),
    "poll_cap": text("Rarest looks (s)", "Seconds between two looks at the most; the vendor's own if empty"),
}
"""Extras that every vendor's connection takes. ``verify``, ``proxy`` and ``proxies`` go into the JSON."""
