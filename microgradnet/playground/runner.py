"""`run`: run a program, and describe in JSON what it printed, where it failed, and the graph that it computed."""

import io
import linecache
import math
import re
import sys
import traceback
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from types import ModuleType
from typing import Any

from microgradnet._shared.text import one_line, shorten
from microgradnet.errors import DomainError, ProviderError
from microgradnet.graph import Graph
from microgradnet.module import Module
from microgradnet.playground.observing import TimeLimit, compile_observed, importable, label
from microgradnet.playground.places import leaves
from microgradnet.playground.remedies import PLAIN_MATH, hint, remedy
from microgradnet.stepping.film import COLOURS, WIDEST, durations, frames
from microgradnet.stepping.recomputed import recomputed
from microgradnet.stepping.timeline import Timeline
from microgradnet.stepping.tracing import trace_source
from microgradnet.stepping.webpage import page
from microgradnet.teach.exercises.check_here import check_here, exercise_of
from microgradnet.value import Value

FILE = "program.py"
MOST_PRINTED = 20_000  # characters
NO_VALUE = (
    "No variable of this program is a Value: name a result outside of functions, as in y = model(x), or as in "
    "loss = sum(losses) if they stand in a list"
)
MOST_VALUES = 2_000  # of a graph that is drawn while one types
MOST_FRAMES = 120  # of an animation


class _Printed(io.StringIO):
    """The beginning of what is printed, which `heard` gets at once."""

    is_full = False

    def __init__(self, heard: Callable[[str], object]) -> None:
        super().__init__()
        self.heard = heard

    def write(self, text: str) -> int:
        room = MOST_PRINTED - self.tell()
        if not self.is_full:
            self.is_full = len(text) > room
            kept = text[:room] + "\n… more is not shown\n" if self.is_full else text
            super().write(kept)
            self.heard(kept)
        return len(text)


def run(
    code: str,
    shown: str | None = None,
    heard: Callable[[str], object] = lambda text: None,
    seconds: float = math.inf,
) -> dict[str, Any]:
    r"""Run a program and return what a page shows of it.

    Args:
        code: Python, run as a main program; its values know their lines.
        shown: the variable whose graph is shown; None, or one that the program does not have, chooses the last result.
        heard: is called with each text that it prints.
        seconds: its time limit; where it is stopped is an error with a line, and what it has computed is shown.

    Returns:
        "output": what it printed, and for an exercise the checker's verdict.
        "error": None, or its "line" (0 if it has none) and "message".
        "values": the names of variables that are Values, of results first.
        "shown": the one whose graph is shown, "" for none.
        "page": the page of its graph as HTML, "" for none.
        "note": why there is no page, or what it shows in place of the graph; "" if there is nothing to say.
        "leaves": the numbers of the page, each with its place in the program; see `places`.

    >>> found = run('x = Value(3.0, "x")\ny = x * x')["error"]
    >>> found["line"], found["message"]
    (1, "NameError: name 'Value' is not defined. Did you forget: from microgradnet import Value?")
    """
    printed, exercise = _Printed(heard), exercise_of(code)
    with redirect_stdout(printed), redirect_stderr(printed):
        values, error = _executed(code, seconds)
        if exercise and not error:
            print(check_here(code, exercise).text)
    name = _chosen(values, shown)
    graph = None
    html, note = "", "" if error or exercise else NO_VALUE
    if name:
        label(values[name], name)
        html, note, graph = _page(values[name], name, error is not None)
    if not error:
        meant = hint(code, values)
        if name and not html and not meant and "math." in code:
            meant = PLAIN_MATH.format("exp")
        note = ". ".join(filter(None, [note, meant]))
    return {
        "output": printed.getvalue(),
        "error": error,
        "values": [*values],
        "shown": name,
        "page": html,
        "note": note,
        "leaves": leaves(graph, code, FILE) if graph else [],
    }


def animation(code: str, shown: str | None = None, seconds: float = math.inf) -> dict[str, Any]:
    """Run a program as `run` does, and return both passes through the graph that is shown.

    Returns:
        "frames": a picture of each step as SVG; none if "note" says why.
        "durations": how long each is shown, in milliseconds.
        "widest", "colours": how large each is at most, in pixels, and in how many colours.
        "note": "", or the reason.
    """
    nowhere = io.StringIO()
    with redirect_stdout(nowhere), redirect_stderr(nowhere):
        values, error = _executed(code, seconds)
    name = _chosen(values, shown)
    drawn: list[str] = []
    note = error["message"] if error else NO_VALUE
    if name:
        label(values[name], name)
        note = _undrawn(values[name], name)
    if name and not note:
        try:
            value = recomputed(values[name])
            if (count := len(Timeline(value).steps) + 1) < MOST_FRAMES:  # and the result's own gradient
                drawn = list(frames(value))
            else:
                note = f"both passes of {name} have {count:,} steps, too many for an animation: choose a smaller value"
        except (ProviderError, DomainError, ValueError) as failure:
            note = one_line(str(failure))
    look = {"durations": durations(len(drawn)), "widest": WIDEST, "colours": COLOURS}
    return {"frames": drawn, **look, "note": note}


