"""API hits: every call costs one."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from airflow_provider_render.sandbox.billing import Price
from airflow_provider_render.sandbox.imagine import assumed
from airflow_provider_render.sandbox.imagine.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from airflow_provider_render.sandbox.billing import Ledger
    from airflow_provider_render.sandbox.database import Database

ONE_HIT = Price(1, free_allowed=True)


class Hit:
    """
    One call that is being served.

    :param left: hits that are left after it.
    """

    def __init__(self, left: int) -> None:
        self.left = left
        self.products: list[str] = []
        self.renders: list[str] = []

    def concerns(self, *products: str, renders: Sequence[object] = ()) -> None:
        """
        Say what the bill shall name.

        :param products: their unicodes.
        :param renders: ids of the renders or images that were bought.
        """
        self.products.extend(products)
        self.renders.extend(map(str, renders))

    def ok(self, data: dict[str, Any], message: str) -> dict[str, Any]:
        """Return the envelope of a success."""
        return {"status": True, "data": data, "message": message, **self.plain()}

    def plain(self) -> dict[str, Any]:
        """Return what answers without an envelope carry of it."""
        return {"api_hits_available": self.left}


class Meter:
    """
    Counts the calls of the account.

    :param vendor: whose ledger account it is.
    :param ledger: credits and bills.
    :param database: what the calls change.
    """

    def __init__(self, vendor: str, ledger: Ledger, database: Database) -> None:
        self._vendor = vendor
        self._ledger = ledger
        self._database = database

    @contextmanager
    def hit(self, call: str) -> Iterator[Hit]:
        """
        Charge for the block and keep what it does; what it raises undoes it, but is charged all the same.

        The block must not wait for anything.

        :param call: method and documented path, for the bill.
        :raises ApiError: 429 if no hits are left.
        """
        hit = Hit(self.left() - 1)
        if hit.left < 0:
            error = ApiError(429, assumed.HITS_GONE)
            error.hits = 0
            raise error
        try:
            with self._database.transaction():
                yield hit
                self._charge(call, hit)
        except ApiError as error:
            self._charge(call, Hit(hit.left))
            error.hits = hit.left
            raise

    def left(self) -> int:
        """Hits that are left."""
        return sum(self._ledger.balance(self._vendor))

    def _charge(self, call: str, hit: Hit) -> None:
        self._ledger.charge(self._vendor, call, [ONE_HIT], hit.products, hit.renders)
