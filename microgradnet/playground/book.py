"""`BookServer`: the way from the local playground into the book.

The book has a port, and so an origin, of its own: no page of it can ask the playground to run a program.
"""

from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from typing import Any

from microgradnet._shared.serving import LOOPBACK, ThreadingServer, is_host

BUILT = Path("build", "book")  # where the book's command writes it, below the folder that the playground is started in


class BookServer(ThreadingServer):
    """A server of the files of a built book, on 127.0.0.1 at any free port."""

    def __init__(self, folder: Path) -> None:
        super().__init__((LOOPBACK, 0), partial(_Handler, directory=folder))

    @property
    def address(self) -> str:
        """The first page's address."""
        return f"http://{LOOPBACK}:{self.server_address[1]}/"


class _Handler(SimpleHTTPRequestHandler):
    server: BookServer

    def send_head(self) -> Any:
        """The file that is asked for."""
        if is_host(self.headers.get("Host", ""), LOOPBACK, self.server.server_port):
            return super().send_head()
        return self.send_error(HTTPStatus.FORBIDDEN)

    def list_directory(self, path: object) -> None:
        """No list of a folder."""
        self.send_error(HTTPStatus.NOT_FOUND)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Nothing: the terminal belongs to the playground's address."""
