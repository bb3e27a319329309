from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from demo_runner.airflow_api import AirflowApi


class Airflow(BaseHTTPRequestHandler):
    """Answers with what the test lined up, the last answer again and again."""

    answers: list[tuple[int, object]]

    def do_GET(self):
        status, body = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_):
        pass


@pytest.fixture
def address():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Airflow)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_busy_airflow_is_asked_again(address):
    Airflow.answers = [(503, {}), (200, {"state": "running"})]
    assert AirflowApi(address).run_state("d", "r") == "running"


def test_patience_ends(address):
    Airflow.answers = [(503, {})]
    with pytest.raises(httpx.HTTPStatusError):
        AirflowApi(address, patience=0).run_state("d", "r")


def test_only_components_that_airflow_calls_healthy_count(address):
    parts = {"scheduler": {"status": "healthy"}, "triggerer": {"status": "unhealthy"}, "dag_processor": None}
    Airflow.answers = [(200, parts)]
    assert AirflowApi(address).healthy_components() == {"scheduler"}


def test_an_airflow_that_is_not_up_yet_has_no_healthy_component():
    assert AirflowApi("http://127.0.0.1:9").healthy_components() == set()


def test_the_page_of_a_run_is_a_valid_address():
    page = AirflowApi("http://127.0.0.1:8080").run_page("d", "manual__2026-11-22T00:00:00+00:00")
    assert page == "http://127.0.0.1:8080/dags/d/runs/manual__2026-11-22T00%3A00%3A00%2B00%3A00"
