from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from tests.http.probe import QUICK, Blocking, Looping, ProbeVendor
from tests.http.scripted import Server, reply


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


@pytest.fixture
def elsewhere() -> Iterator[Server]:
    """A second origin."""
    server = Server()
    yield server
    server.close()


@pytest.fixture(params=[Blocking, Looping], ids=["blocking", "asyncio"])
def driver_kind(request: pytest.FixtureRequest) -> type[Blocking]:
    return request.param


@pytest.fixture
def client(driver_kind: type[Blocking], server: Server) -> Blocking:
    return driver_kind(ProbeVendor(f"{server.url}/api"), QUICK)


@pytest.fixture
def early_refusal() -> Iterator[str]:
    """URL of a server that refuses from the headers alone, without reading the body."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def refuse() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(reply(413, b'{"error": "too large"}', connection="close"))
                while connection.recv(65536):
                    pass

        thread = threading.Thread(target=refuse)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread.join()
