"""Threekit's endpoints grouped as ``jobs.get(id)``, the same for sync and async."""

from __future__ import annotations

from typing import Generic

from airflow_provider_render.core.resource import Driver, Mode, Resource, download, endpoint, listing
from airflow_provider_render.vendors.threekit.endpoints import (
    administration,
    analytics,
    asset_jobs,
    assets,
    base,
    catalog,
    datatables,
    files,
    jobs,
    layers,
    sales,
)


class Files(Resource[Mode]):
    """Files on the CDN."""

    upload = endpoint(files.upload_file)
    get = endpoint(files.get_file)
    content = download(files.file_content)
    by_hash = download(files.file_by_hash)


class Pictures(Resource[Mode]):
    """Pictures and documents that are made on the spot, without a job."""

    composite = download(files.composite)
    resize = download(files.resized_image)
    thumbnail = download(files.thumbnail)
    pdf = endpoint(files.create_pdf)


class AssetJobs(Resource[Mode]):
    """Imports, exports and renders. Renders use the render hours of the organisation's plan."""

    import_file = endpoint(asset_jobs.import_file)
    import_clara = endpoint(asset_jobs.import_clara)
    export = endpoint(asset_jobs.export_asset)
    render_webgl = endpoint(asset_jobs.render_webgl)
    render_vray = endpoint(asset_jobs.render_vray)
    render_matrix = endpoint(asset_jobs.render_matrix)
    download_results = endpoint(asset_jobs.download_results)


class Jobs(Resource[Mode]):
    """Jobs, their tasks and their runs."""

    list = endpoint(jobs.list_jobs)
    all = endpoint(jobs.all_jobs)
    each = listing(jobs.all_jobs)
    get = endpoint(jobs.get_job)
    schedule = endpoint(jobs.schedule_job)
    outputs = endpoint(jobs.job_outputs)
    get_import = endpoint(jobs.get_import)
    list_tasks = endpoint(jobs.list_tasks)
    all_tasks = endpoint(jobs.all_tasks)
    each_task = listing(jobs.all_tasks)
    get_task = endpoint(jobs.get_task)
    list_runs = endpoint(jobs.list_runs)
    all_runs = endpoint(jobs.all_runs)
    each_run = listing(jobs.all_runs)
    get_run = endpoint(jobs.get_run)


class Layers(Resource[Mode]):
    """Pictures and AR files that were made before."""

    list = endpoint(layers.list_layers)
    all = endpoint(layers.all_layers)
    each = listing(layers.all_layers)
    get = endpoint(layers.get_layer)
    find = endpoint(layers.find_layer)
    link = endpoint(layers.layer_link)
    file = download(layers.layer_file)
    create = endpoint(layers.create_layer)


class Assets(Resource[Mode]):
    """Everything that an organisation has, by version 1 of the service."""

    list = endpoint(assets.list_assets)
    all = endpoint(assets.all_assets)
    each = listing(assets.all_assets)
    get = endpoint(assets.get_asset)
    delete = endpoint(assets.delete_asset)
    restore = endpoint(assets.restore_asset)
    clone = endpoint(assets.clone_asset)
    list_variants = endpoint(assets.list_variants)
    all_variants = endpoint(assets.all_variants)
    each_variant = listing(assets.all_variants)
    translations = endpoint(assets.locale_translations)


class Items(Resource[Mode]):
    """Items, by version 2 of the assets service."""

    create = endpoint(assets.create_item)
    get = endpoint(assets.get_item)
    delete = endpoint(assets.delete_item)


class Catalog(Resource[Mode]):
    """The catalog: data of all items by query."""

    list = endpoint(catalog.list_products)
    all = endpoint(catalog.all_products)
    each = listing(catalog.all_products)
    get = endpoint(catalog.get_product)
    upload = endpoint(catalog.upload_assets)
    import_csv = endpoint(catalog.import_csv)


class Products(Resource[Mode]):
    """Items in and out as JSON."""

    import_json = endpoint(catalog.import_products)
    import_file = endpoint(catalog.import_products_file)
    export = endpoint(catalog.export_products)
    translations = endpoint(catalog.product_translations)


class Configurations(Resource[Mode]):
    """Saved configurations."""

    save = endpoint(sales.save_configuration)
    list = endpoint(sales.list_configurations)
    all = endpoint(sales.all_configurations)
    each = listing(sales.all_configurations)
    get = endpoint(sales.get_configuration)
    file = download(sales.configuration_file)
    thumbnail = download(sales.configuration_thumbnail)


class Orders(Resource[Mode]):
    """Orders."""

    create = endpoint(sales.create_order)
    list = endpoint(sales.list_orders)
    all = endpoint(sales.all_orders)
    each = listing(sales.all_orders)
    get = endpoint(sales.get_order)
    update = endpoint(sales.update_order)
    add_to_cart = endpoint(sales.add_to_cart)
    replace_cart = endpoint(sales.replace_cart)
    add_items = endpoint(sales.add_items)


class Customers(Resource[Mode]):
    """Customers."""

    create = endpoint(sales.create_customer)
    list = endpoint(sales.list_customers)
    all = endpoint(sales.all_customers)
    each = listing(sales.all_customers)
    get = endpoint(sales.get_customer)


