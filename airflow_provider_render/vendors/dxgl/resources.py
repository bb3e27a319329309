"""DXGL's endpoints grouped as ``renders.get(id)``, the same for sync and async."""

from __future__ import annotations

from typing import Generic

from airflow_provider_render.core.resource import Driver, Mode, Resource, download, endpoint, listing
from airflow_provider_render.vendors.dxgl import endpoints


class Models(Resource[Mode]):
    """3D models. ``upload`` and ``ingest`` start, and charge, a render."""

    upload = endpoint(endpoints.upload_model)
    ingest = endpoint(endpoints.ingest_model)
    list = endpoint(endpoints.list_models)
    all = endpoint(endpoints.all_models)
    each = listing(endpoints.all_models)
    get = endpoint(endpoints.get_model)
    update = endpoint(endpoints.update_model)
    archive = endpoint(endpoints.archive_model)
    unarchive = endpoint(endpoints.unarchive_model)
    delete = endpoint(endpoints.delete_model)
    check_hash = endpoint(endpoints.check_hash)
    file = download(endpoints.model_file)


class Renders(Resource[Mode]):
    """Renders. ``create`` and ``create_batch`` are charged."""

    create = endpoint(endpoints.create_render)
    create_batch = endpoint(endpoints.create_renders)
    quote = endpoint(endpoints.quote)
    list = endpoint(endpoints.list_renders)
    all = endpoint(endpoints.all_renders)
    each = listing(endpoints.all_renders)
    get = endpoint(endpoints.get_render)
    dismiss = endpoint(endpoints.dismiss_render)
    delete = endpoint(endpoints.delete_render)


class Assets(Resource[Mode]):
    """Files of finished renders; the first argument of each is the path to write to."""

    video = download(endpoints.video)
    poster = download(endpoints.poster)
    thumbnail = download(endpoints.thumbnail)
    bundle = download(endpoints.bundle)
    dataset = download(endpoints.dataset)


class Overlays(Resource[Mode]):
    """Pictures to put behind or before renders."""

    upload = endpoint(endpoints.upload_overlay)
    list = endpoint(endpoints.list_overlays)
    delete = endpoint(endpoints.delete_overlay)


class Account(Resource[Mode]):
    """The account and the service."""

    get = endpoint(endpoints.get_account)
    health = endpoint(endpoints.health)


class DxglApi(Generic[Mode]):
    """All of DXGL's endpoints.

    :param driver: carries the calls out.
    """

    def __init__(self, driver: Driver) -> None:
        self.models: Models[Mode] = Models(driver)
        self.renders: Renders[Mode] = Renders(driver)
        self.assets: Assets[Mode] = Assets(driver)
        self.overlays: Overlays[Mode] = Overlays(driver)
        self.account: Account[Mode] = Account(driver)
