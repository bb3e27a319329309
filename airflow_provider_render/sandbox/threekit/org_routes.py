"""``/api/orgs``."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter

from airflow_provider_render.sandbox.threekit.access import Account, Answer, Paging
from airflow_provider_render.sandbox.threekit.errors import missing
from airflow_provider_render.sandbox.threekit.render_routes import USUAL_PIXELS
from airflow_provider_render.sandbox.threekit.seeds import WHITE_STUDIO, seed_id

if TYPE_CHECKING:
    from airflow_provider_render.sandbox.threekit.double import Threekit

LIMITS = {"productsLimit": 100_000, "assetsLimit": 1_000_000, "usersLimit": 100, "renderHoursLimit": 10_000}

router = APIRouter(prefix="/orgs")


@router.get("")
async def list_orgs(account: Account, paging: Paging) -> Answer:
    """List the organizations of the token: one."""
    return paging.answer("orgs", [_org(account)], 1)


@router.get("/{org_id}")
async def get_org(account: Account, org_id: str) -> Answer:
    """Read the organization with its limits."""
    if org_id != account.org_id:
        raise missing("Org", org_id)
    return _org(account)


@router.get("/{org_id}/pricebooks")
async def list_pricebooks(account: Account, paging: Paging, org_id: str) -> Answer:
    """List price books; the double has none."""
    if org_id != account.org_id:
        raise missing("Org", org_id)
    return paging.answer("pricebooks", [], 0)


def _org(account: Threekit) -> dict[str, Any]:
    return {
        "id": account.org_id,
        "slug": "sandbox",
        "name": "Sandbox",
        "members": [{"id": account.user_id, "joinedAt": account.founded}],
        "userId": account.user_id,
        "profile": {},
        "features": _features(account),
        "playerSettings": _player_settings(),
        "languages": {"values": [{"label": "English", "value": "EN"}], "defaultValue": "EN"},
        "clientId": None,
        "featureflags": str(uuid.uuid5(uuid.UUID(account.org_id), "featureflags")),
        "supportAccessEndOn": None,
        "createdAt": account.founded,
        "createdBy": account.user_id,
    }


def _features(account: Threekit) -> dict[str, Any]:
    return {
        **LIMITS,
        "vrayRendering": True,
        "webGLRendering": True,
        "productConfiguration": "full",
        "approvalWorkflow": False,
        "publicShare": True,
        "webglRoughness": "v1",
        "subscriptionStartDate": account.founded,
        "rapidCompactCompression": None,
        "rapidCompactCompressionHost": "",
        "rapidCompactCompressionToken": None,
        "rapidCompactCompressionLimit": 0,
        "jobPriority": {"default": 0},
        "showWarnings": False,
        "vrayVersion": "6",
        "webglRenderMode": "v1",
        "advancedAr": 0,
        "basicAr": True,
        "playerWaterMark": False,
        "advancedAnalytics": True,
        "fastCompositor": True,
    }


def _player_settings() -> dict[str, Any]:
    stage = seed_id("stage", WHITE_STUDIO)
    return {
        "logo": False,
        "arSize": 2048,
        "arButton": True,
        "vraySize": USUAL_PIXELS["vray"],
        "webglSize": USUAL_PIXELS["webgl"],
        "helpButton": True,
        "imageFormat": "png",
        "shareButton": True,
        "zipManifest": False,
        "zoomEnabled": True,
        "imageFitMode": "contain",
        "imageQuality": 90,
        "defaultStages": {"model": stage, "texture": stage, "material": stage},
        "imageResolution": "1024",
        "zoomImageFormat": "png",
        "fullScreenButton": True,
        "zoomImageQuality": 90,
        "defaultPlayerMode": "webgl",
        "checkAssetFileSize": False,
        "saveSceneGraphState": False,
        "zoomImageResolution": "2048",
        "zoomImageLoadingDelay": 0,
        "skipEvalInvisibleNodes": False,
        "connectorSnappingDistance": 0,
        "deferEvalConfiguratorAsset": False,
    }