class Analytics(Resource[Mode]):
    """What visitors did."""

    create_event = endpoint(analytics.create_event)
    list_events = endpoint(analytics.list_events)
    all_events = endpoint(analytics.all_events)
    each_event = listing(analytics.all_events)
    get_event = endpoint(analytics.get_event)
    views = endpoint(analytics.list_views)


class Alpha(Resource[Mode]):
    """Services on hosts of their own, which may vanish."""

    report_event = endpoint(analytics.report_event)
    export_glb = endpoint(analytics.export_glb)
    optimized_glb = download(analytics.optimized_glb)
    exported_glb = download(analytics.exported_glb)


class Webhooks(Resource[Mode]):
    """Where Threekit tells of events."""

    create = endpoint(administration.create_webhook)
    list = endpoint(administration.list_webhooks)
    all = endpoint(administration.all_webhooks)
    each = listing(administration.all_webhooks)
    get = endpoint(administration.get_webhook)
    update = endpoint(administration.update_webhook)
    delete = endpoint(administration.delete_webhook)
    restore = endpoint(administration.restore_webhook)


class Datatables(Resource[Mode]):
    """Tables of data."""

    create = endpoint(datatables.create_datatable)
    list = endpoint(datatables.list_datatables)
    all = endpoint(datatables.all_datatables)
    each = listing(datatables.all_datatables)
    get = endpoint(datatables.get_datatable)
    update = endpoint(datatables.update_datatable)
    delete = endpoint(datatables.delete_datatable)
    restore = endpoint(datatables.restore_datatable)
    file = download(datatables.datatable_file)
    find_row = endpoint(datatables.find_row)
    list_rows = endpoint(datatables.list_rows)
    all_rows = endpoint(datatables.all_rows)
    each_row = listing(datatables.all_rows)


class Tags(Resource[Mode]):
    """Tags."""

    create = endpoint(assets.create_tag)
    list = endpoint(assets.list_tags)
    all = endpoint(assets.all_tags)
    each = listing(assets.all_tags)
    get = endpoint(assets.get_tag)
    update = endpoint(assets.update_tag)
    delete = endpoint(assets.delete_tag)
    restore = endpoint(assets.restore_tag)


class Contents(Resource[Mode]):
    """Variants, translations, and what assets are made of."""

    get_variant = endpoint(assets.get_variant)
    update_variant = endpoint(assets.update_variant)
    translations = endpoint(assets.translations)
    objects = endpoint(assets.get_content)
    manifest = endpoint(assets.get_manifest)
    head = endpoint(assets.get_head)


class Apps(Resource[Mode]):
    """Apps."""

    create = endpoint(administration.create_app)
    list = endpoint(administration.list_apps)
    all = endpoint(administration.all_apps)
    each = listing(administration.all_apps)
    get = endpoint(administration.get_app)
    update = endpoint(administration.update_app)
    delete = endpoint(administration.delete_app)


class Accounts(Resource[Mode]):
    """Tokens, users, organisations, and whether services are up."""

    list_tokens = endpoint(administration.list_access_tokens)
    all_tokens = endpoint(administration.all_access_tokens)
    each_token = listing(administration.all_access_tokens)
    get_token = endpoint(administration.get_access_token)
    list_users = endpoint(administration.list_users)
    all_users = endpoint(administration.all_users)
    each_user = listing(administration.all_users)
    get_user = endpoint(administration.get_user)
    session = endpoint(administration.get_session)
    list_orgs = endpoint(administration.list_orgs)
    all_orgs = endpoint(administration.all_orgs)
    each_org = listing(administration.all_orgs)
    get_org = endpoint(administration.get_org)
    pricebooks = endpoint(administration.list_pricebooks)
    health = endpoint(base.healthcheck)


class ThreekitApi(Generic[Mode]):
    """All of Threekit's endpoints.

    :param driver: carries the calls out.
    """

    def __init__(self, driver: Driver) -> None:
        self.files: Files[Mode] = Files(driver)
        self.pictures: Pictures[Mode] = Pictures(driver)
        self.asset_jobs: AssetJobs[Mode] = AssetJobs(driver)
        self.jobs: Jobs[Mode] = Jobs(driver)
        self.layers: Layers[Mode] = Layers(driver)
        self.assets: Assets[Mode] = Assets(driver)
        self.items: Items[Mode] = Items(driver)
        self.catalog: Catalog[Mode] = Catalog(driver)
        self.products: Products[Mode] = Products(driver)
        self.configurations: Configurations[Mode] = Configurations(driver)
        self.orders: Orders[Mode] = Orders(driver)
        self.customers: Customers[Mode] = Customers(driver)
        self.analytics: Analytics[Mode] = Analytics(driver)
        self.alpha: Alpha[Mode] = Alpha(driver)
        self.webhooks: Webhooks[Mode] = Webhooks(driver)
        self.datatables: Datatables[Mode] = Datatables(driver)
        self.tags: Tags[Mode] = Tags(driver)
        self.contents: Contents[Mode] = Contents(driver)
        self.apps: Apps[Mode] = Apps(driver)
        self.accounts: Accounts[Mode] = Accounts(driver)
