"""The products of the account."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_render.sandbox.imagine import assumed, clock
from airflow_provider_render.sandbox.imagine.errors import GTIN_TAKEN, SKU_TAKEN, ApiError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from airflow_provider_render.sandbox.database import Database, Row

SCHEMA = """
CREATE TABLE IF NOT EXISTS imagine_products (
    id INTEGER PRIMARY KEY AUTOINCREMENT, unicode TEXT NOT NULL UNIQUE, viewer TEXT NOT NULL UNIQUE,
    name TEXT, main_asset_name TEXT, sku_id TEXT, gtin TEXT, created_at TEXT NOT NULL,
    upload_status TEXT NOT NULL, model_key TEXT, thumbnail_key TEXT, removed_at REAL);
CREATE INDEX IF NOT EXISTS imagine_products_sku ON imagine_products (sku_id);
CREATE INDEX IF NOT EXISTS imagine_products_gtin ON imagine_products (gtin);
INSERT INTO sqlite_sequence (name, seq) SELECT 'imagine_products', 73890
    WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'imagine_products');
"""

AWAITING, COMPLETE = "1", "2"
IDENTIFIERS = ("unicode", "gtin", "sku_id", "salsify_id")
METADATA = ("name", "main_asset_name", "sku_id", "gtin")
CHANGEABLE = (*METADATA, "upload_status", "model_key", "thumbnail_key", "removed_at")
PRESENT = "FROM imagine_products WHERE removed_at IS NULL"


@dataclass(frozen=True)
class Product:
    """
    One product.

    :param id: its number.
    :param unicode: its UUID.
    :param viewer: the other UUID, which the viewer pages carry.
    :param upload_status: ``1`` awaiting the files, ``2`` complete.
    :param model_key: where the storage has its model, or will have it.
    :param thumbnail_key: the same of its thumbnail, None when none was announced.
    """

    id: int
    unicode: str
    viewer: str
    name: str | None
    main_asset_name: str | None
    sku_id: str | None
    gtin: str | None
    created_at: str
    upload_status: str
    model_key: str
    thumbnail_key: str | None

    def answer(self) -> dict[str, Any]:
        """Return the product as lists show it."""
        names = ("unicode", "gtin", "name", "main_asset_name", "sku_id", "created_at")
        return {name: getattr(self, name) for name in names}

    @property
    def title(self) -> str:
        """What its pictures are called after."""
        return self.name or self.main_asset_name or self.sku_id or self.unicode


class Products:
    """
    The table of products.

    :param database: where they are kept.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        database.define(SCHEMA)

    def add(self, metadata: Mapping[str, str | None]) -> Product:
        """
        Remember a new product.

        :param metadata: any of :data:`METADATA`.
        :raises ApiError: 400 if its sku_id or gtin is taken.
        """
        self._refuse_taken(metadata, 0)
        code = uuid.uuid4()
        viewer = uuid.uuid5(uuid.NAMESPACE_OID, str(code))
        self._database.run(
            "INSERT INTO imagine_products (unicode, viewer, created_at, upload_status) VALUES (?, ?, ?, ?)",
            str(code),
            str(viewer),
            clock.written(),
            AWAITING,
        )
        product = self.get(str(code))
        self._write(product.id, metadata)
        return self.get(product.unicode)

    def change(self, product: Product, **columns: str | float | None) -> Product:
        """
        Change columns of a product and return it.

        :param columns: any of :data:`CHANGEABLE`.
        :raises ApiError: 400 if the new sku_id or gtin is taken.
        """
        self._refuse_taken(columns, product.id)
        self._write(product.id, columns)
        return self.numbered(product.id) or product

    def _write(self, number: int, columns: Mapping[str, str | float | None]) -> None:
        for name, value in columns.items():
            if name not in CHANGEABLE:
                raise ValueError(f"{name} cannot be changed")
            statement = f"UPDATE imagine_products SET {name} = ? WHERE id = ?"  # noqa: S608
            self._database.run(statement, value, number)

    def _refuse_taken(self, columns: Mapping[str, Any], own: int) -> None:
        for name, text in (("sku_id", SKU_TAKEN), ("gtin", GTIN_TAKEN)):
            statement = f"SELECT 1 FROM imagine_products WHERE {name} = ? AND id != ?"  # noqa: S608
            if columns.get(name) and self._database.row(statement, columns[name], own):
                raise ApiError(400, text)

    def get(self, unicode: str) -> Product:
        """
        Find a product that is not marked for deletion.

        :raises ApiError: 404.
        """
        return _only(self.page({"unicode": unicode}, 0, 1))

    def identified(self, identifiers: Mapping[str, str]) -> Product:
        """
        Find a product by the first identifier that is given; by its UUID even one marked for deletion.

        :param identifiers: any of :data:`IDENTIFIERS`.
        :raises ApiError: 400 if none is given, 404 if there is no such product.
        """
        given = next((name for name in IDENTIFIERS if identifiers.get(name)), None)
        if given is None:
            raise ApiError(400, assumed.NO_IDENTIFIER)
        if given == "unicode":
            return self.even_marked(identifiers[given])
        return _only(self.page({given: identifiers[given]}, 0, 1))

    def even_marked(self, unicode: str) -> Product:
        """
        Find a product that still exists, even if it is marked for deletion.

        :raises ApiError: 404.
        """
        statement = "SELECT * FROM imagine_products WHERE unicode = ? AND coalesce(removed_at, ?) > ?"
        now = time.time()
        return _only(map(_product, self._database.rows(statement, unicode.lower(), now + 1, now)))

    def numbered(self, number: int) -> Product | None:
        """Find a product by its number, even one that is marked for deletion."""
        row = self._database.row("SELECT * FROM imagine_products WHERE id = ?", number)
        return _product(row) if row else None

    def viewed(self, viewer: str) -> Product | None:
        """Find a product by the UUID of its viewer pages."""
        row = self._database.row(f"SELECT * {PRESENT} AND viewer = ?", viewer)
        return _product(row) if row else None

    def placeable(self, sku_id: str) -> Product | None:
        """Find a product that can be placed in a scene."""
        found = self.page({"sku_id": sku_id}, 0, 1)
        return found[0] if found and found[0].upload_status == COMPLETE else None

    def count(self, filters: Mapping[str, str]) -> int:
        """Count the products that pass all filters."""
        where, values = _where(filters)
        return self._database.count(f"SELECT count(*) {PRESENT} {where}", *values)

    def page(self, filters: Mapping[str, str], offset: int, limit: int) -> list[Product]:
        """
        List products, newest first.

        :param filters: any of :data:`IDENTIFIERS`, and ``search``; empty values do not filter.
        """
        where, values = _where(filters)
        statement = f"SELECT * {PRESENT} {where} ORDER BY id DESC LIMIT ? OFFSET ?"
        return [_product(row) for row in self._database.rows(statement, *values, limit, offset)]

    def due(self) -> Sequence[Product]:
        """Find the products whose grace period is over."""
        rows = self._database.rows("SELECT * FROM imagine_products WHERE removed_at <= ?", time.time())
        return [_product(row) for row in rows]

    def forget(self, product: Product) -> None:
        """Remove a product for good."""
        self._database.run("DELETE FROM imagine_products WHERE id = ?", product.id)


def _only(found: Iterable[Product]) -> Product:
    for product in found:
        return product
    raise ApiError(404, assumed.PRODUCT_NOT_FOUND)


def _where(filters: Mapping[str, str]) -> tuple[str, list[str]]:
    conditions = {
        "AND unicode = ?": filters.get("unicode", "").lower(),
        "AND gtin = ?": filters.get("gtin"),
        "AND sku_id = ?": filters.get("sku_id"),
        # No product of this account comes from Salsify.
        "AND NULL = ?": filters.get("salsify_id"),
        "AND instr(lower(coalesce(name, '') || char(10) || coalesce(main_asset_name, '')), lower(?))": (
            filters.get("search")
        ),
    }
    given = {condition: value for condition, value in conditions.items() if value}
    return " ".join(given), list(given.values())


def _product(row: Row) -> Product:
    return Product(
        id=row["id"],
        unicode=row["unicode"],
        viewer=row["viewer"],
        name=row["name"],
        main_asset_name=row["main_asset_name"],
        sku_id=row["sku_id"],
        gtin=row["gtin"],
        created_at=row["created_at"],
        upload_status=row["upload_status"],
        model_key=row["model_key"] or "",
        thumbnail_key=row["thumbnail_key"],
    )
