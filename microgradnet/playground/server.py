"""`Server`: the local playground, on loopback and under an address that cannot be guessed.

It runs what is typed, in a process for each program, with the Python that runs it; no other page of the browser can ask
it to (see `_shared.serving`).
"""

import json
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from contextlib import suppress
from functools import cached_property
from http import HTTPStatus
from select import select
from socket import socket
from tempfile import TemporaryFile
from typing import Any

from microgradnet._shared.serving import LOOPBACK, Handler, ThreadingServer
from microgradnet.playground.book import BUILT, BookServer
from microgradnet.playground.site import POLICY, file_of

LATE = (
    "the program, or the drawing of its graph, was stopped after {:g} s. Does each loop end, and does nothing wait, as "
    "sleep does? Some graphs of a few hundred values are too large to draw: choose a smaller one, such as one sample's "
    "loss"
)
GRACE = 4.0  # seconds for the page of what a program had computed at its time limit, and for code that is not its own
MOST_SENT = 1_000_000  # bytes of a program


class Server(ThreadingServer):
    """A server on 127.0.0.1.

    Args:
        port: 0 for any that is free.
        seconds: a program's time limit.

    Raises:
        OSError: the port is in use.
    """

    def __init__(self, port: int = 0, seconds: float = 10.0) -> None:
        super().__init__((LOOPBACK, port), _Handler)
        self.seconds, self.secret = seconds, secrets.token_urlsafe(16)

    @property
    def address(self) -> str:
        """The page's address."""
        return f"http://{LOOPBACK}:{self.server_address[1]}/{self.secret}/"

    @cached_property
    def book(self) -> BookServer:
        """The book's server, which runs once somebody asks for it."""
        server = BookServer(BUILT.resolve())
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server

    def server_close(self) -> None:
        """Answer no more, for the book neither."""
        super().server_close()
        if "book" in vars(self):
            self.book.shutdown()
            self.book.server_close()

    def answers(self, request: dict[str, Any], reader: socket) -> Generator[bytes, None, None]:
        """Run a request: the lines of `child`, a process that ends with its time, and when the reader goes."""
        with TemporaryFile() as errors, subprocess.Popen(
            [sys.executable, "-P", "-m", "microgradnet.playground.child", str(os.getpid())],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, start_new_session=True,
        ) as child:  # fmt: skip
            assert child.stdin
            assert child.stdout
            seconds = self.seconds + GRACE
            limit, line, began = threading.Timer(seconds, _end, [child]), b"", time.monotonic()
            limit.start()
            threading.Thread(target=_end_without, args=(reader, child), daemon=True).start()
            try:
                with child.stdin:
                    child.stdin.write(json.dumps(request | {"seconds": self.seconds}).encode())
                for line in child.stdout:
                    yield line
                    if line.endswith(b"\n") and not line.startswith(b'"'):
                        return  # the result; what the program has started may go on
                errors.seek(0)
                said = errors.read().decode(errors="replace").splitlines()
                is_late = time.monotonic() - began >= seconds
                ended = ": ".join(["the program ended Python itself", *said[-1:]])
                yield _stopped(LATE.format(seconds) if is_late else ended)
            finally:
                limit.cancel()
                _end(child)


def _end(child: "subprocess.Popen[bytes]") -> None:
    """End a process and what it started."""
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
    child.kill()


def _end_without(reader: socket, child: "subprocess.Popen[bytes]") -> None:
    """End a process when its reader, who has nothing more to send, closes the connection."""
    with suppress(OSError, ValueError):  # closed here, as the process has ended
        while child.poll() is None:
            if select([reader], [], [], 0.2)[0]:
                return _end(child)
    return None


def _stopped(why: str) -> bytes:
    """The result of a program that was stopped, after a line of it that may be cut off."""
    result = {"error": {"line": 0, "message": why}, "values": [], "shown": "", "page": "", "note": "", "leaves": []}
    return f"\n{json.dumps(result)}\n".encode()


class _Handler(Handler):
    server: Server
    policy = f"{POLICY}; frame-ancestors 'none'"

    def do_GET(self) -> None:  # noqa: N802 - http.server's name
        """Send a file of the front end, or lead to the book if it is built."""
        if asked := self.asked([self.server.secret]):
            if asked[1] == "book.html" and (BUILT / "index.html").exists():
                return self.redirect(self.server.book.address)
            found = file_of(asked[1], backend="local")
            if found is None:
                self.send_error(HTTPStatus.NOT_FOUND)
            else:
                self.answer(*found)

    def do_POST(self) -> None:  # noqa: N802
        """Run a program, or send the names for completion."""
        asked = self.asked([self.server.secret])
        if asked is None or asked[1] != "run":
            return
        request = self.sent(MOST_SENT, "{code, shown}, of a megabyte at most")
        if request is None:
            return
        if isinstance(request.get("code", ""), str):
            self.stream(self.server.answers(request, self.connection), "application/jsonl")
        else:
            self.send_error(HTTPStatus.BAD_REQUEST, "the code is a text")
