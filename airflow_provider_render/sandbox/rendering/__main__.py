"""``python -m airflow_provider_render.sandbox.rendering SPEC.json`` or ``--to-glb SOURCE TARGET``."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import IO, Any

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    # numpy reads these when it is first imported, so nothing above may import it.
    os.environ.setdefault(variable, "1")

WATCH_SECONDS = 0.2


def main(arguments: list[str]) -> int:
    """Runs the command line.

    :returns: the exit code, 1 after a failure, 2 for wrong arguments.
    """
    if len(arguments) not in (1, 3) or (len(arguments) == 3 and arguments[0] != "--to-glb"):
        sys.stderr.write(f"usage: {__doc__}\n")
        return 2
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    with _events() as events:
        try:
            _convert(arguments[1:], events) if len(arguments) == 3 else _render(arguments[0], events)
        except (RuntimeError, ValueError, OSError, ImportError) as error:
            traceback.print_exc()
            _emit(events, event="failed", error=_one_line(error))
            return 1
    return 0


def _end_with(parent: int) -> None:
    """An orphan would go on writing the files that the next process for the same job writes, too."""
    while os.getppid() == parent:
        time.sleep(WATCH_SECONDS)
    os._exit(1)


def _events() -> IO[str]:
    """The real standard output; whatever libraries print goes to standard error from here on."""
    stream = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return stream


def _emit(events: IO[str], **event: Any) -> None:
    events.write(json.dumps(event) + "\n")
    events.flush()


def _render(path: str, events: IO[str]) -> None:
    from .job import run
    from .spec import RenderSpec

    spec = RenderSpec.model_validate_json(Path(path).read_bytes())
    _emit(events, event="started")
    files = run(spec, lambda name: _emit(events, event="product", name=name))
    _emit(events, event="done", files=files)


def _convert(paths: list[str], events: IO[str]) -> None:
    from .convert import to_glb

    _emit(events, event="started")
    to_glb(Path(paths[0]), Path(paths[1]))
    _emit(events, event="done", files=[Path(paths[1]).name])


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
