"""What a run did: for people to read, for programs to parse, and small enough for XCom."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import quote

from airflow_provider_render.catalog.brevity import fitting, within
from airflow_provider_render.catalog.files import publish
from airflow_provider_render.catalog.gallery import gallery_page
from airflow_provider_render.catalog.items import RESERVED
from airflow_provider_render.catalog.storage import Place

FOLDER = f"{RESERVED}/reports"
_ROWS = 5000
_NOTE_BYTES, _KEYS_BYTES = 400, 400


class Outcome(StrEnum):
    """What became of an item."""

    DELIVERED = "delivered"
    """Its files were put in place by this run."""
    UNCHANGED = "unchanged"
    """Its files were there already."""
    FAILED = "failed"
    PENDING = "pending"
    """It is still at the vendor, or was only planned."""


class Stage(StrEnum):
    """How far an item came, or where it failed."""

    CHECK = "check"
    SUBMIT = "submit"
    RENDER = "render"
    DOWNLOAD = "download"
    DONE = "done"


ADVICE = {
    Stage.CHECK: "Correct the row or the model file; nothing was paid.",
    Stage.SUBMIT: "The next run looks it up at the vendor before it pays.",
    Stage.RENDER: (
        "A later run pays for another try, at most max_attempts in a row; change the model or its settings if"
        " they are the cause."
    ),
    Stage.DOWNLOAD: "The render is paid and safe at the vendor; the next run downloads it free of charge.",
}
"""What to do about a failure, where nothing better is known."""


@dataclass(frozen=True, slots=True)
class ItemReport:
    """What became of one item.

    :param key: the item.
    :param outcome: what became of it.
    :param stage: how far it came, or where it failed.
    :param title: its name for people.
    :param folder: its folder below the output root.
    :param reason: why it failed, or why it was rendered.
    :param advice: what to do about a failure; None takes the usual advice of the stage.
    :param credits: credits this run paid for its present render.
    :param fruitless: credits this run paid for renders of it that came to nothing, be it the present one or
        others before it.
    :param adopted: whether it took over a render that was there already, free of charge.
    :param job_id: the vendor's id of the render.
    :param portal_url: page of the render at the vendor.
    :param files: its files as the journal has them.
    :param seconds: from its submit to its delivery.
    """

    key: str
    outcome: Outcome
    stage: Stage = Stage.DONE
    title: str | None = None
    folder: str = ""
    reason: str | None = None
    advice: str | None = None
    credits: Decimal = Decimal(0)
    fruitless: Decimal = Decimal(0)
    adopted: bool = False
    job_id: str | None = None
    portal_url: str | None = None
    files: tuple[Mapping[str, Any], ...] = ()
    seconds: float | None = None

    @property
    def what_to_do(self) -> str:
        """What to do about its failure."""
        return self.advice or ADVICE.get(self.stage, "")

    def to_json(self) -> dict[str, Any]:
        """Return a JSON form."""
        return {
            "key": self.key,
            "outcome": str(self.outcome),
            "stage": str(self.stage),
            "title": self.title,
            "folder": self.folder,
            "reason": self.reason,
            "advice": self.advice,
            "credits": str(self.credits),
            "fruitless": str(self.fruitless),
            "adopted": self.adopted,
            "job_id": self.job_id,
            "portal_url": self.portal_url,
            "files": [dict(file) for file in self.files],
            "seconds": self.seconds,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ItemReport:
        """Read what :meth:`to_json` wrote."""
        return cls(
            **{
                **data,
                "outcome": Outcome(data["outcome"]),
                "stage": Stage(data["stage"]),
                "credits": Decimal(data["credits"]),
                "fruitless": Decimal(data.get("fruitless", 0)),
                "files": tuple(data["files"]),
            }
        )


@dataclass(slots=True)
class Report:
    """What one run did, or one group of a run.

    :param run_id: the run.
    :param vendor: the vendor, as people know it.
    :param started: ISO time.
    :param finished: ISO time.
    :param planned: credits that the plan needed at most.
    :param spent: credits that the run has paid, also for renders that came to nothing and were replaced.
    :param avoided: credits of renders that were not paid again, because nothing changed.
    :param calls: credits that calls cost beside the renders, at vendors that charge for them.
    :param items: what became of each item.
    :param orphans: keys that left the catalog and whose files are still there.
    :param pruned: keys that left the catalog and whose files were removed.
    :param note: a sentence on the run as a whole, such as why it stopped.
    """

    run_id: str
    vendor: str
    started: str
    finished: str = ""
    planned: Decimal = Decimal(0)
    spent: Decimal = Decimal(0)
    avoided: Decimal = Decimal(0)
    calls: Decimal = Decimal(0)
    items: list[ItemReport] = field(default_factory=list)
    orphans: list[str] = field(default_factory=list)
    pruned: list[str] = field(default_factory=list)
    note: str | None = None

    @property
    def failures(self) -> list[ItemReport]:
        """Items that failed."""
        return [item for item in self.items if item.outcome is Outcome.FAILED]

    @property
    def fruitless(self) -> Decimal:
        """Credits this run paid for renders that came to nothing; no vendor tells what it gives back."""
        return sum((item.fruitless for item in self.items), Decimal(0))

    def counts(self) -> dict[str, int]:
        """Return the number of items by outcome, with ``adopted``, ``orphans`` and ``pruned``."""
        found = Counter(item.outcome for item in self.items)
        return {
            "items": len(self.items),
            **{str(outcome): found[outcome] for outcome in Outcome},
            "adopted": sum(item.adopted for item in self.items),
            "orphans": len(self.orphans),
            "pruned": len(self.pruned),
        }

    def add(self, other: Report) -> None:
        """Take over what another group of the same run did."""
        self.started = min(self.started, other.started)
        self.finished = max(self.finished, other.finished)
        self.planned += other.planned
        self.spent += other.spent
        self.avoided += other.avoided
        self.calls += other.calls
        self.items.extend(other.items)
        self.orphans.extend(other.orphans)
        self.pruned.extend(other.pruned)
        self.note = self.note or other.note

    def write(self, root: Place, gallery: bool = True) -> str:
        """Write the report as JSON and Markdown, once under the run's name and once as ``latest``.

        :param root: output folder.
        :param gallery: whether to write a page with the pictures, ``gallery.html``, too.
        :returns: path or URL of the JSON.
        """
        folder, name = root / FOLDER, report_name(self.run_id)
        text = self.markdown().encode("utf-8", "replace")
        with tempfile.TemporaryDirectory(prefix="render-report-") as spool:
            whole, copy = Path(spool, "whole.json"), Path(spool, "copy.json")
            self._spool(whole)
            shutil.copyfile(whole, copy)
            for stem, file in ((name, copy), ("latest", whole)):
                publish(file, folder / f"{stem}.json")
                (folder / f"{stem}.md").write(text)
        if gallery:
            (folder / "gallery.html").write(gallery_page(self).encode("utf-8", "replace"))
        return (folder / f"{name}.json").url

    def summary(self, root: Place | None = None) -> dict[str, Any]:
        """Return the report in brief, for XCom: less than 2 kB for any number of items.

        :param root: output folder; adds where the whole report is.
        """
        brief: dict[str, Any] = {
            "run_id": within(self.run_id, 300),
            "vendor": self.vendor,
            **self.counts(),
            "credits_planned": str(self.planned),
            "credits_spent": str(self.spent),
            "credits_avoided": str(self.avoided),
            "credits_fruitless": str(self.fruitless),
            "credits_refunded": None,
            **({"credits_calls": str(self.calls)} if self.calls else {}),
            "failed_keys": fitting((within(item.key, 60) for item in self.failures[:10]), _KEYS_BYTES),
            "note": within(self.note, _NOTE_BYTES) if self.note else None,
        }
        if root is not None:
            brief["report"] = (root / FOLDER / f"{report_name(self.run_id)}.json").url
        return brief

    def to_json(self) -> dict[str, Any]:
        """Return a JSON form."""
        return {**self._head(), "items": [item.to_json() for item in self.items]}

    def _spool(self, to: Path) -> None:
        """Write the JSON form, one item after the other: that of a large catalog is never held as a whole."""
        head = json.dumps(self._head(), indent=1).removesuffix("\n}")
        with to.open("w", encoding="ascii") as file:
            file.write(f'{head},\n "items": [')
            for number, item in enumerate(self.items):
                file.write(f"{',' if number else ''}\n  {json.dumps(item.to_json())}")
            file.write("\n ]\n}\n")

    def _head(self) -> dict[str, Any]:
        return {
            "version": 1,
            "run_id": self.run_id,
            "vendor": self.vendor,
            "started": self.started,
            "finished": self.finished,
            "note": self.note,
            "counts": self.counts(),
            "credits": {
                "planned": str(self.planned),
                "spent": str(self.spent),
                "avoided": str(self.avoided),
                "fruitless": str(self.fruitless),
                "refunded": None,
                "calls": str(self.calls),
            },
            "orphans": self.orphans,
            "pruned": self.pruned,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Report:
        """Read what :meth:`to_json` wrote."""
        return cls(
            run_id=data["run_id"],
            vendor=data["vendor"],
            started=data["started"],
            finished=data["finished"],
            planned=Decimal(data["credits"]["planned"]),
            spent=Decimal(data["credits"]["spent"]),
            avoided=Decimal(data["credits"]["avoided"]),
            calls=Decimal(data["credits"].get("calls", 0)),
            items=[ItemReport.from_json(item) for item in data["items"]],
            orphans=list(data["orphans"]),
            pruned=list(data["pruned"]),
            note=data["note"],
        )

    def markdown(self) -> str:
        """Return the report for people: what it came to, the failures, then every item."""
        parts = [_heading(self), _failures(self), _left(self), _table(self)]
        return "\n\n".join(part for part in parts if part) + "\n"


def report_name(run_id: str) -> str:
    """Return a run's id as a file name without extension; different ids have different names."""
    name = re.sub(r"[^A-Za-z0-9_.+-]", "_", run_id)[:120].strip(".")
    if name == run_id and name not in ("", "latest"):
        return name
    return f"{name or 'run'}-{hashlib.sha256(run_id.encode('utf-8', 'replace')).hexdigest()[:8]}"


