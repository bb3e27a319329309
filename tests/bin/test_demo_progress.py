from __future__ import annotations

import io
import json
import os

import pytest
from demo_runner.progress import Line, Progress, progress_line, progress_step, read_progress, tasks_line


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def file(tmp_path):
    return tmp_path / "progress.json"


def test_progress_is_read_as_the_operator_writes_it(file):
    said = {"stage": "render", "done": 7, "total": 12, "run_id": "a", "counts": {"failed": 1}}
    file.write_text(json.dumps(said))
    assert read_progress(file, since=0) == Progress("render", 7, 12, {"failed": 1})


def test_the_progress_of_an_earlier_run_is_not_shown(file):
    file.write_text('{"stage": "done"}')
    os.utime(file, (1000, 1000))
    assert read_progress(file, since=1001) is None


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "{}", '{"stage": "plan", "counts": 3}', '{"stage": "plan", "done": "x"}']
)
def test_a_progress_file_that_says_nothing_useful_is_passed_over(file, content):
    file.write_text(content)
    assert read_progress(file, since=0) is None


def test_no_progress_file_means_no_progress(file):
    assert read_progress(file, since=0) is None


def test_the_line_names_stage_items_and_time():
    line = progress_line(Progress("render", 6, 12), elapsed=65.9)
    assert line == "render   [############............] 6 of 12     1:05"


def test_the_line_counts_failures():
    assert progress_line(Progress("download", 2, 2, {"failed": 3}), 5).endswith("0:05  3 failed")


def test_a_stage_without_items_has_no_bar():
    assert "[" not in progress_line(Progress("plan"), 1)


def test_before_the_operator_speaks_the_tasks_are_shown():
    tasks = [{"task_id": "render", "state": None}, {"task_id": "check", "state": "queued"}]
    assert tasks_line(tasks, 3) == "airflow  check: queued, render: waiting  0:03"
    assert tasks_line([], 3) == "airflow  waiting for the scheduler  0:03"


def test_large_catalogs_print_at_most_eleven_lines_a_stage():
    steps = {progress_step(Progress("render", done, 10_000)) for done in range(10_001)}
    assert len(steps) == 11


def test_a_terminal_gets_one_line_that_is_redrawn():
    line = Line(terminal := Terminal())
    line.show("one", "1")
    line.show("two", "1")
    line.close()
    assert terminal.getvalue() == "\r\x1b[K  one\r\x1b[K  two\n"


def test_a_file_gets_a_line_only_when_something_changed():
    line = Line(stream := io.StringIO())
    line.show("plan 0:01", "plan")
    line.show("plan 0:02", "plan")
    line.show("render 0:03", "render")
    line.close()
    assert stream.getvalue() == "  plan 0:01\n  render 0:03\n"
