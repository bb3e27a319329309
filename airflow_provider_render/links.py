"""The button in the Airflow UI that leads to the vendor's own page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.sdk import BaseOperatorLink

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator
    from airflow.sdk.types import TaskInstanceKey


class VendorPortalLink(BaseOperatorLink):
    """Link to the render, or the account, at the vendor; there while the task is deferred, too."""

    name = "Vendor portal"

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:
        """Return the page that the operator noted, or nothing before it knew one."""
        return getattr(operator, "portal_url", None) or ""
