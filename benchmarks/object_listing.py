"""Lists of objects as S3 gives them, in a time that does not grow with the bucket."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote
from xml.sax.saxutils import escape

PAGE = 1000
_LAST = "\U0010ffff"


@dataclass(frozen=True)
class Object:
    """What a list tells of an object.

    :param etag: with its quotes
    :param modified: ISO time
    """

    size: int
    etag: str
    modified: str


@dataclass(frozen=True)
class Query:
    """What is asked for.

    :param prefix: of the wanted keys
    :param delimiter: keys that go on behind it are shown as one folder; empty for none
    :param after: the last key or folder of the page before
    :param limit: keys and folders on a page
    :param encoded: whether names are to be percent-encoded
    """

    prefix: str = ""
    delimiter: str = ""
    after: str = ""
    limit: int = PAGE
    encoded: bool = False

    @classmethod
    def read(cls, fields: Mapping[str, str]) -> Query:
        """Make one of the fields of a query string."""
        return cls(
            fields.get("prefix", ""),
            fields.get("delimiter", ""),
            fields.get("continuation-token", ""),
            min(PAGE, int(fields.get("max-keys", PAGE))),
            fields.get("encoding-type") == "url",
        )

    def folder_of(self, key: str) -> str:
        """Return the folder as which a key is shown; empty where it is shown itself."""
        at = key.find(self.delimiter, len(self.prefix)) if self.delimiter else -1
        return "" if at < 0 else key[: at + len(self.delimiter)]


def page(keys: Sequence[str], query: Query) -> tuple[list[str], list[str], str]:
    """Return keys and folders of a page, and after what the next one starts; empty for the last.

    :param keys: all keys in order
    """
    found: list[str] = []
    folders: list[str] = []
    at = max(bisect_left(keys, query.prefix), _behind(keys, query))
    while at < len(keys) and keys[at].startswith(query.prefix):
        if len(found) + len(folders) == query.limit:
            return found, folders, max([*found[-1:], *folders[-1:]], default="")
        folder = query.folder_of(keys[at])
        (folders if folder else found).append(folder or keys[at])
        at = bisect_left(keys, folder + _LAST, at) if folder else at + 1
    return found, folders, ""


def _behind(keys: Sequence[str], query: Query) -> int:
    is_folder = query.after.startswith(query.prefix) and query.folder_of(query.after) == query.after
    return bisect_right(keys, query.after + _LAST if is_folder and query.after else query.after)


def answer(bucket: str, keys: Sequence[str], query: Query, find: Callable[[str], Object]) -> bytes:
    """Return a page as the XML of ``ListObjectsV2``.

    :param bucket: its name
    :param keys: all keys in order
    :param find: tells of an object by its key
    """
    found, folders, more = page(keys, query)
    shown = quote if query.encoded else escape
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">',
        f"<Name>{bucket}</Name><Prefix>{shown(query.prefix)}</Prefix>",
        f"<KeyCount>{len(found) + len(folders)}</KeyCount><MaxKeys>{query.limit}</MaxKeys>",
        f"<IsTruncated>{'true' if more else 'false'}</IsTruncated>",
    ]
    parts += ["<EncodingType>url</EncodingType>"] if query.encoded else []
    parts += [f"<NextContinuationToken>{escape(more)}</NextContinuationToken>"] if more else []
    parts += [_object(shown(key), find(key)) for key in found]
    parts += [f"<CommonPrefixes><Prefix>{shown(folder)}</Prefix></CommonPrefixes>" for folder in folders]
    return "".join([*parts, "</ListBucketResult>"]).encode()


def _object(key: str, told: Object) -> str:
    return (
        f"<Contents><Key>{key}</Key><LastModified>{told.modified}</LastModified><ETag>{escape(told.etag)}"
        f"</ETag><Size>{told.size}</Size><StorageClass>STANDARD</StorageClass></Contents>"
    )
