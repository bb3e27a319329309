"""Local folders that stand for the folders of Google Drive."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from airflow_provider_render.sandbox.glossi.models import FILE_TYPES
from airflow_provider_render.sandbox.identity import new_id

if TYPE_CHECKING:
    from pathlib import Path

UNSAFE = str.maketrans(dict.fromkeys('/\\:*?"<>|', "_"))


class DriveFile(NamedTuple):
    """
    A model file in a folder.

    :param size: bytes.
    :param modified: nanoseconds since the epoch.
    """

    name: str
    size: int
    modified: int

    @property
    def file_type(self) -> str:
        """Its ending, without the dot."""
        return PurePosixPath(self.name).suffix.lower().lstrip(".")

    @property
    def modified_at(self) -> str:
        """Time of its last change."""
        return datetime.fromtimestamp(self.modified / 1e9, UTC).isoformat(timespec="seconds")


class Drive:
    """
    All folders.

    :param root: holds one folder per folder id.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def make(self, folder_id: str) -> None:
        """Make a folder unless it exists."""
        (self._root / folder_id).mkdir(parents=True, exist_ok=True)

    def models(self, folder_id: str) -> list[DriveFile]:
        """
        List the model files that lie directly in a folder, by name; empty and hidden ones are not there yet.

        :raises OSError: there is no such folder.
        """
        found = []
        for path in sorted((self._root / folder_id).iterdir()):
            if path.is_file() and not path.name.startswith("."):
                status = path.stat()
                found.append(DriveFile(path.name, status.st_size, status.st_mtime_ns))
        return [each for each in found if each.size and each.file_type in FILE_TYPES]

    def take(self, folder_id: str, name: str, target: Path) -> None:
        """
        Copy a file out of a folder.

        :raises OSError: it is not there any more.
        """
        shutil.copyfile(self._root / folder_id / name, target)

    def put(self, folder_id: str, group: str, name: str, source: Path) -> None:
        """
        Copy a file into a subfolder; readers never see half of it.

        :param group: name of the subfolder.
        :raises OSError: the folder cannot be written.
        """
        folder = self._root / folder_id / _safe(group)
        folder.mkdir(parents=True, exist_ok=True)
        arriving = folder / f".{new_id()}.part"
        try:
            shutil.copyfile(source, arriving)
            arriving.replace(folder / _safe(name))
        finally:
            arriving.unlink(missing_ok=True)


def _safe(name: str) -> str:
    return name.translate(UNSAFE).strip(". ") or "_"
