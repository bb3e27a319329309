"""What is delivered, as a table with one row a file."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

from airflow_provider_render.catalog.files import publish
from airflow_provider_render.catalog.items import RESERVED, CatalogItem
from airflow_provider_render.catalog.storage import Place, place
from airflow_provider_render.core.errors import OutputError, RenderError, RenderInputError
from airflow_provider_render.core.journal import Phase, Record

Row = dict[str, Any]
"""Cells by column."""

COLUMNS: Mapping[str, Literal["text", "integer", "number"]] = {
    "item_key": "text",
    "sku": "text",
    "variant": "text",
    "path": "text",
    "uri": "text",
    "kind": "text",
    "media_type": "text",
    "size_bytes": "integer",
    "sha256": "text",
    "link": "text",
    "credits": "number",
    "vendor": "text",
    "job_id": "text",
    "model_id": "text",
    "submitted_at": "text",
    "rendered_at": "text",
    "delivered_at": "text",
    "delivered": "text",
    "delivered_by": "text",
}
"""What the cells of a column are; none of the names is a reserved word of a database."""

THIS_RUN, BEFORE = "this run", "before"
SUFFIXES = (".jsonl", ".parquet")
BATCH = 10_000
"""Rows that are held in memory."""

_PART = re.compile(r"part-\d{5}-of-(\d{5})\.(?:jsonl|parquet)")
_OFF, _ON = ("", "none", "false"), ("true",)


def rows_of(key: str, record: Record, *, root: Place, run: str) -> Iterator[Row]:
    """Describe the files of an item that are in place.

    The cost of its render is in the first of its rows, so that a sum over rows is what was paid. While a
    new render of the item is under way, or has failed, nothing is said of the render that the files are of.

    :param key: the item.
    :param record: what the journal knows of it.
    :param root: output folder.
    :param run: name of the run.
    """
    sku, variant = _names(key, record)
    job = record.job if record.phase is Phase.DELIVERED else None
    told = {
        "vendor": job.vendor if job else None,
        "job_id": job.id if job else None,
        "model_id": (record.model_id or job.model_id or None) if job else None,
        "submitted_at": (record.submitted or None) if job else None,
        "rendered_at": (record.rendered or None) if job else None,
        "delivered_at": record.updated if job else None,
        "delivered": THIS_RUN if _same_run(record.delivered_by, run) else BEFORE,
        "delivered_by": record.delivered_by or None,
    }
    for number, file in enumerate(record.files):
        row = {
            "item_key": key,
            "sku": sku,
            "variant": variant,
            "uri": str(root / str(file["path"])),
            "size_bytes": file.get("size"),
            "credits": float(0 if number else record.spent) if job else None,
            **told,
        }
        yield {column: row.get(column, file.get(column)) for column in COLUMNS}


class TableFile:
    """A table as a file of JSON lines or Parquet.

    :param to: where; ends in ``.jsonl`` or ``.parquet``. Where the catalog is divided into groups, each
        writes a part of its own into the folder of that name with ``.parts`` behind it.
    :param group: which group writes.
    :param groups: how many there are.
    :raises RenderInputError: the ending is another, or Parquet lacks its package.
    """

    def __init__(self, to: Place, group: int = 0, groups: int = 1) -> None:
        self._suffix = Path(to.name).suffix.lower()
        if self._suffix not in SUFFIXES:
            raise RenderInputError(f"table: must end in {' or '.join(SUFFIXES)}, not {to.name!r}")
        if self._suffix == ".parquet":
            _pyarrow()
        self._whole = to
        self._parts = to.parent / f"{to.name}.parts"
        self._groups = groups
        part = self._parts / f"part-{group:05}-of-{groups:05}{self._suffix}"
        self.place = part if groups > 1 else to

    def check(self) -> None:
        """Prove, by writing a file beside it, that the table can be written.

        :raises RenderInputError: there is a folder of its name.
        :raises OutputError: says why nothing can be written there.
        """
        try:
            for there in (self._whole, self.place):
                if (entry := there.entry()) and entry.folder:
                    raise RenderInputError(f"table: {there} is a folder, not a file")
            self.place.parent.prove_writable()
        except RenderInputError:
            raise
        except Exception as error:
            why = getattr(error, "strerror", None) or error
            raise OutputError(f"table: cannot write {self.place}: {why}") from error

    def write(self, rows: Iterable[Row]) -> None:
        """Write all rows under a temporary name and put them in place at once; few are held in memory.

        Parts of another division of the catalog are removed.

        :raises OutputError: it cannot be written.
        """
        with tempfile.TemporaryDirectory(prefix="render-table-") as spool:
            file = Path(spool, f"table{self._suffix}")
            try:
                (_write_parquet if self._suffix == ".parquet" else _write_lines)(file, rows)
                publish(file, self.place)
                self._remove_others()
            except RenderError:
                raise
            except Exception as error:
                raise OutputError(f"table: cannot write {self.place}: {error}") from error

    def _remove_others(self) -> None:
        for entry in self._parts.listing():
            name = self._parts.below(entry)
            if (found := _PART.fullmatch(name)) and (self._groups == 1 or int(found[1]) != self._groups):
                (self._parts / name).remove()
        if self._groups > 1:
            self._whole.remove()
        else:
            self._parts.remove_if_empty()


def table_place(value: Any, home: Place) -> Place | None:
    """Read where a table is wanted.

    :param value: None or False for nowhere, True for ``_render/table.jsonl`` in the output folder, or a path
        or URL; a template gives the words as text.
    :param home: folder of the state.
    """
    word = str(value).strip().lower()
    if value is None or word in _OFF:
        return None
    return home / RESERVED / "table.jsonl" if word in _ON else place(value)


def batches(rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    """Divide rows into lists of a size; the last may be shorter."""
    batch: list[Row] = []
    for row in rows:
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def _write_lines(to: Path, rows: Iterable[Row]) -> None:
    with to.open("w", encoding="utf-8", errors="replace", newline="\n") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


def _write_parquet(to: Path, rows: Iterable[Row]) -> None:
    arrow, parquet = _pyarrow()
    types = {"text": arrow.string(), "integer": arrow.int64(), "number": arrow.float64()}
    schema = arrow.schema([(column, types[kind]) for column, kind in COLUMNS.items()])
    with parquet.ParquetWriter(str(to), schema) as writer:
        for batch in batches(rows, BATCH):
            writer.write_table(arrow.Table.from_pylist(batch, schema=schema))


def _pyarrow() -> tuple[Any, Any]:
    try:
        return import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError as error:
        raise RenderInputError(
            "table: writing Parquet needs the package pyarrow: pip install 'airflow-provider-render[parquet]'"
            "; or name a .jsonl file"
        ) from error


def _names(key: str, record: Record) -> tuple[str, str | None]:
    """Tell SKU and variant of a key apart, by the folder of its files where a SKU may have a slash."""
    splits = [(key, None), *((key[:at], key[at + 1 :]) for at, char in enumerate(key) if char == "/")]
    if len(splits) == 1:
        return key, None
    folder = str(record.files[0]["path"]).rpartition("/")[0] if record.files else ""
    matching = (one for one in splits if one[0] and CatalogItem(key, one[0], "", one[1]).folder == folder)
    return next(matching, splits[1])


def _same_run(one: str, other: str) -> bool:
    """Whether two runs are tasks of one DAG run; the mapped tasks of one operator have numbers behind."""
    return bool(one) and re.sub(r"\[\d+\]$", "", one) == re.sub(r"\[\d+\]$", "", other)
