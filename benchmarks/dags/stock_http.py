"""The same catalog with the stock HTTP provider: submit, wait and fetch, mapped over the products."""

from __future__ import annotations

import csv
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from airflow.providers.http.operators.http import HttpOperator
from airflow.providers.http.sensors.http import HttpSensor
from airflow.sdk import dag, get_current_context, task

CONNECTION = "vendor_http"


class UploadOperator(HttpOperator):
    """The stock operator with a file, which it can send but cannot open when the task runs."""

    template_fields = (*HttpOperator.template_fields, "model")

    def __init__(self, *, model: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.model = model

    def execute(self, context: Any) -> Any:
        with Path(self.model).open("rb") as file:
            self.request_kwargs = {"files": {"file": file}}
            return super().execute(context)


def configured(name: str) -> str:
    """Return a value of the run's configuration."""
    conf: Any = get_current_context()["dag_run"].conf
    return str(conf[name])


def save(response: Any) -> str:
    """Keep a downloaded video under the id of its render."""
    folder = Path(configured("output"))
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{response.url.split('/')[-2]}.mp4"
    path.write_bytes(response.content)
    return str(path)


@dag(
    schedule=None,
    start_date=datetime(2026, 1, 1),
    max_active_runs=1,
    default_args={"retries": 2, "retry_delay": timedelta(seconds=5)},
)
def stock_http() -> None:
    @task
    def models() -> list[str]:
        catalog = Path(configured("catalog"))
        with catalog.open(newline="") as file:
            return [str(catalog.parent / row["model"]) for row in csv.DictReader(file)]

    submit = UploadOperator.partial(
        task_id="submit",
        http_conn_id=CONNECTION,
        endpoint="/v1/models",
        data={"renderSettings": json.dumps({"aspect": "1:1", "length": 3})},
        response_filter=lambda response: response.json()["data"]["renderId"],
    ).expand(model=models())
    video = submit.output.map(lambda render: f"/v1/renders/{render}/video")
    # The video answers 404 until it is there, and a HEAD request does not fetch it.
    wait = HttpSensor.partial(
        task_id="wait",
        http_conn_id=CONNECTION,
        method="HEAD",
        poke_interval=5,
        timeout=3600,
        deferrable=True,
    ).expand(endpoint=video)
    fetch = HttpOperator.partial(
        task_id="fetch", http_conn_id=CONNECTION, method="GET", response_filter=save
    ).expand(endpoint=video)
    wait >> fetch


stock_http()
