"""How Imagine.io shows in Airflow."""

from __future__ import annotations

from airflow_provider_render.forms.fields import form, integration, text

INTEGRATION = integration("Imagine.io", "https://developers.imagine.io")
FORM = form(
    "imagine",
    "hooks.imagine.ImagineHook",
    "Imagine.io",
    relabeling={"host": "API URL", "password": "Secret key", "login": "Zapier token"},
    placeholders={
        "host": "https://api.imagine.io",
        "password": "sk_...",
        "login": "only for the Zapier side",
    },
)
FIELDS = {
    "origin": text("Origin", "Required: a domain registered for the key, such as yourdomain.com"),
    "public_key": text("Public key", "pk_..., for calls that only read; the secret key if empty"),
    "existing_products": {
        "label": "Existing products",
        "description": "Products with a wanted SKU that this package did not make: fail, adopt or replace",
        "schema": {"type": ["string", "null"], "enum": ["fail", "adopt", "replace", None]},
    },
    "disabled": {
        "label": "Disabled content",
        "description": "Types of content that are disabled for the account: fail or skip",
        "schema": {"type": ["string", "null"], "enum": ["fail", "skip", None]},
    },
    "zapier_host": text("Zapier URL", "Root of the Zapier side; https://prod.imagine.io if empty"),
}
MODULES = {"hooks": ["hooks.imagine"], "operators": ["operators.imagine"]}
