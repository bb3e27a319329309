"""The process: sockets, signals, start and clean end."""

from __future__ import annotations

import asyncio
import fcntl
import json
import logging
import signal
import socket
import sys
import tempfile
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

from airflow_provider_render.sandbox import control, instant, render_process
from airflow_provider_render.sandbox.billing import Ledger
from airflow_provider_render.sandbox.database import Database
from airflow_provider_render.sandbox.fault_gate import ExposedTransport, FaultGate
from airflow_provider_render.sandbox.faults import FaultBook
from airflow_provider_render.sandbox.render_queue import RenderQueue
from airflow_provider_render.sandbox.vendor import Ground, VendorDouble, build
from airflow_provider_render.sandbox.webhooks import Deliveries

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from starlette.types import ASGIApp

    from airflow_provider_render.sandbox.options import Options

HOST = "127.0.0.1"
DRAIN_SECONDS = 0.5


def serve(options: Options) -> int:
    """
    Serve until SIGTERM or SIGINT, then end render processes and return within two seconds.

    :param options: what to serve.
    :return: exit code: 0, or 1 when the port is taken or another sandbox uses the data folder.
    """
    level = logging.INFO if options.verbose else logging.WARNING
    logging.basicConfig(stream=sys.stderr, level=level, format="%(asctime)s %(levelname)s %(message)s")
    try:
        asyncio.run(_serve(options))
    except OSError as error:
        sys.stderr.write(f"The sandbox could not start: {error}\n")
        return 1
    return 0


async def _serve(options: Options) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with _ground(options) as ground:
        doubles = [build(name, ground) for name in options.vendors]
        apps = [_api(doubles, ground)]
        if any(double.storage for double in doubles):
            apps.append(_storage(doubles, ground))
        with _sockets(options.port, len(apps)) as listening:
            ground.origins.api, ground.origins.storage = _origin(listening[0]), _origin(listening[-1])
            await _run(apps, listening, doubles, stop, options)


@asynccontextmanager
async def _ground(options: Options) -> AsyncIterator[Ground]:
    with ExitStack() as stack:
        given = options.data or stack.enter_context(tempfile.TemporaryDirectory(prefix="render-sandbox-"))
        folder = _made(Path(given))
        stack.enter_context(_owned(folder))
        database = Database(folder / "sandbox.sqlite3")
        stack.callback(database.close)
        renderer = instant.events if options.instant else render_process.events
        queue = RenderQueue(
            folder / "jobs",
            options.workers,
            options.render_timeout,
            renderer=renderer,
            seconds=options.vendor_seconds,
        )
        ledger, faults = Ledger(database), FaultBook(options.faults)
        deliveries = Deliveries(database, options)
        try:
            yield Ground(options, folder, database, ledger, faults, queue, deliveries)
        finally:
            await queue.close()
            await deliveries.close()


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder.absolute()


@contextmanager
def _owned(folder: Path) -> Iterator[None]:
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise OSError(error.errno, f"another sandbox uses {folder}") from error
        yield


def _api(doubles: list[VendorDouble], ground: Ground) -> ASGIApp:
    gates = [
        Mount(f"/{double.name}", FaultGate(double.app, ground.faults, double.error_body))
        for double in doubles
    ]
    return Starlette(routes=[Mount("/_sandbox", control.app(ground)), *gates])


def _storage(doubles: list[VendorDouble], ground: Ground) -> ASGIApp:
    gates = [
        Mount(f"/{double.name}", FaultGate(double.storage, ground.faults, double.error_body))
        for double in doubles
        if double.storage
    ]
    return Starlette(routes=list(gates))


@contextmanager
def _sockets(port: int, count: int) -> Iterator[list[socket.socket]]:
    with ExitStack() as stack:
        yield [stack.enter_context(each) for each in _bind(port, count)]


def _bind(port: int, count: int) -> list[socket.socket]:
    attempts = 1 if port else 50
    for attempt in range(1, attempts + 1):
        bound = [_bound(port)]
        first: int = bound[0].getsockname()[1]
        try:
            bound.extend(_bound(first + offset) for offset in range(1, count))
        except OSError:
            for each in bound:
                each.close()
            if attempt == attempts:
                raise
        else:
            break
    return bound


def _bound(port: int) -> socket.socket:
    # Without the protocol named, asyncio leaves Nagle's delay on and every answer takes 40 ms.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
    except OSError as error:
        listening.close()
        raise OSError(error.errno, f"{error.strerror}: {HOST}:{port}") from error
    return listening


def _origin(listening: socket.socket) -> str:
    return f"http://{HOST}:{listening.getsockname()[1]}"


class _Server(uvicorn.Server):
    """uvicorn without its signal handling, which would end the process by the signal instead of with 0."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


async def _run(
    apps: list[ASGIApp],
    listening: list[socket.socket],
    doubles: list[VendorDouble],
    stop: asyncio.Event,
    options: Options,
) -> None:
    servers = [_server(app, options) for app in apps]
    serving = [
        asyncio.create_task(server.serve([one])) for server, one in zip(servers, listening, strict=True)
    ]
    for server in servers:
        await server.ready.wait()
    for double in doubles:
        double.resume()
    _announce(doubles, listening[0].getsockname()[1])
    await stop.wait()
    await _end(servers, serving)


async def _end(servers: list[_Server], serving: list[asyncio.Task[None]]) -> None:
    # Requests that are cut off now would be logged as errors of the app.
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    for server in servers:
        server.should_exit = True
    await asyncio.wait(serving, timeout=DRAIN_SECONDS)
    for server in servers:
        server.force_exit = True
    await asyncio.gather(*serving)


def _server(app: ASGIApp, options: Options) -> _Server:
    config = uvicorn.Config(
        app,
        http=ExposedTransport,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=options.verbose,
        server_header=False,
        timeout_keep_alive=75,
    )
    return _Server(config)


def _announce(doubles: list[VendorDouble], port: int) -> None:
    ready = {
        double.name: {"base_url": f"http://{HOST}:{port}/{double.name}", **double.credentials}
        for double in doubles
    }
    sys.stdout.write(json.dumps(ready) + "\n")
    sys.stdout.flush()
