"""What a run has spent, kept where a retry finds it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from decimal import Decimal
from typing import Any

from airflow_provider_render.core.errors import BudgetError, TaskEndedError
from airflow_provider_render.core.journal import Phase, Record

_PAYING = (Phase.INTENT, Phase.SUBMITTED)


class Ledger:
    """Counts the paid calls of one run and refuses those above its limit.

    The write before each paid call is also a fence: it fails for a worker whose task instance has been
    superseded, so that a zombie cannot pay.

    :param limit: credits the run may spend; None sets no limit.
    :param saved: what an earlier try of the same run wrote, if anything.
    :param save: writes the ledger durably; raises if this worker is no longer the task's.
    :param metered: what the calls of this process have cost so far beside the renders, where a vendor
        charges for calls.
    """

    def __init__(
        self,
        limit: Decimal | None = None,
        saved: Mapping[str, Any] | None = None,
        save: Callable[[dict[str, Any]], None] | None = None,
        metered: Callable[[], Decimal] = Decimal,
    ) -> None:
        self.limit = limit
        self._knows_before = bool(saved)
        saved = saved or {}
        self.spent = Decimal(str(saved.get("spent", 0)))
        self.calls = int(saved.get("calls", 0))
        pending: Mapping[str, str] = saved.get("pending") or {}
        self._pending = {mark: Decimal(str(price)) for mark, price in pending.items()}
        self._save = save or (lambda _: None)
        self._metered, self._base = metered, metered()
        self._before = Decimal(str(saved.get("overhead", 0)))
        self._closed = False

    @property
    def overhead(self) -> Decimal:
        """Credits that the run's calls have cost beside the renders."""
        return self._before + self._metered() - self._base

    @property
    def total(self) -> Decimal:
        """Credits that the run has cost so far."""
        return self.spent + self.overhead

    def add_overhead(self, cost: Decimal) -> None:
        """Count calls that another process made for the run."""
        self._before += cost

    def keep(self) -> None:
        """Write down what calls have cost since the last write."""
        if self.overhead:
            self._book(Decimal(0), 0, self._pending)

    def close(self) -> None:
        """Let nothing more be paid, because the task is being ended; a signal handler may call this."""
        self._closed = True

    def reserve(self, prices: Mapping[str, Decimal], calls: int = 1, *, booked: Collection[str] = ()) -> None:
        """Count paid calls that are about to be made.

        :param prices: credits by fingerprint.
        :param calls: how many calls that is.
        :param booked: fingerprints that an earlier try has counted already, if what it wrote is still there.
        :raises BudgetError: they would exceed the limit; nothing was paid.
        :raises TaskEndedError: the ledger is closed; nothing was paid.
        """
        self._require_open()
        counted = booked if self._knows_before else ()
        amount = sum((price for mark, price in prices.items() if mark not in counted), Decimal(0))
        if self.limit is not None and self.total + amount > self.limit:
            raise BudgetError(
                f"the next renders cost {amount} credits, this run has spent {self.total} of the"
                f" {self.limit} it may (max_credits); they were not submitted"
            )
        self._book(amount, calls, dict(prices))

    def require(self, cost: Decimal) -> None:
        """See to it that calls which cost something by themselves are still within the limit.

        :raises BudgetError: they are not; they were not made.
        :raises TaskEndedError: the ledger is closed; they were not made.
        """
        self._require_open()
        if cost and self.limit is not None and self.total + cost > self.limit:
            raise BudgetError(
                f"the next calls cost {cost} credits, this run has spent {self.total} of the {self.limit} it"
                " may (max_credits); they were not made"
            )

    def release(self, prices: Mapping[str, Decimal], calls: int = 1) -> None:
        """Take back what the vendor said it did not charge."""
        left = {mark: price for mark, price in self._pending.items() if mark not in prices}
        self._book(-sum(prices.values(), Decimal(0)), -calls, left)

    def settle(self, records: Iterable[Record], run: str) -> None:
        """Take back what was counted last by a worker that died before it wrote the intents.

        :param records: what the journal knows, before anybody looked what has ended since.
        :param run: name of the run.
        """
        noted = {record.fingerprint for record in records if record.run == run and record.phase in _PAYING}
        lost = [price for mark, price in self._pending.items() if mark not in noted]
        if self._pending:
            self._book(-sum(lost, Decimal(0)), 0, {})

    def confirm(self) -> None:
        """Note that the intents of all that was counted are in the journal."""
        if self._pending:
            self._book(Decimal(0), 0, {})

    def _require_open(self) -> None:
        if self._closed:
            raise TaskEndedError(
                "the task was told to end, so nothing more is sent; a retry goes on from here"
            )

    def _book(self, amount: Decimal, calls: int, pending: dict[str, Decimal]) -> None:
        spent, total = self.spent + amount, self.calls + calls
        marks = {mark: str(price) for mark, price in pending.items()}
        overhead = {"overhead": str(self.overhead)} if self.overhead else {}
        self._save({"spent": str(spent), "calls": total, "pending": marks, **overhead})
        self.spent, self.calls, self._pending = spent, total, pending
