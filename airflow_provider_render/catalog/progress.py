"""How far a run has come, in a small file that people and the gallery can look at while it works."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from threading import Lock
from typing import Literal

from airflow_provider_render.catalog.items import RESERVED
from airflow_provider_render.catalog.storage import Place

log = logging.getLogger(__name__)

ProgressStage = Literal["plan", "upload", "submit", "render", "download", "report", "done"]


class Progress:
    """Writes ``_render/progress.json``; never fails a run. Safe for threads.

    :param root: output folder.
    :param run_id: the run.
    :param interval: seconds between writes within one stage.
    :param clock: monotonic time in seconds.
    """

    def __init__(
        self, root: Place, run_id: str, *, interval: float = 0.5, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._file = root / RESERVED / "progress.json"
        self._run_id = run_id
        self._interval = interval
        self._clock = clock
        self._stage: str | None = None
        self._written = 0.0
        self._warned = False
        self._lock = Lock()

    def update(
        self, stage: ProgressStage, done: int, total: int, counts: Mapping[str, int] | None = None
    ) -> None:
        """Tell how far the run is; written at once for a new stage or its end, else at most twice a second.

        :param stage: what is being done.
        :param done: items done in this stage.
        :param total: items in this stage.
        :param counts: further numbers by name.
        """
        with self._lock:
            now = self._clock()
            if stage == self._stage and done < total and now - self._written < self._interval:
                return
            self._stage, self._written = stage, now
            self._write({"stage": stage, "done": done, "total": total, "counts": dict(counts or {})})

    def _write(self, state: Mapping[str, object]) -> None:
        document = {
            **state,
            "run_id": self._run_id,
            "updated": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        try:
            self._file.write(json.dumps(document).encode())
        except Exception as error:  # noqa: BLE001 - a run is worth more than its progress file
            if not self._warned:
                log.warning("Cannot write %s: %s", self._file, error)
            self._warned = True
