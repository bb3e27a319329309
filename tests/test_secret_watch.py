"""The suite listens to itself: a test that tells a secret fails, whichever way it is told."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.secret_watch import MASK, SECRETS, ready, secret

ROOT = Path(__file__).parents[1]
TOKEN = "tk_" + "7c1e5b2f" * 4
SIGNED = "https://s3.test/chair.glb?X-Amz-Expires=60&X-Amz-Signature=" + "0f9d" * 8

TESTS = f'''
import json, logging, os, subprocess, sys, warnings
import httpx, pytest, structlog
from airflow.sdk import BaseOperator
from tests.secret_watch import ready, secret

TOKEN = secret("{TOKEN}")
SIGNED = "{SIGNED}"


@pytest.fixture
def telling_before(): print(TOKEN)

@pytest.fixture
def telling_after():
    yield
    print(TOKEN)

def send(**request):
    transport = httpx.MockTransport(lambda request: httpx.Response(200))
    with httpx.Client(transport=transport) as client:
        client.get("https://vendor.test/v1", **request)

def test_told_in_print(): print("with", TOKEN)
def test_told_in_stderr(): print(TOKEN, file=sys.stderr)
def test_told_by_another_process(): subprocess.run(["echo", TOKEN])
def test_told_in_half(): print(TOKEN[: len(TOKEN) // 2 + 1])
def test_told_in_a_signed_address(): print(SIGNED)
def test_told_in_a_form(): print(json.dumps({{"fields": {{"policy": "ZW5jb2RlZC1wb2xpY3k="}}}}))
def test_told_in_a_debug_record(): logging.getLogger("x").debug("with %s", TOKEN)
def test_told_in_a_detail_of_a_record(): logging.getLogger("x").info("with", extra={{"headers": [TOKEN]}})
def test_told_in_a_logger_of_its_own():
    logger = logging.getLogger("aloof")
    logger.propagate = False
    logger.warning(TOKEN)
def test_told_in_a_logged_error():
    try: raise ValueError(TOKEN)
    except ValueError: logging.getLogger("x").exception("failed")
def test_told_in_structlog(): structlog.get_logger().debug("sent", token=TOKEN)
def test_told_in_the_log_of_a_task():
    BaseOperator(task_id="x").log.debug("with", token=TOKEN)
def test_told_in_a_record_that_caplog_does_not_ask_for(caplog):
    caplog.set_level("ERROR")
    logging.getLogger("x").error(TOKEN)
def test_told_in_a_raised_error():
    with pytest.raises(ValueError): raise ValueError(TOKEN)
def test_told_in_the_cause_of_an_error():
    with pytest.raises(KeyError):
        try: raise ValueError(TOKEN)
        except ValueError as error: raise KeyError("x") from error
def test_told_in_a_note_of_an_error():
    with pytest.raises(ValueError):
        error = ValueError("x")
        error.add_note(TOKEN)
        raise error
def test_told_in_a_warning(): warnings.warn(TOKEN)
def test_told_in_a_warning_that_is_expected():
    with pytest.warns(UserWarning): warnings.warn(TOKEN)
def test_told_in_output_that_was_read(capsys):
    print(TOKEN)
    capsys.readouterr()
def test_told_in_a_failure(): assert TOKEN == "x"
def test_told_before(telling_before): pass
def test_told_after(telling_after): pass
def test_told_of_a_sandbox():
    ready('{{"dxgl": {{"token": "dxgl_sk_0a1b2c3d"}}}}')
    print("dxgl_sk_0a1b2c3d")
def test_told_of_a_connection(monkeypatch):
    monkeypatch.setenv("AIRFLOW_CONN_X", '{{"password": "from-a-connection", "extra": {{}}}}')
    print("from-a-connection")
def test_told_of_a_header():
    send(headers={{"X-Api-Key": "sent-in-a-header"}})
    print("sent-in-a-header")
def test_told_of_a_query():
    send(params={{"bearer_token": "sent in a query"}})
    print("sent+in+a+query", "sent in a query")

def test_kept(): print("https://s3.test/chair.glb?X-Amz-Expires=60&X-Amz-Signature=***", TOKEN[:5], "***")
def test_kept_in_a_request(): send(headers={{"Authorization": f"Bearer {{TOKEN}}"}})
def test_kept_in_an_error():
    with pytest.raises(ValueError): raise ValueError("Bearer ***")
'''


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What pytest says of tests that tell secrets, and of some that do not."""
    folder = tmp_path_factory.mktemp("telling")
    (folder / "test_telling.py").write_text(TESTS)
    (folder / "pytest.toml").write_text("[pytest]\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.secret_watch", "-rA", "-p", "no:cacheprovider"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "AIRFLOW_HOME": str(folder / "airflow")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.parametrize("test", re.findall(r"def (test_told\w*)", TESTS))
def test_who_tells_a_secret_fails(output: str, test: str) -> None:
    assert re.search(rf"^(FAILED|ERROR) \S+::{test}\b", output, re.MULTILINE)
    assert re.search(rf"::{test} told a secret in$", output, re.MULTILINE)


@pytest.mark.parametrize("test", re.findall(r"def (test_kept\w*)", TESTS))
def test_who_keeps_secrets_passes(output: str, test: str) -> None:
    assert re.search(rf"^PASSED \S+::{test}$", output, re.MULTILINE)
    assert f"::{test} told" not in output


def test_what_is_said_of_a_leak_tells_no_secret(output: str) -> None:
    assert f"Captured stdout call: with {MASK}" in output
    assert SECRETS.found(output) == []
    words = ("dxgl_sk_0a1b2c3d", "from-a-connection", "sent-in-a-header", "sent+in+a+query", "0f9d" * 8)
    assert [word for word in (TOKEN, TOKEN[:14], *words) if word in output] == []


def test_all_that_a_sandbox_calls_secret_is_looked_for() -> None:
    said = {"token": "a-private-token", "public_key": "a-public-key", "org_id": "an-organisation"}
    ready(f'{{"threekit": {str(said).replace(chr(39), chr(34))}}}')
    assert SECRETS.masked(" ".join(said.values())) == f"{MASK} {MASK} an-organisation"


def test_a_word_is_no_secret() -> None:
    secret("chair")
    assert SECRETS.found("a chair") == []
