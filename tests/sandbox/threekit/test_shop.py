from __future__ import annotations

import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue

import pytest

from tests.sandbox import shapes
from tests.sandbox.threekit.running import size

PRODUCT = str(uuid.uuid4())
LINE = {"configurationId": str(uuid.uuid4()), "count": 2}


def save(threekit, files=None, **fields):
    form = {name: (None, value) for name, value in {"productId": PRODUCT, **fields}.items()}
    return threekit.api.post("/configurations", files=[*form.items(), *(files or [])])


def test_a_configuration_is_saved_with_its_files(threekit):
    files = [("files", ("t.png", shapes.png("#c00000"))), ("files", ("d.txt", b"note"))]
    attachments = '{"thumbnail":"t.png","note":"d.txt"}'
    saved = threekit.ok(
        save(threekit, files, variant='{"Color":"red"}', attachments=attachments, shortId="order_1-a")
    )
    assert (saved["variant"], saved["shortId"]) == ({"Color": "red"}, "order_1-a")
    for identity in (saved["id"], "order_1-a"):
        assert threekit.ok(threekit.api.get(f"/configurations/{identity}"))["id"] == saved["id"]
    assert threekit.api.get("/configurations/order_1-a/files/note").content == b"note"
    assert shapes.picture(threekit.api.get("/configurations/order_1-a/thumbnail").content).size == (64, 64)


def test_a_short_id_is_chosen_once(threekit):
    assert save(threekit, shortId="only-once").status_code == 200
    assert save(threekit, shortId="only-once").status_code == 422
    assert len(threekit.ok(save(threekit))["shortId"]) == 8


@pytest.mark.parametrize(
    "fields",
    [
        {"shortId": "short"},
        {"shortId": "with space"},
        {"variant": "red"},
        {"productId": "x"},
        {"attachments": '{"a":"b"}'},
    ],
)
def test_a_malformed_configuration_is_422(threekit, fields):
    assert save(threekit, **fields).status_code == 422


def test_configurations_are_found_by_sku_and_metadata(threekit):
    saved = threekit.ok(save(threekit, metadata='{"sku":"S-9","run":"night"}'))
    for query in ({"sku": "S-9"}, {"metadata": '{"run":"night"}'}, {"shortId": saved["shortId"]}):
        found = threekit.ok(threekit.api.get("/configurations", params=query))["configurations"]
        assert [each["id"] for each in found] == [saved["id"]]


@pytest.mark.parametrize("path", ["nothing1", "nothing1/thumbnail", "nothing1/files/a"])
def test_an_unknown_configuration_is_404(threekit, path):
    assert threekit.api.get(f"/configurations/{path}").status_code == 404


def order(threekit, **fields):
    body = {
        "orgId": threekit.org_id,
        "cart": [LINE],
        "platform": {"id": "1", "platform": "shopify"},
        **fields,
    }
    return threekit.api.post("/orders", json=body)


def test_an_order_is_found_by_the_platform_it_came_from(threekit):
    placed = threekit.ok(order(threekit, platform={"id": "77", "platform": "shopify"}, name="Lamp"))
    assert (placed["status"], placed["cart"], placed["items"]) == ("New", [LINE], [])
    found = threekit.ok(threekit.api.get("/orders", params={"platform": '{"id":"77"}'}))["orders"]
    assert [each["id"] for each in found] == [placed["id"]]
    assert threekit.ok(threekit.api.get(f"/orders/{placed['shortId']}"))["id"] == placed["id"]


def test_a_cart_is_added_to_and_replaced(threekit):
    path = f"/orders/{threekit.ok(order(threekit))['id']}"
    assert len(threekit.ok(threekit.api.post(f"{path}/cart", json=[LINE]))["cart"]) == 2
    assert len(threekit.ok(threekit.api.post(f"{path}/items", json={"items": [LINE]}))["cart"]) == 3
    assert len(threekit.ok(threekit.api.put(f"{path}/cart", json=[LINE]))["cart"]) == 1


