"""Keys of a catalog as numbers: which file of the state has an item, and whether a key was there before."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Collection

_FEWEST_SLOTS = 1024


def key_number(key: str) -> int:
    """Return 64 bits of the hash of a key; equal in every process and version of this package."""
    return int.from_bytes(hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()[:8], "big")


class KeyIndex:
    """The rows of keys, by their numbers, in some 25 MB for a million of them.

    Only numbers are kept: that two of a million keys have the same one has a chance of 1 in 30 million.
    """

    __slots__ = ("_numbers", "_rows", "_used")

    def __init__(self) -> None:
        self._numbers, self._rows = _slots(_FEWEST_SLOTS)
        self._used = 0

    def add(self, number: int, row: int) -> int | None:
        """Note the row of a key.

        :param number: of the key, as :func:`key_number` returns it.
        :param row: its row; 32 bits.
        :returns: the row that has the key already, which is kept; None if the key is new.
        """
        number = number or 1
        mask = len(self._numbers) - 1
        at = number & mask
        while known := self._numbers[at]:
            if known == number:
                return self._rows[at]
            at = (at + 1) & mask
        self._numbers[at], self._rows[at] = number, row
        self._used += 1
        if self._used * 5 > len(self._numbers) * 3:
            self._grow()
        return None

    def _grow(self) -> None:
        before = zip(self._numbers, self._rows, strict=True)
        numbers, rows = _slots(2 * len(self._numbers))
        mask = len(numbers) - 1
        for number, row in before:
            if number:
                at = number & mask
                while numbers[at]:
                    at = (at + 1) & mask
                numbers[at], rows[at] = number, row
        self._numbers, self._rows = numbers, rows


class Keep:
    """Says which keys of a catalog belong to some of the files of its state, and counts all.

    :param shards: the files.
    :param count: how many files there are.
    """

    __slots__ = ("_count", "_shards", "total")

    def __init__(self, shards: Collection[int], count: int) -> None:
        self._shards = frozenset(shards)
        self._count = count
        self.total = 0

    def __call__(self, number: int) -> bool:
        """Tell whether a key is kept, by its number."""
        self.total += 1
        return number % self._count in self._shards


def _slots(count: int) -> tuple[array[int], array[int]]:
    return array("Q", bytes(8 * count)), array("I", bytes(4 * count))
