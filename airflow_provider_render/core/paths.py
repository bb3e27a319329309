"""Paths of calls: ids filled in safely, and those that no document confirms can be corrected."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote


def path(template: str, **ids: str) -> str:
    """Fill ids into a path, escaped, so that an id can never lead elsewhere."""
    return template.format(**{name: quote(str(value), safe="") for name, value in ids.items()})


class AssumedPath(str):
    """A path that the vendor's document does not name; a connection may correct it by its name.

    :param table: the vendor's assumed paths by name, with ``{id}`` where an id goes.
    :param name: which of them, and the name of the connection's extra.
    :param ids: what goes into it.
    """

    name: str
    ids: Mapping[str, str]

    def __new__(cls, table: Mapping[str, str], name: str, /, **ids: str) -> AssumedPath:
        """Fill the assumed path."""
        self = super().__new__(cls, path(table[name], **ids))
        self.name, self.ids = name, ids
        return self

    def corrected(self, paths: Mapping[str, str]) -> str:
        """Return the path as a connection has it.

        :param paths: corrections by name.
        """
        return path(paths[self.name], **self.ids) if self.name in paths else str(self)
