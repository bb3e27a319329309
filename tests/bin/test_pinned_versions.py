from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

CONSTRAINTS = Path(__file__).parents[2] / "constraints.txt"
PACKAGE = "airflow-provider-render"


def pins() -> dict[str, Requirement]:
    lines = [line for line in CONSTRAINTS.read_text().splitlines() if not line.startswith("#")]
    return {canonicalize_name(pin.name): pin for pin in map(Requirement, lines)}


def needed_here() -> set[str]:
    """Return every distribution that the package with all its extras leads to on this Python."""
    found: set[str] = set()
    waiting = [(PACKAGE, frozenset({"dev", "sandbox"}))]
    seen = set(waiting)
    while waiting:
        name, extras = waiting.pop()
        found.add(name)
        for requirement in wanted_by(name, extras):
            step = (canonicalize_name(requirement.name), frozenset(requirement.extras))
            if step not in seen:
                seen.add(step)
                waiting.append(step)
    return found - {PACKAGE}


def wanted_by(name: str, extras: frozenset[str]) -> list[Requirement]:
    try:
        requirements = map(Requirement, distribution(name).requires or [])
    except PackageNotFoundError:
        return []
    environments = [{"extra": extra} for extra in (extras or {""})]
    return [each for each in requirements if not each.marker or any(map(each.marker.evaluate, environments))]


def test_every_distribution_that_gets_installed_is_pinned():
    assert needed_here() - set(pins()) == set()


def test_every_pin_is_one_exact_version_and_names_no_place():
    for name, pin in pins().items():
        assert re.fullmatch(r"==[\w.+!]+", str(pin.specifier)), name
        assert pin.url is None, name
    assert "://" not in CONSTRAINTS.read_text()
    assert not [line for line in CONSTRAINTS.read_text().splitlines() if line.startswith("-")]
