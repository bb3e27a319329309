"""Assets: models, materials, stages, items and the rest, and the model files behind them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_render.sandbox.threekit import gltf
from airflow_provider_render.sandbox.threekit.assumed import HASH_PREFIX, ROOT_FOLDER
from airflow_provider_render.sandbox.threekit.documents import ALIVE, is_, labelled
from airflow_provider_render.sandbox.threekit.errors import ApiError, malformed, missing

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_render.sandbox.threekit.documents import Document, Documents
    from airflow_provider_render.sandbox.threekit.files import Files

KIND = "asset"
TYPES = (
    "scene", "model", "material", "texture", "stage", "item", "composite", "attribute", "upload", "vector",
    "font", "vfb", "video", "lut", "folder",
)  # fmt: skip
DEEPEST_ITEM = 8

BLANK: dict[str, Any] = {
    "as": None,
    "description": None,
    "metadata": {},
    "tags": [],
    "keywords": [],
    "publicShare": None,
    "branch": "main",
    "importedFileId": None,
    "proxyId": None,
    "parentFolderId": ROOT_FOLDER,
    "publishedAt": None,
    "defaultStageId": None,
    "defaultCompositeId": None,
    "nodetags": [],
    "proxyType": None,
    "effects": None,
    "warnings": False,
    "advancedAr": False,
    "fileSize": None,
    "tagids": [],
    "categoryId": None,
    "customId": None,
    "analytics": True,
    "head": "",
    "attributes": [],
    "rules": [],
    "asset": None,
}


@dataclass(frozen=True)
class Subject:
    """
    What a picture shows, after items were followed to their model.

    :param asset: the model asset.
    :param configuration: the item's own, overlaid by the request's.
    """

    asset: Document
    configuration: dict[str, Any]


class Library:
    """
    The asset service.

    :param documents: where assets are kept.
    :param files: what they were imported from.
    :param folder: holds the model files, below ``models/``.
    """

    def __init__(self, documents: Documents, files: Files, folder: Path) -> None:
        self.documents = documents
        self.files = files
        self._models = folder / "models"

    def make(self, kind: str, name: str, **fields: Any) -> Document:
        """
        Make a new asset.

        :param kind: one of :data:`TYPES`.
        """
        custom = fields.get("customId") or ""
        return self.documents.add(KIND, {**BLANK, "name": name, "type": kind, **fields}, label=str(custom))

    def find(self, asset_id: str, *, deleted: bool | None = False) -> Document | None:
        """Find an asset by its id or customId."""
        found = self.documents.find(KIND, asset_id, deleted=deleted)
        if found or not asset_id:
            return found
        named = self.documents.every(
            KIND, [labelled(asset_id), *([] if deleted else [ALIVE])], order="-createdAt"
        )
        return named[0] if named else None

    def get(self, asset_id: str, *, deleted: bool | None = False) -> Document:
        """
        Find an asset by its id or customId.

        :raises ApiError: 404.
        """
        asset = self.find(asset_id, deleted=deleted)
        if asset is None:
            raise missing("Asset", asset_id)
        return asset

    def named(self, kind: str, name: str, folder: str) -> Document | None:
        """Find an asset by its name within a folder."""
        where = [is_("type", kind), is_("name", name), is_("parentFolderId", folder), ALIVE]
        found = self.documents.every(KIND, where, order="-createdAt", limit=1)
        return found[0] if found else None

    def material(self, wanted: str) -> dict[str, Any] | None:
        """Find how a material asset looks, by its id or, upper or lower case, its name."""
        asset = self.documents.find(KIND, wanted)
        if asset is None:
            materials = self.documents.every(KIND, [is_("type", "material"), ALIVE])
            asset = next((each for each in materials if each["name"].lower() == wanted.lower()), None)
        look: dict[str, Any] | None = asset.get("_material") if asset else None
        return look

    def subject(self, asset: Document, configuration: dict[str, Any]) -> Subject:
        """
        Follow an item to the model that it shows.

        :raises ApiError: 422 if there is none.
        """
        for _ in range(DEEPEST_ITEM):
            if asset.get("_model"):
                return Subject(asset, configuration)
            shown = asset.get("asset") or {}
            configuration = {**(shown.get("configuration") or {}), **configuration}
            found = self.find(str(shown.get("assetId") or asset.get("proxyId") or ""), deleted=None)
            if found is None:
                break
            asset = found
        raise malformed(f"Asset {asset['id']} ({asset['type']}) has no 3D model")

    def model_path(self, digest: str) -> Path:
        """Where the GLB made of an imported file is, or would be."""
        return self._models / f"{digest.removeprefix(HASH_PREFIX)}.glb"

    def model_of(self, asset: Document) -> Path:
        """Where the GLB of a model asset is."""
        return self.model_path(asset["_model"])

    def model_fields(self, record: Document) -> dict[str, Any]:
        """
        Describe the model that a file became.

        :param record: the imported file, whose GLB is in place.
        :raises NotAGlb: it is damaged.
        """
        facts = gltf.inspect(self.model_path(record["hash"]))
        return {
            "importedFileId": record["id"],
            "fileSize": record["size"],
            "head": record["hash"],
            "attributes": _attributes(facts),
            "_model": record["hash"],
            "_materials": list(facts.materials),
            "_variants": list(facts.variants),
            "_main": list(facts.main),
            "_span": facts.span,
        }


def stage_of(library: Library, stage_id: str) -> Document:
    """
    Find a stage.

    :raises ApiError: 422.
    """
    stage = library.find(stage_id)
    if stage is None or stage["type"] != "stage":
        raise malformed(f"stageId is not a stage: {stage_id}")
    return stage


def a_type(value: Any) -> str:
    """
    Check an asset type.

    :raises ApiError: 422.
    """
    if value not in TYPES:
        raise ApiError(422, f"type must be one of {', '.join(TYPES)}")
    return str(value)


def _attributes(facts: gltf.Facts) -> list[dict[str, Any]]:
    chosen = {"name": "Variant", "type": "String", "values": list(facts.variants)}
    first = [{**chosen, "defaultValue": facts.variants[0]}] if facts.variants else []
    return first + [{"name": name, "type": "Asset", "assetType": "material"} for name in facts.materials]
