"""What several commands share: types of arguments, and where a result is written and opened."""

import argparse
import os
import sys
import webbrowser
from collections.abc import Callable
from pathlib import Path

from microgradnet._shared.text import one_line

Run = Callable[[argparse.Namespace], int]
Add = Callable[[str, str, Run], argparse.ArgumentParser]
"""Adds a command: its name, its help, and the function that runs it; returns the parser for its arguments."""
MOST_PORT = 65535


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


def takes_output(command: argparse.ArgumentParser, metavar: str, help: str) -> None:
    """Add the arguments --output and --open to a command."""
    command.add_argument("-o", "--output", type=Path, metavar=metavar, help=help)
    command.add_argument("--open", action="store_true", help="open it in the browser")


def make_folder(folder: Path, option: str) -> None:
    """Make the folder that an option names, and those above it, unless it is there.

    Raises:
        NotADirectoryError: there is a file of that name, or of one above it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise NotADirectoryError(
            f"{one_line(str(folder))} is no folder, and cannot be made one: name another with {option}"
        ) from None


def opened(written: Path, options: argparse.Namespace) -> int:
    """Open a file in the browser if --open asks for it; the exit code."""
    if options.open and not webbrowser.open(written.resolve().as_uri()):
        print(f"microgradnet: no browser could be started; open {shown(written)} in one", file=sys.stderr)
        return 1
    return 0


def in_words(error: Exception) -> str:
    """An error as a message; of an error of the system, the file and the reason."""
    if isinstance(error, OSError) and error.filename and error.strerror:
        return f"{error.filename}: {error.strerror}"
    return str(error)


def shown(path: str | os.PathLike[str]) -> str:
    """A path as commands print it: its visible text."""
    return one_line(os.fspath(path))
