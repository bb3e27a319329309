"""The layer service: which picture or file was made for which configuration."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_render.sandbox.threekit.documents import ALIVE, is_, labelled, of_parent

if TYPE_CHECKING:
    from airflow_provider_render.sandbox.threekit.documents import Document, Documents

KIND = "layer"


@dataclass(frozen=True)
class Wanted:
    """
    Everything that makes one layer differ from another.

    :param asset_id: of the asset, which may be an item.
    :param version: of the model behind it.
    :param configuration: of the asset.
    :param stage_id: of the stage; empty for files that need none.
    :param stage_configuration: of the stage.
    :param format: ``png``, ``jpg``, ``webp``, ``glb``, ``usdz``, ``stl`` or ``dxf``.
    :param width: pixels, None for files that are no picture.
    :param height: pixels, None likewise.
    :param renderer: ``webgl``, ``vray``, or empty for an export.
    """

    asset_id: str
    version: str
    configuration: dict[str, Any]
    stage_id: str
    stage_configuration: dict[str, Any]
    format: str
    width: int | None = None
    height: int | None = None
    renderer: str = ""

    @property
    def any_version(self) -> str:
        """Hash of all of it but the version."""
        return digest({**asdict(self), "version": ""})


def digest(value: Any) -> str:
    """Hash of a JSON value, whatever the order of its members."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def find(documents: Documents, wanted: Wanted, *, any_version: bool = False) -> Document | None:
    """
    Find the newest layer of a kind.

    :param any_version: one of an older model will do.
    """
    where = [labelled(wanted.any_version), ALIVE]
    if not any_version:
        where.append(is_("assetVersion", wanted.version))
    found = documents.every(KIND, where, order="-createdAt", limit=1)
    return found[0] if found else None


def add(documents: Documents, wanted: Wanted, file: Document, job_id: str, task_id: str) -> Document:
    """Remember a layer that was made."""
    fields = {
        "assetId": wanted.asset_id,
        "assetLayer": wanted.asset_id,
        "assetVersion": wanted.version,
        "assetLayerConfiguration": wanted.configuration,
        "stageId": wanted.stage_id,
        "stageConfiguration": wanted.stage_configuration,
        "metadata": {"renderer": wanted.renderer} if wanted.renderer else {},
        "stageMetadata": None,
        "jobId": job_id,
        "taskId": task_id,
        "fileId": file["id"],
        "format": wanted.format,
        "width": wanted.width,
        "height": wanted.height,
        "sceneGraphState": None,
        "assetLayerConfigurationHash": digest(wanted.configuration),
        "stageConfigurationHash": digest(wanted.stage_configuration),
    }
    return documents.add(KIND, fields, parent=wanted.asset_id, label=wanted.any_version)


def of_asset(asset_id: str) -> list[Any]:
    """Conditions for the layers of an asset."""
    return [of_parent(asset_id), ALIVE]
