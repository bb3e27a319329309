"""Items from JSON: new ones, and changes of those that a query finds."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

from airflow_provider_render.sandbox.threekit.documents import ALIVE, is_, matching
from airflow_provider_render.sandbox.threekit.errors import ApiError, malformed
from airflow_provider_render.sandbox.threekit.library import KIND, a_type

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_render.sandbox.threekit.documents import Document, Documents
    from airflow_provider_render.sandbox.threekit.jobs import Task
    from airflow_provider_render.sandbox.threekit.library import Library
    from airflow_provider_render.sandbox.threekit.workshop import Workshop

CATALOG = "catalog"
QUERIED = ("id", "name", "customId")
PLAIN = (
    "name",
    "description",
    "tags",
    "keywords",
    "attributes",
    "rules",
    "asset",
    "customId",
    "defaultStageId",
)


def checked(assets: Any) -> list[dict[str, Any]]:
    """
    Check a list of ``{query?, product}``.

    :raises ApiError: 422, naming the entry.
    """
    if not isinstance(assets, list) or not assets:
        raise malformed("assets must be a list with at least one entry")
    for index, entry in enumerate(assets):
        if not isinstance(entry, dict) or not isinstance(entry.get("product"), dict):
            raise malformed(f"assets[{index}] must have a product")
        _check(f"assets[{index}]", entry.get("query"), entry["product"])
    return assets


def _check(place: str, query: Any, product: dict[str, Any]) -> None:
    if query is not None and not isinstance(query, dict):
        raise malformed(f"{place}.query must be an object")
    if not query and not product.get("name"):
        raise malformed(f"{place}.product.name is missing")
    check_fields(f"{place}.product", product)
    if product.get("type") is not None:
        a_type(product["type"])
    for name in QUERIED:
        if query and query.get(name) is not None and not isinstance(query[name], str):
            raise malformed(f"{place}.query.{name} must be a text")
    metadata((query or {}).get("metadata"))


def check_fields(place: str, fields: dict[str, Any]) -> None:
    """
    Check what clients may write into an asset.

    :param place: how messages name it.
    :raises ApiError: 422.
    """
    for name, fits in FIELDS.items():
        if fields.get(name) is not None and not fits(fields[name]):
            raise malformed(f"{place}.{name} has the wrong form")
    metadata(fields.get("metadata"))


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _are_objects(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, dict) for each in value)


def _are_attributes(value: Any) -> bool:
    return _are_objects(value) and all(
        isinstance(each.get("name"), str) and isinstance(each.get("values") or [], list) for each in value
    )


def _shows_asset(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("configuration") or {}, dict)


FIELDS: dict[str, Callable[[Any], bool]] = {
    **dict.fromkeys(
        ("name", "description", "customId", "defaultStageId", "proxyId", "parentFolderId"), _is_text
    ),
    **dict.fromkeys(("tags", "keywords"), _are_texts),
    "attributes": _are_attributes,
    "rules": _are_objects,
    "asset": _shows_asset,
}


def metadata(given: Any) -> dict[str, Any]:
    """
    Read metadata: an object, or a list of ``{name, type, defaultValue}``.

    :raises ApiError: 422.
    """
    if given is None or isinstance(given, dict):
        return given or {}
    if not isinstance(given, list) or not all(isinstance(each, dict) and each.get("name") for each in given):
        raise malformed("metadata must be a list of {name, type, defaultValue}")
    return {str(each["name"]): each.get("defaultValue", each.get("value")) for each in given}


def apply(library: Library, assets: list[dict[str, Any]]) -> list[Document]:
    """
    Make or change items.

    :param assets: as :func:`checked` returned them.
    :return: every item that was made or changed.
    """
    return [item for entry in assets for item in _apply(library, entry.get("query") or {}, entry["product"])]


def _apply(library: Library, query: dict[str, Any], product: dict[str, Any]) -> list[Document]:
    fields = _fields(product)
    found = _found(library.documents, query) if query else []
    for item in found:
        merged = {**item["metadata"], **fields.get("metadata", {})}
        library.documents.change(item["id"], **{**fields, "metadata": merged})
    if found:
        return [library.documents.get(KIND, item["id"]) for item in found]
    asked = metadata(query.get("metadata"))
    name = fields.pop("name", None) or query.get("name") or query.get("id") or "Item"
    fields = {**fields, "metadata": {**asked, **fields.get("metadata", {})}, "head": str(uuid.uuid4())}
    folder = str(product.get("parentFolderId") or CATALOG)
    return [library.make(str(product.get("type") or "item"), str(name), parentFolderId=folder, **fields)]


def _fields(product: dict[str, Any]) -> dict[str, Any]:
    fields = {name: product[name] for name in PLAIN if product.get(name) is not None}
    if product.get("metadata") is not None:
        fields["metadata"] = metadata(product["metadata"])
    return fields


def _found(documents: Documents, query: dict[str, Any]) -> list[Document]:
    where = [is_(name, query[name]) for name in QUERIED if query.get(name)]
    where += matching("metadata", metadata(query.get("metadata")))
    return documents.every(KIND, [ALIVE, *where]) if where else []


def exported(item: Document) -> dict[str, Any]:
    """Return an item in the form that an import takes."""
    product = {name: item[name] for name in PLAIN if name in item}
    listed = [
        {"name": name, "type": _kind(value), "defaultValue": value}
        for name, value in item["metadata"].items()
    ]
    return {"query": {"id": item["id"]}, "product": {**product, "type": item["type"], "metadata": listed}}


def _kind(value: Any) -> str:
    return "Number" if isinstance(value, int | float) and not isinstance(value, bool) else "String"


async def bring_in_products(shop: Workshop, task: Task) -> None:
    """
    Make or change items in the background.

    :param task: of type ``catalog-import``; its file holds the list.
    """
    files = shop.library.files
    try:
        assets = checked(json.loads(files.path(files.get(task.work["fileId"])).read_text()))
    except ApiError as error:
        await shop.fail(task, str(error))
        return

    def remember() -> None:
        for item in apply(shop.library, assets):
            output = {"name": item["name"], "assetId": item["id"], "type": item["type"]}
            shop.library.documents.add("output", output, parent=task.job_id)

    await shop.succeed(task, [], f"Imported {len(assets)} entries", remember)
