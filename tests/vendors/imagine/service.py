"""A small Imagine.io on real sockets, written from the vendor's Postman collection.

It knows one account and finishes jobs when a test says so. Files go to a storage on another port, which
refuses credentials as S3 does.
"""

from __future__ import annotations

import json
import threading
import uuid
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.secret_watch import secret

SECRET, PUBLIC, ZAPIER = secret("sk_secret_0123456789"), "pk_public_0123456789", secret("zapier_0123456789")
ORIGIN = "shop.example"
PAGE = 20
FIELDS = ("key", "x-amz-algorithm", "x-amz-credential", "x-amz-date", "policy", "x-amz-signature")
STATUS = {
    "3d_model_viewer": "product_3d_status",
    "ar": "product_ar_status",
    "360_degree_spin": "product_threesixty_status",
    "Product Image": "product_silo_images_status",
}
SHOWN = ("unicode", "gtin", "name", "main_asset_name", "sku_id", "created_at")
PNG = b"\x89PNG\r\n\x1a\n" + b"pixels" * 20


class RefusedError(Exception):
    """A call that is answered with an error."""

    def __init__(self, status: int, message: Any) -> None:
        super().__init__(message)
        self.status, self.message = status, message


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        status, media_type, raw = self.server.serve(self.command, self.path, dict(self.headers), body)
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    do_GET = do_POST = do_PATCH = do_DELETE = _answer  # noqa: N815

    def log_message(self, *words: Any) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, serve: Any) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.serve = serve
        self.thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def stop(self) -> None:
        self.shutdown()
        self.thread.join()
        self.server_close()


