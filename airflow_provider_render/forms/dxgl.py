"""How DXGL shows in Airflow."""

from __future__ import annotations

from airflow_provider_render.forms.fields import form, integration, text

INTEGRATION = integration("DXGL", "https://dx.gl/portal/docs/guide")
FORM = form(
    "dxgl",
    "hooks.dxgl.DxglHook",
    "DXGL",
    relabeling={"host": "API URL", "password": "API token"},
    placeholders={"host": "https://api.dx.gl", "password": "dxgl_sk_..."},
)
FIELDS = {
    "quote_path": text("Quote path", "Path of the quote call, if DXGL moved it; /v1/quote if empty"),
    "dataset_path": text("Dataset path", "Path of dataset files; /v1/renders/{id}/bundle if empty"),
}
MODULES = {"hooks": ["hooks.dxgl"], "operators": ["operators.dxgl"]}
