"""What the contract's tests need to know of each vendor: settings, and which call is paid."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from tests.contract.accounts import Account


class Choice(NamedTuple):
    """Settings of a vendor.

    :param first: a quick render.
    :param second: another one.
    :param wrong: settings that must be refused.
    :param others: renders of which other kinds of files come.
    """

    first: Mapping[str, Any]
    second: Mapping[str, Any]
    wrong: Mapping[str, Any]
    others: Sequence[Mapping[str, Any]] = ()


def _dxgl(account: Account) -> Choice:
    return Choice({"length": 3}, {"length": 3, "aspect": "1:1"}, {"length": 99}, [{"effect": "dataset"}])


def _glossi(account: Account) -> Choice:
    templates = account.get("/api/v1/templates", **{"X-API-Key": account.token})["templates"]
    quick = {"renderShots": False, "renderVariants": False, "imageQuality": 0}
    first, second = ({"templateId": one["templateId"], **quick} for one in templates[:2])
    shots = {**first, "renderBookmarks": False, "renderShots": True, "videoQuality": 0}
    return Choice(first, second, {**first, "imageQuality": 9}, [shots])


def _imagine(account: Account) -> Choice:
    others = [{"content": ["360", "ar"]}, {"scene_id": 7550, "cameras": [8152584]}]
    return Choice({"content": ["silo"]}, {"content": ["silo", "viewer"]}, {"content": ["hologram"]}, others)


def _threekit(account: Account) -> Choice:
    return Choice(
        {"width": 320, "height": 240},
        {"width": 240, "height": 320},
        {"width": 0},
        [{"width": 64, "format": "jpg"}],
    )


VENDORS: Mapping[str, Callable[[Account], Choice]] = {
    "dxgl": _dxgl,
    "glossi": _glossi,
    "imagine": _imagine,
    "threekit": _threekit,
}

PAID_CALLS = {
    "dxgl": r"^POST .*/v1/models$",
    "glossi": r"^POST .*/api/v1/renders$",
    "imagine": r"^POST .*/v1/product/job/$",
    "threekit": r"^POST .*/api/asset-jobs/renders",
}
"""The call that a new render is paid by, as the sandbox's faults match it."""
