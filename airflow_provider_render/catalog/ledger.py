"""What a run has spent, kept where a retry finds it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from airflow_provider_render.core.errors import BudgetError


class Ledger:
    """Counts the paid calls of one run and refuses those above its limit.

    The write before each paid call is also a fence: it fails for a worker whose task instance has been
    superseded, so that a zombie cannot pay.

    :param limit: credits the run may spend; None sets no limit.
    :param saved: what an earlier try of the same run wrote, if anything.
    :param save: writes the ledger durably; raises if this worker is no longer the task's.
    """

    def __init__(
        self,
        limit: Decimal | None = None,
        saved: Mapping[str, Any] | None = None,
        save: Callable[[dict[str, Any]], None] | None = None,
    ) -> None:
        self.limit = limit
        self.spent = Decimal(str((saved or {}).get("spent", 0)))
        self.calls = int((saved or {}).get("calls", 0))
        self._save = save or (lambda _: None)

    def reserve(self, amount: Decimal, calls: int = 1) -> None:
        """Count paid calls that are about to be made.

        :raises BudgetError: they would exceed the limit; nothing was paid.
        """
        if self.limit is not None and self.spent + amount > self.limit:
            raise BudgetError(
                f"the next renders cost {amount} credits, this run has spent {self.spent} of the"
                f" {self.limit} it may (max_credits); they were not submitted"
            )
        self._book(amount, calls)

    def release(self, amount: Decimal, calls: int = 1) -> None:
        """Take back what the vendor said it did not charge."""
        self._book(-amount, -calls)

    def _book(self, amount: Decimal, calls: int) -> None:
        spent, total = self.spent + amount, self.calls + calls
        self._save({"spent": str(spent), "calls": total})
        self.spent, self.calls = spent, total
