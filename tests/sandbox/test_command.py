from __future__ import annotations

import json
import signal
import socket
import subprocess
import time

import httpx
import psutil
import pytest

from airflow_provider_render.sandbox.command import read
from airflow_provider_render.sandbox.vendor import NAMES
from tests.sandbox import shapes
from tests.sandbox.running import COMMAND, ROOT


def run(*flags):
    return subprocess.run([*COMMAND, *flags], cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_ready_line_tells_where_it_is_and_the_token(rendering):
    ready = json.loads(rendering.ready_line)["dxgl"]
    assert ready["base_url"].startswith("http://127.0.0.1:")
    assert ready["base_url"].endswith("/dxgl")
    assert ready["token"].startswith("dxgl_sk_")


def test_it_listens_on_the_loopback_interface_only(waiting):
    sockets = psutil.Process(waiting.process.pid).net_connections(kind="inet")
    assert {each.laddr.ip for each in sockets if each.status == psutil.CONN_LISTEN} == {"127.0.0.1"}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_and_its_render_processes_with_exit_code_0(launch, number):
    sandbox = launch("--speed", "50", "--scale", "1", "--fps", "60")
    sandbox.upload("box.glb", shapes.glb(), length=15)
    children = wait_for_children(sandbox.process.pid)
    assert sandbox.stop(number) == 0
    assert not [child for child in children if child.is_running()]


def test_render_processes_end_even_when_it_is_killed(launch):
    sandbox = launch("--speed", "50", "--scale", "1", "--fps", "60")
    sandbox.upload("box.glb", shapes.glb(), length=15)
    children = wait_for_children(sandbox.process.pid)
    sandbox.stop(signal.SIGKILL)
    _, alive = psutil.wait_procs(children, timeout=20)
    assert not alive


def wait_for_children(pid):
    while not (children := psutil.Process(pid).children()):
        time.sleep(0.05)
    return children


def test_a_given_token_is_the_one_that_counts(waiting):
    assert waiting.token == "dxgl_sk_mine"
    assert waiting.api.get("/v1/account").status_code == 200


def test_a_taken_port_is_said_and_ends_with_exit_code_1():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ended = run("--port", str(taken.getsockname()[1]))
    assert ended.returncode == 1
    assert "Address already in use" in ended.stderr
    assert ended.stdout == ""


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--vendor", "nobody"], "invalid choice"),
        (["--fault", "explode"], "kind"),
        (["--fault", "latency"], "latency needs seconds"),
        (["--fault", "error_before match=("], "not a regular expression"),
        (["--fault", "error_before next"], "FIELD=VALUE"),
        (["--speed", "0"], "not above 0"),
        (["--workers", "0"], "below 1"),
        (["--credits", "-1"], "below 0"),
    ],
)
def test_a_wrong_flag_is_a_usage_error(flags, said, capsys):
    with pytest.raises(SystemExit) as ended:
        read(flags)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_flags_become_options():
    options = read(
        ["--port", "0", "--credits", "5", "--fault", "drop_after next=1 match='POST .*/v1/renders$'"]
    )
    assert (options.port, options.credits, options.vendors) == (0, 5, NAMES)
    assert options.faults[0].next == 1
    assert options.faults[0].match == "POST .*/v1/renders$"


@pytest.fixture(scope="module")
def restarted(launch, tmp_path_factory):
    """A sandbox after a restart, and what was known before it."""
    data = str(tmp_path_factory.mktemp("restarted"))
    first = launch("--data", data, "--speed", "50", "--credits", "7")
    uploaded = first.upload("box.glb", shapes.glb(), length=3)
    assert first.wait(uploaded["renderId"])["status"] == "done"
    video = first.asset(uploaded["renderId"], "video").content
    unfinished = first.upload("box.glb", shapes.glb(), length=15)["renderId"]
    assert first.stop() == 0
    return launch("--data", data, "--speed", "50", "--credits", "99"), first, uploaded, video, unfinished


def test_a_restarted_sandbox_still_knows_everything(restarted):
    second, first, uploaded, video, _ = restarted
    assert second.token == first.token
    assert second.balance() == 5
    assert second.asset(uploaded["renderId"], "video").content == video
    assert second.bill()["calls"][0]["render_ids"] == [uploaded["renderId"]]
    assert second.api.get(f"/v1/models/{uploaded['modelId']}/file").status_code == 200


def test_a_restarted_sandbox_takes_up_unfinished_renders(restarted):
    second, *_, unfinished = restarted
    assert second.wait(unfinished)["status"] == "done"
    assert second.bill()["credits"] == 2


def test_two_sandboxes_never_share_a_data_folder(waiting, waiting_data):
    second = run("--port", "0", "--data", str(waiting_data))
    assert second.returncode == 1
    assert f"another sandbox uses {waiting_data}" in second.stderr


def test_it_ends_in_the_middle_of_a_request(launch):
    sandbox = launch("--fault", "latency seconds=3600")
    with pytest.raises(httpx.ReadTimeout):
        sandbox.api.get("/v1/account", timeout=0.3)
    assert sandbox.stop() == 0


def test_without_a_data_folder_nothing_stays_behind(launch, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    sandbox = launch()
    sandbox.upload("box.glb", shapes.glb())
    assert list(tmp_path.iterdir())
    assert sandbox.stop() == 0
    assert not list(tmp_path.iterdir())
