"""`compile_observed` compiles a program that ends at its time limit and whose values remember their names; `label`."""

import ast
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from types import CodeType
from typing import Any

import microgradnet
from microgradnet.graph import Graph
from microgradnet.notation.neurons import neuron_names, subscript
from microgradnet.value import Value

REMEDY = "Does each loop end? Limit its steps, as in for step in range(1000), or choose an aim that it reaches"
_NAMED, _IN_LOOP = "(named)", "(in a loop)"  # functions that a program calls, under names that it cannot have
_NAME = "_name_in_program"  # an attribute of a value


@cache
def importable() -> dict[str, Any]:
    """The public names that can be imported here, all that `import *` has: in a browser there is no NumPy."""
    found = {}
    for name in sorted(microgradnet.__all__):
        with suppress(ImportError):
            found[name] = getattr(microgradnet, name)
    return found


class TimeLimit(KeyboardInterrupt):
    """A program ran for too long. `except Exception` does not catch it."""


def compile_observed(code: str, file: str, variables: dict[str, Any], seconds: float) -> CodeType:
    """Compile a program: `z = …` names its value, and a loop's next turn after `seconds` raises TimeLimit.

    Args:
        code: Python.
        file: the name that errors have.
        variables: of the program; they get the functions that it calls.
        seconds: from now.
    """
    end = time.monotonic() + seconds

    def check() -> None:
        if time.monotonic() > end:
            raise TimeLimit(f"the program was stopped after {seconds:g} s. {REMEDY}")

    variables |= {_NAMED: _named, _IN_LOOP: check}
    return compile(ast.fix_missing_locations(_Observed().visit(ast.parse(code, file))), file, "exec")


class _Observed(ast.NodeTransformer):
    """`z = f(x)` becomes `z = named(f(x), "z")`; each loop begins a turn by a check. A decorated function stays."""

    returned: frozenset[str] = frozenset()  # what a function returns is named by its caller

    def visit(self, node: ast.AST) -> Any:
        """Rewrite assignments and loops."""
        if getattr(node, "decorator_list", None):
            return node
        before = self.returned
        if isinstance(node, ast.FunctionDef):
            returns = (one.value for one in ast.walk(node) if isinstance(one, ast.Return))
            self.returned = frozenset(value.id for value in returns if isinstance(value, ast.Name))
        self.generic_visit(node)
        self.returned = before
        match node:
            case ast.Assign(targets=[target, *_]) | ast.NamedExpr(target=target):
                targets = getattr(target, "elts", [target])
                names = [getattr(one, "id", "") or getattr(one, "attr", "") for one in targets]  # w for self.w
                if all(names) and not self.returned & {*names}:
                    node.value = _call(node.value, _NAMED, node.value, *map(ast.Constant, names))
            case ast.ImportFrom(module="microgradnet", names=[ast.alias(name="*")]):
                node.names = [ast.alias(name) for name in importable()]
            case ast.For() | ast.While():
                node.body.insert(0, ast.copy_location(ast.Expr(_call(node, _IN_LOOP)), node))
        return node


def _call(place: ast.AST, function: str, *arguments: ast.expr) -> ast.expr:
    return ast.copy_location(ast.Call(ast.Name(function, ast.Load()), [*arguments], []), place)


def _named(held: object, *names: str) -> object:
    """What is assigned to these names: a value keeps the first that it gets."""
    parts = [held] if len(names) == 1 else held
    for name, part in zip(names, parts if isinstance(parts, list | tuple) else (), strict=False):
        for word, value in _within(name, part):
            vars(value).setdefault(_NAME, word)
    return held


def _within(name: str, held: object, depth: int = 3) -> Iterator[tuple[str, Value]]:
    """The values that a variable holds, itself or in lists, with their names."""
    if isinstance(held, Value):
        yield name, held
    elif isinstance(held, list | tuple) and depth:
        for i, one in enumerate(held):
            yield from _within(f"{name}[{i}]", one, depth - 1)


def label(root: Value, name: str) -> None:
    """Label the values of a graph with the names that its program gave them: `z`, `w₁` for w1, `keys[0][1]`.

    The root gets the name that is given. A value that has a label keeps it, and a `Neuron`'s their names by layer.
    """
    nodes = Graph(root).nodes
    root.label = root.label or name
    taken, of_neurons = {node.label for node in nodes}, neuron_names(nodes)
    for node in nodes:
        word = vars(node).get(_NAME, "")
        word = re.sub(r"(?<=^[a-zA-Z])\d+$", lambda digits: subscript(int(digits[0])), word)
        if not (node.label or node in of_neurons or word in taken or word.startswith("_")):
            node.label = word
