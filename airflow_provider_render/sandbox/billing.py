"""Credits: what every account has left, and every call that cost some."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_render.sandbox.identity import timestamp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_render.sandbox.database import Database

SCHEMA = """
CREATE TABLE IF NOT EXISTS balances (vendor TEXT PRIMARY KEY, paid INTEGER NOT NULL, free INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS charges (
    number INTEGER PRIMARY KEY AUTOINCREMENT, vendor TEXT NOT NULL, call TEXT NOT NULL, time TEXT NOT NULL,
    credits INTEGER NOT NULL, free_credits INTEGER NOT NULL, model_ids TEXT NOT NULL,
    render_ids TEXT NOT NULL);
"""


class NoCredits(Exception):  # noqa: N818
    """The account cannot pay for the whole call; nothing was taken."""


@dataclass(frozen=True)
class Price:
    """
    What one item of a call costs.

    :param credits: number of credits.
    :param free_allowed: whether free credits may pay for it.
    """

    credits: int
    free_allowed: bool = False


class Ledger:
    """
    Balances and bills of all vendors.

    :param database: where they are kept.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        database.define(SCHEMA)

    def open_account(self, vendor: str, paid: int, free: int) -> None:
        """
        Give a vendor's account its first credits; one that exists keeps what it has.

        :param vendor: name of the vendor.
        :param paid: bought credits.
        :param free: free credits.
        """
        self._database.run("INSERT OR IGNORE INTO balances VALUES (?, ?, ?)", vendor, paid, free)

    def set_balance(self, vendor: str, paid: int, free: int) -> None:
        """Replace a vendor's balance; the bill stays as it is."""
        self._database.run("UPDATE balances SET paid = ?, free = ? WHERE vendor = ?", paid, free, vendor)

    def balance(self, vendor: str) -> tuple[int, int]:
        """Paid and free credits that are left."""
        row = self._database.row("SELECT paid, free FROM balances WHERE vendor = ?", vendor)
        return (int(row["paid"]), int(row["free"])) if row else (0, 0)

    def charge(
        self,
        vendor: str,
        call: str,
        prices: Sequence[Price],
        model_ids: Sequence[str],
        render_ids: Sequence[str],
    ) -> list[bool]:
        """
        Take the credits of one call, all or none, and write it on the bill.

        Call it inside the transaction that also stores what was bought.

        :param vendor: name of the vendor.
        :param call: method and documented path, like ``POST /v1/renders``.
        :param prices: one per item.
        :param model_ids: models the call concerned.
        :param render_ids: renders it bought.
        :return: for every item whether free credits paid for it.
        :raises NoCredits: if the balance does not cover all of them.
        """
        paid, free = self.balance(vendor)
        by_free = []
        for price in prices:
            by_free.append(price.free_allowed and paid < price.credits <= free)
            paid, free = (paid, free - price.credits) if by_free[-1] else (paid - price.credits, free)
            if paid < 0:
                raise NoCredits
        self.set_balance(vendor, paid, free)
        self._write(vendor, call, prices, by_free, model_ids, render_ids)
        return by_free

    def _write(
        self,
        vendor: str,
        call: str,
        prices: Sequence[Price],
        by_free: list[bool],
        model_ids: Sequence[str],
        render_ids: Sequence[str],
    ) -> None:
        free = sum(price.credits for price, is_free in zip(prices, by_free, strict=True) if is_free)
        self._database.run(
            "INSERT INTO charges (vendor, call, time, credits, free_credits, model_ids, render_ids)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            vendor,
            call,
            timestamp(),
            sum(price.credits for price in prices) - free,
            free,
            json.dumps(list(dict.fromkeys(model_ids))),
            json.dumps(list(render_ids)),
        )

    def bill(self, vendor: str) -> dict[str, Any]:
        """Every paid call of a vendor, oldest first, and the paid credits in total."""
        rows = self._database.rows("SELECT * FROM charges WHERE vendor = ? ORDER BY number", vendor)
        calls = [
            {
                "call": row["call"],
                "time": row["time"],
                "credits": row["credits"],
                "free_credits": row["free_credits"],
                "model_ids": json.loads(row["model_ids"]),
                "render_ids": json.loads(row["render_ids"]),
            }
            for row in rows
        ]
        return {"credits": sum(row["credits"] for row in rows), "calls": calls}
