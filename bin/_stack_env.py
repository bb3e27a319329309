"""Make the environment in which the stack tests start Airflow: the built wheel beside linked packages.

Every installed distribution is linked from the running environment, but this package's editable
install is left out and the wheel is installed in its place. So the tests meet exactly what a user
installs, without a second download of everything else.

Usage: ``python _stack_env.py FOLDER WHEEL``
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import venv
from importlib.metadata import distribution
from pathlib import Path

PACKAGE = "airflow-provider-render"


def editable_files(site: Path) -> set[str]:
    """Return the names in site-packages that belong to the editable install.

    :param site: the running environment's site-packages
    """
    files = distribution(PACKAGE).files or []
    return {path.parts[0] for path in files} | {f"{PACKAGE.replace('-', '_')}.pth"}


def link_packages(source: Path, target: Path) -> int:
    """Link every entry of one site-packages into another; return how many.

    :param source: the running environment's site-packages
    :param target: the new environment's site-packages
    """
    left_out = editable_files(source) | {"__pycache__"}
    names = [path for path in source.iterdir() if path.name not in left_out]
    for path in names:
        (target / path.name).symlink_to(path)
    return len(names)


def create(folder: Path, wheel: Path) -> Path:
    """Create the environment anew and return its Python.

    :param folder: the environment's folder; an earlier one is removed
    :param wheel: the built wheel
    """
    shutil.rmtree(folder, ignore_errors=True)
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    site = sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)})
    link_packages(Path(sysconfig.get_path("purelib")), Path(site))
    options = ["--no-deps", "--no-index", "--quiet", "--disable-pip-version-check"]
    subprocess.run([sys.executable, "-m", "pip", "--python", python, "install", *options, wheel], check=True)
    return python


if __name__ == "__main__":
    print(create(Path(sys.argv[1]), Path(sys.argv[2])))
