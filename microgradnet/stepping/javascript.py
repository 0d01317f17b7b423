"""The rules of operations as JavaScript functions, for the page, which computes without Python.

A rule applied to symbols gives an expression, and the expression is written in JavaScript: the mathematics is defined
by the operation alone. Functions that JavaScript lacks (erf, erfc) are in `assets/engine.js`.
"""

import json
from collections.abc import Iterable, Sequence

from microgradnet import ops
from microgradnet.notation.symbols import Symbol, Symbols, Term
from microgradnet.notation.writers import JAVASCRIPT
from microgradnet.ops import Operation
from microgradnet.value import Value


class Functions:
    """JavaScript functions for the operations of a graph, each once.

    An operation gives one function for each number of operands and each setting of its constants.

    >>> x = Value(3.0); functions = Functions([x * x])
    >>> functions.index(x * x), functions.index(x)
    (0, -1)
    >>> print(functions.source.splitlines()[-2].replace('code: "a * b", domain: "all numbers"', "…"))
    {name: "multiply", …, value: (x0, x1) => x0 * x1, derivatives: (y, x0, x1) => [x1, x0]},
    """

    def __init__(self, computed: Iterable[Value]) -> None:
        self._numbers: dict[tuple[object, ...], int] = {}
        self._operations: list[str] = []
        for node in computed:
            key = _key(node)
            if node.operands and key not in self._numbers:
                self._numbers[key] = len(self._operations)
                self._operations.append(_operation(node.op, len(node.operands), _constants(node)))

    def index(self, node: Value) -> int:
        """The position of the function that computes the node; -1 for a leaf."""
        return self._numbers[_key(node)] if node.operands else -1

    @property
    def source(self) -> str:
        """The program text that defines `sigmoid` and the list `OPERATIONS`."""
        operations = "".join(text + ",\n" for text in self._operations)
        sigmoid = function_of(["x0"], [ops.sigmoid.value(Symbols(), Symbol("x0"))])
        return f"const sigmoid = {sigmoid};\nconst OPERATIONS = [\n{operations}];"


def _key(node: Value) -> tuple[object, ...]:
    return node.op, len(node.operands), _constants(node)


def _constants(node: Value) -> tuple[float, ...]:
    return tuple(operand.data for operand in node.operands[len(node.operands) - node.op.constants :])


def _operation(op: Operation, count: int, constants: Sequence[float]) -> str:
    """One operation of `count` operands, the last of which are these constants."""
    names = [f"x{i}" for i in range(count)]
    operands: list[Term] = [*map(Symbol, names[: count - len(constants)]), *constants]
    value = function_of(names, [op.value(Symbols(), *operands)])
    derivatives = op.derivatives(Symbols(), Symbol("y"), *operands)
    about = ", ".join(
        f"{key}: {_text(text)}" for key, text in (("name", op.name), ("code", op.code), ("domain", op.domain))
    )
    return f"{{{about}, value: {value}, derivatives: {function_of(['y', *names], derivatives, as_list=True)}}}"


def function_of(names: Sequence[str], terms: Sequence[Term], as_list: bool = False) -> str:
    """A JavaScript function of these names: a term, or a list of terms."""
    definitions, results = JAVASCRIPT.write_all(terms, shared="t")
    result = f"[{', '.join(results)}]" if as_list else results[0]
    head = f"({', '.join(names)}) => "
    if not definitions:
        return head + result
    return f"{head}{{ {' '.join(f'const {definition};' for definition in definitions)} return {result}; }}"


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("<", r"\u003c")
