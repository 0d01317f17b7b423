"""`compile_observed` compiles a program that ends at its time limit and whose values remember their names; `label`."""

import ast
import builtins
import re
import time
from collections import defaultdict
from contextlib import suppress
from functools import cache
from itertools import takewhile
from types import CodeType
from typing import Any

import microgradnet
from microgradnet.graph import Graph
from microgradnet.notation.neurons import neuron_names, subscript
from microgradnet.value import Value

STOPPED = (
    "the program was stopped after {:g} s. Does each loop end? Limit its steps, as in for step in range(1000), "
    "or choose an aim that it reaches"
)
MOST_NAMED = 200  # items of a list, which is read at each assignment
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


class TimeLimit(BaseException):
    """A program ran for too long. Neither `except Exception` nor `except KeyboardInterrupt` catches it."""


def compile_observed(code: str, file: str, variables: dict[str, Any], seconds: float) -> CodeType:
    """Compile a program: `z = …` names its value, and a loop's next turn after `seconds` raises TimeLimit.

    Args:
        code: Python.
        file: the name that errors have.
        variables: of the program; their `__builtins__` get the functions that it calls.
        seconds: from now.
    """
    end = time.monotonic() + seconds

    def check() -> None:
        if time.monotonic() > end:
            raise TimeLimit(STOPPED.format(seconds))

    variables["__builtins__"] = vars(builtins) | {_NAMED: _named, _IN_LOOP: check}
    program = ast.parse(code, file)
    _observe(program)
    return compile(program, file, "exec")


def _observe(program: ast.Module) -> None:
    """Make `z = f(x)` into `z = named(f(x), "z")`, and begin each turn of a loop by a check, except where decorated.

    A name that a function returns is not given: its caller names the value.
    """
    nodes, function_of, decorated = [*ast.walk(program)], dict[ast.AST, ast.AST](), set[ast.AST]()
    for node in nodes:  # the outer functions first
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            function_of |= dict.fromkeys(ast.walk(node), node)
        if getattr(node, "decorator_list", []):
            decorated |= {*ast.walk(node)}
    returned = defaultdict[ast.AST | None, set[str]](set)
    for node in nodes:
        if isinstance(node, ast.Return) and isinstance(node.value, ast.Name):
            returned[function_of.get(node)].add(node.value.id)
    for node in {*nodes} - decorated:
        match node:
            case (
                ast.Assign(targets=[target, *_], value=value)
                | ast.AnnAssign(target=target, value=ast.expr() as value)
                | ast.NamedExpr(target=target, value=value)
            ):
                if names := _names(target, returned[function_of.get(node)]):
                    node.value = _call(value, _NAMED, value, ast.Constant(names))
            case ast.ImportFrom(module="microgradnet", names=[ast.alias(name="*")]) if node not in function_of:
                node.names = [ast.copy_location(ast.alias(name), node) for name in importable()]
            case ast.For() | ast.While():
                node.body.insert(0, ast.copy_location(ast.Expr(_call(node, _IN_LOOP)), node))


def _names(target: ast.expr, returned: set[str]) -> Any:
    """The names of what is assigned to: "x", "w" of self.w, ("a", ("b", "c")); "" for one that is not given."""
    match target:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return "" if name in returned else name
        case ast.Tuple(elts=targets) | ast.List(elts=targets):
            before_star = takewhile(lambda one: not isinstance(one, ast.Starred), targets)
            return tuple(_names(one, returned) for one in before_star)
    return ""


def _call(place: ast.AST, function: str, *arguments: ast.expr) -> ast.expr:
    own = [ast.copy_location(one, place) for one in (ast.Name(function, ast.Load()), *arguments)]
    return ast.copy_location(ast.Call(own[0], own[1:], []), place)


def _named(held: object, names: Any, depth: int = 3) -> object:
    """What is assigned to these `_names`: a value, itself or in lists, keeps the first that it gets."""
    if isinstance(held, Value) and isinstance(names, str):
        vars(held).setdefault(_NAME, names)
    elif isinstance(held, list | tuple) and depth:
        each = (f"{names}[{i}]" for i in range(MOST_NAMED)) if isinstance(names, str) else names
        for part, name in zip(held, each, strict=False):
            if name:
                _named(part, name, depth - 1)
    return held


def label(root: Value, name: str) -> None:
    """Label the values of a graph with the names that its program gave them: `z`, `w₁` for w1, `keys[0][1]`.

    The root gets the name that is given. A value that has a label keeps it, and a `Neuron`'s their names by layer.
    """
    nodes = Graph(root).nodes
    root.label = root.label or _lettered(name)
    taken, of_neurons = {node.label for node in nodes}, neuron_names(nodes)
    for node in nodes:
        word = _lettered(vars(node).get(_NAME, ""))
        if not (node.label or node in of_neurons or word in taken or word.startswith("_")):
            node.label = word


def _lettered(name: str) -> str:
    """A name of a program as formulas write it: w₁ for w1."""
    return re.sub(r"(?<=^[a-zA-Z])\d+$", lambda digits: subscript(int(digits[0])), name)
