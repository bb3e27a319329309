from __future__ import annotations

import json

import pytest
from demo_runner.outcome import summary


@pytest.fixture
def reports(tmp_path):
    counts = {"items": 8, "delivered": 1, "unchanged": 7, "failed": 0}
    (tmp_path / "latest.json").write_text(json.dumps({"counts": counts}))
    (tmp_path / "latest.md").write_text("# Renders")
    return tmp_path


def test_the_outcomes_that_happened_are_counted(reports):
    assert dict(summary(reports, since=0))["Items"] == "8 in the catalog: 1 delivered, 7 unchanged"


def test_only_files_that_exist_are_named(reports):
    assert [name for name, _ in summary(reports, since=0)] == ["Items", "Report"]
    (reports / "gallery.html").touch()
    assert dict(summary(reports, since=0))["Gallery"] == str(reports / "gallery.html")


def test_an_earlier_runs_report_is_not_passed_off_as_this_ones(reports):
    later = (reports / "latest.json").stat().st_mtime + 1
    assert summary(reports, since=later) == []
