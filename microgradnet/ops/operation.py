"""`Operation`: one row of the table, all that is known about one operation.

A row's two rules are ordinary named functions of a namespace `m` and of operands: `value(m, *operands)` and
`derivatives(m, result, *operands)`, one partial derivative an operand. Read with floats they give numbers,
with `Value`s a graph, with arrays a batch, with symbols text. They never branch on a number (`m.where` does),
so that all of these can go through them.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeAlias

from microgradnet.ops import floats

Number: TypeAlias = Any
"""What a rule computes with: a float, a `Value`, an array or a symbol."""
Space: TypeAlias = Any
"""A namespace of functions for such numbers: `ops.floats`, `functions`, `ops.symbols` or an array module."""
Written = tuple[str, int]
"""A piece of text and how strongly it binds: see `Operation.binding`."""

LOOSE, SUM, PRODUCT, SIGN, POWER, ATOM = range(6)
LATEX_BRACKETS = r"\left({}\right)"


def row_named(name: str) -> "Operation":
    """The row of that name, a leaf's among them.

    Raises:
        LookupError: there is none; a pickled graph may have an operation that was not defined here.

    >>> row_named("add")
    <Operation add>
    """
    from microgradnet import ops  # the table is made of this module's rows

    leaves = {row.name: row for row in (ops.INPUT, ops.PARAMETER, ops.CONSTANT)}
    row = {**ops.TABLE, **leaves}.get(name)
    if row is None:
        raise LookupError(f"there is no operation {name!r} here: define it with @operation first, as it was then")
    return row


def leaf_value(m: Space) -> Number:
    """A leaf is given its number from outside."""
    raise TypeError("a leaf has a number of its own; nothing computes it")


def leaf_derivatives(m: Space, y: Number) -> tuple[Number, ...]:
    """A leaf has no operands, so no derivatives."""
    return ()


class Operation:
    """One row of the table of operations. Rows are compared by identity and never change.

    Attributes:
        name: what it is called, everywhere.
        symbol: what its circle shows in a picture.
        value: the rule for the result, `value(m, *operands)`.
        derivatives: the rule for the partial derivatives, `derivatives(m, result, *operands)`.
        operands: the operands' names in formulas, in order.
        text, latex: how it is written; `{0}` is the first operand, `{all}` all of them with commas between,
            or a function from the operands' texts to the text.
        code: how a Python program writes it.
        sample: for each operand the interval (low, high) that tests draw from, well inside the domain.
        domain: where it is defined, in words or as a formula.
        constants: how many of the operands, counted from the last, are plain numbers without a derivative
            (an exponent, a slope).
        variadic: takes any number of operands; `operands` and `sample` then show one example.
        binding: how strongly the text binds, from `SUM` to `ATOM`, to know where parentheses are needed.
        operand_binding: how strongly an operand's text must bind to need none; `binding` unless said.
        scalar: the result on floats, `scalar(*operands)`: a faster or stabler form of `value` where there is one.
    """

    __slots__ = (
        "binding", "code", "constants", "derivatives", "domain", "latex", "name", "operand_binding", "operands",
        "sample", "scalar", "symbol", "text", "value", "variadic",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        symbol: str,
        value: Callable[..., Number],
        derivatives: Callable[..., tuple[Number, ...]],
        operands: tuple[str, ...],
        text: str | Callable[[Sequence[str]], str],
        latex: str | Callable[[Sequence[str]], str],
        code: str,
        *,
        sample: tuple[tuple[float, float], ...],
        domain: str = "all numbers",
        constants: int = 0,
        variadic: bool = False,
        binding: int = ATOM,
        operand_binding: int | None = None,
        scalar: Callable[..., float] | None = None,
    ) -> None:  # written out, as importing dataclasses takes longer than all of this package
        self.name = name
        self.symbol = symbol
        self.value = value
        self.derivatives = derivatives
        self.operands = operands
        self.text = text
        self.latex = latex
        self.code = code
        self.sample = sample
        self.domain = domain
        self.constants = constants
        self.variadic = variadic
        self.binding = binding
        self.operand_binding = binding if operand_binding is None else operand_binding
        self.scalar: Callable[..., float] = scalar or partial(value, floats)

    def __repr__(self) -> str:
        return f"<Operation {self.name}>"

    def __reduce__(self) -> tuple[Callable[[str], "Operation"], tuple[str]]:
        from microgradnet import ops

        if self.name in ops.TABLE and ops.TABLE[self.name] is not self:  # a copied value has the same row, no copy
            raise TypeError(
                f"{self!r} is not in the table of operations (any more), so it can't be copied: compute the values "
                "again with the one that is, or change a row with .replace()"
            )
        return row_named, (self.name,)

    def replace(self, **changes: Any) -> "Operation":
        """A new row, outside the table, that is as this one but for `changes`."""
        return Operation(**{name: getattr(self, name) for name in self.__slots__} | changes)

    @classmethod
    def of_leaf(cls, name: str) -> "Operation":
        """What stands in place of an operation in a leaf: a name for the kind of leaf, and nothing to compute."""
        return cls(name, "", leaf_value, leaf_derivatives, (), "", "", "", sample=())

    def describe(self, function: Callable[..., Number], of: str = "") -> Callable[..., Number]:
        """`function`, which applies this operation, with its name (after `of`) and its formula."""
        function.__name__, function.__qualname__ = self.name, of + self.name
        function.__doc__ = f"y = {self.write([(name, ATOM) for name in self.operands])}, for {self.domain}."
        return function

    def write(self, operands: Sequence[Written]) -> str:
        """This operation on `operands`, each a (text, binding) pair, as text with the parentheses it needs.

        >>> from microgradnet.ops import MULTIPLY
        >>> MULTIPLY.write([("a + b", SUM), ("c", ATOM)])
        '(a + b)·c'
        """
        return self._fill(self.text, self._parenthesised(operands, "({})"))

    def write_latex(self, operands: Sequence[Written]) -> str:
        r"""This operation on `operands` as LaTeX.

        >>> from microgradnet.ops import DIVIDE
        >>> DIVIDE.write_latex([("a", ATOM), ("b", ATOM)])
        '\\frac{a}{b}'
        """
        return self._fill(self.latex, self._parenthesised(operands, LATEX_BRACKETS))

    def _parenthesised(self, operands: Sequence[Written], around: str) -> list[str]:
        """The operands' texts, in parentheses where they bind too loosely to stand beside an operator."""
        if self.binding == ATOM:  # a function: its own brackets are enough
            return [text for text, _ in operands]
        needed = self.operand_binding
        texts = []
        for position, (text, binding) in enumerate(operands):
            first = position == 0 and binding == needed == self.binding < SIGN  # a − b − c, but a − (b − c)
            signed = position > 0 and binding == SIGN  # a·(−b), but −b·a
            texts.append(text if first or (binding > needed and not signed) else around.format(text))
        return texts

    @staticmethod
    def _fill(pattern: str | Callable[[Sequence[str]], str], texts: list[str]) -> str:
        return pattern(texts) if callable(pattern) else pattern.format(*texts, all=", ".join(texts))
