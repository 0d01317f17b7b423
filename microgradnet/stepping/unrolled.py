"""The backward pass of one graph, written out as a Python program: a line for each application of the chain rule.

`unroll` writes it, `backward_unrolled` runs it from a real file, so that any debugger steps through it line by line.
"""

import keyword
import linecache
import math
import os
import re
import sys
import tempfile
import unicodedata
from bdb import Bdb
from collections import Counter
from collections.abc import Callable, Mapping
from functools import cache, partial
from itertools import groupby
from pathlib import Path
from typing import SupportsFloat

from microgradnet._shared.files import write_atomically
from microgradnet._shared.text import shorten
from microgradnet.backward import SavedGradients, checked_graph, initialise_gradients, refuse_stale
from microgradnet.graph import Graph
from microgradnet.notation import typography
from microgradnet.notation.names import as_factor, number, signed
from microgradnet.notation.typography import ATOM, PRODUCT, SIGN, Formatted
from microgradnet.notation.writers import PYTHON
from microgradnet.ops import CONSTANT, floats
from microgradnet.ops.floats import as_float
from microgradnet.recording import unobserved
from microgradnet.stepping.applications import Application, backward_applications
from microgradnet.stepping.steps import derivatives
from microgradnet.value import Value

FUNCTIONS = {name: getattr(floats, name) for name in floats.__all__} | {"inf": math.inf, "nan": math.nan}
COMMENTS_FROM = 50  # the column that the comments begin in, unless a line is longer


def unroll(root: Value, grad: SupportsFloat = 1.0) -> str:
    """The backward pass from `root` as a Python program, one line for each application of the chain rule.

    Names come from labels (w₁ is `w1`); the numbers stand beside each line. What is passed to a constant, as the 2
    in 2·x, is left out. No gradient in the graph is changed.

    Args:
        root: the result, as a loss.
        grad: what the root's gradient starts at.

    Raises:
        StaleGraphError, DomainError: as `Value.backward`.

    >>> x, w = Value(3.0, "x"), Value(2.0, "w"); y = w * x; y.label = "y"
    >>> print(unroll(y))
    # Backward propagation from y to w and x, one application of the chain rule a line.
    # Before the first line y.grad is 1 and the gradient of every other result 0; those of w and x add up.
    <BLANKLINE>
    # y = w·x = 6
    w.grad += y.grad * x.data                         # 1 × 3 = 3
    x.grad += y.grad * w.data                         # 1 × 2 = 2
    """
    return _program(root, as_float(grad), identifiers(root))


def backward_unrolled(root: Value, path: str | os.PathLike[str] | None = None, grad: SupportsFloat = 1.0) -> Path:
    """`root.backward(grad)`, by writing `unroll(root)` to a file and running that: gradients equal to the bit.

    Step into this call with a debugger, or set a breakpoint in the file: each line is one application of the chain
    rule, and the values are its variables.

    Args:
        root: the result, as a loss.
        path: the file, which is replaced; left out, one that is removed when Python ends.
        grad: what the root's gradient starts at.

    Returns:
        The path of the file.

    Raises:
        StaleGraphError, DomainError, OSError: and nothing is changed.

    >>> a = Value(3.0, "a"); y = a * a
    >>> file = backward_unrolled(y); a.grad
    6.0
    """
    go_on_stepping = _pause_debugger()  # it would step through the writing
    try:
        seed, names = as_float(grad), identifiers(root)
        program = _program(root, seed, names)
        file = Path(path) if path is not None else Path(_folder().name, f"backward_{names[root]}.py")
        written = write_atomically(file, program + "\n")
        linecache.checkcache(os.fspath(written))  # else a debugger shows the lines of an earlier pass
        code = compile(program, os.fspath(written), "exec")
        namespace = FUNCTIONS | {name: node for node, name in names.items()}
        graph = checked_graph(root, "backward", seed)
        saved = SavedGradients(graph.nodes)
        with saved, saved:
            initialise_gradients(graph, seed)
            go_on_stepping()
            exec(code, namespace)  # Step Into goes from here to the first line of the pass
    except BaseException:
        go_on_stepping()
        raise
    return written