class Service:
    """The account: products, jobs, renders, and what was asked."""

    def __init__(self) -> None:
        self.hits = 1000
        self.seen: list[tuple[str, dict[str, str], bytes]] = []
        self.products: list[dict[str, Any]] = []
        self.deleted: list[dict[str, Any]] = []
        self.files: dict[str, bytes] = {}
        self.forms: list[list[str]] = []
        self.status: dict[str, dict[str, Any]] = {}
        self.images: list[dict[str, Any]] = []
        self.word = "Done"
        self.break_next: list[tuple[str, int]] = []
        self.storage = _Server(self._store)
        self.api = _Server(self._serve)

    def stop(self) -> None:
        self.api.stop()
        self.storage.stop()

    @property
    def spent(self) -> int:
        return 1000 - self.hits

    @property
    def labels(self) -> list[str]:
        return [label for label, _, _ in self.seen]

    def calls(self, start: str) -> list[str]:
        return [label for label in self.labels if label.startswith(start)]

    def product(self, sku: str) -> dict[str, Any]:
        return next(product for product in self.products if product["sku_id"] == sku)

    def set_words(self, word: str) -> None:
        """Let everything that was asked for be in one state."""
        self.word = word
        for status in self.status.values():
            for name in status:
                status[name] = (
                    word
                    if isinstance(status[name], str)
                    else [{**entry, "status": word} for entry in status[name]]
                )
        for image in self.images:
            image["status"] = word

    # The API

    def _serve(
        self, method: str, target: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, str, bytes]:
        parts = urlsplit(target)
        query = dict(parse_qsl(parts.query))
        self.seen.append((f"{method} {target}", {k.lower(): v for k, v in headers.items()}, body))
        if not parts.path.startswith("/v1/"):
            return self._zapier(parts.path, query)
        try:
            self._let_in(method, parts.path)
            status, answer = self._route(method, parts.path, query, self._body(headers, body))
        except RefusedError as refused:
            status = refused.status
            answer = {"error": refused.message}
            if status not in (401, 403):
                answer = {"status": False, "data": {}, "message": refused.message}
        if status != 401:
            self.hits -= 1
            answer = {**answer, "api_hits_available": self.hits}
        return status, "application/json", json.dumps(answer).encode()

    def _let_in(self, method: str, path: str) -> None:
        headers = self.seen[-1][1]
        given = headers.get("authorization")
        if given not in (f"Imagine-key {SECRET}", f"Imagine-key {PUBLIC}") or headers.get("origin") != ORIGIN:
            raise RefusedError(401, "Invalid API key.")
        if method != "GET" and given.endswith(PUBLIC):
            raise RefusedError(403, "No scope.")
        for number, (start, status) in enumerate(self.break_next):
            if f"{method} {path}".startswith(start):
                del self.break_next[number]
                raise RefusedError(status, "Broken on purpose")

    def _body(self, headers: dict[str, str], body: bytes) -> dict[str, Any]:
        kind = headers.get("Content-Type", "")
        if kind.startswith("application/json"):
            return dict(json.loads(body))
        return {name: value.decode() for name, _, value in parts_of(kind, body)}

    def _route(self, method: str, path: str, query: dict[str, str], body: dict[str, Any]) -> tuple[int, Any]:
        name = path.removeprefix("/v1/product/").rstrip("/")
        if name.startswith("details/"):
            return 200, self._one(method, name.removeprefix("details/"), body)
        name = name.replace("render-content/", "").replace("-", "_")
        given = body if method in ("POST", "PATCH") else query
        react = getattr(self, f"_{method.lower()}_{name}", None)
        if react is None:
            raise RefusedError(404, "Not found.")
        return react(given)

    def _post_details(self, body: dict[str, Any]) -> tuple[int, Any]:
        self._free(body)
        product = {
            "unicode": str(uuid.uuid4()),
            "created_at": "2026-04-21T12:00:00.000000+05:30",
            "id": 73891 + len(self.products),
            "upload_status": "1",
            **{name: body.get(name) for name in ("gtin", "name", "main_asset_name", "sku_id")},
        }
        self.products.insert(0, product)
        model, small = (f"media/private/{product['id']}/{kind}" for kind in ("model", "thumbnail"))
        data = {name: product[name] for name in (*SHOWN, "upload_status")}
        data |= {"presigned_url_prop_user_file": self._form(model)}
        data |= {"presigned_data_prop_user_file": f"/{model}?X-Amz-Signature=hidden-signature"}
        if body.get("thumbnail_name"):
            data |= {"presigned_url_thumbnail": self._form(small)}
        return 201, enveloped(data, "Product created successfully")

    def _form(self, key: str) -> dict[str, Any]:
        values = (key, "AWS4-HMAC-SHA256", "credential", "20260421T120000Z", "cG9saWN5", "hidden-signature")
        return {"url": f"{self.storage.url}/", "fields": dict(zip(FIELDS, values, strict=True))}

    def _free(self, body: dict[str, Any], own: str = "") -> None:
        for product in (*self.products, *self.deleted):
            if body.get("sku_id") and product["sku_id"] == body["sku_id"] and product["unicode"] != own:
                raise RefusedError(400, "Sku id already exists.")

    def _one(self, method: str, unicode: str, body: dict[str, Any]) -> Any:
        product = self._known({"unicode": unicode})
        if method == "DELETE":
            self.products.remove(product)
            self.deleted.append(product)
            message = "Successfully marked for deletion. Will be deleted on 2026-02-06 19:42:20.164263"
            return enveloped({"unicode": unicode}, message)
        if body.get("action") == "mark_upload_success":
            product["upload_status"] = "2"
        else:
            self._free(body, unicode)
            product.update(body)
        return enveloped({name: product[name] for name in ("id", *SHOWN, "upload_status")}, "updated")

    def _known(self, ids: dict[str, str]) -> dict[str, Any]:
        for name in ("unicode", "gtin", "sku_id"):
            if ids.get(name):
                for product in self.products:
                    if product[name] == ids[name]:
                        return product
        raise RefusedError(404, "Not found.")

    def _get_details(self, query: dict[str, str]) -> tuple[int, Any]:
        found = [
            {name: product[name] for name in SHOWN}
            for product in self.products
            if all(product[name] == query[name] for name in ("unicode", "sku_id", "gtin") if query.get(name))
        ]
        return 200, page("details", query, found)

    def _post_job(self, body: dict[str, Any]) -> tuple[int, Any]:
        if self._known({"unicode": body["product"]})["upload_status"] != "2":
            raise RefusedError(400, {"product": ["The upload is not complete."]})
        status = self.status.setdefault(body["product"], {})
        for order in body["job_detail_list"]:
            name = STATUS[order["req_type"]]
            entry = {"id": len(self.seen), "name": "Silo Cam", "status": self.word}
            listed = name.endswith(("images_status", "threesixty_status"))
            status[name] = [*status.get(name, []), entry] if listed else self.word
        return 202, enveloped({"unicode": body["product"]}, "scheduled")

    def _get_status(self, query: dict[str, str]) -> tuple[int, Any]:
        product = self._known(query)
        asked = dict.fromkeys(STATUS.values()) | self.status.get(product["unicode"], {})
        return 200, {name: product[name] for name in SHOWN} | asked

    def _get_shared_content(self, query: dict[str, str]) -> tuple[int, Any]:
        product = self._known(query)
        status = self.status.get(product["unicode"], {})
        page = "https://app.imagine.io/product/public/{}-viewer/v2/4000f841"
        silos = [entry for entry in status.get("product_silo_images_status", []) if entry["status"] == "Done"]
        pages = {"product_3d": "3d", "product_ar": "ar", "product_threesixty": "360"}
        links = {
            name: page.format(kind) if f"{name}_status" in status else None for name, kind in pages.items()
        }
        return 200, {
            **{name: product[name] for name in SHOWN},
            "salsify_id": None,
            "thumbnail_url": self._link("thumbnail.png"),
            **links,
            "product_silo_images": [
                {
                    "id": entry["id"],
                    "name": entry["name"],
                    "image_url": self._link(f"silo-{entry['id']}.png"),
                    "thumbnail_url": self._link(f"small-{entry['id']}.png"),
                }
                for entry in silos
                if not entry.get("archived")
            ],
        }

    def _link(self, name: str) -> str:
        return f"{self.storage.url}/media/{name}?Expires=1771505849&Signature=hidden-signature"

    def _patch_archive(self, body: dict[str, Any]) -> tuple[int, Any]:
        entries = self.status.get(body["unicode"], {}).get("product_silo_images_status", [])
        found = [entry for entry in entries if entry["id"] in body["ids"]]
        for entry in found:
            entry["archived"] = body["is_archive"]
        ids = [entry["id"] for entry in found]
        return 200, enveloped({"updated_count": len(ids), "ids": ids}, "updated")

    def _post_create_images(self, body: dict[str, Any]) -> tuple[int, Any]:
        skus = [product["sku_id"] for product in body["products"]]
        missing = [sku for sku in skus if sku not in {product["sku_id"] for product in self.products}]
        if missing:
            said = {"products": {"sku_id": f"Invalid or inaccessible sku_id(s): {missing}"}}
            raise RefusedError(400, said)
        render_id = 2281539 + len(self.images)
        for camera in body["cameras_to_render"]:
            self.images.append(
                {"id": 9000 + len(self.images), "render": render_id, "skus": skus, "status": self.word}
                | {"angle_name": f"cam {camera}"}
            )
        return 202, enveloped({"render_id": render_id, "sku_ids": skus}, "scheduled")

    def _get_render_images(self, query: dict[str, str]) -> tuple[int, Any]:
        found = [
            image
            for image in self.images
            if query.get("render_id") in (None, str(image["render"]))
            and (query.get("sku_id") is None or query["sku_id"] in image["skus"])
        ]
        return 200, page("render-images", query, [self._image(image) for image in found])

    def _image(self, image: dict[str, Any]) -> dict[str, Any]:
        files = ("file", "filmic_file", "color_pass_file", "thumbnail", "filmic_thumbnail")
        done = image["status"] == "Done"
        links = {name: self._link(f"{name}-{image['id']}.png") if done else None for name in files}
        return {name: image[name] for name in ("id", "angle_name", "status")} | links

    def _zapier(self, path: str, query: dict[str, str]) -> tuple[int, str, bytes]:
        headers = self.seen[-1][1]
        answer: Any = {"detail": "Invalid token."}
        status = 401
        if path == "/users/api/v3/zapier/token/" and headers.get("cookie") == "sessionid=logged-in":
            status, answer = 200, {"status": True, "data": {"api_key": ZAPIER}, "message": "fetched"}
        elif headers.get("authorization") == f"Zapier {ZAPIER}":
            status, answer = 200, {"id": 17625, "name": "a team"}
            if "images-render-detail" in path:
                answer = page("zapier", query, [self._image(image) for image in self.images])
        return status, "application/json", json.dumps(answer).encode()

    # The storage

    def _store(
        self, method: str, target: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, str, bytes]:
        if {"authorization", "origin"} & {name.lower() for name in headers}:
            return 400, "application/xml", b"<Error><Code>InvalidArgument</Code></Error>"
        if method == "GET":
            signed = "Signature=hidden-signature" in target
            return (200, "image/png", PNG) if signed else (403, "application/xml", b"<Error/>")
        if self.break_next and self.break_next[0][0] == "storage":
            status = self.break_next.pop(0)[1]
            return status, "application/xml", b"<Error><Code>AccessDenied</Code></Error>"
        parts = parts_of(headers["Content-Type"], body)
        self.forms.append([name for name, _, _ in parts])
        self.files[parts[0][2].decode()] = parts[-1][2]
        return 204, "text/plain", b""


def enveloped(data: dict[str, Any], message: str) -> dict[str, Any]:
    return {"status": True, "data": data, "message": message}


def page(path: str, query: dict[str, str], found: list[Any]) -> dict[str, Any]:
    """One page of a list, with links that name another host, as in the vendor's samples."""
    number = int(query.get("page", 1))
    last = max(1, -(-len(found) // PAGE))

    def link(to: int) -> str:
        return f"http://staging-api.imagine.io/v1/product/{path}/?{urlencode({**query, 'page': to})}"

    return {
        "next_link": link(number + 1) if number < last else None,
        "previous_link": link(number - 1) if number > 1 else None,
        "last_page_link": link(last),
        "first_page_link": link(1),
        "current_page_link": link(number),
        "current_page_number": number,
        "count": len(found),
        "total_pages": last,
        "results": found[(number - 1) * PAGE : number * PAGE],
    }


def parts_of(content_type: str, body: bytes) -> list[tuple[str, str | None, bytes]]:
    """Name, file name and content of each part of a form, in order."""
    if not body:
        return []
    form = message_from_bytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body)
    return [
        (
            str(part.get_param("name", header="content-disposition")),
            part.get_filename(),
            part.get_payload(decode=True),
        )
        for part in form.get_payload()
    ]
