"""What Airflow is told about this package."""

from __future__ import annotations

from typing import Any

from airflow_provider_render.forms import dxgl, glossi, imagine, threekit
from airflow_provider_render.forms.fields import CALL_FIELDS

NAME = "Product rendering"
VENDORS = (dxgl, glossi, imagine, threekit)

NEUTRAL = {
    "hooks": ["hooks.base"],
    "operators": ["operators.render", "operators.catalog", "operators.folder"],
    "sensors": ["sensors.render"],
    "triggers": ["triggers.render"],
}


def get_provider_info() -> dict[str, Any]:
    """Return the provider's metadata, as ``provider_info.schema.json`` asks."""
    return {
        "package-name": "airflow-provider-render",
        "name": NAME,
        "description": "Keeps a product catalog's pictures equal to its 3D models, at any render vendor.",
        "integrations": [
            {"integration-name": NAME, "tags": ["service"]},
            *(vendor.INTEGRATION for vendor in VENDORS),
        ],
        "connection-types": [
            {**vendor.FORM, "conn-fields": {**CALL_FIELDS, **vendor.FIELDS}} for vendor in VENDORS
        ],
        **{kind: _modules(kind) for kind in NEUTRAL},
        "extra-links": ["airflow_provider_render.links.VendorPortalLink"],
    }


def _modules(kind: str) -> list[dict[str, Any]]:
    vendors = ((str(vendor.INTEGRATION["integration-name"]), vendor.MODULES) for vendor in VENDORS)
    return [
        {
            "integration-name": owner,
            "python-modules": [f"airflow_provider_render.{module}" for module in modules[kind]],
        }
        for owner, modules in ((NAME, NEUTRAL), *vendors)
        if kind in modules
    ]
