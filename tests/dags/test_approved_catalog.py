from __future__ import annotations

from tests.operators.account import new_model


def test_what_costs_little_is_rendered_without_a_question(dxgl, tmp_path, start_airflow):
    new_model(tmp_path / "models")
    catalog = tmp_path / "catalog.csv"
    catalog.write_text("sku,model\nCHR-1,models/chair.glb\n")
    airflow = start_airflow(
        AIRFLOW_CONN_DXGL_DEFAULT=dxgl.connection(),
        AIRFLOW_VAR_RENDER_CATALOG=str(catalog),
        AIRFLOW_VAR_RENDER_OUTPUT=str(tmp_path / "out"),
        AIRFLOW_VAR_RENDER_APPROVAL_ABOVE="1",
    )

    nights = [airflow.run("approved_catalog") for _ in range(2)]

    assert [night["state"] for night in nights] == ["success"] * 2, nights[0]["said"]
    assert all(night["tasks"]["approve[-1]"] == "skipped" for night in nights)
    summaries = [next(value for task, _, value in night["xcoms"] if task == "render") for night in nights]
    assert [(one["delivered"], one["unchanged"], one["credits_spent"]) for one in summaries] == [
        (1, 0, "1"),
        (0, 1, "0"),
    ]
    assert dxgl.spent == 1