def _pause_debugger() -> Callable[[], object]:
    """Let pdb, IPython's debugger and debugpy pass over what follows; what is returned ends that."""
    tracer = sys.gettrace()
    if isinstance(getattr(tracer, "__self__", None), Bdb):
        sys.settrace(None)
        return partial(sys.settrace, tracer)
    debugpy = sys.modules.get("debugpy")
    if debugpy is not None and debugpy.is_client_connected():
        debugpy.trace_this_thread(False)
        return partial(debugpy.trace_this_thread, True)
    return tuple


def _program(root: Value, seed: float, names: Mapping[Value, str]) -> str:
    given = [names[node] for node in names if not node.operands and node.op is not CONSTANT]
    leaves = shorten(" and ".join(filter(None, [", ".join(given[:-1]), *given[-1:]])), 60)
    lines = [
        f"# Backward propagation from {names[root]} to {leaves}, one application of the chain rule a line.",
        f"# Before the first line {names[root]}.grad is {number(seed)} and the gradient of every other result 0; "
        f"those of {leaves} add up.",
    ]
    saved = SavedGradients(list(names))
    with unobserved(), saved, saved:
        steps = [*backward_applications(root, seed)]
        saved.restore()
    steps = [step for step in steps if step.operand.op is not CONSTANT]
    for node, applications in groupby(steps, key=lambda step: step.node):
        written = [signed(o.data) if o.op is CONSTANT else (names[o], ATOM) for o in node.operands]
        lines += ["", f"# {names[node]} = {shorten(typography.write(node.op, written), 80)} = {number(node.data)}"]
        formulas = derivatives(node, PYTHON, [_code(value, names) for value in (node, *node.operands)])
        lines += [_line(step, formulas(step.position), names) for step in applications]
    return "\n".join(lines)


def _line(step: Application, formula: Formatted, names: Mapping[Value, str]) -> str:
    text, precedence = formula if formula[0] else (repr(step.local_derivative), SIGN)
    if precedence <= PRODUCT or precedence == SIGN:
        text = f"({text})"
    code = f"{names[step.operand]}.grad += {names[step.node]}.grad * {text}"
    upstream, factor = (as_factor(signed(x)) for x in (step.upstream, step.local_derivative))
    return f"{code.ljust(COMMENTS_FROM - 1)} # {upstream} × {factor} = {number(step.contribution)}"


def _code(value: Value, names: Mapping[Value, str]) -> Formatted:
    """A value in the program: `x.data`, or the number that a constant is."""
    if value.op is CONSTANT:
        return repr(value.data), SIGN if value.data < 0 else ATOM
    return f"{names[value]}.data", ATOM


def identifiers(root: Value) -> dict[Value, str]:
    """A Python name for each value: its label as far as that can be one (w₁ is w1), else v1 or t1; no two the same.

    >>> x = Value(1.0, "x₁"); y = x + Value(2.0, "class"); list(identifiers(y).values())
    ['x1', 'class_', 't1']
    """
    if not isinstance(root, Value):
        raise TypeError(f"a pass starts from a Value, the result of a computation, got {root!r}")
    graph = Graph(root)
    refuse_stale(graph)
    taken, counts, names = set(FUNCTIONS), Counter[str](), dict[Value, str]()
    for node in sorted(graph.nodes, key=lambda node: not node.label):  # labels choose first
        word = _identifier(node.label)
        base = f"{word}_" if word else "t" if node.operands else "v"
        name = word
        while not name or name in taken:
            counts[base] += 1
            name = f"{base}{counts[base] + bool(word)}"
        taken.add(name)
        names[node] = name
    return {node: names[node] for node in graph.nodes}


def _identifier(label: str) -> str:
    """The label as far as it can be a name in Python; "" if nothing of it can."""
    letters = unicodedata.normalize("NFKC", label)[:40]
    word = re.sub("_+", "_", "".join(letter if f"a{letter}".isidentifier() else "_" for letter in letters)).strip("_")
    if word and not word.isidentifier():
        word = f"_{word}"
    return f"{word}_" if keyword.iskeyword(word) or word in FUNCTIONS else word


@cache
def _folder() -> "tempfile.TemporaryDirectory[str]":
    """A directory for this process, removed when it ends."""
    return tempfile.TemporaryDirectory(prefix="microgradnet-")
