"""The one place that does I/O over the network: carries out the calls that ``core.calls`` describes."""

from __future__ import annotations
