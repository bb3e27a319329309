"""What editors and mypy make of the hooks; checked by mypy in ``test_typing.py``, never run."""

from __future__ import annotations

from typing import Any, assert_type

from airflow_provider_render.core.resource import Fetched
from airflow_provider_render.core.vendor import Account, RenderVendor
from airflow_provider_render.hooks.base import RenderHook
from airflow_provider_render.hooks.dxgl import DxglHook
from airflow_provider_render.vendors.dxgl.answers import Model, ModelDetail, Page, Render, UploadedModel


def blocking(hook: DxglHook) -> None:
    assert_type(hook.renders.get("R1"), Render)
    assert_type(hook.renders.create("M1", {"aspect": "1:1"}), Render)
    assert_type(hook.renders.create_batch([("M1", None)]), tuple[Render, ...])
    assert_type(hook.renders.list(model="M1", limit=10), Page[Render])
    assert_type(hook.renders.all(status="done"), list[Render])
    assert_type(hook.models.get("M1"), ModelDetail)
    assert_type(hook.models.update("M1", tags=["oak"]), Model | None)
    assert_type(hook.models.ingest("https://a.example/c.glb"), UploadedModel)
    assert_type(hook.assets.video("v.mp4", "R1", "web"), Fetched)
    assert_type(hook.account.health(), Any)
    assert_type(hook.vendor, RenderVendor)
    assert_type(hook.run(hook.vendor.account()), Account)


async def awaited(hook: DxglHook) -> None:
    assert_type(await hook.aio.renders.get("R1"), Render)
    assert_type(await hook.aio.renders.all(), list[Render])
    assert_type(await hook.aio.models.all(tags="oak"), list[Model])
    assert_type(await hook.aio.assets.poster("p.png", "R1"), Fetched)
    client = await RenderHook.adriver_for("dxgl_default")
    assert_type(await client.run(client.vendor.account()), Account)


def wrong(hook: DxglHook) -> None:
    hook.renders.get()  # type: ignore[call-arg]
    hook.renders.get(7)  # type: ignore[arg-type]
    hook.renders.list(colour="red")  # type: ignore[call-arg]
    hook.assets.video("v.mp4", "R1", "best")  # type: ignore[arg-type]
    assert hook.models.get("M1").colour  # type: ignore[attr-defined]
