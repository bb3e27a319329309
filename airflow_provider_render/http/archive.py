"""Whether a ZIP file arrived undamaged."""

from __future__ import annotations

import errno
import lzma
import zipfile
import zlib
from pathlib import Path

ZIP_TYPES = frozenset({"application/zip", "application/x-zip-compressed"})


def is_zip(name: str, media_type: str) -> bool:
    """Return whether a file claims to be a ZIP file."""
    return media_type in ZIP_TYPES or name.lower().endswith(".zip")


def zip_damage(path: Path) -> str | None:
    """Return what is wrong with a ZIP file, or None; every member is read in pieces and its CRC compared."""
    try:
        with zipfile.ZipFile(path) as archive:
            broken = archive.testzip()
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, ValueError) as error:
        return str(error)
    except OSError as error:
        # A damaged bzip2 stream is an OSError without a number, a seek before the start one with EINVAL.
        if error.errno not in (None, errno.EINVAL):
            raise
        return str(error)
    except (RuntimeError, NotImplementedError):
        # Encrypted, or packed by a method that Python lacks: whole as far as can be told.
        return None
    return broken and f"its member {broken} is damaged"
