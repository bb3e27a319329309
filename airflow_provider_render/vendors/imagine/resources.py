"""Imagine.io's endpoints grouped as ``products.create(...)``, the same for sync and async."""

from __future__ import annotations

from typing import Generic

from airflow_provider_render.core.resource import Driver, Mode, Resource, endpoint, listing
from airflow_provider_render.vendors.imagine import endpoints


class Products(Resource[Mode]):
    """Products and the files they are made of. Every call but ``send_file`` costs a credit."""

    create = endpoint(endpoints.create_product)
    send_file = endpoint(endpoints.send_file)
    mark_uploaded = endpoint(endpoints.mark_uploaded)
    update = endpoint(endpoints.update_product)
    list = endpoint(endpoints.list_products)
    all = endpoint(endpoints.all_products)
    each = listing(endpoints.all_products)
    delete = endpoint(endpoints.delete_product)


class Content(Resource[Mode]):
    """Viewers, spins and pictures of products alone. Every call costs a credit."""

    create = endpoint(endpoints.create_job)
    status = endpoint(endpoints.get_status)
    shared = endpoint(endpoints.get_shared_content)
    archive = endpoint(endpoints.archive_images)


class Images(Resource[Mode]):
    """Pictures of products in scenes. Every call costs a credit."""

    create = endpoint(endpoints.create_images)
    list = endpoint(endpoints.list_render_images)
    all = endpoint(endpoints.all_render_images)
    each = listing(endpoints.all_render_images)


class Zapier(Resource[Mode]):
    """The Zapier side: another host, another token, no credits."""

    token = endpoint(endpoints.get_zapier_token)
    verify = endpoint(endpoints.verify_zapier_token)
    images = endpoint(endpoints.list_zapier_images)
    all_images = endpoint(endpoints.all_zapier_images)
    each_image = listing(endpoints.all_zapier_images)


class ImagineApi(Generic[Mode]):
    """All of Imagine.io's endpoints.

    :param driver: carries the calls out.
    """

    def __init__(self, driver: Driver) -> None:
        self.products: Products[Mode] = Products(driver)
        self.content: Content[Mode] = Content(driver)
        self.images: Images[Mode] = Images(driver)
        self.zapier: Zapier[Mode] = Zapier(driver)
