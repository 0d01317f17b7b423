"""Used by several commands: types of arguments, folders, files that are written and opened, ports."""

import argparse
import atexit
import html
import os
import sys
import webbrowser
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TypeVar

from microgradnet._shared.arguments import named
from microgradnet._shared.text import clean, one_line
from microgradnet.errors import ProviderError

Server = TypeVar("Server")
Item = TypeVar("Item")
Run = Callable[[argparse.Namespace], int]
Add = Callable[[str, str, Run], argparse.ArgumentParser]
"""Adds a command: its name, its help, and the function that runs it; returns the parser for its arguments."""
MOST_PORT = 65535
MOST_SECONDS = 1e6  # of a time limit


def from_zero(text: str) -> int:
    """A whole number, 0 or more."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"a whole number from 0 on is needed, got {text!r}")
    return int(text)


def at_least_one(text: str) -> int:
    """A whole number, 1 or more."""
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"a whole number above 0 is needed, got {text!r}")
    return int(text)


def time_limit(text: str) -> float:
    """A number of seconds."""
    with suppress(ValueError):
        if 0 < float(text) < MOST_SECONDS:
            return float(text)
    raise argparse.ArgumentTypeError(f"a number of seconds above 0 and below a million is needed, got {text!r}")


def item_of(table: Mapping[str, Item], what: str, name: str) -> Item:
    """The item of a table that an argument names; `what` is its kind."""
    try:
        return named(name, table, what)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def takes_output(command: argparse.ArgumentParser, metavar: str, help: str) -> None:
    """Add the arguments --output and --open to a command."""
    command.add_argument("-o", "--output", type=Path, metavar=metavar, help=help)
    command.add_argument("--open", action="store_true", help="open it in the browser")


def make_folder(folder: Path, option: str) -> None:
    """Make the folder that an option names, and those above it, unless it is there.

    Raises:
        NotADirectoryError: there is a file of that name, or of one above it.
        PermissionError: nothing can be written into it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise NotADirectoryError(
            f"{shown(folder)} is no folder, and cannot be made one: name another with {option}"
        ) from None
    except OSError as error:
        raise OSError(f"{shown(folder)} cannot be made, {error.strerror}: name another with {option}") from None
    if not os.access(folder, os.W_OK):
        raise PermissionError(f"cannot write into {shown(folder)}: name another folder with {option}")


def write_each(out: Path, files: Iterable[tuple[str, Callable[[Path], Path]]]) -> list[Path]:
    """Write files into a folder, each even if another cannot be made; the paths of those that were written.

    Args:
        out: the folder.
        files: the name of each, and a function that writes it and returns its path.
    """
    written = []
    for name, write in files:
        try:
            written.append(write(out / name))
        except (ProviderError, ImportError) as error:  # the others may not need the same
            say(f"no {name}: {one_line(str(error))}")
    return written


def listening(port: int, listen: Callable[[int], Server], usual: int = 0) -> Server:
    """The server that `listen` makes at this port; 0 for the usual one if that is free, or any.

    Raises:
        ValueError: there is no such port, or it cannot be had.
    """
    if port > MOST_PORT:
        raise ValueError(f"--port is a number up to {MOST_PORT}, got {port}")
    if usual and not port:
        with suppress(OSError):
            return listen(usual)
    try:
        return listen(port)
    except OSError as error:
        raise ValueError(f"port {port}: {error.strerror}; choose another with --port, or none") from None


def open_privately(address: str) -> None:
    """Open an address that holds a secret, by a file of this user's: all users of a machine can read command lines."""
    with NamedTemporaryFile("w", suffix=".html", delete=False, encoding="utf-8") as file:
        file.write(f'<!doctype html><meta http-equiv="refresh" content="0; url={html.escape(address)}">')
    atexit.register(Path(file.name).unlink, missing_ok=True)
    webbrowser.open(Path(file.name).as_uri())


def opened(written: Path, options: argparse.Namespace) -> int:
    """Open a file in the browser if --open asks for it; the exit code."""
    if options.open and not webbrowser.open(written.resolve().as_uri()):
        say(f"no browser could be started; open {shown(written)} in one")
        return 1
    return 0


def say(message: str | Exception) -> None:
    """Print a message on standard error: its visible text; of an error of the system, the file and the reason."""
    if isinstance(message, OSError) and message.filename and message.strerror:
        message = f"{shown(message.filename)}: {message.strerror}"
    print(f"microgradnet: {clean(str(message))}", file=sys.stderr)


def shown(path: str | os.PathLike[str]) -> str:
    """A path as commands print it: its visible text."""
    return one_line(os.fspath(path))
