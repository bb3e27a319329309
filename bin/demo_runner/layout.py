"""Where the demo keeps things, and which vendors it can show."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Vendor:
    """A vendor that the demo can show.

    :param name: the sandbox's name for it, and the connection type
    :param title: the name people know
    :param extras: what of the sandbox's ready line goes into the connection's extra, by the same names
    :param login: what of it goes into the connection's login
    :param looks: seconds before the first look at a render and between later ones; the sandbox is faster
        than the vendor
    :param variables: Airflow variables of its sample DAGs, and what of the ready line they hold
    """

    name: str
    title: str
    extras: tuple[str, ...] = ()
    login: str = ""
    looks: str = ""
    variables: tuple[tuple[str, str], ...] = ()

    @property
    def dag_id(self) -> str:
        """The sample DAG that renders the catalog there."""
        return f"{self.name}_nightly_catalog"

    @property
    def environment(self) -> str:
        """The variable that carries its Airflow connection."""
        return f"AIRFLOW_CONN_{self.name.upper()}_DEFAULT"

    def environment_of(self, said: Mapping[str, str]) -> dict[str, str]:
        """Return connection and variables as Airflow's environment has them.

        :param said: what the sandbox said of the vendor when it was ready
        """
        variables = {f"AIRFLOW_VAR_{name.upper()}": said[word] for name, word in self.variables}
        return {self.environment: self.connection(said), **variables}

    def connection(self, said: Mapping[str, str]) -> str:
        """Return the value of the connection variable.

        :param said: what the sandbox said of the vendor when it was ready
        """
        extra = {name: said[name] for name in self.extras}
        if self.looks:
            extra |= {"poll_first": self.looks, "poll_start": self.looks}
        login = {"login": said[self.login]} if self.login else {}
        return json.dumps(
            {"conn_type": self.name, "host": said["base_url"], "password": said["token"], **login}
            | ({"extra": extra} if extra else {})
        )


VENDORS = {
    vendor.name: vendor
    for vendor in (
        Vendor("dxgl", "DXGL"),
        Vendor("glossi", "Glossi", variables=(("glossi_template", "template_id"),)),
        Vendor("imagine", "Imagine.io", ("origin", "public_key"), "zapier_token", "15"),
        Vendor("threekit", "Threekit", ("org_id",)),
    )
}


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
        """A folder for each vendor: the delivered pictures, the state of the catalog and the reports."""
        return self.home / "output"

    def reports(self, vendor: Vendor) -> Path:
        """Return the folder of a vendor's reports; the newest is called ``latest``."""
        return self.output / vendor.name / "_render" / "reports"

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
