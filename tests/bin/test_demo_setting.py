from __future__ import annotations

import json
import os
import socket
import stat

import pytest
from airflow.models.connection import Connection
from cryptography.fernet import Fernet
from demo_runner.airflow_stack import inherited, keys, settings
from demo_runner.components import Components
from demo_runner.layout import VENDORS, Layout
from demo_runner.main import DemoError, arguments, catalog_of, only_demo
from demo_runner.ports import choose_port
from demo_runner.sandbox import NAME, command, credits_charged, ready_line, wait_until_ready
from demo_runner.task_logs import last_messages, newest_log


@pytest.fixture
def layout(tmp_path):
    (tmp_path / "samples" / "models").mkdir(parents=True)
    (tmp_path / "samples" / "catalog.csv").write_text("sku,model\n")
    (tmp_path / "samples" / "models" / "chair.glb").write_bytes(b"glTF")
    (tmp_path / "samples" / "make_models.py").write_text("")
    made = Layout(tmp_path)
    made.create()
    return made


def test_a_free_port_is_kept_and_a_taken_one_replaced():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        taken = server.getsockname()[1]
        replacement = choose_port(taken)
        assert replacement != taken
    assert choose_port(replacement) == replacement


def test_the_samples_are_copied_once_so_that_changes_survive(layout):
    catalog = layout.copy_samples()
    assert (catalog.parent / "models" / "chair.glb").read_bytes() == b"glTF"
    assert not (catalog.parent / "make_models.py").exists()
    catalog.write_text("changed")
    assert layout.copy_samples().read_text() == "changed"


def test_a_reset_empties_the_demo_but_keeps_its_lock(layout):
    with only_demo(layout.home):
        layout.copy_samples()
        layout.clear()
        assert [path.name for path in layout.home.iterdir()] == ["lock"]


def test_a_second_demo_in_the_same_folder_is_refused(layout):
    with only_demo(layout.home), pytest.raises(DemoError, match="already running"), only_demo(layout.home):
        pass


def test_a_catalog_of_the_readers_own_is_used_where_it_is(layout, tmp_path):
    own = tmp_path / "mine.csv"
    own.write_text("sku\n")
    assert catalog_of(str(own), layout) == str(own)
    assert catalog_of("s3://acme/catalog.csv", layout) == "s3://acme/catalog.csv"
    with pytest.raises(DemoError, match=r"There is no catalog at .*absent\.csv"):
        catalog_of(str(tmp_path / "absent.csv"), layout)


def test_the_secrets_are_made_once_and_readable_by_their_owner_only(tmp_path):
    made = keys(tmp_path / "keys.json")
    assert keys(tmp_path / "keys.json") == made
    assert stat.S_IMODE((tmp_path / "keys.json").stat().st_mode) == 0o600
    Fernet(made["AIRFLOW__CORE__FERNET_KEY"])


def test_airflow_listens_on_the_loopback_interface_only(tmp_path):
    chosen = settings(tmp_path, tmp_path / "dags", 8123)
    assert chosen["AIRFLOW__API__HOST"] == "127.0.0.1"
    assert chosen["AIRFLOW__API__PORT"] == "8123"
    assert chosen["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == "http://127.0.0.1:8123/execution/"


def test_the_settings_of_another_airflow_do_not_leak_in():
    kept = inherited(
        {"AIRFLOW_HOME": "/srv/airflow", "AIRFLOW__CORE__EXECUTOR": "CeleryExecutor", "LANG": "C"}
    )
    assert kept["LANG"] == "C"
    assert not [name for name in kept if name.startswith("AIRFLOW")]


def test_the_connection_is_one_that_airflow_reads():
    vendor = VENDORS["dxgl"]
    said = {"base_url": "http://127.0.0.1:8765", "token": "word"}
    connection = Connection.from_json(vendor.connection(said))
    assert (connection.conn_type, connection.host, connection.password) == (
        "dxgl",
        "http://127.0.0.1:8765",
        "word",
    )


def test_a_connection_carries_what_else_its_vendor_needs():
    said = {
        "base_url": "http://127.0.0.1:8765",
        "token": "sk_1",
        "public_key": "pk_1",
        "origin": "localhost",
        "zapier_token": "zap",
    }
    connection = Connection.from_json(VENDORS["imagine"].connection(said))
    assert connection.login == "zap"
    assert connection.extra_dejson["origin"] == "localhost"
    assert connection.extra_dejson["poll_first"] == "15"


def test_the_ready_line_is_found_among_other_output():
    said = {"dxgl": {"base_url": "http://127.0.0.1:1/dxgl", "token": "t"}}
    log = f'warming up\n[1, 2]\n{{"event": "start"}}\n{json.dumps(said)}\n'
    assert ready_line(log) == said
    assert ready_line("warming up\n{") == {}


@pytest.fixture
def running_sandbox(tmp_path):
    components = Components(tmp_path, tmp_path / "processes.json")
    components.start(NAME, command(["dxgl"], 0, tmp_path / "data"), os.environ, tmp_path)
    yield wait_until_ready(components, 60)["dxgl"]
    components.stop()


def test_a_new_sandbox_is_reached_and_has_charged_nothing(running_sandbox):
    assert running_sandbox["base_url"].startswith("http://127.0.0.1:")
    assert running_sandbox["token"]
    assert credits_charged(running_sandbox, "dxgl") == 0


def test_the_grave_messages_of_the_newest_task_log_are_shown(tmp_path):
    folder = tmp_path / "logs" / "dag_id=d" / "run_id=r" / "task_id=t"
    folder.mkdir(parents=True)
    error = {"exc_type": "ModelError", "exc_value": "chair.glb has no geometry"}
    lines = [
        {"level": "info", "event": "starting"},
        {"level": "error", "event": "Task failed", "error_detail": [error]},
    ]
    (folder / "attempt=1.log").write_text("\n".join(map(json.dumps, lines)) + "\nplain\n")
    log = newest_log(tmp_path, "d", "r")
    assert last_messages(log) == ["Task failed; ModelError: chair.glb has no geometry"]
    assert newest_log(tmp_path, "d", "another") is None


def test_the_command_line_has_sensible_defaults():
    options = arguments([])
    assert (options.exit, options.vendor, options.reset, options.catalog) == (False, "dxgl", False, None)


def test_an_unknown_vendor_is_refused_before_anything_starts(capsys):
    with pytest.raises(SystemExit):
        arguments(["--vendor", "nobody"])
    assert "invalid choice: 'nobody'" in capsys.readouterr().err
