"""Where the demo keeps things, and which vendors it can show."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Vendor:
    """A vendor that the demo can show.

    :param name: the sandbox's name for it, and the connection type
    :param dag_id: the sample DAG that renders the catalog there
    :param environment: the variable that carries its Airflow connection
    """

    name: str
    dag_id: str
    environment: str

    def connection(self, base_url: str, token: str) -> str:
        """Return the value of the connection variable.

        :param base_url: the sandbox's address
        :param token: the API token that the sandbox accepts
        """
        return json.dumps({"conn_type": self.name, "host": base_url, "password": token})


VENDORS = {"dxgl": Vendor("dxgl", "dxgl_nightly_catalog", "AIRFLOW_CONN_DXGL_DEFAULT")}


@dataclass(frozen=True)
class Layout:
    """The folders of a demo.

    :param project: the project's root
    """

    project: Path

    @property
    def home(self) -> Path:
        """Everything that the demo writes."""
        return self.project / ".demo"

    @property
    def airflow(self) -> Path:
        """Airflow's own home: its database and its task logs."""
        return self.home / "airflow"

    @property
    def sandbox(self) -> Path:
        """What the vendor would remember: uploads, renders, the bill."""
        return self.home / "sandbox"

    @property
    def output(self) -> Path:
        """The delivered pictures, the state of the catalog and the reports."""
        return self.home / "output"

    @property
    def reports(self) -> Path:
        """The report of every run; the newest is called ``latest``."""
        return self.output / "_render" / "reports"

    @property
    def catalog(self) -> Path:
        """A copy of the sample catalog that the reader may change."""
        return self.home / "catalog"

    @property
    def logs(self) -> Path:
        """One log per component."""
        return self.home / "logs"

    def create(self) -> None:
        """Create the folders that are missing."""
        for folder in (self.airflow, self.sandbox, self.output, self.logs):
            folder.mkdir(parents=True, exist_ok=True)

    def clear(self) -> None:
        """Remove what earlier demos left, but the lock."""
        for path in self.home.iterdir() if self.home.exists() else []:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            elif path.name != "lock":
                path.unlink()

    def copy_samples(self) -> Path:
        """Copy the sample catalog, unless an earlier demo did, and return its path."""
        if not self.catalog.exists():
            unfinished = self.home / "catalog.unfinished"
            shutil.rmtree(unfinished, ignore_errors=True)
            shutil.copytree(
                self.project / "samples", unfinished, ignore=shutil.ignore_patterns("*.py", "__pycache__")
            )
            unfinished.rename(self.catalog)
        return self.catalog / "catalog.csv"
