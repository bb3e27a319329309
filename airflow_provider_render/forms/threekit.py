"""How Threekit shows in Airflow."""

from __future__ import annotations

from airflow_provider_render.forms.fields import form, integration, text
from airflow_provider_render.vendors.threekit.paths import ASSUMED, WORDS

INTEGRATION = integration("Threekit", "https://developer.threekit.com")
FORM = form(
    "threekit",
    "hooks.threekit.ThreekitHook",
    "Threekit",
    relabeling={"host": "API URL", "password": "Private token"},
    placeholders={
        "host": "https://preview.threekit.com",
        "password": "a UUID, from the organisation's settings",
    },
)
FIELDS = {
    "org_id": text("Organisation", "Required: id of the organisation, a UUID"),
    "branch": text("Branch", "Branch of the organisation's data; the main one if empty"),
    "auth_in_query": text("Token in the URL", "true sends the token in the query; in a header if empty"),
    **{name: text(name, f"{path} if empty") for name, path in {**ASSUMED, **WORDS}.items()},
}
MODULES = {
    "hooks": ["hooks.threekit"],
    "operators": ["operators.threekit"],
    "sensors": ["sensors.threekit"],
}
