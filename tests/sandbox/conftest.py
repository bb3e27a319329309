from __future__ import annotations

import contextlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.sandbox.running import CREDITS, RunningSandbox


@pytest.fixture(scope="session")
def launch():
    """Start sandboxes with chosen flags; those still running at the end are stopped."""
    with contextlib.ExitStack() as stack:

        def start(*flags: str) -> RunningSandbox:
            sandbox = RunningSandbox(*flags)
            stack.callback(_stop_if_running, sandbox)
            return sandbox

        yield start


def _stop_if_running(sandbox: RunningSandbox) -> None:
    if sandbox.process.poll() is None:
        sandbox.stop()


@pytest.fixture(scope="session")
def the_rendering_one(launch):
    return launch("--speed", "50")


@pytest.fixture(scope="session")
def waiting_data(tmp_path_factory):
    """Data folder of the waiting sandbox."""
    return tmp_path_factory.mktemp("waiting")


@pytest.fixture(scope="session")
def the_waiting_one(launch, waiting_data):
    flags = {
        "--data": str(waiting_data),
        "--token": "dxgl_sk_mine",
        "--speed": "0.0001",
        "--ingest-timeout": "1",
    }
    return launch(*(word for pair in flags.items() for word in pair))


@pytest.fixture
def rendering(the_rendering_one):
    """A sandbox that renders at once; without faults, with all its credits."""
    yield _fresh(the_rendering_one)
    the_rendering_one.control.delete("/faults")


@pytest.fixture
def waiting(the_waiting_one):
    """A sandbox whose renders stay pending; without faults, with all its credits."""
    yield _fresh(the_waiting_one)
    the_waiting_one.control.delete("/faults")


def _fresh(sandbox: RunningSandbox) -> RunningSandbox:
    sandbox.set_credits(CREDITS)
    return sandbox


class _Shelf(BaseHTTPRequestHandler):
    """Serves what lies on the shelf; ``/slow.glb`` never comes."""

    files: dict[str, bytes] = {}
    closing = threading.Event()

    def do_GET(self):
        if self.path == "/slow.glb":
            self.closing.wait(30)
            return
        content = self.files.get(self.path)
        self.send_response(200 if content is not None else 404)
        self.send_header("Content-Length", str(len(content or b"")))
        self.end_headers()
        self.wfile.write(content or b"")

    def log_message(self, *words):
        pass


@pytest.fixture(scope="session")
def shelf():
    """A web server for URL ingest: ``shelf.put(path, content)`` gives the URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Shelf)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()

    def put(path: str, content: bytes | None = None) -> str:
        if content is not None:
            _Shelf.files[path] = content
        return f"http://127.0.0.1:{server.server_address[1]}{path}"

    server.put = put
    yield server
    _Shelf.closing.set()
    server.shutdown()
    thread.join()
    server.server_close()
