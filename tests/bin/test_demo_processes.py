from __future__ import annotations

import json
import os
import subprocess
import sys

import psutil
import pytest
from demo_runner.components import ComponentFailedError, Components, log_tail

SLEEPER = "import time; print('up', flush=True); time.sleep(60)"
PARENT = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {SLEEPER!r}]).wait()"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEPER}"


@pytest.fixture
def components(tmp_path):
    made = Components(tmp_path, tmp_path / "processes.json")
    yield made
    made.stop()


def start(components, tmp_path, code, name="worker"):
    components.start(name, [sys.executable, "-c", code], os.environ, tmp_path)
    return components.running[name]


def wait_for_line(components, name="worker"):
    while "up" not in components.log(name).read_text():
        components.check()


def test_a_component_that_ends_is_named_and_its_log_kept(components, tmp_path):
    process = start(components, tmp_path, "print('no such vendor'); raise SystemExit(3)")
    process.wait()
    with pytest.raises(ComponentFailedError, match="worker ended with code 3") as caught:
        components.check()
    assert log_tail(caught.value.log) == "no such vendor"


def test_stopping_ends_what_a_component_started_too(components, tmp_path):
    process = start(components, tmp_path, PARENT)
    wait_for_line(components)
    family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    assert len(family) == 2
    components.stop()
    assert not [member for member in family if member.is_running()]


def test_children_of_a_component_that_died_are_ended_as_well(components, tmp_path):
    process = start(components, tmp_path, PARENT)
    wait_for_line(components)
    children = psutil.Process(process.pid).children()
    process.kill()
    process.wait()
    components.stop()
    psutil.wait_procs(children, timeout=10)
    assert not [child for child in children if child.is_running() and child.status() != psutil.STATUS_ZOMBIE]


def test_a_component_that_ignores_the_request_to_end_is_killed(components, tmp_path, monkeypatch):
    monkeypatch.setattr("demo_runner.components.GRACE_SECONDS", 0.5)
    process = start(components, tmp_path, STUBBORN)
    wait_for_line(components)
    components.stop()
    assert not psutil.pid_exists(process.pid)


def test_a_step_that_fails_is_reported(components, tmp_path):
    with pytest.raises(ComponentFailedError, match="migrate ended with code 2"):
        components.run("migrate", [sys.executable, "-c", "raise SystemExit(2)"], os.environ, tmp_path)


def test_what_a_killed_demo_left_is_ended_by_the_next(components, tmp_path):
    process = start(components, tmp_path, PARENT)
    wait_for_line(components)
    next_demo = Components(tmp_path, components.record)
    assert next_demo.stop_leftovers() == 2
    assert not psutil.pid_exists(process.pid)


def test_another_process_that_got_a_recorded_id_is_left_alone(tmp_path):
    bystander = subprocess.Popen([sys.executable, "-c", SLEEPER], stdout=subprocess.DEVNULL)
    record = tmp_path / "processes.json"
    record.write_text(json.dumps([[bystander.pid, psutil.Process(bystander.pid).create_time() - 500]]))
    assert Components(tmp_path, record).stop_leftovers() == 0
    assert bystander.poll() is None
    bystander.kill()
    bystander.wait()


def test_a_long_log_is_cut_to_its_last_lines(tmp_path):
    log = tmp_path / "scheduler.log"
    log.write_text("\n".join(f"line {number}" for number in range(50_000)))
    assert log_tail(log, 2) == "line 49998\nline 49999"


def test_a_log_that_was_never_written_has_no_end(tmp_path):
    assert log_tail(tmp_path / "missing.log") == ""
