"""Telling new titles and tags of items whose pictures are as they should be."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import replace

from airflow_provider_render.catalog.items import CatalogItem
from airflow_provider_render.catalog.storage import Place
from airflow_provider_render.catalog.store import write_item
from airflow_provider_render.catalog.threads import threads
from airflow_provider_render.core.errors import OutputError
from airflow_provider_render.core.journal import Record

log = logging.getLogger(__name__)


def retell(
    root: Place, delivered: Iterable[tuple[CatalogItem, Record]], *, vendor: str, concurrency: int
) -> dict[str, Record]:
    """Write ``render.json`` anew where title or tags have changed; one that fails is left to a later run.

    Records of before this was noted are taken to be up to date.

    :param root: output folder.
    :param delivered: items with their records.
    :param vendor: the vendor's name.
    :param concurrency: files written at the same time.
    :returns: the records that are to be written then, by key.
    """
    changed = [(item, record) for item, record in delivered if record.told != item.words]

    def told(pair: tuple[CatalogItem, Record]) -> bool:
        return not pair[1].told or _retold(root, *pair, vendor)

    with threads(concurrency, "retell") as pool:
        done = list(pool.map(told, changed))
    pairs = zip(changed, done, strict=True)
    return {item.key: replace(record, told=item.words) for (item, record), ok in pairs if ok}


def _retold(root: Place, item: CatalogItem, record: Record, vendor: str) -> bool:
    try:
        write_item(root, item, record, vendor=vendor)
    except OutputError as error:
        log.warning("%s: cannot write its new title or tags: %s", item.key, error)
        return False
    return True
