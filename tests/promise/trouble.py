"""What may go wrong at a vendor, as the sandbox's faults have it, and where."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

SETTLING = 0.25
"""Seconds in which a vendor comes to know of what it was sent; longer than any fault hides it."""

HIDDEN = ("any", {"kind": "late_listing", "seconds": SETTLING * 0.6})
TROUBLE: dict[str | None, tuple[tuple[str, dict[str, Any]], ...]] = {
    "a lost answer": (("paid", {"kind": "drop_after", "next": 1}),),
    "an error though it was done": (("paid", {"kind": "error_after", "next": 1}),),
    "a lost answer and a late listing": (("paid", {"kind": "drop_after", "next": 1}), HIDDEN),
    "a broken paid call": (("paid", {"kind": "drop_before", "next": 1}),),
    "a refused paid call": (("paid", {"kind": "error_before", "next": 1}),),
    "broken calls": (("sent", {"kind": "drop_after", "next": 2}),),
    "unreadable answers": (("read", {"kind": "error_before", "next": 2}),),
    "a rate limit": (("paid", {"kind": "rate_limit", "per_second": 1}),),
    "a late listing": (HIDDEN,),
    "failing renders": (("paid", {"kind": "render_failure", "next": 2}),),
    "failing models": (("sent", {"kind": "render_failure", "next": 1}),),
    "torn downloads": (("any", {"kind": "truncate", "next": 2}),),
}
TROUBLES = st.sampled_from([None, None, None, *TROUBLE])
