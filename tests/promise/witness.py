"""The witness of the promise: sees each purchase on the bill while the journal says what it was for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any

from airflow_provider_render.core.journal import Record
from tests.promise.books import Books, Purchase

ATTEMPTS = 3
"""Renders of an item that may come to nothing in a row."""


class Witness:
    """Holds every purchase to the promise.

    :param books: the vendor's.
    :param marks: returns the fingerprints that what was bought may have.
    :param intents: returns the journal's intents of wanted items, by key.
    :param finds: whether the vendor finds the equal render that an item had before.
    :param shares: whether it finds that of another item.
    """

    def __init__(
        self,
        books: Books,
        marks: Callable[[Purchase], set[str]],
        intents: Callable[[], Mapping[str, Record]],
        *,
        finds: bool,
        shares: bool,
    ) -> None:
        self.books = books
        self.waived = Counter[str]()
        self.hides, self._finds, self._shares = False, finds, shares
        self._marks, self._intents = marks, intents
        self._bought: dict[str, tuple[str, str | None]] = {}
        self._told: dict[str, str] = {}
        self._once: set[Any] = set()
        self._often = Counter[Any]()
        self._lives = Counter[str]()
        self._owners: dict[Any, set[str]] = {}
        self._looking = Lock()
        self.nights = 0
        self.begin(None)

    def begin(self, limit: int | None, attempts: int = ATTEMPTS, *, resubmits: bool = False) -> None:
        """Begin a run.

        :param limit: credits it may spend.
        :param attempts: renders of an item that may come to nothing in a row.
        :param resubmits: whether it pays again for what nobody can tell.
        """
        self.limit, self.attempts, self.resubmits = limit, attempts, resubmits
        self.spent, self.ledger_lost = 0, False
        self.nights += 1

    def begin_anew(self, key: str) -> None:
        """Count an item from nothing: the journal remembers what is wanted now only."""
        self._lives[key] += 1
        if not self._finds:
            self.waived.update(what[0] for what, owners in self._owners.items() if key in owners)

    @property
    def purchases(self) -> int:
        """How many renders were bought."""
        return len(self._bought)

    def look(self, call: str = "") -> None:
        """Look at the bill.

        :param call: what a worker has just sent.
        """
        with self._looking:
            for purchase in self.books.new():
                self._judge(purchase, call)

    def there(self) -> set[str]:
        """Return the purchases that the vendor still has."""
        return {line for line in self._bought if self.books.is_there(line)}

    def bought_twice(self) -> dict[Any, list[str]]:
        """Return what was bought more often than once and came to something each time, with what is known."""
        alive: dict[Any, list[str]] = {}
        for line, what in self._bought.items():
            if self.books.came_to_something(line):
                alive.setdefault(what, []).append(f"{line}: {self._told[line]}")
        return {what: lines for what, lines in alive.items() if len(lines) > 1 + self.waived[what[0]]}

    def _judge(self, purchase: Purchase, call: str) -> None:
        marks = self._marks(purchase)
        meant = [one for one in self._intents().values() if one.fingerprint in marks]
        assert meant, f"{call} paid for {marks} without an intent"
        latest = max(meant, key=lambda one: one.updated)
        what = latest.fingerprint, latest.force
        intents = {key: one for key, one in self._intents().items() if one.fingerprint == latest.fingerprint}
        self._waive_what_is_hidden(what, set(intents))
        for key, record in intents.items():
            self._frame(key, record)
        self._bought[purchase.id] = what
        self._told[purchase.id] = f"{call} for {sorted(intents)} (night {self.nights})"
        self.spent += 1
        over = self.limit is not None and not self.ledger_lost and self.spent > self.limit
        assert not over, f"{self.spent} credits spent of {self.limit}"

    def _waive_what_is_hidden(self, what: tuple[str, str | None], keys: set[str]) -> None:
        """Let an item have its own render where the vendor does not show the equal one of another item."""
        owners = self._owners.setdefault(what, set())
        if owners and not owners & keys and (self.hides or not self._shares):
            self.waived[what[0]] += 1
        owners |= keys

    def _frame(self, key: str, record: Record) -> None:
        life = self._lives[key], key, record.fingerprint
        once, often = (*life, record.generation), (*life, record.force)
        assert once not in self._once or self.resubmits, f"{once} was paid twice"
        self._once.add(once)
        self._often[often] += 1
        assert self._often[often] <= self.attempts, f"{often} was paid too often"
