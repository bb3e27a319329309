"""One render job in a process of its own, as a stream of its events."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

Event = dict[str, Any]

ROOT = Path(__file__).parents[2]
MODULE = "airflow_provider_render.sandbox.rendering"
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
LINE_BYTES = 1 << 20


async def events(spec: Path, timeout: float) -> AsyncGenerator[Event, None]:  # noqa: ASYNC109
    """
    Run the renderer on a spec and pass on its events; the last one is always ``done`` or ``failed``.

    Leaving the iteration early kills the process.

    :param spec: the job as a file; a ``.log`` beside it receives the renderer's diagnostics.
    :param timeout: seconds the process may take.
    """
    last: Event = {}
    process = await _start(spec)
    try:
        async with asyncio.timeout(timeout):
            async for event in _lines(process):
                last = event
                yield event
            code = await process.wait()
    except TimeoutError:
        last = {}
        code = None
    finally:
        await _end(process)
    if last.get("event") not in ("done", "failed"):
        yield {"event": "failed", "error": _reason(code, timeout)}


async def _start(spec: Path) -> asyncio.subprocess.Process:
    with spec.with_suffix(".log").open("wb") as log:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            MODULE,
            str(spec),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
            limit=LINE_BYTES,
            env=_environment(spec.parent / "bytecode"),
            start_new_session=True,
        )


def _environment(bytecode: Path) -> dict[str, str]:
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, **ONE_THREAD, "PYTHONPATH": os.pathsep.join(paths)}
    if environment.pop("PYTHONDONTWRITEBYTECODE", None):
        # Compiling its imports anew costs a process more than half a second.
        environment["PYTHONPYCACHEPREFIX"] = str(bytecode)
    return environment


async def _lines(process: asyncio.subprocess.Process) -> AsyncGenerator[Event, None]:
    assert process.stdout is not None  # noqa: S101
    async for line in process.stdout:
        event: Event = json.loads(line)
        yield event


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


def _reason(code: int | None, timeout: float) -> str:
    if code is None:
        return f"The render took longer than {timeout:g} seconds"
    return f"The render process ended unexpectedly (code {code})"
