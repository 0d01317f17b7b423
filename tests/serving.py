"""Servers that answer while a test runs, and a browser's tab that may ask nobody else."""

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import TCPServer
from threading import Thread
from typing import Any


class Quiet(SimpleHTTPRequestHandler):
    """Files, without a line in the log for each."""

    def log_message(self, format: str, *arguments: Any) -> None:
        pass


def files_of(folder: Path, port: int = 0) -> ThreadingHTTPServer:
    return ThreadingHTTPServer(("127.0.0.1", port), functools.partial(Quiet, directory=folder))


@contextmanager
def answering(server: TCPServer) -> Iterator[str]:
    """The address of a server, which answers in a thread and is closed at the end."""
    with server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
        thread.join()


@contextmanager
def lone_tab(browser: Any, origin: str, seconds: int, **options: Any) -> Iterator[Any]:
    """A tab of 1280 × 720 pixels. It asks its origin alone, and no error appears in its console."""
    errors: list[str] = []
    asked: list[str] = []
    context = browser.new_context(viewport={"width": 1280, "height": 720}, **options)
    context.set_default_timeout(1000 * seconds)
    tab = context.new_page()
    tab.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.on("request", lambda sent: asked.append(sent.url))
    yield tab
    context.close()
    assert not errors, errors
    assert elsewhere(asked, origin) == []


def elsewhere(asked: list[str], origin: str) -> list[str]:
    """The addresses that are not of this origin."""
    return [address for address in asked if not address.startswith((origin, "data:", "blob:", "about:"))]
