"""An account at every vendor, at scripted servers, with calls that carry every kind of secret."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from airflow_provider_render.core.calls import Fetch
from airflow_provider_render.core.job import RenderRequest
from airflow_provider_render.core.model import ModelFile
from airflow_provider_render.hooks.base import RenderHook
from tests.catalog.models import glb
from tests.http.probe import Bytes
from tests.http.scripted import Server, ok, reply
from tests.secret_watch import secret

SIGNATURE = secret("feedface0123456789abcdef")
POLICY = secret("cG9saWN5LWZvci1vbmUtdXBsb2Fk")
MODEL = ModelFile(Bytes(glb(), "chair.glb"), "a" * 64)
REQUEST = RenderRequest("CHR-1", MODEL, {}, sku="CHR-1", label="Chair")
ORG = "11111111-2222-3333-4444-555555555555"


def signed(server: Server, name: str = "chair.glb") -> str:
    """A presigned address."""
    return f"{server.url}/bucket/{name}?X-Amz-Expires=60&X-Amz-Signature={SIGNATURE}"


def form(server: Server) -> dict[str, Any]:
    """A presigned form."""
    fields = {"key": "media/chair.glb", "policy": POLICY, "x-amz-signature": SIGNATURE}
    return {"url": f"{server.url}/bucket/", "fields": fields}


@dataclass(frozen=True)
class Account:
    """One vendor's connection.

    :param conn_type: its type.
    :param token: its main secret.
    :param extra: further fields.
    :param before_storage: the API's answers until a file goes to the storage, which is given; None where
        files go to the API itself.
    """

    conn_type: str
    token: str
    extra: dict[str, Any] = field(default_factory=dict)
    before_storage: Callable[[Server], bytes] | None = None

    @property
    def secrets(self) -> tuple[str, ...]:
        return self.token, SIGNATURE, POLICY

    def connection(self, server: Server) -> str:
        """The Airflow connection as an environment variable holds it."""
        extra = {"retries": "0", "timeout": 20, **self.extra}
        return json.dumps(
            {"conn_type": self.conn_type, "host": server.url, "password": self.token, "extra": extra}
        )


def _glossi_model(storage: Server) -> bytes:
    return ok(models=[{"modelId": "m1", "uploadUrl": signed(storage), "uploadKey": "k", "name": "Chair"}])


def _imagine_product(storage: Server) -> bytes:
    data = {
        "unicode": "4000f841-9a6e-4b9a-8e0e-3f6f5b8b8a11",
        "id": 1,
        "upload_status": "1",
        "presigned_url_prop_user_file": form(storage),
        "presigned_data_prop_user_file": f"/media/chair.glb?X-Amz-Signature={SIGNATURE}",
        "presigned_url_thumbnail": form(storage),
    }
    return reply(201, json.dumps({"status": True, "data": data, "message": "created"}).encode())


ACCOUNTS = {
    "dxgl": Account("dxgl", secret("dxgl_sk_0123456789abcdef")),
    "glossi": Account("glossi", secret("glsi_0123456789abcdef"), before_storage=_glossi_model),
    "imagine": Account(
        "imagine", secret("sk_0123456789abcdef"), {"origin": "shop.example"}, before_storage=_imagine_product
    ),
    "threekit": Account("threekit", secret("99999999-8888-7777-6666-555555555555"), {"org_id": ORG}),
    "threekit, token in query": Account(
        "threekit", secret("99999999-8888-7777-6666-555555555555"), {"org_id": ORG, "auth_in_query": "true"}
    ),
}


def look(hook: RenderHook, storage: Server) -> Any:
    """Look at the account."""
    return hook.vendor.account()


def upload(hook: RenderHook, storage: Server) -> Any:
    """Upload a model; at some vendors this is paid."""
    return hook.vendor.upload(REQUEST)


def fetch(hook: RenderHook, storage: Server) -> Fetch:
    """Download a picture from the storage."""
    return Fetch(signed(storage, "poster.png"))


def echo(account: Account, storage: Server) -> bytes:
    """Everything secret, as a careless server would tell it."""
    link = signed(storage)
    told = {
        "message": f"Token {account.token} refused, tried {account.token} twice; see {link}",
        "authorization": f"Bearer {account.token}",
        "bearer_token": account.token,
        "url": link,
        "fields": {"policy": POLICY, "x-amz-signature": SIGNATURE},
        "padding": "." * 150,
        "again": f"{account.token} {link}",
    }
    return json.dumps(told).encode()


def cut_inside(account: Account, before: int) -> bytes:
    """A text that has the token across a place where excerpts are cut."""
    return b"." * (before - len(account.token) // 2) + account.token.encode() + b" " + b"." * 2000