def test_a_public_token_adds_items_while_the_order_is_a_cart(threekit):
    path = f"/orders/{threekit.ok(order(threekit, status='In Cart'))['id']}"
    assert threekit.public.post(f"{path}/items", json=[LINE]).status_code == 200
    assert threekit.public.post(f"{path}/cart", json=[LINE]).status_code == 403
    assert threekit.ok(threekit.api.put(path, json={"status": "In Progress"}))["status"] == "In Progress"
    assert threekit.public.post(f"{path}/items", json=[LINE]).status_code == 403


@pytest.mark.parametrize(
    "fields",
    [
        {"cart": []},
        {"cart": [{"count": 1}]},
        {"cart": [{**LINE, "count": 0}]},
        {"status": "Old"},
        {"name": "x" * 256},
    ],
)
def test_a_malformed_order_is_422(threekit, fields):
    assert order(threekit, **fields).status_code == 422


def test_customers_are_remembered(threekit):
    body = {"name": "Ada", "email": "ada@example.com", "platform": {"id": "5"}}
    customer = threekit.ok(threekit.api.post("/customers", json=body))
    found = threekit.ok(threekit.api.get("/customers", params={"platform": '{"id":"5"}'}))["customers"]
    assert [each["id"] for each in found] == [customer["id"]]
    assert threekit.ok(threekit.api.get(f"/customers/{customer['id']}"))["email"] == "ada@example.com"


class _Ear(BaseHTTPRequestHandler):
    heard: Queue = Queue()

    def do_POST(self):
        self.heard.put((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *words):
        pass


@pytest.fixture
def ear():
    """A server that hears webhooks: its address, and a queue of paths and bodies."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Ear)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    _Ear.heard = Queue()
    yield f"http://127.0.0.1:{server.server_address[1]}", _Ear.heard
    server.shutdown()
    thread.join()
    server.server_close()


def listen(threekit, topic, address, **wanted):
    body = {"topic": topic, "address": address, "filter": wanted}
    return threekit.ok(threekit.api.post("/webhooks", json=body))["webhook"]["id"]


def test_webhooks_hear_of_jobs_and_orders_that_pass_their_filter(threekit, chair, ear):
    address, heard = ear
    hooks = [
        listen(threekit, "job", f"{address}/job", status=["success"], type=["render"]),
        listen(threekit, "job", f"{address}/never", status=["failed"]),
        listen(threekit, "orders/all", f"{address}/order", status=["Complete"]),
    ]
    threekit.picture(chair, cache=True, **size(400))
    placed = threekit.ok(order(threekit))["id"]
    threekit.api.put(f"/orders/{placed}", json={"status": "Complete"})
    heard_now = dict(heard.get(timeout=20) for _ in range(2))
    for hook in hooks:
        threekit.api.delete(f"/webhooks/{hook}")
    assert heard_now.keys() == {"/job", "/order"}
    assert b'"event": "job.success"' in heard_now["/job"]
    assert placed.encode() in heard_now["/order"]
    assert heard.empty()


def test_a_webhook_is_wrapped_and_can_be_changed_deleted_and_restored(threekit):
    hook = listen(threekit, "job-of-ours", "http://127.0.0.1:1/a", status=["success"])
    path = f"/webhooks/{hook}"
    changed = threekit.ok(threekit.api.put(path, json={"filter": {"status": ["failed"]}}))["webhook"]
    assert changed["filter"] == {"status": ["failed"]}
    found = threekit.ok(threekit.api.get("/webhooks", params={"topic": "job-of-ours"}))
    assert [each["id"] for each in found["webhooks"]] == [hook]
    assert threekit.ok(threekit.api.delete(path))["webhook"]["deletedAt"]
    assert threekit.api.get(path).status_code == 404
    assert threekit.ok(threekit.api.post(f"{path}/restore"))["webhook"]["deletedAt"] is None
    threekit.api.delete(path)


@pytest.mark.parametrize(
    "body",
    [
        {"topic": "job"},
        {"topic": "job", "address": "ftp://127.0.0.1/"},
        {"topic": "job", "address": "http://127.0.0.1:1/", "filter": {"status": ["done"]}},
    ],
)
def test_a_malformed_webhook_is_422(threekit, body):
    assert threekit.api.post("/webhooks", json=body).status_code == 422
