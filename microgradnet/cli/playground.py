"""`microgradnet playground`: the editor beside the graph, on this machine or as a folder for a web server."""

import argparse
from html import escape
from pathlib import Path

from microgradnet.cli.arguments import Add, from_zero, listening, open_privately, shown, time_limit

PORT = 8417  # the usual one: for each the browser keeps the reader's programs apart


def add_commands(add: Add) -> None:
    """Add the command with its arguments."""
    command = add("playground", "type a program, and see its graph and both passes beside it, in the browser", _play)
    command.add_argument("--build", type=Path, metavar="DIR", help="write a folder for any web server, and exit")
    command.add_argument("--book", metavar="URL", help="with --build: the address of a book that its page leads to")
    command.add_argument("--port", type=from_zero, default=0, metavar="N", help=f"port of the server ({PORT}, or any)")
    command.add_argument(
        "--seconds", type=time_limit, default=10.0, metavar="SECONDS", help="time limit of a program (10)"
    )
    command.add_argument("--no-open", action="store_true", help="open no browser")
    command.epilog = (
        "The server runs what is typed on its page, with your Python and your rights, and answers this machine alone. "
        "Like every command that serves, it opens the browser; one that writes a file does so with --open."
    )


def _play(options: argparse.Namespace) -> int:
    if options.build is not None:
        from microgradnet.playground.site import ALONE, DOOR, build

        files = build(options.build, door=DOOR.format(escape(options.book)) if options.book else ALONE)
        size = sum(file.stat().st_size for file in files) / 1e6
        print(f"written: {shown(options.build)}, {len(files)} files, {size:.0f} MB")
        print(f"to try it: python3 -m http.server --directory {shown(options.build)}")
        return 0
    from microgradnet.playground.server import Server

    with listening(options.port, lambda port: Server(port, options.seconds), PORT) as server:
        print(f"The playground is at {server.address}", flush=True)
        print("It runs what is typed there, with your rights. Ctrl-C ends it.", flush=True)
        if not options.no_open:
            open_privately(server.address)
        server.serve_forever()
    return 0
