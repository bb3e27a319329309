from __future__ import annotations


def test_what_costs_little_is_rendered_without_a_question(dxgl, start_shop):
    airflow = start_shop(AIRFLOW_VAR_RENDER_APPROVAL_ABOVE="1")

    nights = [airflow.run("approved_catalog") for _ in range(2)]

    assert [night["state"] for night in nights] == ["success"] * 2, nights[0]["said"]
    assert all(night["tasks"]["approve[-1]"] == "skipped" for night in nights)
    summaries = [next(value for task, _, value in night["xcoms"] if task == "render") for night in nights]
    assert [(one["delivered"], one["unchanged"], one["credits_spent"]) for one in summaries] == [
        (1, 0, "1"),
        (0, 1, "0"),
    ]
    assert dxgl.spent == 1
