"""The links to the other origin that answers carry."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from airflow_provider_render.sandbox.imagine import assumed, viewers
from airflow_provider_render.sandbox.imagine.cdn import SEVEN_DAYS
from airflow_provider_render.sandbox.link_lifetime import lifetime

if TYPE_CHECKING:
    from airflow_provider_render.sandbox.imagine.double import Imagine


class Links:
    """
    Where the objects of an account are found.

    :param imagine: the account.
    """

    def __init__(self, imagine: Imagine) -> None:
        self._imagine = imagine

    @property
    def origin(self) -> str:
        """URL of the storage."""
        return self._imagine.ground.origins.storage_url(self._imagine.name)

    def picture(self, key: str | None) -> str | None:
        """Make the signed link of an object; None for no object."""
        if self._imagine.objects.find(key) is None:
            return None
        return self._imagine.cdn.link(self.origin, str(key), self._seconds(SEVEN_DAYS))

    def form(self, key: str) -> dict[str, object]:
        """Make what a client needs to upload an object."""
        fields = self._imagine.post_policy.fields(key, self._seconds(assumed.POST_SECONDS))
        return {"url": f"{self.origin}/", "fields": fields}

    def path(self, key: str) -> str:
        """Make the signed path, without the origin, at which the object is found once it was uploaded."""
        expires = int(time.time() + self._seconds(assumed.POST_SECONDS))
        path = f"/{key}"
        claims = {"X-Amz-Credential": self._imagine.post_policy.credential(), "X-Amz-SignedHeaders": "host"}
        query = self._imagine.signer.sign("GET", path, expires, **claims)
        return f"{quote(path)}?{urlencode(query)}"

    def viewer(self, kind: str, viewer: str) -> str:
        """Make the link of a viewer page, which is public."""
        return f"{self.origin}/product/public/{viewers.PAGES[kind]}/v2/{viewer}"

    def _seconds(self, documented: float) -> float:
        return lifetime(self._imagine.ground.database, self._imagine.name, documented)
