from __future__ import annotations

import json
from pathlib import Path

import pytest
from airflow.sdk.exceptions import TaskDeferred

from airflow_provider_render.core.errors import BudgetError, CatalogError, RenderInputError
from airflow_provider_render.operators.catalog import RenderCatalogOperator, RenderModelOperator
from tests.operators.account import SETTINGS, new_model, rows
from tests.operators.task import Task, fire
from tests.sandbox.shapes import glb


def catalog(account, rows_, output, *, run_id="nightly-1", map_index=-1, params=None, **more) -> Task:
    fields = {
        "task_id": "render",
        "render_conn_id": account.conn_id,
        "catalog": rows_,
        "output": str(output),
        "settings": SETTINGS,
        "poll_interval": 0.2,
        **more,
    }
    return Task(lambda: RenderCatalogOperator(**fields), run_id=run_id, map_index=map_index, params=params)


def single(account, model, output, *, run_id="nightly-1", map_index=-1, **more) -> Task:
    fields = {
        "task_id": "render",
        "render_conn_id": account.conn_id,
        "model": model,
        "output": str(output),
        "settings": SETTINGS,
        "poll_interval": 0.2,
        **more,
    }
    return Task(lambda: RenderModelOperator(**fields), run_id=run_id, map_index=map_index)


def files_below(folder: Path) -> dict[str, bytes]:
    """The delivered files, without state and reports."""
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file())
    found = {path.relative_to(folder).as_posix(): path for path in paths}
    return {name: path.read_bytes() for name, path in found.items() if not name.startswith("_render/")}


def test_only_what_changed_is_paid_from_run_to_run(dxgl, rendered, tmp_path):
    models = [new_model(tmp_path / "new"), rendered[0]]
    out = tmp_path / "out"

    first = catalog(dxgl, rows(*models), out, deferrable=True).run()
    assert (first["delivered"], first["adopted"], first["credits_spent"]) == (2, 1, "1")
    assert dxgl.spent == 1

    with dxgl.counted("^(POST|GET) .*/(models|renders)") as calls:
        second = catalog(dxgl, rows(*models), out, run_id="nightly-2", deferrable=True).run()
    assert (second["unchanged"], second["delivered"], second["credits_spent"]) == (2, 0, "0")
    assert calls == [0]
    assert dxgl.spent == 1

    Path(models[0]).write_bytes(glb())
    third = catalog(dxgl, rows(*models), out, run_id="nightly-3").run()
    assert (third["unchanged"], third["delivered"], third["credits_spent"]) == (1, 1, "1")
    assert dxgl.spent == 2
    assert set(files_below(out)) >= {"chair/video.mp4", "chair/poster.png", "bench/video.mp4"}


def test_a_plan_names_what_would_be_done_and_pays_nothing(idle, tmp_path):
    table = [
        {"sku": "CHR-1", "model": new_model(tmp_path)},
        {"sku": "CHR-1", "variant": "4k", "model": new_model(tmp_path), "settings": {"quality": "4k"}},
    ]
    task = catalog(idle, table, tmp_path / "out", plan_only="{{ params.dry }}", params={"dry": True})
    with idle.counted("^(POST|PUT|PATCH|DELETE)") as writes:
        plan = task.run()

    assert (plan["renders"], plan["credits"]) == (2, "5")
    assert [one["action"] for one in plan["plan"]] == ["render", "render"]
    assert writes == [0]
    assert files_below(tmp_path / "out") == {}


def test_waiting_in_the_triggerer_and_on_the_worker_give_the_same(dxgl, rendered, tmp_path):
    table = rows(*rendered)
    deferred = catalog(dxgl, table, tmp_path / "a", deferrable=True).run()
    blocking = catalog(dxgl, table, tmp_path / "b", deferrable=False).run()

    reports = [Path(summary.pop("report")) for summary in (deferred, blocking)]
    assert deferred == blocking
    assert set(files_below(tmp_path / "a")) == set(files_below(tmp_path / "b"))
    first, second = (json.loads(report.read_text())["items"] for report in reports)
    assert [(one["key"], one["job_id"]) for one in first] == [(one["key"], one["job_id"]) for one in second]


def test_a_plan_above_max_credits_is_refused_before_any_paid_call(idle, tmp_path):
    table = rows(new_model(tmp_path, "a"), new_model(tmp_path, "b"))
    with idle.counted("^POST .*(models|renders|batch)$") as paid:
        for limit in (1, "1", "{{ params.most }}"):
            task = catalog(idle, table, tmp_path / "out", max_credits=limit, params={"most": 1})
            with pytest.raises(BudgetError, match=r"2 credits.*max_credits allows 1"):
                task.run()
    assert paid == [0]
    assert idle.spent == 0


