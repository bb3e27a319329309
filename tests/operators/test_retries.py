"""Which errors Airflow retries."""

from __future__ import annotations

import pytest
from airflow.sdk import DAG, ExceptionRetryPolicy, RetryAction
from airflow.serialization.serialized_objects import DagSerialization

from airflow_provider_render.core import errors
from airflow_provider_render.operators.catalog import RenderCatalogOperator, RenderModelOperator
from airflow_provider_render.operators.dxgl import DxglDatasetOperator, DxglUploadOverlayOperator
from airflow_provider_render.operators.folder import RenderFolderOperator
from airflow_provider_render.operators.render import (
    DownloadRendersOperator,
    SubmitRenderOperator,
    UploadModelOperator,
)
from airflow_provider_render.sensors.render import RenderSensor

FINAL = {
    "RenderInputError",
    "ConnectionConfigError",
    "SettingsError",
    "ModelFileError",
    "CatalogError",
    "BudgetError",
    "AuthError",
    "OutOfCreditsError",
    "RejectedError",
    "NotFoundError",
    "QuotaError",
    "AmbiguousSubmitError",
    "RenderFailedError",
}
PASSING = {
    "RateLimitedError",
    "UnavailableError",
    "UnexpectedAnswerError",
    "DownloadError",
    "OutcomeUnknownError",
    "RenderTimeoutError",
    "TaskEndedError",
    "OutputError",
}
ROOTS = {"RenderError", "VendorError"}
CONNECTED = {"task_id": "t", "render_conn_id": "dxgl_default"}
OPERATORS = [
    lambda: UploadModelOperator(model="a.glb", **CONNECTED),
    lambda: SubmitRenderOperator(model="m1", **CONNECTED),
    lambda: DownloadRendersOperator(job={}, output="/out", **CONNECTED),
    lambda: RenderSensor(job={}, **CONNECTED),
    lambda: RenderCatalogOperator(catalog=[], output="/out", **CONNECTED),
    lambda: RenderModelOperator(model="a.glb", output="/out", **CONNECTED),
    lambda: RenderFolderOperator(source="/in", output="/out", **CONNECTED),
    lambda: DxglDatasetOperator(model="a.glb", output="/out", **CONNECTED),
    lambda: DxglUploadOverlayOperator(image="a.png", **CONNECTED),
]


def test_every_error_has_its_place_here():
    kinds = {name: kind for name, kind in vars(errors).items() if isinstance(kind, type)}
    own = {name for name, kind in kinds.items() if kind.__module__ == errors.__name__}
    assert own == FINAL | PASSING | ROOTS


@pytest.mark.parametrize("make", OPERATORS)
def test_a_retry_is_made_where_it_may_help_and_nowhere_else(make):
    policy = make().retry_policy

    def decision(name: str) -> RetryAction:
        return policy.evaluate(getattr(errors, name)("trouble"), try_number=1, max_tries=2).action

    assert {name for name in FINAL if decision(name) is RetryAction.FAIL} == FINAL
    assert {name for name in PASSING if decision(name) is RetryAction.DEFAULT} == PASSING


def test_a_user_may_choose_another_retry_policy():
    own = ExceptionRetryPolicy(rules=[])
    assert UploadModelOperator(model="a.glb", retry_policy=own, **CONNECTED).retry_policy is own
    assert RenderSensor(job={}, retry_policy=own, **CONNECTED).retry_policy is own


@pytest.mark.parametrize("make", OPERATORS)
def test_an_operator_goes_through_the_serialized_dag_with_its_link_and_policy(make):
    with DAG("renders", schedule=None) as dag:
        operator = make()
    assert operator.dag is dag

    restored = DagSerialization.deserialize_dag(DagSerialization.serialize_dag(dag)).get_task("t")

    assert [link.name for link in restored.operator_extra_links] == ["Vendor portal"]
    assert restored.task_type == type(operator).__name__
    assert set(restored.template_fields) == set(operator.template_fields)


@pytest.mark.parametrize("make", OPERATORS)
def test_every_template_field_is_an_attribute(make):
    operator = make()
    assert [name for name in operator.template_fields if not hasattr(operator, name)] == []
