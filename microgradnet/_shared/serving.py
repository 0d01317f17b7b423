"""`Handler`: answers the pages of a small server on this machine, and nobody who does not know its address.

Each request needs a secret in its path; on loopback it needs this machine as its host, too, and if it names an origin,
that must be the server's own: no other page of the browser can ask.
"""

import json
import secrets
import threading
from collections.abc import Generator, Iterable
from contextlib import closing, suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

LOOPBACK = "127.0.0.1"


def is_host(named: str, host: str, port: int) -> bool:
    """Whether a request names the server as its host: on loopback no other name may lead here."""
    return host != LOOPBACK or named in {f"{LOOPBACK}:{port}", f"localhost:{port}"}


class ThreadingServer(ThreadingHTTPServer):
    """A server with a thread for each connection, of which it has so many at most: others are closed at once."""

    daemon_threads = True
    most = 400

    def __init__(self, *arguments: Any) -> None:
        self._free = threading.BoundedSemaphore(self.most)
        super().__init__(*arguments)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer in a thread of its own."""
        if self._free.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer, in that thread."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()


class Handler(BaseHTTPRequestHandler):
    """A request to a server whose `server_address` begins with the host that it listens on."""

    server_version = "microgradnet"
    timeout = 15  # seconds without a byte of a request, after which the connection is closed
    policy = "default-src 'none'"
    """The Content-Security-Policy of every answer."""

    def handle(self) -> None:
        """Answer, unless the reader does not wait for it."""
        with suppress(ConnectionError, TimeoutError):
            super().handle()

    def asked(self, known: Iterable[str]) -> tuple[str, str] | None:
        """The secret of the path, one of the `known`, and what follows it; else None, and the answer is sent.

        An address without its last slash, as people type it, is answered with the one that has it.
        """
        address: Any = self.server.server_address
        host, port = address[:2]
        start, _, rest = self.path.partition("?")[0].partition("/")
        given, slash, path = rest.partition("/")
        secret = next((one for one in known if secrets.compare_digest(one.encode(), given.encode())), "")
        asked_for, origin = self.headers.get("Host", ""), self.headers.get("Origin")
        if (
            start
            or not secret
            or not is_host(asked_for, host, port)
            or (origin is not None and origin != f"http://{asked_for}")
        ):
            self.send_error(HTTPStatus.FORBIDDEN, "open the address that was printed")
            return None
        if not slash:
            self.redirect(f"/{secret}/")
            return None
        return secret, path

    def sent(self, most: int, what: str) -> dict[str, Any] | None:
        """The JSON object that was sent, in at most `most` bytes; else None, and the answer says `what` is needed."""
        with suppress(ValueError, RecursionError):
            length = int(self.headers.get("Content-Length", ""))
            if self.headers.get("Content-Type") == "application/json" and 0 <= length <= most:
                record = json.loads(self.rfile.read(length))
                if isinstance(record, dict):
                    return record
        self.send_error(HTTPStatus.BAD_REQUEST, f"JSON is needed: {what}")
        return None

    def answer(self, data: bytes, kind: str) -> None:
        """Send the answer."""
        self._begin(kind, {"Content-Length": str(len(data))})
        self.wfile.write(data)

    def redirect(self, address: str) -> None:
        """Answer that it stands at another address."""
        self.send_response(HTTPStatus.FOUND)
        self.send_header("Location", address)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def stream(self, parts: Generator[bytes, None, None], kind: str) -> None:
        """Send an answer part by part; if the reader does not wait, the rest is not asked for."""
        self._begin(kind, {})
        with closing(parts):
            for part in parts:
                self.wfile.write(part)

    def _begin(self, kind: str, more: dict[str, str]) -> None:
        self.send_response(HTTPStatus.OK)
        standing = {
            "Content-Type": kind, "Content-Security-Policy": self.policy, "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
        }  # fmt: skip
        for name, text in {**standing, **more}.items():
            self.send_header(name, text)
        self.end_headers()

    def log_message(self, format: str, *arguments: Any) -> None:
        """Nothing: the terminal belongs to the address."""
