from __future__ import annotations

import base64
import gzip
import inspect
import json
import re

import pytest

from airflow_provider_render.core.calls import Effect
from airflow_provider_render.core.resource import download, endpoint, listing
from airflow_provider_render.vendors.threekit import resources
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
from tests.vendors.desk import Bytes, answer
from tests.vendors.threekit.desk import Desk

CHAIR = Bytes("chair.glb")
SHEET = Bytes("rows.csv", b"a,b\n")
ORG = {"orgId": "{orgId}"}
PAGED = {"orgId": "{orgId}", "page": "1", "perPage": "100"}
SAFE, ONCE, PAID = Effect.REPEATABLE, Effect.ONCE, Effect.PAID

READS = [
    (files.get_file("F1"), "/api/files/F1", ORG),
    (jobs.list_jobs(status="pending"), "/api/jobs", PAGED | {"status": "pending", "sort": "-createdAt"}),
    (jobs.get_job("J1"), "/api/jobs/J1", ORG),
    (jobs.get_import("J1"), "/api/catalog/jobs/J1", ORG),
    (jobs.list_tasks(job_id="J1"), "/api/jobs/tasks", PAGED | {"jobId": "J1", "sort": "+createdAt"}),
    (jobs.get_task("T1"), "/api/jobs/tasks/T1", ORG),
    (jobs.list_runs(task_id="T1"), "/api/jobs/runs", PAGED | {"taskId": "T1", "sort": "+createdAt"}),
    (jobs.get_run("R1"), "/api/jobs/runs/R1", ORG),
    (layers.get_layer("L1"), "/api/layers/L1", ORG),
    (
        layers.find_layer(asset_id="A1", configuration={"Color": "Red"}, optimization={"format": "jpg"}),
        "/api/layers/layer",
        ORG
        | {
            "branch": "{branch}",
            "assetId": "A1",
            "assetLayerConfiguration": '{"Color": "Red"}',
            "optimization": '{"format": "jpg"}',
        },
    ),
    (
        layers.layer_link(asset_id="A1"),
        "/api/layers/layer",
        ORG | {"branch": "{branch}", "assetId": "A1", "resultType": "url"},
    ),
    (
        assets.list_assets(name_like="cha", tags="oak", metadata={"SKU": "1"}, per_page=5),
        "/api/assets",
        ORG
        | {
            "page": "1",
            "perPage": "5",
            "branch": "{branch}",
            "nameLike": "cha",
            "tags": '["oak"]',
            "metadata": '{"SKU": "1"}',
            "sort": "-createdAt",
            "order": "-createdAt",
        },
    ),
    (assets.get_asset("A1"), "/api/assets/A1", ORG),
    (assets.list_variants("A1"), "/api/assets/A1/variants", PAGED),
    (assets.locale_translations("de"), "/api/assets/translations", ORG | {"locale": "de"}),
    (assets.get_item("A1"), "/api/v2/assets/A1", ORG),
    (assets.get_variant("V1"), "/api/variants/V1", ORG),
    (assets.list_tags(), "/api/tags", PAGED),
    (assets.get_tag("T1"), "/api/tags/T1", ORG),
    (assets.translations(asset_id="A1"), "/api/translations", ORG | {"assetId": "A1"}),
    (assets.get_content("A1"), "/api/cas/A1", ORG),
    (assets.get_manifest("A1"), "/api/cas/manifest/A1", ORG),
    (assets.get_head("A1"), "/api/cas/A1/head", ORG),
    (
        catalog.list_products(metadata={"SKU": "CHR-1"}),
        "/api/catalog/products",
        PAGED | {"metadata": '{"SKU": "CHR-1"}'},
    ),
    (catalog.get_product("P1"), "/api/catalog/products/P1", ORG),
    (catalog.export_products(tags=["a"]), "/api/products/export/json", ORG | {"tags": '["a"]'}),
    (catalog.product_translations(), "/api/products/translations", ORG),
    (
        sales.list_configurations(short_id="abcdefg", full=True),
        "/api/configurations",
        PAGED | {"shortId": "abcdefg", "fullConfiguration": "true"},
    ),
    (sales.get_configuration("abcdefg"), "/api/configurations/abcdefg", ORG),
    (sales.list_orders(platform={"id": "7"}), "/api/orders", PAGED | {"platform": '{"id": "7"}'}),
    (sales.get_order("O1"), "/api/orders/O1", ORG),
    (sales.list_customers(), "/api/customers", PAGED),
    (sales.get_customer("C1"), "/api/customers/C1", ORG),
    (analytics.list_events(device="phone"), "/api/analytics/events", PAGED | {"device": "phone"}),
    (analytics.get_event("E1"), "/api/analytics/events/E1", ORG),
    (
        analytics.list_views(range="day", start="2026-01-01", event_type="product ordered"),
        "/api/analytics/events/views",
        ORG | {"range": "day", "subStartDate": "2026-01-01", "eventType": "product ordered"},
    ),
    (administration.list_webhooks(topic="jobs"), "/api/webhooks", PAGED | {"topic": "jobs"}),
    (administration.get_webhook("W1"), "/api/webhooks/W1", ORG),
    (administration.list_apps(), "/api/apps", PAGED),
    (administration.get_app("P1"), "/api/apps/P1", ORG),
    (administration.list_access_tokens(), "/api/accesstokens", PAGED),
    (administration.get_access_token("t"), "/api/accesstokens/t", ORG),
    (administration.list_users(), "/api/users", PAGED),
    (administration.get_user("U1"), "/api/users/U1", ORG),
    (administration.get_session(), "/api/users/session", {}),
    (administration.list_orgs(), "/api/orgs", PAGED),
    (administration.get_org("O1"), "/api/orgs/O1", ORG),
    (administration.list_pricebooks("O1"), "/api/orgs/O1/pricebooks", ORG),
    (datatables.list_datatables(deleted=True), "/api/datatables", PAGED | {"deleted": "true"}),
    (datatables.get_datatable("D1"), "/api/datatables/D1", ORG),
    (
        datatables.find_row("D1", {"SKU": "1"}),
        "/api/datatables/D1/row",
        ORG | {"where": '{"SKU": {"column": "SKU", "comparator": "=", "value": "1"}}'},
    ),
    (datatables.list_rows("D1", everything=True), "/api/datatables/D1/rows", ORG | {"all": "true"}),
    (base.healthcheck("asset-jobs"), "/api/asset-jobs/healthcheck", {}),
]


