"""The vendor's account behind the tests: a sandbox that counts the money."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.sandbox.running import CREDITS, RunningSandbox
from tests.sandbox.shapes import glb

SETTINGS = {"aspect": "1:1", "length": 3}
LOOKS = r"^GET .*/v1/renders"


class Account(RunningSandbox):
    """A running sandbox with one account, whose bill is looked at from a mark on.

    :param conn_id: the Airflow connection that leads here.
    """

    def __init__(self, conn_id: str, *flags: str) -> None:
        super().__init__("--fps", "2", *flags)
        self.conn_id = conn_id
        self.finished: dict[str, bytes] = {}
        self.begin()

    def begin(self) -> None:
        """Forget faults and what was spent so far."""
        self.control.delete("/faults")
        self.set_credits(CREDITS)
        self._mark = self.bill()["credits"]

    @property
    def spent(self) -> int:
        """Credits that were charged since the mark."""
        return self.bill()["credits"] - self._mark

    def connection(self, **changes: Any) -> str:
        """The Airflow connection as an environment variable holds it."""
        extra = {"retries": "0", "timeout": 20, **changes.pop("extra", {})}
        return json.dumps(
            {"conn_type": "dxgl", "host": self.url, "password": self.token, "extra": extra, **changes}
        )

    def faults(self, *faults: dict[str, Any]) -> None:
        """Arm these faults and no others."""
        answer = self.control.put("/faults", json={"faults": list(faults)})
        assert answer.status_code == 200, answer.text

    @contextmanager
    def counted(self, match: str = LOOKS) -> Iterator[list[int]]:
        """Count the calls that match; the number is there after the block."""
        count: list[int] = []
        self.faults({"kind": "latency", "seconds": 0, "match": match})
        yield count
        count.append(self.fired()[0])
        self.faults()

    def knows(self, render_id: str) -> bool:
        """Whether the render is there."""
        return self.api.get(f"/v1/renders/{render_id}").status_code == 200

    def renders(self) -> list[dict[str, Any]]:
        """The newest hundred renders."""
        return self.api.get("/v1/renders", params={"limit": 100}).json()["data"]


def new_model(folder: Path, name: str = "chair") -> str:
    """Write a model that no vendor has seen, and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.glb"
    path.write_bytes(glb())
    return str(path)


def rows(*models: str) -> list[dict[str, str]]:
    """A catalog of models, with the files' names as SKUs."""
    return [{"sku": Path(model).stem, "model": model} for model in models]
