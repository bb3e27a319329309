"""One row of a catalog: a wanted render."""

from __future__ import annotations

import hashlib
import json
import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Literal

from airflow_provider_render.core.errors import CatalogError

ExtraColumns = Literal["error", "ignore"]
Row = tuple[str, Mapping[str, Any]]
"""Where a row stands, such as "row 7 of catalog.csv", and its cells by column."""

COLUMNS = ("sku", "model", "variant", "settings", "title", "tags")
PREFIX = "settings."
VENDOR_PREFIX = "settings@"
"""Begins columns of settings for one vendor: ``settings@dxgl.aspect``, or all in ``settings@dxgl``."""
RESERVED = "_render"
"""Folder below the output root that holds state and reports."""

_MOST_PROBLEMS = 20
_PLAIN = frozenset("-_.+=@() ")
_PLAIN_VARIANT = _PLAIN - {"."}
_SKU_BYTES, _VARIANT_BYTES = 120, 79


@dataclass(frozen=True, slots=True)
class CatalogItem:
    """One wanted render of a catalog.

    :param key: identity in the catalog: the SKU, or ``SKU/variant``.
    :param sku: the product.
    :param model: path or URL of its 3D file.
    :param variant: tells several renders of one product apart, such as ``dark`` or ``square``.
    :param settings: render settings of this item, before they are checked.
    :param title: name for people.
    :param tags: words to group items by.
    :param row: where it stood in the catalog.
    :param vendor_settings: further settings by connection type, for catalogs that several vendors render.
    """

    key: str
    sku: str
    model: str
    variant: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    title: str | None = None
    tags: tuple[str, ...] = ()
    row: str = ""
    vendor_settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """The title, or the key where there is none."""
        return self.title or self.key

    @property
    def folder(self) -> str:
        """Folder of its files below the output root: at most 200 bytes, safe on every storage.

        Items with different SKUs or variants have different folders. The folder of a variant has no dot, so
        it cannot be taken for a file of the product itself.
        """
        sku = _folder_name(self.sku, _SKU_BYTES)
        if self.variant is None:
            return sku
        return f"{sku}/{_folder_name(self.variant, _VARIANT_BYTES, _PLAIN_VARIANT)}"


def read_rows(
    rows: Iterable[Row], *, base: str | None = None, extra_columns: ExtraColumns = "error"
) -> Iterator[CatalogItem]:
    """Turn rows into items, one by one.

    Broken rows are gathered and raised together at the end, so exhaust the iterator before acting on it.

    :param rows: where each stands, and its cells.
    :param base: folder or URL against which relative model paths count; None leaves them as they are.
    :param extra_columns: whether a column that means nothing here is an error or ignored.
    :raises CatalogError: names row and column of up to twenty problems.
    """
    reader = _Reader(base, extra_columns)
    for where, row in rows:
        item = reader.item(where, row)
        if item is not None:
            yield item
        if len(reader.problems) >= _MOST_PROBLEMS:
            break
    if reader.problems:
        raise CatalogError(_listed(reader.problems))


