"""Every endpoint of Threekit's REST API, each written once, by service.

A function describes a call; ``resources.py`` groups them and a driver carries them out.
"""

from __future__ import annotations
