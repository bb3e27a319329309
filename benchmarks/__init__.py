"""What this package costs, beside the stock HTTP provider and plain httpx in the same run."""

from __future__ import annotations
