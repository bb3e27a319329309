from __future__ import annotations

import pytest

from airflow_provider_render.core.errors import RenderInputError
from airflow_provider_render.operators.catalog import RenderCatalogOperator

WANTED = {"task_id": "render", "render_conn_id": "dxgl_default", "catalog": "c.csv", "output": "out"}


def whole(groups):
    return RenderCatalogOperator(**WANTED, shard_groups=groups)


def mapped(groups):
    return RenderCatalogOperator.partial(**WANTED, shard_groups=groups).expand(shard_group=[0, 1])


@pytest.fixture(params=[whole, mapped])
def make(request):
    return request.param


def test_more_groups_than_airflow_maps_are_refused_when_the_dag_is_read(make):
    with pytest.raises(RenderInputError, match=r"shard_groups: 5000 .* 1024, by \[core\] max_map_length"):
        make(5000)


def test_the_limit_is_the_one_that_airflow_is_set_to(make, monkeypatch):
    monkeypatch.setenv("AIRFLOW__CORE__MAX_MAP_LENGTH", "8")
    assert make(8)
    with pytest.raises(RenderInputError, match="9 groups are more tasks than Airflow may map: 8"):
        make(9)


@pytest.mark.parametrize("groups", [0, -1, 2.5, "8"])
def test_what_is_no_number_of_groups_is_refused_when_the_dag_is_read(make, groups):
    with pytest.raises(RenderInputError, match="shard_groups: must be a whole number from 1"):
        make(groups)


@pytest.mark.parametrize("group", [3, -1, "0", None])
def test_a_group_that_is_none_of_them_is_refused(group):
    with pytest.raises(RenderInputError, match="shard_group: must be "):
        RenderCatalogOperator(**WANTED, shard_group=group, shard_groups=3)


def test_a_mapped_task_without_groups_is_made_as_ever():
    assert RenderCatalogOperator.partial(task_id="render", render_conn_id="x", output="o").expand(
        catalog=[[], []]
    )
