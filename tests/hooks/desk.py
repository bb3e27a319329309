"""A DXGL on a real socket that knows one account and remembers what it was asked."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Desk

    def _answer(self) -> None:
        length = int(self.headers.get("content-length", 0))
        body = self.rfile.read(length)
        self.server.seen.append((f"{self.command} {self.path}", dict(self.headers), body))
        status, answer = self.server.react(self.path, self.headers.get("authorization"))
        raw = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "video/mp4" if isinstance(answer, bytes) else "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    do_GET = do_POST = do_PATCH = do_DELETE = _answer  # noqa: N815

    def log_message(self, *words: Any) -> None:
        pass


class Desk(ThreadingHTTPServer):
    """The server; ``token`` is the one it accepts."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.token = "dxgl_sk_first"
        self.seen: list[tuple[str, dict[str, str], bytes]] = []
        self.thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def labels(self) -> list[str]:
        return [label for label, _, _ in self.seen]

    def react(self, path: str, credentials: str | None) -> tuple[int, Any]:
        if path == "/v1/health":
            return 200, {"data": {"database": "ok"}}
        if credentials != f"Bearer {self.token}":
            return 401, {"error": {"code": "unauthorized", "message": "Unknown token", "status": 401}}
        if path.endswith("/video"):
            return 200, b"film" * 100
        if path.startswith("/v1/renders/"):
            return 200, {"data": {"id": path.rpartition("/")[2], "status": "done"}}
        if path == "/v1/account":
            return 200, {"data": {"id": "Ab3k", "email": "a@b.example", "credits": 47}}
        return 200, {"data": {"modelId": "M1", "renderId": "R1", "credits": 3}}

    def stop(self) -> None:
        self.shutdown()
        self.thread.join()
        self.server_close()
