"""`trace_source` records the source line of each new value; `here` finds the line that called microgradnet."""

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from microgradnet.recording import Hook

if TYPE_CHECKING:
    from microgradnet.value import Value

_PACKAGE = os.path.dirname(os.path.dirname(__file__)) + os.sep
_EXAMPLES = os.path.join(_PACKAGE, "teach", "examples", "")  # treated as a user's program
_CONTEXTLIB = contextmanager.__code__.co_filename  # called between a `with` statement and our code
_is_ours: dict[str, bool] = {}


class Source(NamedTuple):
    """A place in a program.

    >>> print(Source("/home/me/lesson.py", 12, "forward"))
    lesson.py:12
    """

    file: str
    line: int
    function: str

    def __str__(self) -> str:
        if "ipykernel_" in self.file:  # a notebook cell: its file name is a number
            return f"line {self.line} of the cell"
        return f"{os.path.basename(self.file)}:{self.line}"


class trace_source(Hook):  # noqa: N801  # called as a function
    """Record the line of the program that creates each new value as its `source`.

    Errors, steps, tooltips and pages then show it. Creating a value takes several times as long while it is on (see
    the book, Speed). It is off by default; it is on inside a `with` statement, or until `off()`.

    >>> from microgradnet import Value
    >>> with trace_source():
    ...     x = Value(3.0, "x")
    >>> x.source.line, Value(2.0).source
    (2, None)
    """

    def created(self, node: "Value") -> None:
        """Record the line."""
        node.source = here()


def here() -> Source:
    """The line of the program that microgradnet was called from."""
    frame = sys._getframe(1)
    while frame.f_back is not None and is_in_package(frame.f_code.co_filename):
        frame = frame.f_back
    return Source(frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name)


def is_in_package(file: str) -> bool:
    """Whether a file belongs to the package, or is contextlib, which is called between it and a program."""
    if file not in _is_ours:
        _is_ours[file] = file == _CONTEXTLIB or (file.startswith(_PACKAGE) and not file.startswith(_EXAMPLES))
    return _is_ours[file]
