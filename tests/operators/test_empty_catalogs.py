"""A catalog without rows is a mistake, never a wish to remove everything."""

from __future__ import annotations

import pytest
from airflow.sdk.exceptions import TaskDeferred

from airflow_provider_render.core.errors import CatalogError
from tests.operators.account import new_model, rows
from tests.operators.task import fire
from tests.operators.test_catalog import catalog, files_below


@pytest.fixture
def delivered(dxgl, rendered, tmp_path):
    """An output folder with the files of two products."""
    catalog(dxgl, rows(*rendered[:2]), tmp_path / "out").run()
    return tmp_path / "out"


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("plan_only", [False, True])
def test_an_empty_catalog_fails_every_group_and_removes_nothing(dxgl, delivered, groups, plan_only):
    before = files_below(delivered)
    for group in range(groups):
        task = catalog(
            dxgl,
            [],
            delivered,
            run_id="nightly-2",
            prune=True,
            plan_only=plan_only,
            shard_group=group,
            shard_groups=groups,
        )
        with pytest.raises(CatalogError, match="the catalog has no rows"):
            task.run()
    assert files_below(delivered) == before
    again = catalog(dxgl, rows(*[str(delivered.parent / "models/bench.glb")]), delivered, run_id="nightly-3")
    assert (again.run()["unchanged"], dxgl.spent) == (1, 0)


def test_a_group_without_rows_prunes_what_left_it(dxgl, delivered, rendered):
    parts = [
        catalog(
            dxgl,
            rows(rendered[0]),
            delivered,
            run_id="nightly-2",
            prune=True,
            shard_group=group,
            shard_groups=16,
        ).run()
        for group in range(16)
    ]
    assert sum(part["items"] for part in parts) == 1
    assert sum(part["pruned"] for part in parts) == 1
    assert {name.partition("/")[0] for name in files_below(delivered)} == {"bench"}


def test_a_catalog_that_is_emptied_while_the_task_waits_removes_nothing(dxgl, delivered, tmp_path):
    table = tmp_path / "catalog.csv"
    table.write_text(f"sku,model\nnew,{new_model(tmp_path, 'new')}\n")
    before = files_below(delivered)
    task = catalog(dxgl, str(table), delivered, run_id="nightly-2", prune=True, deferrable=True)
    waiting = task.start()
    assert isinstance(waiting, TaskDeferred)

    table.write_text("sku,model\n")
    with pytest.raises(CatalogError, match="the catalog has no rows"):
        task.resume(waiting, fire(waiting.trigger))
    assert files_below(delivered) == before

    table.write_text(f"sku,model\nnew,{tmp_path / 'new.glb'}\n")
    assert catalog(dxgl, str(table), delivered, run_id="nightly-3").run()["delivered"] == 1
    assert dxgl.spent == 1
