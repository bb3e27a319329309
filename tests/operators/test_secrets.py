"""The token appears nowhere."""

from __future__ import annotations

import json
import logging

import pytest
from airflow.sdk.exceptions import TaskDeferred

from airflow_provider_render.core.errors import VendorError
from tests.operators.account import new_model, rows
from tests.operators.task import fire
from tests.operators.test_catalog import catalog
from tests.operators.test_single_steps import download, submit, upload, wait


@pytest.fixture
def everything_said(caplog, capfd):
    """All that was logged or printed."""
    caplog.set_level(logging.DEBUG)

    def said() -> str:
        printed = capfd.readouterr()
        return caplog.text + printed.out + printed.err

    return said


def test_a_token_is_in_no_log_xcom_trigger_event_or_file(dxgl, rendered, tmp_path, everything_said):
    task = catalog(dxgl, rows(*rendered, new_model(tmp_path)), tmp_path / "out", deferrable=True)
    deferred = task.start()
    assert isinstance(deferred, TaskDeferred)
    event = fire(deferred.trigger)
    told = [deferred.trigger.serialize(), event, task.resume(deferred, event), task.rows]

    assert dxgl.token not in json.dumps(told)
    files = [path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert len(files) > 5
    assert not any(dxgl.token.encode() in content for content in files)
    said = everything_said()
    assert "renders have ended" in said
    assert dxgl.token not in said


def test_a_token_is_in_no_result_of_the_single_steps(dxgl, rendered, tmp_path, everything_said):
    uploaded = upload(dxgl, rendered[0]).run()
    job = submit(dxgl, uploaded).run()
    done = wait(dxgl, job, deferrable=True).run()
    files = download(dxgl, done, tmp_path / "out").run()

    assert dxgl.token not in json.dumps([uploaded, job, done, files])
    assert dxgl.token not in everything_said()


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "error_before"},
        {"kind": "drop_before"},
        {"kind": "reject", "code": "unauthorized", "match": "POST"},
    ],
    ids=lambda fault: fault["kind"],
)
def test_a_token_is_in_no_error(idle, tmp_path, everything_said, fault):
    idle.faults(fault)
    with pytest.raises(VendorError) as failed:
        upload(idle, new_model(tmp_path)).run()

    assert idle.token not in repr(failed.value) + str(failed.value.__cause__) + everything_said()
