"""Every night: render what changed in the catalog, but ask a person first where it costs more than usual.

The plan is made first, which costs nothing. Up to ``render_approval_above`` credits it is rendered at once.
Above that somebody approves or rejects it under *Required Actions*, with the plan before their eyes; no
worker is held meanwhile. Who says nothing for twelve hours has rejected it, and nothing is rendered that
night. Either way ``max_credits`` is what was allowed: a catalog that grew after the plan was made fails
before anything is paid, and the next night asks anew.

Variables: those of ``nightly_catalog``; ``render_approval_above``, 50 credits without it; and
``render_approval_headroom``, credits on top of an approved plan, for a vendor that charges for calls too.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import ObjectStoragePath, TriggerRule, dag, task

from airflow_provider_render.operators.catalog import RenderCatalogOperator

CONNECTION = "{{ var.value.get('render_connection', 'dxgl_default') }}"
WANTED: dict[str, Any] = {
    "render_conn_id": CONNECTION,
    "catalog": "{{ var.value.render_catalog }}",
    "output": "{{ var.value.render_output }}/" + CONNECTION,
    "settings": "{{ var.value.get('render_settings', '{}') }}",
}
LIMIT = "var.value.get('render_approval_above', '50')"
ALLOWED = (
    "{% set headroom = var.value.get('render_approval_headroom', '0') %}"
    "{% set approved = ti.xcom_pull(task_ids='plan')['credits'] | float + headroom | float %}"
    "{{ [approved, " + LIMIT + " | float] | max }}"
)
PLAN = """{% set plan = ti.xcom_pull(task_ids='plan') -%}
**{{ plan.renders }} renders for at most {{ plan.credits }} credits.**
What has not changed saves {{ plan.avoided_credits }} credits.

| Item | What | Credits | Why |
|---|---|---|---|
{% for one in plan.plan if one.action != 'skip' -%}
{% set why = one.reason | replace('|', '/') -%}
| {{ one.key | replace('|', '/') }} | {{ one.action }} | {{ one.credits }} | {{ why }} |
{% endfor %}
{%- if plan.truncated %}
... of {{ plan['items'] }} items.
{% endif %}"""


@dag(
    schedule="0 4 * * *",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 2, "retry_delay": timedelta(seconds=10)},
    tags=["render"],
)
def approved_catalog() -> None:
    plan = RenderCatalogOperator(task_id="plan", plan_only=True, **WANTED)

    @task.branch
    def dear_or_not(plan: dict[str, Any], limit: str) -> str:
        return "approve" if Decimal(plan["credits"]) > Decimal(limit) else "render"

    approve = ApprovalOperator(
        task_id="approve",
        subject="Render the catalog for {{ ti.xcom_pull(task_ids='plan')['credits'] }} credits?",
        body=PLAN,
        defaults=ApprovalOperator.REJECT,
        response_timeout=timedelta(hours=12),
    )
    render = RenderCatalogOperator(
        task_id="render",
        max_credits=ALLOWED,
        deferrable=True,
        # One of the two ways here is always skipped.
        trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS,
        **WANTED,
    )

    @task
    def report(summary: dict[str, Any]) -> None:
        path = ObjectStoragePath(summary["report"])
        logging.getLogger(__name__).info("%s", path.with_suffix(".md").read_text())

    ways = dear_or_not(plan.output, "{{ " + LIMIT + " }}")  # type: ignore[arg-type]
    ways >> [approve, render]
    approve >> render
    report(render.output)  # type: ignore[arg-type]


approved_catalog()