def _heading(report: Report) -> str:
    counts = report.counts()
    outcomes = ", ".join(f"{counts[outcome]} {outcome}" for outcome in Outcome if counts[outcome])
    calls = f", and {report.calls} for the calls around them" if report.calls else ""
    lines = [
        f"# Renders at {_plain(report.vendor)}",
        f"Run `{report.run_id.replace('`', '')}`, {report.started} to {report.finished or 'now'}.",
        f"**{counts['items']} items: {outcomes or 'none'}.** Spent {report.spent} credits of {report.planned}"
        f" planned{calls}; {report.avoided} credits avoided because nothing changed;"
        f" {counts['adopted']} renders taken over free of charge.",
        *_fruitless(report),
    ]
    return "\n\n".join([*lines, *([f"> {_plain(report.note)}"] if report.note else [])])


def _fruitless(report: Report) -> list[str]:
    if not report.fruitless:
        return []
    return [
        f"{report.fruitless} credits went into renders that came to nothing. Whether they are given back,"
        f" {_plain(report.vendor)} does not tell: look at the account there."
    ]


def _failures(report: Report) -> str:
    lines = [
        f"- **{_plain(item.key)}** ({item.stage}): {_sentence(item.reason)} {item.what_to_do}".rstrip()
        for item in report.failures[:_ROWS]
    ]
    return "\n".join(["## Failures", "", *lines]) if lines else ""