@pytest.mark.parametrize(("call", "path", "query"), READS, ids=[row[1] for row in READS])
def test_a_read_is_called_as_documented(call, path, query):
    assert (call.label, call.effect, call.query) == (f"GET {path}", SAFE, query)


WRITES = [
    (asset_jobs.import_clara("https://clara.io/x"), "POST /api/asset-jobs/clara", ONCE, {"sync": False}),
    (
        asset_jobs.import_file("F1", title="t", target_asset_id="A1", settings={"importAs": "model"}),
        "POST /api/asset-jobs/import",
        ONCE,
        {"fileId": "F1", "sync": False, "title": "t", "targetAssetId": "A1"},
    ),
    (
        asset_jobs.export_asset("A1", "glb", settings={"arExport": True}),
        "POST /api/asset-jobs/A1/export/glb",
        SAFE,
        {"assetId": "A1", "configuration": {}, "cache": "true", "wait": False, "sync": False},
    ),
    (
        asset_jobs.export_asset("A1", "usdz", cache=False),
        "POST /api/asset-jobs/A1/export/usdz",
        ONCE,
        {"cache": "false"},
    ),
    (
        asset_jobs.render_webgl("A1", stage_id="S1", sync=True),
        "POST /api/asset-jobs/A1/render/webgl/image",
        PAID,
        {"orgId": "{orgId}", "configuration": {}, "stageId": "S1", "sync": True},
    ),
    (
        asset_jobs.render_vray("A1", configurations=[{"a": 1}], cache=True),
        "POST /api/asset-jobs/A1/render/vray/image",
        PAID,
        {"configurations": [{"a": 1}]},
    ),
    (
        asset_jobs.render_matrix([{"assetId": "A1"}], job_name="n"),
        "POST /api/asset-jobs/renders",
        PAID,
        {"jobName": "n", "type": "webgl", "renderMissingLayers": True, "assets": [{"assetId": "A1"}]},
    ),
    (
        asset_jobs.download_results("J1", format="png", asset_ids=["A1"]),
        "POST /api/asset-jobs/downloads",
        ONCE,
        {"jobId": "J1", "type": "jobResult", "format": "png", "assetIds": ["A1"]},
    ),
    (jobs.schedule_job("J1", "paused"), "PUT /api/jobs/J1", SAFE, {"schedulerState": "paused"}),
    (
        layers.create_layer("A1", "F1", 64, 48, configuration={"a": 1}),
        "POST /api/layers",
        ONCE,
        {"assetId": "A1", "fileId": "F1", "width": 64, "height": 48, "assetLayerConfiguration": {"a": 1}},
    ),
    (
        assets.create_item("Chair", custom_id="c"),
        "POST /api/v2/assets",
        ONCE,
        {"type": "item", "customId": "c"},
    ),
    (assets.clone_asset("A1"), "POST /api/assets/A1/clone", ONCE, None),
    (assets.restore_asset("A1"), "POST /api/assets/A1/restore", SAFE, None),
    (assets.delete_asset("A1"), "DELETE /api/assets/A1", SAFE, None),
    (assets.delete_item("A1"), "DELETE /api/v2/assets/A1", SAFE, None),
    (assets.update_variant("V1", own_id="x"), "PUT /api/variants/V1", SAFE, {"variantId": "x"}),
    (assets.create_tag("oak", "asset"), "POST /api/tags", ONCE, {"name": "oak", "type": "asset"}),
    (
        assets.update_tag("T1", label="Oak"),
        "PUT /api/tags/T1",
        SAFE,
        {"tagId": "T1", "tag": {"label": "Oak"}},
    ),
    (assets.delete_tag("T1"), "DELETE /api/tags/T1", SAFE, None),
    (assets.restore_tag("T1"), "POST /api/tags/T1/restore", SAFE, None),
    (
        catalog.import_products([{"product": {"name": "a"}, "query": {"name": "a"}}]),
        "POST /api/products/import",
        SAFE,
        {"sync": "false", "assets": [{"product": {"name": "a"}, "query": {"name": "a"}}]},
    ),
    (
        catalog.import_products([{"product": {}}], sync=True),
        "POST /api/products/import",
        ONCE,
        {"sync": "true"},
    ),
    (
        sales.create_order([{"configurationId": "C", "count": 2}], {"id": "7"}, status="New"),
        "POST /api/orders",
        ONCE,
        {"cart": [{"configurationId": "C", "count": 2}], "platform": {"id": "7"}, "status": "New"},
    ),
    (sales.update_order("O1", {"status": "Complete"}), "PUT /api/orders/O1", SAFE, {"status": "Complete"}),
    (sales.add_items("O1", [{"count": 1}]), "POST /api/orders/O1/items", ONCE, {"items": [{"count": 1}]}),
    (sales.create_customer(name="Ada"), "POST /api/customers", ONCE, {"name": "Ada", "orgId": "{orgId}"}),
    (
        analytics.create_event("product ordered", asset_id="A1"),
        "POST /api/analytics/events",
        ONCE,
        {"eventType": "product ordered", "eventMetadata": {}, "assetId": "A1", "metric": 1},
    ),
    (
        administration.create_webhook("t", "https://a.example", status=["failed"], types=["render"]),
        "POST /api/webhooks",
        ONCE,
        {"topic": "t", "filter": {"status": ["failed"], "type": ["render"]}},
    ),
    (administration.update_webhook("W1", topic="u"), "PUT /api/webhooks/W1", SAFE, {"topic": "u"}),
    (administration.delete_webhook("W1"), "DELETE /api/webhooks/W1", SAFE, None),
    (administration.create_app("a", "https://a.example"), "POST /api/apps", ONCE, {"name": "a"}),
    (administration.update_app("P1", name="b"), "PUT /api/apps/P1", SAFE, {"name": "b"}),
    (administration.delete_app("P1"), "DELETE /api/apps/P1", SAFE, None),
    (datatables.delete_datatable("D1"), "DELETE /api/datatables/D1", SAFE, None),
    (datatables.restore_datatable("D1"), "POST /api/datatables/D1/restore", SAFE, None),
]


