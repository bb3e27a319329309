"""Signed links after CloudFront: ``Expires``, ``Signature`` and ``Key-Pair-Id``.

The real signature is RSA, this one a keyed hash; to those who only follow links it is just as opaque.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from airflow_provider_render.sandbox.presign import PresignError

if TYPE_CHECKING:
    from collections.abc import Mapping

SEVEN_DAYS = 7 * 24 * 3600.0
FOR_URLS = str.maketrans("+=/", "-_~")


@dataclass(frozen=True)
class Cdn:
    """
    Signs and checks links.

    :param key_pair: id of the key, which the links show.
    :param secret: the key.
    """

    key_pair: str
    secret: str

    def link(self, origin: str, key: str, seconds: float) -> str:
        """
        Make a link.

        :param origin: URL of the storage, without a slash at the end.
        :param key: of the object.
        :param seconds: how long it lives.
        """
        expires = int(-(-(time.time() + seconds) // 1))
        query = urlencode(
            {"Expires": expires, "Signature": self._signature(key, expires), "Key-Pair-Id": self.key_pair},
            safe="~",
        )
        return f"{origin}/{quote(key)}?{query}"

    def check(self, key: str, query: Mapping[str, str]) -> None:
        """
        Let a request pass or not.

        :param key: of the object.
        :param query: of the request.
        :raises PresignError: it is not signed, wrongly signed, or too late.
        """
        if missing := [name for name in ("Key-Pair-Id", "Signature", "Expires") if not query.get(name)]:
            raise PresignError(f"Missing {missing[0]} query parameter or cookie value")
        text = query["Expires"]
        expires = int(text) if text.isascii() and text.isdecimal() and len(text) < 12 else 0
        good = self._signature(key, expires).encode()
        is_ours = query["Key-Pair-Id"] == self.key_pair
        if not is_ours or not secrets.compare_digest(good, query["Signature"].encode()):
            raise PresignError("Access denied")
        if time.time() >= expires:
            raise PresignError("Access denied")

    def _signature(self, key: str, expires: int) -> str:
        digest = hmac.new(self.secret.encode(), f"{key}\n{expires}".encode(), hashlib.sha512).digest()
        return base64.b64encode(digest).decode().translate(FOR_URLS)
