from __future__ import annotations

import asyncio

from airflow_provider_render.core.calls import Answer, Call, Fetch, Operation, Rows, send
from airflow_provider_render.core.errors import UnavailableError
from airflow_provider_render.core.resource import (
    Async,
    Fetched,
    Mode,
    Resource,
    Sync,
    download,
    endpoint,
    listing,
)


def get_render(render_id: str, *, verbose: bool = False) -> Call[dict]:
    """Read one render."""
    return Call("GET", f"/renders/{render_id}", Answer.json, query={"verbose": int(verbose)})


def rename(render_id: str) -> Operation[str]:
    """Rename a render."""
    return (yield from send(get_render(render_id)))["name"]


def poster(render_id: str, quality: str = "web") -> Fetch:
    """Download the poster."""
    return Fetch(f"/renders/{render_id}/poster", {"quality": quality})


def pages(of: int) -> Operation[list[str]]:
    """Read all names."""
    found = []
    for number in range(of):
        try:
            names = yield from send(Call("GET", f"/pages/{number}", Answer.json))
        except UnavailableError:
            names = ["unreadable"]
        yield Rows(names)
        found += names
    return found


class Renders(Resource[Mode]):
    each = listing(pages)
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


class Library:
    """Answers pages of two names, and notes which were asked for."""

    def __init__(self, broken=()):
        self.asked, self._broken = [], broken

    def run(self, call):
        number = len(self.asked)
        self.asked.append(call.path)
        if number in self._broken:
            raise UnavailableError("closed")
        return [f"{number}a", f"{number}b"]


class AsyncLibrary(Library):
    async def run(self, call):
        return super().run(call)


def test_a_list_is_read_page_by_page_as_it_is_iterated_over():
    library = Library()
    names = iter(Renders[Sync](library).each(of=3))
    assert [next(names), next(names)] == ["0a", "0b"]
    assert library.asked == ["/pages/0"]
    assert next(names) == "1a"
    assert library.asked == ["/pages/0", "/pages/1"]


def test_a_list_can_be_iterated_over_again():
    names = Renders[Sync](Library()).each(of=1)
    assert list(names) == ["0a", "0b"]
    assert list(names) == ["1a", "1b"]


def test_a_list_is_read_in_an_event_loop_too():
    async def read():
        return [name async for name in Renders[Async](AsyncLibrary()).each(of=2)]

    assert asyncio.run(read()) == ["0a", "0b", "1a", "1b"]


def test_an_error_while_reading_goes_through_the_operation():
    assert list(Renders[Sync](Library(broken={1})).each(of=3)) == ["0a", "0b", "unreadable", "2a", "2b"]

    async def read():
        return [name async for name in Renders[Async](AsyncLibrary(broken={0})).each(of=1)]

    assert asyncio.run(read()) == ["unreadable"]