@pytest.mark.parametrize(("call", "label", "effect", "body"), WRITES, ids=[row[1] for row in WRITES])
def test_a_write_is_called_as_documented(call, label, effect, body):
    assert (call.label, call.effect) == (label, effect)
    assert call.json is None if body is None else body.items() <= call.json.items()


def test_a_cart_is_sent_as_a_list():
    cart = [{"configurationId": "C", "count": 1}]
    assert (sales.add_to_cart("O1", cart).label, sales.add_to_cart("O1", cart).json) == (
        "POST /api/orders/O1/cart",
        cart,
    )
    assert (sales.replace_cart("O1", cart).effect, sales.replace_cart("O1", cart).json) == (SAFE, cart)


FORMS = [
    (files.upload_file(CHAIR), "POST /api/files", SAFE, {}, "file"),
    (
        files.create_pdf(Bytes("t.html"), {"price": 3}),
        "POST /api/pdf",
        ONCE,
        {"data": '{"price": 3}'},
        "template",
    ),
    (
        catalog.upload_assets([CHAIR]),
        "POST /api/catalog/assets/upload",
        ONCE,
        {"orgId": "{orgId}", "sync": "false"},
        "files",
    ),
    (
        catalog.import_csv(SHEET, "create", mappings=[{"a": "b"}], dry_run=True),
        "POST /api/catalog/import",
        ONCE,
        {"orgId": "{orgId}", "operation": "create", "dryRun": "true", "mappings": '[{"a": "b"}]'},
        "file",
    ),
    (
        catalog.import_products_file(Bytes("items.json")),
        "POST /api/products/import",
        ONCE,
        {"sync": "false"},
        "files",
    ),
    (
        sales.save_configuration("P1", {"Color": "Red"}, short_id="abcdefg", files=[CHAIR]),
        "POST /api/configurations",
        ONCE,
        {"productId": "P1", "variant": '{"Color": "Red"}', "shortId": "abcdefg"},
        "files",
    ),
    (
        datatables.create_datatable(SHEET, "prices", [{"name": "a", "type": "String"}]),
        "POST /api/datatables",
        ONCE,
        {"name": "prices", "columnInfo": '[{"name": "a", "type": "String"}]'},
        "file",
    ),
    (datatables.update_datatable("D1", SHEET), "PUT /api/datatables/D1", SAFE, {}, "file"),
]


