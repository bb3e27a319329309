"""The few calls of Airflow's REST API that the demo needs."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import quote

import httpx


class AirflowApi:
    """Airflow's REST API on this machine, without a login as every visitor is an admin there.

    :param address: the API server's address
    :param patience: seconds for which reading is tried again
    """

    def __init__(self, address: str, patience: float = 90.0) -> None:
        self.address = address
        self.patience = patience
        self.client = httpx.Client(base_url=address, timeout=30, trust_env=False)

    def get(self, path: str, **parameters: Any) -> httpx.Response:
        """Read something; a busy machine may need several tries.

        :param path: the path below the address
        :param parameters: the query
        :raises httpx.HTTPError: if there is no answer for as long as patience lasts
        """
        deadline = time.monotonic() + self.patience
        while True:
            try:
                answer = self.client.get(path, params=parameters)
                if answer.status_code < 500 or time.monotonic() > deadline:
                    return answer
            except httpx.TransportError:
                if time.monotonic() > deadline:
                    raise
            time.sleep(1)

    def healthy_components(self) -> set[str]:
        """Return the components that Airflow calls healthy; none while its API does not answer."""
        try:
            answer = self.client.get("/api/v2/monitor/health")
            parts = answer.json() if answer.is_success else {}
        except (httpx.HTTPError, ValueError):
            return set()
        return {name for name, part in parts.items() if part and part.get("status") == "healthy"}

    def log_in(self) -> None:
        """Take a token for the calls that follow."""
        answer = self.get("/auth/token").raise_for_status()
        self.client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def has_dag(self, dag_id: str) -> bool:
        """Tell whether the DAG processor has delivered a DAG."""
        answer = self.get(f"/api/v2/dags/{dag_id}")
        return answer.is_success and not answer.json().get("is_stale")

    def import_errors(self) -> list[str]:
        """Return what kept DAG files from being imported."""
        answer = self.get("/api/v2/importErrors").raise_for_status()
        return [f"{each['filename']}:\n{each['stack_trace']}" for each in answer.json()["import_errors"]]

    def trigger(self, dag_id: str) -> str:
        """Unpause a DAG, start a run and return the run's id."""
        self.client.patch(f"/api/v2/dags/{dag_id}", json={"is_paused": False}).raise_for_status()
        answer = self.client.post(f"/api/v2/dags/{dag_id}/dagRuns", json={"logical_date": None})
        return str(answer.raise_for_status().json()["dag_run_id"])

    def unfinished_run(self, dag_id: str) -> str | None:
        """Return the id of the oldest run that has not ended; None where all have."""
        path, order = f"/api/v2/dags/{dag_id}/dagRuns", "id"
        answer = self.get(path, state=["queued", "running"], order_by=order, limit=1).raise_for_status()
        runs = answer.json()["dag_runs"]
        return str(runs[0]["dag_run_id"]) if runs else None

    def run_state(self, dag_id: str, run_id: str) -> str:
        """Return the state of a run: queued, running, success or failed."""
        answer = self.get(f"/api/v2/dags/{dag_id}/dagRuns/{run_id}").raise_for_status()
        return str(answer.json()["state"])

    def tasks(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        """Return a run's task instances as the API shows them."""
        path = f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances"
        answer = self.get(path, limit=100).raise_for_status()
        found: list[dict[str, Any]] = answer.json()["task_instances"]
        return found

    def run_page(self, dag_id: str, run_id: str) -> str:
        """Return the address of a run's page in the UI."""
        return f"{self.address}/dags/{dag_id}/runs/{quote(run_id, safe='')}"