def test_a_limit_that_a_template_leaves_empty_is_none(idle, tmp_path):
    task = catalog(
        idle,
        rows(new_model(tmp_path)),
        tmp_path / "out",
        max_credits="{{ params.most }}",
        params={"most": None},
        deferrable=True,
    )
    assert isinstance(task.start(), TaskDeferred)
    assert idle.spent == 1


def test_force_renders_anew_once_in_a_run_and_again_after_a_clear(idle, tmp_path):
    out, table = tmp_path / "out", rows(new_model(tmp_path))
    assert isinstance(catalog(idle, table, out, deferrable=True).start(), TaskDeferred)
    assert idle.spent == 1

    task = catalog(idle, table, out, run_id="nightly-2", deferrable=True, force=True)
    jobs = [task.start().trigger.jobs for _ in range(2)]
    assert jobs[0] == jobs[1]
    assert idle.spent == 2

    task.clear()
    assert task.start().trigger.jobs != jobs[0]
    assert idle.spent == 3


@pytest.mark.parametrize("force", ["{{ params.anew }}", False])
def test_a_templated_force_that_says_false_pays_nothing(dxgl, rendered, tmp_path, force):
    task = catalog(dxgl, rows(rendered[0]), tmp_path / "out", force=force, params={"anew": False})
    assert task.run()["credits_spent"] == "0"
    assert dxgl.spent == 0


def test_only_the_wanted_kinds_of_output_are_delivered(dxgl, rendered, tmp_path):
    catalog(dxgl, rows(rendered[0]), tmp_path / "out", outputs=["poster", "archive"]).run()
    assert set(files_below(tmp_path / "out")) == {"bench/poster.png", "bench/assets.zip", "bench/render.json"}

    catalog(dxgl, rows(rendered[1]), tmp_path / "out2", outputs="{{ 'poster' }}").run()
    assert set(files_below(tmp_path / "out2")) == {"lamp/poster.png", "lamp/render.json"}


def test_groups_of_shards_cover_the_catalog_once(dxgl, rendered, tmp_path):
    table = [{"sku": f"SKU-{number}", "model": rendered[number % 3], "title": "x"} for number in range(9)]
    parts = [
        catalog(dxgl, table, tmp_path / "out", map_index=group, shard_group=group, shard_groups=3).run()
        for group in range(3)
    ]

    assert sum(part["items"] for part in parts) == 9
    assert sum(part["delivered"] for part in parts) == 9
    assert len({part["report"] for part in parts}) == 3
    assert dxgl.spent == 0
    whole = catalog(dxgl, table, tmp_path / "out", run_id="nightly-2").run()
    assert whole["unchanged"] == 9


def test_the_catalog_may_be_a_file_with_models_beside_it(dxgl, rendered, tmp_path):
    table = Path(rendered[0]).parent / "catalog.csv"
    table.write_text("sku,model,settings.aspect\nB-1,bench.glb,1:1\n")

    summary = catalog(dxgl, str(table), tmp_path / "out", settings={"length": 3}).run()

    assert summary["delivered"] == 1
    assert "B-1/video.mp4" in files_below(tmp_path / "out")
    assert dxgl.spent == 0


def test_what_left_the_catalog_is_reported_and_pruned_where_that_is_wanted(dxgl, rendered, tmp_path):
    out = tmp_path / "out"
    catalog(dxgl, rows(*rendered[:2]), out).run()

    kept = catalog(dxgl, rows(rendered[0]), out, run_id="nightly-2").run()
    assert (kept["orphans"], kept["pruned"]) == (1, 0)
    assert "lamp/video.mp4" in files_below(out)

    pruned = catalog(dxgl, rows(rendered[0]), out, run_id="nightly-3", prune=True).run()
    assert (pruned["orphans"], pruned["pruned"]) == (0, 1)
    assert not any(name.startswith("lamp/video") for name in files_below(out))


def test_a_lost_file_is_downloaded_again_and_not_paid_again(dxgl, rendered, tmp_path):
    out = tmp_path / "out"
    catalog(dxgl, rows(rendered[0]), out).run()
    (out / "bench" / "video.mp4").unlink()

    catalog(dxgl, rows(rendered[0]), out, run_id="nightly-2").run()

    assert (out / "bench" / "video.mp4").stat().st_size > 0
    assert dxgl.spent == 0