@pytest.mark.parametrize(("call", "label", "effect", "form", "field"), FORMS, ids=[row[1] for row in FORMS])
def test_a_form_holds_files_and_json(call, label, effect, form, field):
    assert (call.label, call.effect, call.form) == (label, effect, form)
    assert [part.field for part in call.files] == [field]


FILES = [
    (files.file_content("F1"), "/api/files/F1/content", ORG),
    (files.file_by_hash("abc"), "/api/files/hash/abc", ORG),
    (files.thumbnail("A1", fail_on_empty=True), "/api/assets/thumbnail/A1", ORG | {"failOnEmpty": "true"}),
    (
        files.composite("A1", configuration={"a": 1}, width=9, fit="cover", crop=(1, 2, 3, 4)),
        "/api/fast-compositor",
        ORG
        | {
            "assetId": "A1",
            "configuration": '{"a": 1}',
            "width": "9",
            "imageFitMode": "cover",
            "cropX": "1",
            "cropY": "2",
            "cropWidth": "3",
            "cropHeight": "4",
        },
    ),
    (
        files.resized_image("https://a.example/x y.png", width=100, format="png", quality=80),
        "/api/images/webp/100x0/filters:format(png):quality(80)/https://a.example/x%20y.png",
        {},
    ),
    (files.resized_image("https://a.example/x.png"), "/api/images/webp/https://a.example/x.png", {}),
    (sales.configuration_file("C1", "plan"), "/api/configurations/C1/files/plan", ORG),
    (sales.configuration_thumbnail("C1"), "/api/configurations/C1/thumbnail", ORG),
    (datatables.datatable_file("D1"), "/api/datatables/D1/download", ORG),
    (
        layers.layer_file(asset_id="A1"),
        "/api/layers/layer",
        ORG | {"branch": "{branch}", "assetId": "A1", "resultType": "file"},
    ),
    (
        analytics.optimized_glb("https://a.example/x.glb", textureSize=512),
        "https://glb-service.alpha.3kit.com/api/glb/optimize",
        {"sourceUrl": "https://a.example/x.glb", "textureSize": "512"},
    ),
]


@pytest.mark.parametrize(("fetch", "path", "query"), FILES, ids=[row[1] for row in FILES])
def test_a_file_is_fetched_as_documented(fetch, path, query):
    assert (fetch.path, fetch.query) == (path, query)


def test_an_event_for_the_new_service_is_packed():
    call = analytics.report_event({"eventType": "load", "orgId": "O"})
    assert json.loads(gzip.decompress(base64.b64decode(call.query["payload"])))["eventType"] == "load"
    assert (call.effect, call.query["payloadVersion"]) == (ONCE, "1")


@pytest.mark.parametrize("both", [{}, {"job_id": "J", "task_id": "T"}])
def test_runs_are_listed_of_a_job_or_of_a_task(both):
    with pytest.raises(ValueError, match="either of a job or of a task"):
        jobs.list_runs(**both)


def test_only_services_with_a_health_check_are_asked():
    with pytest.raises(ValueError, match="'orders/x' has no health check"):
        base.healthcheck("orders/x")


