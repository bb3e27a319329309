"""Whether what is wanted of renders can come of them, by what the vendor says that it makes."""

from __future__ import annotations

from collections.abc import Collection

from airflow_provider_render.core.errors import RenderInputError, SettingsError
from airflow_provider_render.core.job import OutputKind, Settings
from airflow_provider_render.core.vendor import RenderVendor


def wanted_kinds(vendor: RenderVendor, named: Collection[OutputKind] | None) -> frozenset[OutputKind]:
    """Return the kinds of output to deliver: those that are named, or else the vendor's usual ones.

    :raises RenderInputError: none is named, or one that the vendor never makes.
    """
    if named is None:
        return vendor.default_outputs
    made = vendor.kinds()
    if not named:
        offered = _listed(made or frozenset(OutputKind))
        raise RenderInputError(f"outputs: names no kind, so nothing would be delivered; there are {offered}")
    if made and (never := frozenset(named) - made):
        raise RenderInputError(
            f"outputs: {vendor.title} never makes {_listed(never)}; it makes {_listed(made)}"
        )
    return frozenset(named)


def require_kinds(vendor: RenderVendor, wanted: Collection[OutputKind], settings: Settings) -> None:
    """See to it that something of what is wanted can come of a render.

    :param settings: as :meth:`RenderVendor.settings` returns them.
    :raises SettingsError: nothing can.
    """
    made = vendor.kinds(settings)
    if made and made.isdisjoint(wanted):
        raise SettingsError(
            f"outputs: a render with these settings makes {_listed(made)} at {vendor.title}, and nothing of"
            f" what is wanted: {_listed(wanted)}"
        )


def _listed(kinds: Collection[OutputKind]) -> str:
    return ", ".join(kind for kind in OutputKind if kind in kinds)
