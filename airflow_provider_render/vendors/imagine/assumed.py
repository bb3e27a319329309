"""What Imagine.io's document leaves open, and what is taken for true. All of this page is assumed.

Every path is documented, so none has to be corrected by a connection.

* A product without a thumbnail can be completed and worked on.
* ``sku_id`` of a product may be changed at any time and is free at once for another product; after a
  deletion it is not, until the grace period is over.
* A missing product is answered by 404 or by an empty list.
* A status names a type of content as soon as a job for it is accepted.
* Silo pictures and spins of a new job stand in the status beside those of older jobs, under other numbers.
* A scene render has one picture for each camera, however many products are in it.
* Calls are charged unless they are refused with 401 or 429, or answered without a balance.
* A refusal while the balance is zero means that there are no credits left.
"""

from __future__ import annotations

from collections.abc import Mapping

from airflow_provider_render.core.job import RenderStatus

WORDS: Mapping[str, RenderStatus] = {
    "not done": RenderStatus.QUEUED,
    "processing": RenderStatus.RUNNING,
    "blender processing": RenderStatus.RUNNING,
    "done": RenderStatus.SUCCEEDED,
    "failed": RenderStatus.FAILED,
    "infected": RenderStatus.FAILED,
    "disabled": RenderStatus.FAILED,
}
"""The vendor's words in lower case; one that is not documented counts as running."""

DISABLED = "disabled"
"""The word for a type of content that the account does not get; documented, its consequence is not."""

AWAITING_FILES = "1"
"""``upload_status`` of a product whose upload was not completed."""

RETIRED = "{sku}~{start}"
"""Stock keeping unit of a product that made room for another; ``start`` is that of its UUID."""