class _Reader:
    """Checks rows one by one and remembers what was wrong, and which keys were taken."""

    def __init__(self, base: str | None, extra_columns: ExtraColumns) -> None:
        self.problems: list[str] = []
        self._base = base
        self._extra = extra_columns
        self._rows: dict[str, str] = {}
        self._columns: set[str] = set()

    def item(self, where: str, row: Mapping[str, Any]) -> CatalogItem | None:
        before = len(self.problems)
        self._check_columns(where, row)
        sku, model = self._required(where, row, "sku"), self._required(where, row, "model")
        variant = self._text(where, row, "variant")
        settings, tags = self._settings(where, row), self._tags(where, row)
        title = self._text(where, row, "title")
        key = f"{sku}/{variant}" if variant else sku
        self._check_key(where, key)
        if len(self.problems) > before:
            return None
        return CatalogItem(
            key,
            sku,
            _resolve(self._base, model),
            variant,
            settings,
            title,
            tags,
            where,
            self._vendor_settings(where, row),
        )

    def _problem(self, where: str, what: str) -> None:
        self.problems.append(f"{where}: {what}")

    def _check_columns(self, where: str, row: Mapping[str, Any]) -> None:
        if self._extra == "ignore":
            return
        for column in row.keys() - self._columns:
            self._columns.add(column)
            if not _known(column):
                self._problem(where, _unknown_column(column))

    def _check_key(self, where: str, key: str) -> None:
        first = self._rows.get(key)
        if key and first is not None:
            self._problem(where, f"{key!r} is already in {first}; tell them apart by a variant")
        self._rows.setdefault(key, where)

    def _required(self, where: str, row: Mapping[str, Any], column: str) -> str:
        text = self._text(where, row, column)
        if text is None:
            self._problem(where, f"column {column!r} is {'empty' if column in row else 'missing'}")
        return text or ""

    def _text(self, where: str, row: Mapping[str, Any], column: str) -> str | None:
        value = row.get(column)
        if isinstance(value, Mapping | list | tuple | bool):
            self._problem(where, f"column {column!r} must be text, not {type(value).__name__}")
            return None
        text = _as_text(value)
        if "\0" in text or not _encodable(text):
            self._problem(where, f"column {column!r} holds characters that no file name can: {text!r}")
        return text or None

    def _settings(self, where: str, row: Mapping[str, Any]) -> dict[str, Any]:
        return self._settings_in(where, row, "settings")

    def _vendor_settings(self, where: str, row: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
        columns = (str(column) for column in row if str(column).startswith(VENDOR_PREFIX))
        vendors = dict.fromkeys(column.removeprefix(VENDOR_PREFIX).partition(".")[0] for column in columns)
        found = {vendor: self._settings_in(where, row, f"{VENDOR_PREFIX}{vendor}") for vendor in vendors}
        return {vendor: settings for vendor, settings in found.items() if settings}

    def _settings_in(self, where: str, row: Mapping[str, Any], name: str) -> dict[str, Any]:
        """Read a column of settings and those that hold a single one each."""
        settings = self._whole_settings(where, name, row.get(name))
        for column, value in row.items():
            if isinstance(column, str) and column.startswith(f"{name}.") and not _blank(value):
                self._put(settings, where, column, name, self._cell(where, column, value))
        return settings

    def _whole_settings(self, where: str, column: str, value: Any) -> dict[str, Any]:
        if _blank(value):
            return {}
        if isinstance(value, str):
            value = self._json(where, column, value)
        if isinstance(value, Mapping):
            return {str(name): part for name, part in value.items()}
        if value is not None:
            self._problem(where, f"column {column!r} must hold a JSON object, not {value!r}")
        return {}

    def _cell(self, where: str, column: str, value: Any) -> Any:
        """Read nested JSON; all else stays text, since only the vendor knows that ``112233`` is a colour."""
        if isinstance(value, str):
            value = value.strip()
            return self._json(where, column, value) if value[:1] in ("[", "{") else value
        return value

    def _put(self, settings: dict[str, Any], where: str, column: str, group: str, value: Any) -> None:
        *above, name = column.removeprefix(f"{group}.").split(".")
        for part in above:
            inner = settings.get(part, {})
            if not isinstance(inner, Mapping):
                self._problem(where, f"column {column!r}: setting {part!r} is a single value already")
                return
            settings[part] = settings = dict(inner)
        settings[name] = value

    def _json(self, where: str, column: str, text: str) -> Any:
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as error:
            self._problem(where, f"column {column!r} is not JSON: {error}")
            return None

    def _tags(self, where: str, row: Mapping[str, Any]) -> tuple[str, ...]:
        value = row.get("tags")
        if _blank(value):
            return ()
        if isinstance(value, str):
            value = self._json(where, "tags", value) if value.lstrip().startswith("[") else _split(value)
        if isinstance(value, Sequence) and all(isinstance(tag, str) for tag in value):
            return tuple(dict.fromkeys(tag.strip() for tag in value if tag.strip()))
        if value is not None:
            self._problem(where, f"column 'tags' must be words separated by commas, not {value!r}")
        return ()


def _known(column: Any) -> bool:
    if not isinstance(column, str) or column in (PREFIX, VENDOR_PREFIX):
        return False
    return column in COLUMNS or column.startswith((PREFIX, VENDOR_PREFIX))


def _unknown_column(column: Any) -> str:
    close = get_close_matches(str(column).strip().lower(), COLUMNS, n=1)
    hint = f" (did you mean {close[0]!r}?)" if close else ""
    allowed = ", ".join((*COLUMNS, "settings.<name>", "settings@<vendor>", "settings@<vendor>.<name>"))
    return f"unknown column {column!r}{hint}; allowed are {allowed}, or pass extra_columns='ignore'"


def _blank(value: Any) -> bool:
    return value is None or value != value or (isinstance(value, str) and not value.strip())


def _as_text(value: Any) -> str:
    """Return a cell as text; tables hold SKUs as numbers, and missing ones as NaN."""
    if _blank(value):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _split(text: str) -> list[str]:
    return text.replace(";", ",").replace("|", ",").split(",")


def _resolve(base: str | None, model: str) -> str:
    if base is None or "://" in model or model.startswith("/"):
        return model
    scheme, found, folder = base.rpartition("://")
    return scheme + found + posixpath.normpath(posixpath.join(folder, model))


def _listed(problems: Sequence[str]) -> str:
    if len(problems) == 1:
        return problems[0]
    more = " or more" if len(problems) >= _MOST_PROBLEMS else ""
    return f"the catalog has {len(problems)}{more} problems:\n- " + "\n- ".join(problems[:_MOST_PROBLEMS])


def _folder_name(text: str, most: int, plain: frozenset[str] = _PLAIN) -> str:
    """Return one safe part of a path; ``~2F`` stands for a slash, ``~~`` marks one that was cut."""
    name = "".join(char if char in plain or char.isalnum() else _escaped(char) for char in text)
    if name.startswith(".") or name.lower() == RESERVED:
        name = _escaped(name[0]) + name[1:]
    if name.endswith((".", " ")):
        name = name[:-1] + _escaped(name[-1])
    if len(name.encode()) <= most:
        return name
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:20]
    return name.encode()[: most - 22].decode(errors="ignore") + "~~" + digest


def _escaped(char: str) -> str:
    return "".join(f"~{byte:02X}" for byte in char.encode("utf-8", "surrogatepass"))
