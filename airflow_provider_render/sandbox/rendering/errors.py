"""The one error of the renderer."""

from __future__ import annotations


class ModelError(RuntimeError):
    """The model cannot be rendered; the message is one sentence that says what is wrong and where."""