def answer(request: Mapping[str, Any], heard: Callable[[str], object]) -> Any:
    """Answer a request of a front end.

    Args:
        request: {"code", "shown", "seconds"} for `run`; with "animation": True for that; {} for `names`.
        heard: gets each text that a program prints as it runs.
    """
    if "code" not in request:
        return names()
    program = request["code"], request.get("shown")
    seconds = request.get("seconds", math.inf)
    if request.get("animation"):
        return animation(*program, seconds=seconds)
    return run(*program, heard=heard, seconds=seconds)


def _executed(code: str, seconds: float) -> tuple[dict[str, Value], dict[str, Any] | None]:
    """Run a program: its values by name, and its error."""
    main, before = ModuleType("__main__"), sys.modules["__main__"]
    variables: dict[str, Any] = vars(main)
    variables |= {"__file__": FILE, "input": _input}
    linecache.cache[FILE] = (len(code), None, [f"{line}\n" for line in code.split("\n")], FILE)
    error = None
    try:
        sys.modules["__main__"] = main  # where pickle looks for the program's classes
        with trace_source():
            exec(compile_observed(code, FILE, variables, seconds), variables)
    except BaseException as raised:
        if not isinstance(raised, SystemExit) or raised.code:  # exit() is an end as any other
            error = _described(raised, variables)
    finally:
        sys.modules["__main__"] = before
    return _values(variables), error


def _input(prompt: object = "") -> str:
    """What `input` is to a program: nobody can type to it."""
    raise EOFError("a program has no keyboard here: in place of input(), write the number into it, as in x = 0.5")


def _values(variables: Mapping[str, Any]) -> dict[str, Value]:
    """The program's variables that are Values: the last result that nothing else uses, then the others, last first."""
    named = {name: value for name, value in variables.items() if isinstance(value, Value) and not name.startswith("_")}
    used = {operand for node in Graph(*named.values()).computed for operand in node.operands}
    latest = [*named.items()][::-1]
    return dict(sorted(latest, key=lambda item: (item[1] in used, not item[1].operands)))


def _chosen(values: Mapping[str, Value], shown: str | None) -> str:
    """The variable that is shown: the wanted one, or the first; "" if there is none."""
    return shown if shown is not None and shown in values else next(iter(values), "")


def _page(value: Value, name: str, has_failed: bool) -> tuple[str, str, Graph | None]:
    """The page of a value's graph, a note (why there is none, or what it shows instead), and the graph."""
    if note := _undrawn(value, name):
        return "", "" if has_failed and not value.operands else note, None
    try:
        fresh = recomputed(value)
        if fresh is not value:
            value, note = fresh, f"Numbers were changed after {name} was computed: this is {name} computed again"
        made = page(value)
        return made.html, note, made.graph
    except (ProviderError, DomainError, TypeError, ValueError) as error:
        return "", one_line(str(error)), None


def _undrawn(value: Value, name: str) -> str:
    """Why a value has no picture; "" if it has one."""
    if not value.operands:
        return f"{name} is a single number: compute with it, as in y = 2 * {name}"
    if (count := len(Graph(value))) > MOST_VALUES:
        return f"{name} has {count:,} values, too many to draw here: choose a smaller one, such as one sample's loss"
    return ""


def _described(error: BaseException, variables: Mapping[str, Any]) -> dict[str, Any]:
    """The line of the program where an error was raised, and its message with a remedy where one is known."""
    if isinstance(error, SyntaxError) and error.filename == FILE:
        return {"line": error.lineno or 0, "message": f"{type(error).__name__}: {error.msg}{remedy(error, variables)}"}
    lines = [frame.lineno or 0 for frame in traceback.extract_tb(error.__traceback__) if frame.filename == FILE]
    kind = "" if isinstance(error, TimeLimit) else f"{type(error).__name__}: "
    message = f"{kind}{shorten(one_line(str(error)), 1000)}".removesuffix(": ")
    message = re.sub(r" \(\S*\.py\)$", "", message)  # where a package stands
    return {"line": lines[-1] if lines else 0, "message": message + remedy(error, variables)}


def names() -> list[dict[str, str]]:
    """The public names, and those of a value or module, for an editor's completion.

    Returns:
        For each its "label", its "kind", and the first line of its docstring, "about".

    >>> {name["label"]: name["kind"] for name in names()}["parameter"]
    'function'
    """

    def described(name: str, kind: str, one: object) -> dict[str, str]:
        return {"label": name, "kind": kind, "about": (one.__doc__ or "").partition("\n")[0]}

    public = [described(name, "class" if name[:1].isupper() else "function", one) for name, one in importable().items()]
    inside = {name: getattr(of, name) for of in (Module, Value) for name in dir(of) if not name.startswith("_")}
    return public + [described(name, "method" if callable(one) else "property", one) for name, one in inside.items()]
