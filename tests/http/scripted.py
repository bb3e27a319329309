"""A server on a real socket that answers by a script."""

from __future__ import annotations

import hashlib
import json
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Request:
    """A request as the server saw it."""

    method: str
    target: str
    headers: dict[str, str]
    peer: int
    size: int = 0
    sha256: str = ""
    body: bytes = b""
    names: tuple[str, ...] = ()


Reaction = bytes | Callable[[socket.socket, Request], None]


def reply(status: int, body: bytes = b"", media_type: str = "application/json", **headers: str) -> bytes:
    """A whole answer; ``_`` in header names stands for ``-``."""
    given = {"content_type": media_type, "content_length": str(len(body)), **headers}
    lines = [f"HTTP/1.1 {status} Whatever", *(f"{n.replace('_', '-')}: {v}" for n, v in given.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def ok(**data: Any) -> bytes:
    """A JSON answer."""
    return reply(200, json.dumps(data).encode())


def reset(connection: socket.socket, request: Request) -> None:
    """Break the connection the hard way."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raise ConnectionAbortedError


def cut(data: bytes, *, hard: bool = False) -> Reaction:
    """Send something, then close the connection."""

    def react(connection: socket.socket, request: Request) -> None:
        connection.sendall(data)
        if hard:
            reset(connection, request)
        raise ConnectionAbortedError

    return react


def then_silence(data: bytes, seconds: float = 3.0) -> Reaction:
    """Send something, then neither send nor close."""

    def react(connection: socket.socket, request: Request) -> None:
        connection.sendall(data)
        connection.settimeout(seconds)
        with suppress(OSError):
            connection.recv(1)
        raise ConnectionAbortedError

    return react


@dataclass
class Server:
    """Answers requests in the order of its script; the last line is repeated."""

    script: list[Reaction] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    port: int = 0
    _lock: Any = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._open: list[socket.socket] = []
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def plays(self, *script: Reaction) -> None:
        self.script = list(script)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        # A thread on its way into accept() would otherwise take connections of the next server,
        # whose listener may get the same file descriptor.
        self._accepting.join()
        self._listener.close()
        for connection in self._open:
            connection.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, peer = self._listener.accept()
                self._open.append(connection)
                threading.Thread(target=self._serve, args=(connection, peer[1]), daemon=True).start()

    def _serve(self, connection: socket.socket, peer: int) -> None:
        with suppress(OSError, ValueError), connection, connection.makefile("rb") as reader:
            while request := _read(reader, peer):
                with self._lock:
                    self.requests.append(request)
                    reaction = self.script.pop(0) if len(self.script) > 1 else self.script[0]
                if isinstance(reaction, bytes):
                    connection.sendall(reaction)
                else:
                    reaction(connection, request)


def _read(reader: Any, peer: int) -> Request | None:
    first = reader.readline().decode().split()
    if len(first) != 3:
        return None
    headers, names = {}, []
    while line := reader.readline().strip().decode():
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
        names.append(name.lower())
    request = Request(first[0], first[1], headers, peer, names=tuple(names))
    digest, left = hashlib.sha256(), int(headers.get("content-length", 0))
    while left and (chunk := reader.read(min(left, 65536))):
        digest.update(chunk)
        request.size += len(chunk)
        request.body += chunk if request.size <= 65536 else b""
        left -= len(chunk)
    request.sha256 = digest.hexdigest()
    return None if left else request
