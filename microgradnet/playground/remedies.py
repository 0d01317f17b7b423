"""What to do about an error of a program, and about what is no error but hardly meant."""

import ast
import builtins
import re
import sys
from collections import Counter
from collections.abc import Collection

import microgradnet
from microgradnet._shared.text import closest
from microgradnet.playground.observing import importable

ELSEWHERE = "install microgradnet, and run its playground on your machine by microgradnet playground"
NO_NUMPY = f". In the browser there is no NumPy, which compile and fit need: {ELSEWHERE}"
HERE = "from microgradnet import Value, Neuron, Layer, MLP"
METHODS = ("backward", "zero_grad", "step")
PLAIN_MATH = (
    "math's functions give plain numbers, through which no gradient flows: those of microgradnet, as in from "
    "microgradnet import {}, give Values"
)


def remedy(error: BaseException, names: Collection[str]) -> str:
    """What to do about an error, to follow its message; "" where that is not known.

    Args:
        error: as a program raised it.
        names: the program's variables.
    """
    ours = microgradnet.__all__
    match error:
        case NameError(name=str(name)) if name in ours:
            return _forgotten(name)
        case NameError(name=str(name)):
            return _nearest(name, [*dir(builtins), *ours, *names])
        case AttributeError(name=str(name)):
            return _nearest(name, dir(error.obj))
        case ModuleNotFoundError(name="numpy"):
            return NO_NUMPY
        case ModuleNotFoundError(name=str(name)) if name.partition(".")[0] == "micrograd":
            return f". Here it is microgradnet: {HERE}"
        case ModuleNotFoundError(name=str(name)) if sys.platform == "emscripten":
            return f". In the browser there is no {name}: {ELSEWHERE}"
        case ImportError(name=str(module)) if found := re.match("cannot import name '(.+?)'", str(error)):
            return _nearest(found[1], dir(sys.modules.get(module)))
        case TypeError() if "operand type(s) for ^" in str(error):
            return ". A power is x ** 2"
        case SyntaxError() if "U+2212" in str(error):
            return ". It was copied from a picture: Python's minus sign is -"
        case TypeError() if str(error).startswith("compile() missing"):  # Python's own
            return _forgotten("compile")
    return ""


def _forgotten(name: str) -> str:
    return f". Did you forget: from microgradnet import {name}?" if name in importable() else NO_NUMPY


def _nearest(name: str, names: Collection[str]) -> str:
    near = closest(name, names)
    return f". Did you mean {near}?" if near else ""


def hint(code: str, values: Collection[str] = ()) -> str:
    """What a program that ran may not have meant: a method without its brackets, math on a Value; "" for nothing.

    Args:
        code: the program.
        values: the names of its Values.

    >>> hint("y.backward")
    'Line 1 does nothing: write y.backward()'
    """
    nodes = [*ast.walk(ast.parse(code))]
    bound = Counter(_bound(node) for node in nodes)
    alone = {name for name in values if bound[name] == 1}  # of others one does not know when they are Values
    for node in nodes:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Attribute) and node.value.attr in METHODS:
            return f"Line {node.lineno} does nothing: write {ast.unparse(node.value)}()"
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "micrograd":
            return f"Line {node.lineno} imports micrograd, whose values have no graph here: {HERE}"
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "plt.show":
            return f"Line {node.lineno} opens no window here: write plt.savefig('figure.png'), which makes a file"
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name("math"), attr=name), args=[operand, *_]) if (
                name in microgradnet.__all__ and not _operands(operand).isdisjoint(alone)
            ):
                return f"Line {node.lineno}: {PLAIN_MATH.format(name)}"
    return ""


def _bound(node: ast.AST) -> str:
    """The name that gets a value here; "" for none."""
    match node:
        case ast.Name(name, ast.Store()) | ast.arg(name):
            return name
    return ""


def _operands(term: ast.expr) -> set[str]:
    """The names in a term that it computes with: x and w of -w * x, none of x.data."""
    match term:
        case ast.Name(name):
            return {name}
        case ast.UnaryOp(operand=operand):
            return _operands(operand)
        case ast.BinOp(left, _, right):
            return _operands(left) | _operands(right)
    return set()
