from __future__ import annotations

import asyncio

from airflow_provider_render.core.calls import Answer, Call, Fetch, Operation, send
from airflow_provider_render.core.resource import Async, Fetched, Mode, Resource, Sync, download, endpoint


def get_render(render_id: str, *, verbose: bool = False) -> Call[dict]:
    """Read one render."""
    return Call("GET", f"/renders/{render_id}", Answer.json, query={"verbose": int(verbose)})


def rename(render_id: str) -> Operation[str]:
    """Rename a render."""
    return (yield from send(get_render(render_id)))["name"]


def poster(render_id: str, quality: str = "web") -> Fetch:
    """Download the poster."""
    return Fetch(f"/renders/{render_id}/poster", {"quality": quality})


class Renders(Resource[Mode]):
    get = endpoint(get_render)
    rename = endpoint(rename)
    poster = download(poster)


class Recorder:
    """Returns what it was asked to do."""

    def run(self, work):
        return work

    def download(self, fetch, to):
        return fetch, to


class AsyncRecorder:
    async def run(self, work):
        return work

    async def download(self, fetch, to):
        return Fetched(str(to), 1, "", fetch.path)


def test_an_endpoint_hands_its_description_to_the_driver():
    call = Renders[Sync](Recorder()).get("r1", verbose=True)
    assert (call.method, call.path, call.query) == ("GET", "/renders/r1", {"verbose": 1})


def test_an_endpoint_of_several_calls_hands_over_its_operation():
    operation = Renders[Sync](Recorder()).rename("r1")
    assert next(operation).path == "/renders/r1"


def test_a_download_takes_the_path_first():
    fetch, to = Renders[Sync](Recorder()).poster("/tmp/p.png", "r1", quality="pro")
    assert (fetch.path, fetch.query, to) == ("/renders/r1/poster", {"quality": "pro"}, "/tmp/p.png")


def test_the_same_resource_returns_awaitables_with_an_async_driver():
    renders = Renders[Async](AsyncRecorder())

    async def both():
        return await renders.get("r1"), await renders.poster("p.png", "r1")

    call, fetched = asyncio.run(both())
    assert (call.path, fetched.path) == ("/renders/r1", "p.png")


def test_endpoints_explain_themselves():
    renders = Renders[Sync](Recorder())
    assert renders.get.__doc__ == "Read one render."
    assert renders.poster.__doc__ == "Download the poster."
