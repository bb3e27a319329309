"""Switches of the catalog operator that come as text."""

from __future__ import annotations

import pytest

from airflow_provider_render.core.errors import RenderFailedError, RenderInputError
from tests.operators.account import rows
from tests.operators.test_catalog import catalog, files_below


@pytest.mark.parametrize(("prune", "pruned"), [("false", 0), ("no", 0), ("True", 1)])
def test_a_prune_that_is_text_removes_files_only_where_it_says_so(dxgl, rendered, tmp_path, prune, pruned):
    out = tmp_path / "out"
    catalog(dxgl, rows(*rendered[:2]), out).run()
    assert catalog(dxgl, rows(rendered[0]), out, run_id="nightly-2", prune=prune).run()["pruned"] == pruned
    assert ("lamp/video.mp4" in files_below(out)) == (not pruned)


def test_a_failed_item_fails_the_task_only_where_the_text_says_so(dxgl, rendered, tmp_path):
    table = [*rows(rendered[0]), {"sku": "none", "model": "/nowhere/none.glb"}]
    assert catalog(dxgl, table, tmp_path / "out", fail_on_item_failure="false").run()["failed"] == 1
    with pytest.raises(RenderFailedError, match="items that failed: 1 of 2"):
        catalog(dxgl, table, tmp_path / "out", fail_on_item_failure="yes").run()


@pytest.mark.parametrize("name", ["prune", "fail_on_item_failure"])
def test_a_switch_that_is_neither_yes_nor_no_is_refused_when_the_dag_is_read(idle, tmp_path, name):
    with pytest.raises(RenderInputError, match=f"{name}: must be true or false, not 'perhaps'"):
        catalog(idle, [], tmp_path, **{name: "perhaps"})
