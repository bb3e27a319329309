"""A temporary folder that outlives a failure."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def workplace() -> Iterator[Path]:
    """Make a folder and remove it at last; where the work in it fails, keep it and say where it is."""
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    try:
        yield folder
    except Exception:
        print(f"failed; everything it left is kept in {folder}", file=sys.stderr, flush=True)
        raise
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    shutil.rmtree(folder, ignore_errors=True)
