"""What Airflow is told about this package."""

from __future__ import annotations

from typing import Any

NAME = "Product rendering"

DXGL_FORM: dict[str, Any] = {
    "connection-type": "dxgl",
    "hook-class-name": "airflow_provider_render.hooks.dxgl.DxglHook",
    "hook-name": "DXGL",
    "ui-field-behaviour": {
        "hidden-fields": ["login", "schema"],
        "relabeling": {"host": "API URL", "password": "API token"},
        "placeholders": {"host": "https://api.dx.gl", "password": "dxgl_sk_..."},
    },
}


def _text(label: str, description: str) -> dict[str, Any]:
    """Describe an extra that is stored as text: Airflow's HTTP hook makes headers of extras."""
    return {"label": label, "description": description, "schema": {"type": ["string", "null"]}}


CALL_FIELDS: dict[str, Any] = {
    "timeout": {
        "label": "Timeout (s)",
        "description": "Seconds of silence after which a call is given up; 60 if empty",
        "schema": {"type": ["number", "null"], "minimum": 1, "maximum": 3600},
    },
    "max_concurrency": _text("Calls at once", "Most calls at the same time in one process; 8 if empty"),
    "rate_limit": _text("Calls a second", "Most calls a second in one process; no limit if empty"),
    "retries": _text("Repeats", "How often a call that may be repeated is; 4 if empty"),
    "poll_first": _text("First look (s)", "Seconds before the first look at renders; the vendor's own if empty"),
    "poll_start": _text("Looks (s)", "Seconds between two looks at the start; the vendor's own if empty"),
    "poll_cap": _text("Rarest looks (s)", "Seconds between two looks at the most; the vendor's own if empty"),
}
"""Extras that every vendor's connection takes. ``verify``, ``proxy`` and ``proxies`` go into the JSON."""

DXGL_FIELDS: dict[str, Any] = {
    "quote_path": _text("Quote path", "Path of the quote call, if DXGL moved it; /v1/quote if empty"),
    "dataset_path": _text("Dataset path", "Path of dataset files; /v1/renders/{id}/bundle if empty"),
}


def get_provider_info() -> dict[str, Any]:
    """Return the provider's metadata, as ``provider_info.schema.json`` asks."""
    return {
        "package-name": "airflow-provider-render",
        "name": NAME,
        "description": "Keeps a product catalog's pictures equal to its 3D models, at any render vendor.",
        "integrations": [
            {"integration-name": NAME, "tags": ["service"]},
            {
                "integration-name": "DXGL",
                "external-doc-url": "https://dx.gl/portal/docs/guide",
                "tags": ["service"],
            },
        ],
        "connection-types": [{**DXGL_FORM, "conn-fields": {**CALL_FIELDS, **DXGL_FIELDS}}],
        "hooks": _modules("hooks.base") + _modules("hooks.dxgl", integration="DXGL"),
        "operators": _modules("operators.render", "operators.catalog")
        + _modules("operators.dxgl", integration="DXGL"),
        "sensors": _modules("sensors.render"),
        "triggers": _modules("triggers.render"),
        "extra-links": ["airflow_provider_render.links.VendorPortalLink"],
    }


def _modules(*names: str, integration: str = NAME) -> list[dict[str, Any]]:
    modules = [f"airflow_provider_render.{name}" for name in names]
    return [{"integration-name": integration, "python-modules": modules}]