def test_an_id_cannot_lead_to_another_path():
    assert jobs.get_job("../orgs?x=1").path == "/api/jobs/..%2Forgs%3Fx%3D1"


@pytest.mark.parametrize("body", [b"", b'{"message": "ok"}', b'{"id": "A1"}'])
def test_the_answer_to_a_deletion_may_be_anything(body):
    assets.delete_asset("A1").parse(answer(200, body))


def test_webhooks_come_wrapped_and_are_read_bare_too():
    for body in ({"webhook": {"id": "W1", "topic": "t"}}, {"id": "W1", "topic": "t"}):
        assert administration.get_webhook("W1").parse(answer(200, body)).topic == "t"


def test_a_job_is_named_in_every_known_form():
    parse = asset_jobs.import_file("F1").parse
    for body in ({"jobId": "J1"}, {"job": {"id": "J1"}}, {"job": {"_id": "J1", "runs": []}}):
        assert parse(answer(200, body)).id == "J1"
    with pytest.raises(ValueError, match="names no job"):
        parse(answer(200, {"status": "ok"}))


def test_a_health_check_is_true_unless_it_says_otherwise():
    parse = base.healthcheck("files").parse
    assert [parse(answer(200, body)) for body in (True, b"OK", {"up": 1}, False)] == [True, True, True, False]


def test_all_rows_are_read_page_by_page_from_the_first():
    def react(call):
        number = int(call.query["page"])
        ids = range((number - 1) * 100, min(number * 100, 250))
        return 200, {"page": number, "perPage": 100, "jobs": [{"id": f"J{one}"} for one in ids]}

    desk = Desk(react)
    assert len(desk.run(jobs.all_jobs())) == 250
    assert [call.query["page"] for call in desk.calls] == ["1", "2", "3"]


def test_a_list_can_be_read_row_by_row_without_reading_all_of_it():
    desk = Desk(lambda call: (200, {"jobs": [{"id": f"J{call.query['page']}-{n}"} for n in range(100)]}))
    first = next(iter(resources.Jobs(desk).each()))
    assert (first.id, len(desk.calls)) == ("J1-0", 1)


def test_every_list_can_be_read_row_by_row():
    for kind in (one for one in vars(resources).values() if inspect.isclass(one)):
        own = vars(kind).values()
        whole = {one._describe for one in own if isinstance(one, endpoint) and _reads_all(one)}
        assert {one._describe for one in own if isinstance(one, listing)} == whole


def _reads_all(one):
    return one._describe.__name__.startswith("all_")


def test_a_smaller_page_than_asked_for_is_not_taken_for_the_last():
    def capped(call):
        first = (int(call.query["page"]) - 1) * 30
        rows = [{"id": f"J{one}"} for one in range(80)][first : first + 30]
        return 200, {"perPage": 30, "count": 80, "jobs": rows}

    assert len(Desk(capped).run(jobs.all_jobs())) == 80


def test_reading_a_list_ends_where_the_vendor_ignores_the_page():
    desk = Desk(lambda call: (200, {"jobs": [{"id": f"J{one}"} for one in range(100)]}))
    assert (len(desk.run(jobs.all_jobs())), len(desk.calls)) == (100, 2)


def test_a_token_in_a_list_does_not_show_itself():
    page = administration.list_access_tokens().parse(answer(200, {"accesstokens": [{"id": "s3cret"}]}))
    assert page.items[0].id == "s3cret"
    assert "s3cret" not in repr(page)


def published():
    for kind in (one for one in vars(resources).values() if inspect.isclass(one)):
        for name, one in vars(kind).items():
            if isinstance(one, endpoint | download):
                yield f"{kind.__name__}.{name}", one._describe


def test_every_endpoint_is_published_once_and_says_which_call_it_makes():
    functions = [describe for _, describe in published()]
    assert len(functions) == len(set(functions)) >= 130
    plain = [one for one in functions if not one.__name__.startswith("all_") and one is not jobs.job_outputs]
    assert [one.__name__ for one in plain if not re.search(r"``[A-Z]+ /api/", one.__doc__)] == []


def test_every_endpoint_of_the_modules_is_published():
    modules = (administration, analytics, asset_jobs, assets, catalog, datatables, files, jobs, layers, sales)
    known = {describe for _, describe in published()}
    own = {
        one
        for module in modules
        for name, one in vars(module).items()
        if inspect.isfunction(one) and one.__module__ == module.__name__ and not name.startswith("_")
    }
    assert {one.__name__ for one in own - known} == {"find_by_title", "layer_query"}
