"""`Server`: the local playground, on loopback and under an address that cannot be guessed.

It runs what is typed, in a process for each program, with the Python that runs it. No other page of the browser can ask
it to: each request needs the secret in its path, this machine as its host, and, if it names an origin, the server's.
"""

import json
import os
import secrets
import signal
import subprocess
import sys
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from microgradnet.playground.site import POLICY, file_of

MOST_SENT = 1_000_000  # bytes of a program


class Server(ThreadingHTTPServer):
    """A server on 127.0.0.1.

    Args:
        port: 0 for any that is free.
        seconds: a program's time limit.

    Raises:
        OSError: the port is in use.
    """

    daemon_threads = True

    def __init__(self, port: int = 0, seconds: float = 10.0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.seconds, self.secret = seconds, secrets.token_urlsafe(16)

    @property
    def address(self) -> str:
        """The page's address."""
        return f"http://127.0.0.1:{self.server_address[1]}/{self.secret}/"

    def answer(self, request: dict[str, Any]) -> Any:
        """Run a request in a process of its own; a program that takes too long is ended."""
        with subprocess.Popen(
            [sys.executable, "-m", "microgradnet.playground.child"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True,
        ) as child:  # fmt: skip
            try:
                output, _ = child.communicate(json.dumps(request).encode(), self.seconds)
                return json.loads(output)
            except subprocess.TimeoutExpired:
                return _stopped(f"the program was stopped after {self.seconds:g} s: does a loop of it end?")
            except ValueError:  # the process ended before its answer
                return _stopped("the program ended Python itself")
            finally:
                _end(child)


def _end(child: "subprocess.Popen[bytes]") -> None:
    """End a process and what it started."""
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
    child.kill()


def _stopped(why: str) -> dict[str, Any]:
    """The answer for a program without results."""
    error = {"line": 0, "message": why}
    return {"output": "", "error": error, "values": [], "shown": "", "page": "", "note": "", "numbers": {}}


class _Handler(BaseHTTPRequestHandler):
    server: Server
    server_version = "microgradnet"

    def do_GET(self) -> None:
        """Send a file of the front end."""
        path = self._path()
        if path is None:
            return
        found = file_of(path, backend="local")
        if found is None:
            self.send_error(HTTPStatus.NOT_FOUND)
        else:
            self._send(*found)

    def do_POST(self) -> None:
        """Run a program, or send the names for completion."""
        if self._path() != "run":
            return
        length = self.headers.get("Content-Length", "")
        if self.headers.get("Content-Type") != "application/json" or not length.isdecimal() or int(length) > MOST_SENT:
            self.send_error(HTTPStatus.BAD_REQUEST, "JSON is needed, of a megabyte at most")
            return
        try:
            request = json.loads(self.rfile.read(int(length)))
            if not isinstance(request, dict) or not isinstance(request.get("code", ""), str):
                raise ValueError
        except ValueError:
            self.send_error(HTTPStatus.BAD_REQUEST, "JSON is needed: {code, shown}")
            return
        self._send(json.dumps(self.server.answer(request)).encode(), "application/json")

    def _path(self) -> str | None:
        """What follows the secret, if a page of this server on this machine asks; else None, and the answer is sent."""
        port = self.server.server_address[1]
        hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}
        origin = self.headers.get("Origin")
        start, secret, path = (*self.path.partition("?")[0].split("/", 2), "", "")[:3]
        if (
            start
            or not secrets.compare_digest(secret.encode(), self.server.secret.encode())
            or self.headers.get("Host") not in hosts
            or (origin is not None and origin.removeprefix("http://") not in hosts)
        ):
            self.send_error(HTTPStatus.FORBIDDEN, "open the address that the playground printed")
            return None
        return path

    def _send(self, data: bytes, kind: str) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("Cache-Control", "no-store")
        self.send_header("Referrer-Policy", "no-referrer")
        self.end_headers()
        with suppress(ConnectionError):  # the reader did not wait
            self.wfile.write(data)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Nothing: the terminal belongs to the address."""
