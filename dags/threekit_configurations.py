"""One configurable product at Threekit: pictures of all its configurations in stages, then 3D and AR files.

Imports a model, renders its variants in the stages that the organisation has, and exports it as GLB and USDZ.
To keep a whole catalog rendered, see ``threekit_nightly_catalog``.

Needs a connection ``threekit_default`` and two variables: ``render_catalog``, whose folder holds
``models/armchair.glb``, and ``render_output``.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from airflow.sdk import Variable, dag, task

from airflow_provider_render.hooks.threekit import ThreekitHook
from airflow_provider_render.operators.threekit import (
    ThreekitExportAssetOperator,
    ThreekitImportAssetOperator,
    ThreekitRenderOperator,
)

COLOURS = {"Variant": ["Standard", "Moss", "Navy"]}
SIZE = {"width": 800, "height": 800}
HOW_MANY = 2


@dag(
    schedule=None,
    start_date=datetime(2026, 1, 1),
    max_active_runs=1,
    default_args={"retries": 2, "retry_delay": timedelta(seconds=10)},
    tags=["render", "threekit"],
)
def threekit_configurations() -> None:
    @task
    def model() -> str:
        return f"{Variable.get('render_catalog').rpartition('/')[0]}/models/armchair.glb"

    @task
    def stages() -> list[str]:
        found = ThreekitHook().assets.all(type="stage")
        return sorted(stage.id for stage in found if stage.deleted_at is None)[:HOW_MANY]

    asset = ThreekitImportAssetOperator(task_id="import_asset", model=model(), deferrable=True)
    render = ThreekitRenderOperator(
        task_id="render",
        assets=asset.output,
        attributes=COLOURS,
        stages=stages(),
        settings=SIZE,
        output="{{ var.value.render_output }}/configurations",
        deferrable=True,
    )
    export = ThreekitExportAssetOperator(
        task_id="export",
        asset=asset.output,
        output="{{ var.value.render_output }}/configurations",
        formats=["glb", "usdz"],
        ar=True,
        deferrable=True,
    )
    render >> export


threekit_configurations()
