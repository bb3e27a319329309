from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.http.scripted import ok, reply

LARGE = 64 * 1024 * 1024
ALLOWED = 16 * 1024 * 1024
ROOT = Path(__file__).parents[2]


def grown(kind, direction, url, path):
    """Run the probe and return by how many bytes its memory grew."""
    command = [sys.executable, "-m", "tests.http.memory_probe", kind.__name__, direction, url, str(path)]
    return int(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)


@pytest.mark.parametrize("direction", ["form", "raw"])
def test_memory_stays_flat_while_a_large_file_is_uploaded(direction, driver_kind, server, tmp_path):
    model = tmp_path / "large.glb"
    with model.open("wb") as file:
        file.truncate(LARGE)
    server.plays(ok())
    assert grown(driver_kind, direction, server.url, model) < ALLOWED
    assert server.requests[1].size >= LARGE


def test_memory_stays_flat_while_a_large_file_is_downloaded(driver_kind, server, tmp_path):
    def large(connection, request):
        connection.sendall(reply(200, b"", "video/mp4", content_length=str(LARGE)))
        for _ in range(LARGE // 65536):
            connection.sendall(b"\0" * 65536)

    server.plays(ok(), large)
    target = tmp_path / "large.mp4"
    assert grown(driver_kind, "download", server.url, target) < ALLOWED
    assert target.stat().st_size == LARGE
