"""Every service of Threekit through the hook, against the sandbox's Threekit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import pytest

from airflow_provider_render.core.errors import NotFoundError, RejectedError
from airflow_provider_render.hooks.files import StoredFile
from airflow_provider_render.hooks.threekit import ThreekitHook
from airflow_provider_render.vendors.threekit.endpoints.base import Service
from tests.operators.threekit_account import Organisation
from tests.vendors.desk import Bytes

ARMCHAIR = StoredFile(Path(__file__).parents[2] / "samples/models/armchair.glb")
SMALL = {"output": {"resolution": {"width": 160, "height": 120}}}
MOSS = {"Variant": "Moss"}
STANDARD = {"Variant": "Standard"}
"""For one test alone: a layer is made once, and belongs to the job that made it."""
ALPHA = {
    "glb_export_url": "/api/glb/export",
    "glb_optimize_url": "/api/glb/optimize",
    "exporter_url": "/api/exporter/export",
    "analytics_url": "/api/analytics/report-event",
}


@pytest.fixture(scope="module")
def threekit():
    account = Organisation("--speed", "50")
    yield account
    account.stop()


@pytest.fixture
def hook(threekit, monkeypatch):
    """The hook, with the alpha services where the sandbox has them."""
    connection = json.loads(threekit.connection())
    moved = {name: threekit.ready["base_url"] + path for name, path in ALPHA.items()}
    connection["extra"] |= moved
    monkeypatch.setenv("AIRFLOW_CONN_THREEKIT_DEFAULT", json.dumps(connection))
    return ThreekitHook()


@pytest.fixture(scope="module")
def made():
    return {}


@pytest.fixture
def armchair(hook, made):
    """An asset with variants, imported once."""
    if not made:
        (file,) = hook.files.upload(ARMCHAIR)
        begun = hook.asset_jobs.import_file(file.id, title="armchair", sync=True)
        (asset,) = hook.jobs.get_import(begun.id).assets("model")
        made.update(file=file, job=begun.id, asset=asset.asset_id)
    return made["asset"]


@pytest.fixture
def product(hook):
    """An item of the catalog, made once."""
    item = {"name": "Sofa", "metadata": [{"name": "SKU", "type": "String", "defaultValue": "7"}]}
    if not hook.catalog.all(metadata={"SKU": "7"}):
        hook.products.import_json([{"product": item}], sync=True)
    return hook.catalog.all(metadata={"SKU": "7"})[0]


@pytest.mark.parametrize("service", get_args(Service))
def test_a_service_is_up(hook, service):
    assert hook.accounts.health(service) is True


def test_a_file_is_kept_once_and_comes_back_whole(hook, armchair, made, tmp_path):
    (again,) = hook.files.upload(ARMCHAIR)
    assert again.hash == made["file"].hash
    assert hook.files.get(again.id).size == ARMCHAIR.size
    assert hook.files.content(tmp_path / "a.glb", again.id).size == ARMCHAIR.size
    assert hook.files.by_hash(tmp_path / "b.glb", again.hash).size == ARMCHAIR.size


def test_one_picture_is_rendered_and_kept_as_a_layer(hook, armchair, tmp_path):
    begun = hook.asset_jobs.render_webgl(
        armchair, configuration=STANDARD, settings=SMALL, cache=True, sync=True
    )
    (output,) = hook.jobs.outputs(begun.id)
    (layer,) = hook.layers.each(asset_id=armchair, job_id=begun.id)
    assert (layer.file_id, layer.width) == (output.id, 160)
    query = {"asset_id": armchair, "configuration": STANDARD, "width": 160}
    assert hook.layers.find(**query).id == hook.layers.get(layer.id).id
    assert hook.layers.link(**query).url
    hook.layers.file(tmp_path / "a.webp", **query, optimization={"format": "webp"})
    assert (tmp_path / "a.webp").read_bytes()[8:12] == b"WEBP"
    own = hook.layers.create(armchair, output.id, 160, 120, configuration={"Variant": "Own"})
    assert hook.layers.get(own.id).file_id == output.id


def test_many_configurations_are_rendered_by_the_assumed_path(hook, armchair):
    begun = hook.asset_jobs.render_vray(armchair, configurations=[MOSS, {"Variant": "Navy"}], cache=True)
    assert hook.jobs.schedule(begun.id, "paused") is not None
    assert hook.jobs.get(begun.id).scheduler_state == "paused"
    hook.jobs.schedule(begun.id, "active")
    tasks = hook.jobs.all_tasks(job_id=begun.id)
    assert len(tasks) == 2
    assert hook.jobs.get_task(tasks[0].id).job_id == begun.id
    assert begun.id in [job.id for job in hook.jobs.each()]


def test_the_runs_of_a_job_tell_how_it_ended(hook, armchair, made):
    (run,) = hook.jobs.all_runs(job_id=made["job"])
    assert (hook.jobs.get_run(run.id).failed, run.job_id) == (False, made["job"])


def test_results_of_a_job_can_be_asked_for_as_one(hook, armchair):
    begun = hook.asset_jobs.render_webgl(armchair, configuration=MOSS, settings=SMALL, cache=True, sync=True)
    assert hook.asset_jobs.download_results(begun.id, format="jpeg")


def test_what_cannot_be_exported_says_so(hook, armchair):
    begun = hook.asset_jobs.export(armchair, "step", sync=True)
    state = hook.run(hook.vendor.states([_whole(begun.id)]))[f"job:{begun.id}"]
    assert (state.status.value, bool(state.error)) == ("failed", True)


def _whole(job_id):
    from airflow_provider_render.vendors.threekit.handles import of_job

    return of_job(job_id)


def test_scenes_of_clara_are_asked_for(hook):
    with pytest.raises(RejectedError, match="claraURL"):
        hook.asset_jobs.import_clara("https://clara.io/view/x")


def test_pictures_are_made_on_the_spot(hook, armchair, tmp_path):
    hook.pictures.composite(
        tmp_path / "a.png", armchair, configuration=MOSS, width=80, height=60, format="png"
    )
    hook.pictures.thumbnail(tmp_path / "b.png", armchair)
    assert {path.read_bytes()[:4] for path in tmp_path.iterdir()} == {b"\x89PNG"}


def test_an_asset_is_copied_deleted_and_restored(hook, armchair):
    copy = hook.assets.clone(armchair)["id"]
    hook.assets.delete(copy)
    with pytest.raises(NotFoundError):
        hook.assets.get(copy)
    hook.assets.restore(copy)
    assert hook.assets.get(copy).deleted_at is None
    assert hook.assets.list(name_like="armch", type="model").items
    assert isinstance(hook.assets.translations("de"), dict)


def test_contents_and_variants_of_an_asset_are_read(hook, armchair):
    assert hook.items.get(armchair).attributes[0]["name"] == "Variant"
    assert len(hook.assets.all_variants(armchair)) == 3
    assert all(
        [hook.contents.objects(armchair), hook.contents.manifest(armchair), hook.contents.head(armchair)]
    )


def test_items_come_and_go(hook):
    item = hook.items.create("Stool", custom_id="stool-1", tags=["new"])
    assert hook.items.get(item.id).name == "Stool"
    hook.items.delete(item.id)
    with pytest.raises(NotFoundError):
        hook.items.get(item.id)


def test_the_catalog_is_read_and_written(hook, product):
    assert hook.catalog.get(product.id).name == "Sofa"
    assert "Sofa" in json.dumps(hook.products.export())
    (uploaded,) = hook.catalog.upload([ARMCHAIR], sync=True)
    assert uploaded.job_id
    columns = [{"column": "name", "field": "name"}]
    assert hook.catalog.import_csv(Bytes("x.csv", b"name\nBench\n"), "create", mappings=columns, dry_run=True)


def test_a_configuration_is_found_by_the_short_id_that_its_maker_chose(hook, product, tmp_path):
    files = {"files": [Bytes("plan.pdf", b"%PDF")], "attachments": {"plan": "plan.pdf"}}
    saved = hook.configurations.save(product.id, {"Color": "Red"}, short_id="sofa_red", **files)
    assert [one.id for one in hook.configurations.each(short_id="sofa_red")] == [saved.id]
    assert hook.configurations.get("sofa_red").variant == {"Color": "Red"}
    assert hook.configurations.file(tmp_path / "plan.pdf", saved.id, "plan").size == 4


def test_an_order_is_found_by_its_shop_and_changed(hook, product):
    saved = hook.configurations.save(product.id, {"Color": "Blue"})
    line = {"configurationId": saved.id, "count": 1}
    order = hook.orders.create([line], {"id": "7", "platform": "shop"}, status="New")
    assert [one.id for one in hook.orders.all(platform={"id": "7"})] == [order.id]
    assert len(hook.orders.add_to_cart(order.id, [line]).cart) == 2
    assert len(hook.orders.add_items(order.short_id, [line]).cart) == 3
    assert len(hook.orders.replace_cart(order.id, [line]).cart) == 1
    hook.orders.update(order.id, {"status": "Complete"})
    assert hook.orders.get(order.id).status == "Complete"


def test_a_customer_is_found_by_the_shop(hook):
    customer = hook.customers.create(name="Ada", platform={"id": "9", "platform": "shop"})
    assert [one.id for one in hook.customers.all(platform={"id": "9"})] == [customer.id]
    assert hook.customers.get(customer.id).name == "Ada"


def test_events_are_reported_and_counted(hook, armchair):
    hook.analytics.create_event("product ordered", asset_id=armchair, metadata={"shop": "x"})
    assert hook.analytics.list_events().items[0].event_type == "product ordered"
    assert hook.analytics.views(range="day").items[0].views >= 1


def test_a_webhook_is_made_changed_deleted_and_restored(hook):
    webhook = hook.webhooks.create("jobs", "http://127.0.0.1:9/secret", status=["failed"], types=["render"])
    hook.webhooks.update(webhook.id, topic="orders")
    assert hook.webhooks.get(webhook.id).topic == "orders"
    hook.webhooks.delete(webhook.id)
    assert webhook.id not in [one.id for one in hook.webhooks.all()]
    assert hook.webhooks.restore(webhook.id).id == webhook.id


def test_a_table_is_made_read_and_replaced(hook, tmp_path):
    columns = [{"name": "SKU", "type": "String"}, {"name": "price", "type": "Number"}]
    table = hook.datatables.create(Bytes("p.csv", b"SKU,price\na,2\nb,4\n"), "prices", columns)
    assert hook.datatables.find_row(table.id, {"SKU": "b"}).value["price"] in (4, "4")
    assert len(list(hook.datatables.each_row(table.id))) == 2
    hook.datatables.update(table.id, Bytes("q.csv", b"SKU,price\na,9\n"))
    assert len(hook.datatables.list_rows(table.id, everything=True).items) == 1
    hook.datatables.file(tmp_path / "out.csv", table.id)
    assert b"a,9" in (tmp_path / "out.csv").read_bytes()
    hook.datatables.delete(table.id)
    hook.datatables.restore(table.id)
    assert hook.datatables.get(table.id).name == "prices"


def test_tags_and_apps_come_and_go(hook):
    tag = hook.tags.create("oak", "asset")
    hook.tags.update(tag.id, label="Oak")
    hook.tags.delete(tag.id)
    hook.tags.restore(tag.id)
    assert hook.tags.get(tag.id).label == "Oak"
    app = hook.apps.create("planner", "https://planner.example")
    assert hook.apps.update(app.id, name="room planner").name == "room planner"
    hook.apps.delete(app.id)
    assert app.id not in [one.id for one in hook.apps.each()]


def test_who_the_token_belongs_to_is_told(hook, threekit):
    org = hook.accounts.get_org()
    assert (org.id, org.features.render_hours_limit > 0) == (threekit.ready["org_id"], True)
    assert hook.accounts.get_user(hook.accounts.session().id)
    assert [one.id for one in hook.accounts.each_org()] == [org.id]
    assert hook.accounts.all_tokens()
    hook.accounts.pricebooks(org.id)


def test_the_alpha_services_are_called_where_they_are(hook, threekit, armchair, made, tmp_path):
    assert hook.alpha.export_glb(armchair, configuration=MOSS)["fileId"]
    hook.alpha.exported_glb(tmp_path / "a.glb", armchair)
    source = f"{threekit.ready['base_url']}/api/files/{made['file'].id}/content"
    hook.alpha.optimized_glb(tmp_path / "b.glb", source)
    assert {path.read_bytes()[:4] for path in tmp_path.iterdir()} == {b"glTF"}
    event = {"eventType": "load", "orgId": threekit.ready["org_id"], "sessionId": made["job"]}
    hook.alpha.report_event({**event, "loadDuration": 1})
