"""What the different kinds of work need: the engine, the assets and a place to put files."""

from __future__ import annotations

import shutil
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_render.sandbox.threekit import jobs as words

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

    from airflow_provider_render.sandbox.threekit.documents import Document
    from airflow_provider_render.sandbox.threekit.jobs import Jobs, Task
    from airflow_provider_render.sandbox.threekit.library import Library
    from airflow_provider_render.sandbox.vendor import Ground


class WorkFailed(Exception):  # noqa: N818
    """A task cannot be done; its message becomes the run's."""


@dataclass(frozen=True)
class Workshop:
    """
    Tools of the tasks.

    :param ground: queue and options.
    :param folder: for files that are being made.
    :param library: assets, files and models.
    :param jobs: whose tasks are worked on.
    """

    ground: Ground
    folder: Path
    library: Library
    jobs: Jobs

    @contextmanager
    def bench(self, key: str) -> Iterator[Path]:
        """Give a folder that is gone afterwards."""
        place = self.folder / key
        try:
            yield place
        finally:
            shutil.rmtree(place, ignore_errors=True)

    def pixels(self, size: int) -> int:
        """Number of pixels that are really rendered for a wanted one."""
        return min(max(round(size * self.ground.options.scale), 16), 8192)

    async def made(
        self, key: str, model: Path, folder: Path, products: list[dict[str, Any]]
    ) -> AsyncIterator[str]:
        """
        Run the engine and pass on the name of every finished file.

        :raises WorkFailed: with the engine's words.
        """
        spec = {"model": str(model), "output": str(folder), "products": products}
        async with aclosing(self.ground.queue.render(key, spec)) as events:
            async for event in events:
                if event["event"] == "product":
                    yield str(event["name"])
                elif event["event"] == "failed":
                    raise WorkFailed(str(event["error"]))

    async def succeed(
        self, task: Task, outputs: list[Document], message: str, remember: Callable[[], None] | None = None
    ) -> None:
        """
        Stop a task that did its work.

        :param remember: writes down what was made; it happens together with the stop, or not at all, so that
            a task which is taken up again after a crash never makes a thing twice.
        """
        logs = [await self._log("stdout", f"{message}\n"), await self._log("stderr", "")]
        with self.ground.database.transaction():
            if remember:
                remember()
            self.jobs.stop(task.id, words.SUCCESS, message, [*outputs, *logs])

    async def fail(self, task: Task, message: str) -> None:
        """Stop a task that could not do its work."""
        logs = [await self._log("stdout", ""), await self._log("stderr", f"{message}\n")]
        self.jobs.stop(task.id, words.FAILED, message, logs)

    async def _log(self, name: str, text: str) -> Document:
        return public(await self.library.files.keep_text(name, text))


def public(record: Document) -> Document:
    """Return a file record as runs show it."""
    return {name: value for name, value in record.items() if name not in ("updatedAt", "deletedAt")}
