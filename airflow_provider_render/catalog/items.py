"""One row of a catalog: a wanted render."""

from __future__ import annotations

import hashlib
import json
import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from math import isinf
from typing import Any, Literal, get_args

from airflow_provider_render.catalog.columns import VENDOR_PREFIX, broken_name, unknown_name
from airflow_provider_render.catalog.keys import KeyIndex, key_number
from airflow_provider_render.core.errors import CatalogError

ExtraColumns = Literal["error", "ignore"]
EXTRA_COLUMNS: tuple[ExtraColumns, ...] = get_args(ExtraColumns)
Row = tuple[int, Mapping[str, Any]]
"""The number of a row in its catalog, and its cells by column."""

RESERVED = "_render"
"""Folder below the output root that holds state and reports."""

_MOST_PROBLEMS = 20
_MOST_SHARED = 1000
_NO_TEXT = (Mapping, list, tuple, bool, bytes)
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
    def words(self) -> str:
        """Digest of what is said of it to people and does not change the render: title and tags."""
        text = json.dumps([self.title, *self.tags])
        return hashlib.sha256(text.encode()).hexdigest()[:16]

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
    rows: Iterable[Row],
    *,
    where: Callable[[int], str],
    base: str | None = None,
    extra_columns: ExtraColumns = "error",
    keep: Callable[[int], bool] | None = None,
) -> Iterator[CatalogItem]:
    """Turn rows into items, one by one.

    Broken rows are gathered and raised together at the end, so exhaust the iterator before acting on it. Of
    rows that are not kept only columns, SKU, model and variant are checked.

    :param rows: the number of each, and its cells.
    :param where: says of a number where the row stands, such as "row 7 of catalog.csv".
    :param base: folder or URL against which relative model paths count; None leaves them as they are.
    :param extra_columns: whether a column that means nothing here is an error or ignored.
    :param keep: whether an item is wanted, asked with :func:`key_number` of its key; None keeps all.
    :raises CatalogError: names row and column of up to twenty problems.
    """
    reader = _Reader(where, base, extra_columns, keep)
    for number, row in rows:
        item = reader.item(number, row)
        if item is not None:
            yield item
        if len(reader.problems) >= _MOST_PROBLEMS:
            break
    if reader.problems:
        raise CatalogError(_listed(reader.problems))


class _Reader:
    """Checks rows one by one and remembers what was wrong, and which keys were taken."""

    def __init__(
        self,
        where: Callable[[int], str],
        base: str | None,
        extra: ExtraColumns,
        keep: Callable[[int], bool] | None,
    ) -> None:
        self.problems: list[str] = []
        self._where = where
        self._base = base
        self._extra = extra
        self._keep = keep
        self._keys = KeyIndex()
        self._columns: set[Any] = set()
        self._known_settings: dict[str, dict[str, Any]] = {}

    def item(self, number: int, row: Mapping[str, Any]) -> CatalogItem | None:
        before = len(self.problems)
        if not row.keys() <= self._columns:
            self._check_columns(number, row)
        sku, model = self._required(number, row, "sku"), self._required(number, row, "model")
        variant = self._text(number, row, "variant")
        key = f"{sku}/{variant}" if variant else sku
        hashed = self._hashed(number, key)
        if len(self.problems) > before or (self._keep and not self._keep(hashed)):
            return None
        item = self._whole(self._where(number), row, key, sku, _resolve(self._base, model), variant)
        return item if len(self.problems) == before else None

    def _whole(
        self, where: str, row: Mapping[str, Any], key: str, sku: str, model: str, variant: str | None
    ) -> CatalogItem:
        """Read the cells that only matter to whom works on the item."""
        return CatalogItem(
            key,
            sku,
            model,
            variant,
            self._shared(self._settings_in(where, row, "settings")),
            self._checked_text(where, row, "title"),
            self._tags(where, row),
            where,
            self._shared(self._vendor_settings(where, row)),
        )

    def _shared(self, settings: dict[str, Any]) -> dict[str, Any]:
        """Return settings as an earlier item had them: most items of a catalog have the same few."""
        if len(self._known_settings) > _MOST_SHARED:
            return settings
        return self._known_settings.setdefault(repr(settings), settings)

    def _problem(self, where: str, what: str) -> None:
        self.problems.append(f"{where}: {what}")

    def _check_columns(self, number: int, row: Mapping[str, Any]) -> None:
        for column in [column for column in row if column not in self._columns]:
            self._columns.add(column)
            problem = broken_name(column)
            if problem is None and self._extra != "ignore":
                problem = unknown_name(column, row)
            if problem:
                self._problem(self._where(number), problem)

    def _hashed(self, number: int, key: str) -> int:
        hashed = key_number(key)
        first = self._keys.add(hashed, number) if key else None
        if first is not None:
            taken = f"{key!r} is already in {self._where(first)}; tell them apart by a variant"
            self._problem(self._where(number), taken)
        return hashed

    def _required(self, number: int, row: Mapping[str, Any], column: str) -> str:
        before, text = len(self.problems), self._text(number, row, column)
        if text is None and len(self.problems) == before:
            what = "empty" if column in row else "missing"
            self._problem(self._where(number), f"column {column!r} is {what}")
        return text or ""

    def _text(self, number: int, row: Mapping[str, Any], column: str) -> str | None:
        value = row.get(column)
        if type(value) is str and value.isascii() and "\0" not in value:
            return value.strip() or None
        return None if value is None else self._checked_text(self._where(number), row, column)

    def _checked_text(self, where: str, row: Mapping[str, Any], column: str) -> str | None:
        value = row.get(column)
        if isinstance(value, _NO_TEXT) or _endless(value):
            what = value if _endless(value) else type(value).__name__
            self._problem(where, f"column {column!r} must be text, not {what}")
            return None
        text = _as_text(value)
        if "\0" in text or not _encodable(text):
            self._problem(where, f"column {column!r} holds characters that no file name can: {text!r}")
        return text or None

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
            self._require_finite(where, column, value)
            return {str(name): part for name, part in value.items()}
        if value is not None:
            self._problem(where, f"column {column!r} must hold a JSON object, not {value!r}")
        return {}

    def _cell(self, where: str, column: str, value: Any) -> Any:
        """Read nested JSON; all else stays text, since only the vendor knows that ``112233`` is a colour."""
        if isinstance(value, str):
            value = value.strip()
            if value[:1] not in ("[", "{"):
                return value
            value = self._json(where, column, value)
        self._require_finite(where, column, value)
        return value

    def _require_finite(self, where: str, column: str, value: Any) -> None:
        if not _finite(value):
            self._problem(where, f"column {column!r} holds a number that is not finite, or far too large")

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


def _blank(value: Any) -> bool:
    if value is None or isinstance(value, str):
        return not (value and value.strip())
    return value.is_nan() if isinstance(value, Decimal) else bool(value != value)


def _endless(value: Any) -> bool:
    """Whether a number is infinite or beyond all floats, whose digits could fill the memory."""
    return isinstance(value, float | Decimal) and not _blank(value) and isinf(value)


def _finite(value: Any) -> bool:
    """Whether all numbers in a setting are such as JSON has, however deep."""
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, Mapping):
            left.extend(one.values())
        elif isinstance(one, list | tuple):
            left.extend(one)
        elif isinstance(one, float | Decimal) and (_blank(one) or isinf(one)):
            return False
    return True


def _as_text(value: Any) -> str:
    """Return a cell as text; tables hold SKUs as numbers, and missing ones as NaN."""
    if _blank(value):
        return ""
    if isinstance(value, float | Decimal) and value == int(value):
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
