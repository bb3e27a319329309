"""Which files of a folder are models, and what the folder pipeline says where they cost too much."""

from __future__ import annotations

import pytest

from airflow_provider_render.core.errors import BudgetError
from airflow_provider_render.operators.catalog import RenderCatalogOperator
from airflow_provider_render.operators.folder import RenderFolderOperator
from tests.operators.account import new_model
from tests.operators.task import Task
from tests.vendors.imagine.conftest import connect, service

__all__ = ["connect", "service"]


@pytest.fixture
def at_imagine(service, connect, tmp_path):
    """A folder with a file that Imagine.io alone takes, and what an operator needs to render it."""
    connect(extra={"poll_first": "0", "poll_start": "0.05", "poll_cap": "0.1"})
    folder = tmp_path / "inbox"
    folder.mkdir()
    (folder / "chair.dae").write_text("<COLLADA/>")
    (folder / "notes.txt").write_text("a chair")
    given = {"task_id": "render", "render_conn_id": "imagine_default", "output": str(tmp_path / "out")}
    return folder, given


def test_the_pipeline_takes_what_its_vendor_takes(at_imagine):
    folder, given = at_imagine
    summary = Task(lambda: RenderFolderOperator(source=str(folder), settle=0, **given)).run()
    assert (summary["items"], summary["delivered"]) == (1, 1)
    assert (folder.parent / "out/chair/render.json").exists()


@pytest.mark.parametrize("groups", [1, 2])
def test_a_folder_as_a_catalog_has_what_its_vendor_takes(at_imagine, groups):
    folder, given = at_imagine

    def operator(group):
        return RenderCatalogOperator(
            catalog=str(folder), plan_only=True, shard_group=group, shard_groups=groups, **given
        )

    plans = [Task(lambda group=group: operator(group)).run() for group in range(groups)]
    assert [one["key"] for plan in plans for one in plan["plan"]] == ["chair"]
    assert sum(plan["renders"] for plan in plans) == 1


def test_a_run_that_costs_too_much_is_told_of_the_parameters_that_the_pipeline_has(idle, tmp_path):
    source = tmp_path / "in"
    for name in ("bench", "lamp"):
        new_model(source, name)
    given = {"task_id": "render", "render_conn_id": idle.conn_id, "output": str(tmp_path / "out")}
    task = Task(lambda: RenderFolderOperator(source=str(source), settle=0, max_credits=1, **given))
    with pytest.raises(BudgetError, match=r"submitted\. Raise max_credits, or lower batch_size for the next"):
        task.run()
    assert idle.spent == 0