def test_single_models_side_by_side_share_an_output_folder(dxgl, rendered, tmp_path):
    out = tmp_path / "out"
    tasks = [single(dxgl, model, out, map_index=index) for index, model in enumerate(rendered)]
    started = [task.start() for task in tasks]

    results = [
        task.resume(outcome, fire(outcome.trigger)) if isinstance(outcome, TaskDeferred) else outcome
        for task, outcome in zip(tasks, started, strict=True)
    ]

    assert [result["key"] for result in results] == ["bench", "lamp", "vase"]
    for result in results:
        assert {file["name"] for file in result["files"]} == {"video.mp4", "poster.png"}
        assert all(Path(file["uri"]).stat().st_size == file["size"] for file in result["files"])
    again = single(dxgl, rendered[0], out, run_id="nightly-2").run()
    assert again["files"] == results[0]["files"]
    assert dxgl.spent == 0


def test_a_single_model_is_known_by_its_sku_and_variant(dxgl, rendered, tmp_path):
    task = single(dxgl, rendered[0], tmp_path / "out", sku="CHR 1", variant="front", deferrable=True)

    result = task.run()

    assert result["key"] == "CHR 1/front"
    assert result["credits"] == "0"
    assert dxgl.spent == 0


@pytest.mark.parametrize(
    ("wrong", "kind", "message"),
    [
        ({"catalog": []}, CatalogError, "no rows"),
        ({"catalog": "/nowhere/catalog.csv"}, CatalogError, "no catalog"),
        ({"catalog": [{"sku": "A"}]}, CatalogError, "model"),
        ({"catalog": [{"sku": "A", "model": "a.glb", "colour": "red"}]}, CatalogError, "colour"),
        ({"catalog": [{"sku": "A", "model": "a.glb"}] * 2}, CatalogError, "'A' is already in"),
        ({"output": "/dev/null"}, RenderInputError, "output"),
        ({"outputs": ["pictures"]}, RenderInputError, "outputs: 'pictures'"),
        ({"max_credits": "many"}, RenderInputError, "max_credits: .*'many'"),
        ({"max_credits": -1}, RenderInputError, "max_credits: "),
        ({"settings": "{"}, RenderInputError, "settings: not JSON"),
        ({"force": "maybe"}, RenderInputError, "force: "),
        ({"plan_only": "maybe"}, RenderInputError, "plan_only: "),
        *(
            ({"output": output}, RenderInputError, "output: must be the path")
            for output in ("", "{{ none }}")
        ),
        (
            {"on_ambiguous": "Fail"},
            RenderInputError,
            "on_ambiguous: must be .*, not 'Fail'",
        ),
        ({"extra_columns": "drop"}, RenderInputError, "extra_columns: must be 'error' or 'ignore'"),
        ({"concurrency": 0}, RenderInputError, "concurrency: must be a whole number from 1, not 0"),
        ({"max_attempts": 0}, RenderInputError, "max_attempts: "),
        ({"shard_groups": "4"}, RenderInputError, "shard_groups: .* not '4'"),
    ],
)
def test_wrong_input_fails_the_task_before_anything_is_paid(idle, tmp_path, wrong, kind, message):
    given = {"catalog": rows(new_model(tmp_path)), "output": str(tmp_path / "out"), **wrong}
    with idle.counted("^(POST|PUT|PATCH|DELETE)") as writes, pytest.raises(kind, match=message):
        catalog(idle, given.pop("catalog"), given.pop("output"), **given).run()
    assert writes == [0]


def test_an_output_folder_that_cannot_be_written_is_found_before_anything_is_paid(idle, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    task = catalog(idle, rows(new_model(tmp_path)), tmp_path / "file" / "out")
    with pytest.raises(RenderInputError, match="output folder"):
        task.run()
    assert idle.spent == 0


@pytest.mark.parametrize("make", [catalog, single], ids=["catalog", "single"])
def test_a_connection_of_another_kind_is_refused(tmp_path, monkeypatch, idle, make):
    monkeypatch.setenv("AIRFLOW_CONN_DXGL_IDLE", idle.connection(conn_type="http"))
    given = rows(new_model(tmp_path)) if make is catalog else new_model(tmp_path)
    with pytest.raises(RenderInputError, match=r"'http'.*no render vendor"):
        make(idle, given, tmp_path / "out").run()
    assert idle.spent == 0


def test_renders_that_cannot_be_read_do_not_keep_back_new_ones(idle, tmp_path):
    old = [new_model(tmp_path, name) for name in ("A", "B")]
    catalog(idle, rows(*old), tmp_path / "out", deferrable=True).start()
    assert idle.spent == 2

    idle.faults({"kind": "error_before", "match": "^GET .*/renders/[A-Za-z0-9]+$"})
    tomorrow = catalog(idle, rows(*old, new_model(tmp_path, "C")), tmp_path / "out", deferrable=True)
    tomorrow.run_id = "nightly-2"
    assert len(tomorrow.start().trigger.jobs) == 3
    assert idle.spent == 3
