from __future__ import annotations

from tests.operators.conftest import dxgl, prompt_vendor

__all__ = ["dxgl", "prompt_vendor"]
