"""A server that gives any number of bytes and takes whatever it is sent; prints its port when ready."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BLOCK = bytes(1 << 18)


class Peer(BaseHTTPRequestHandler):
    """``GET /bytes/N`` gives N bytes; anything else is answered with an empty JSON object."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Give bytes."""
        left = int(self.path.rpartition("/")[2]) if self.path.startswith("/bytes/") else 0
        if not left:
            self._answer()
            return
        self._head("application/octet-stream", left)
        while left > 0:
            self.wfile.write(BLOCK[: min(left, len(BLOCK))])
            left -= len(BLOCK)

    def do_POST(self) -> None:
        """Take bytes as with PUT."""
        self.do_PUT()

    def do_PUT(self) -> None:
        """Take bytes, told of by their number or in chunks."""
        if "Content-Length" in self.headers:
            left = int(self.headers["Content-Length"])
            while left > 0:
                left -= len(self.rfile.read(min(left, len(BLOCK))))
        else:
            while length := int(self.rfile.readline(), 16):
                self.rfile.read(length + 2)
            self.rfile.readline()
        self._answer()

    def _answer(self) -> None:
        self._head("application/json", 2)
        self.wfile.write(b"{}")

    def _head(self, kind: str, length: int) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def log_message(self, *words: object) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """Takes many connections at once; the usual queue of five makes the sixth wait for a second."""

    request_queue_size = 128
    daemon_threads = True


if __name__ == "__main__":
    server = Server(("127.0.0.1", 0), Peer)
    print(server.server_address[1], flush=True)
    server.serve_forever()