def _sentence(reason: str | None) -> str:
    return _plain(reason or "no reason given").rstrip(".") + "."


def _left(report: Report) -> str:
    lines = [
        f"- {name}: {', '.join(map(_plain, keys[:100]))}{' ...' if len(keys) > 100 else ''}"
        for name, keys in (("Files kept", report.orphans), ("Files removed", report.pruned))
        if keys
    ]
    return "\n".join(["## No longer in the catalog", "", *lines]) if lines else ""


def _table(report: Report) -> str:
    rows = [_row(item) for item in report.items[:_ROWS]]
    if not rows:
        return ""
    more = [f"\n{len(report.items) - _ROWS} more items are in the JSON."] if len(report.items) > _ROWS else []
    head = ["## Items", "", "| item | outcome | credits | render | files |", "|---|---|---:|---|---:|"]
    return "\n".join([*head, *rows, *more])


def _row(item: ItemReport) -> str:
    name = _plain(f"{item.key} ({item.title})" if item.title else item.key)
    linked = f"[{name}](../../{_link(item.folder)}/)" if item.files else name
    job = _plain(item.job_id or "")
    render = f"[{job}]({item.portal_url})" if item.portal_url and job else job
    return f"| {linked} | {item.outcome} | {item.credits} | {render} | {len(item.files)} |"


def _plain(text: str) -> str:
    """Return text that Markdown shows as it is, on one line."""
    return re.sub(r"([\\`*_{}\[\]<>#|])", r"\\\1", " ".join(text.split()))


def _link(path: str) -> str:
    return quote(path.encode("utf-8", "replace"))
