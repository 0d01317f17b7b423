r"""How each operation is written: its symbol, its text, its LaTeX and its precedence.

A function is written as its name and its operands; `TABLE` has the operations that are written otherwise, and
`register` adds a user's own. A pattern has `{0}` for the first operand, `{1}` for the second and `{all}` for all of
them with commas between, or is a function from the operands' texts to the text.
"""

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple, TypeAlias
from weakref import WeakKeyDictionary

from microgradnet import ops
from microgradnet.ops import Operation

Formatted: TypeAlias = tuple[str, int]
"""A text and its precedence."""
Pattern: TypeAlias = str | Callable[[Sequence[str]], str]

LOOSE, SUM, PRODUCT, SIGN, POWER, ATOM = range(6)
"""Precedences: an operand of a lower one than its place needs stands in brackets."""
BRACKETS, LATEX_BRACKETS = "({})", r"\left({}\right)"
DOTS = ("…", r"\dots")
"""What stands for the operands between the first and the last of many, in text and in LaTeX."""


class Typography(NamedTuple):
    """How one operation is written.

    Attributes:
        symbol: the text in its circle in a picture.
        text, latex: its patterns.
        precedence: that of its text; an ATOM, as a function with brackets of its own, leaves its operands bare.
        operand_precedence: every operand needs brackets up to this precedence. Unless it is given, that is the
            precedence of the text, and the first operand may have the same: a − b − c.
    """

    symbol: str
    text: Pattern
    latex: Pattern
    precedence: int = ATOM
    operand_precedence: int | None = None


def latex_function(name: str, command: str = r"\operatorname{{%s}}") -> str:
    """The LaTeX pattern of a function: the command with its name, and its operands in brackets."""
    return command % name.replace("_", r"\_") + r"\left({all}\right)"


def function(name: str, symbol: str = "", text: Pattern = "", latex: Pattern = "") -> Typography:
    r"""The typography of a function: the patterns that are not given follow from its name.

    >>> function("my_step")
    Typography(symbol='my step', text='my_step({all})', latex='\\operatorname{{my\\_step}}\\left({all}\\right)',...)
    """
    return Typography(symbol or name.replace("_", " "), text or name + "({all})", latex or latex_function(name))


def _raised(base: str, brackets: str = BRACKETS) -> str:
    """A base ready for an exponent: in brackets if it has one already, as x² or e^{x}, or is a power of ten."""
    return brackets.format(base) if re.search("[⁰¹²³⁴-⁹⁻⁽⁾^]", base) and base[-1] != ")" else base


def power(texts: Sequence[str], base: int = 0) -> str:
    """base^exponent."""
    return f"{_raised(texts[base])}^{texts[1 - base]}"


def latex_power(texts: Sequence[str], base: int = 0) -> str:
    """base^{exponent}."""
    return rf"{_raised(texts[base], LATEX_BRACKETS)}^{{{texts[1 - base]}}}"


def _superscript(texts: Sequence[str]) -> str:
    """x² for an integer exponent, x^0.5 for any other."""
    digits = texts[1].strip("()").replace("−", "-")
    if digits.removeprefix("-").isdecimal():
        return _raised(texts[0]) + digits.translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return power(texts)


def _weighted_sum(texts: Sequence[str], times: str = "·") -> str:
    """w₁·x₁ + w₂·x₂ + … + b."""
    n = len(texts) // 2
    products = [w if w == x in DOTS else f"{w}{times}{x}" for w, x in zip(texts[:n], texts[n:], strict=False)]
    return " + ".join([*products, *texts[2 * n :]])


TABLE = {
    "add": Typography("+", "{0} + {1}", "{0} + {1}", SUM),
    "subtract": Typography("−", "{0} − {1}", "{0} - {1}", SUM),
    "multiply": Typography("×", "{0}·{1}", r"{0} \cdot {1}", PRODUCT),
    "divide": Typography("÷", "{0} / {1}", r"\frac{{{0}}}{{{1}}}", PRODUCT),
    "negate": Typography("−", "−{0}", "-{0}", SIGN),
    "power": Typography("xᶜ", _superscript, latex_power, POWER),
    "general_power": Typography("aᵇ", power, latex_power, POWER),
    "exponential": Typography("cˣ", partial(power, base=1), partial(latex_power, base=1), POWER),
    "total": Typography("Σ", " + ".join, " + ".join, SUM),
    "weighted_sum": Typography("Σwx", _weighted_sum, partial(_weighted_sum, times=r" \cdot "), SUM, SUM),
    "exp": function("exp", latex="e^{{{0}}}"),
    "log": function("log", latex=latex_function("ln", r"\%s")),
    "sqrt": function("sqrt", "√", "√({0})", r"\sqrt{{{0}}}"),
    "abs": function("abs", "|x|", "|{0}|", r"\left|{0}\right|"),
    "minimum": function("min", latex=latex_function("min", r"\%s")),
    "maximum": function("max", latex=latex_function("max", r"\%s")),
    "logsumexp": function("logsumexp", "lse"),
    "sigmoid": function("sigmoid", "σ", "σ({0})", latex_function("sigma", r"\%s")),
    "gelu_tanh": function("gelu_tanh", latex=latex_function("gelu", r"\operatorname{{%s}}_{{\tanh}}")),
    **{name: function(name, latex=latex_function(name, r"\%s")) for name in ("sin", "cos", "tanh")},
}
"""The typography of the built-in operations, by name; the others are plain functions."""

_own: WeakKeyDictionary[Operation, Typography] = WeakKeyDictionary()  # a graph keeps the operation it was made with


def register(operation: Operation, symbol: str = "", text: str = "", latex: str = "") -> None:
    """Set how a user's own operation is written; the defaults are those of a function of its name.

    Raises:
        ValueError: a pattern that can't be filled in.
    """
    precedence = _precedence(text) if text else ATOM
    _own[operation] = function(operation.name, symbol, text, latex)._replace(
        precedence=precedence, operand_precedence=POWER
    )
    operands = [(name, ATOM) for name in operation.operands]
    for what, written, pattern in (("text", write, text), ("latex", write_latex, latex)):
        try:
            written(operation, operands)
        except (LookupError, ValueError, AttributeError) as error:
            raise ValueError(
                f"{what} of operation {operation.name!r} has {{0}} for its first operand, up to "
                f"{{{len(operands) - 1}}}, or {{all}}; any other brace is doubled; got {pattern!r} ({error})"
            ) from None


def _precedence(text: str) -> int:
    """That of a pattern: f({0}) is an atom, {0}³ takes brackets around a sum, {0} ⊕ {1} stands in brackets."""
    outside, depth = "", 0
    for letter in text:
        depth += (letter in "([⌊⌈") - (letter in ")]⌋⌉")
        outside += letter if depth == 0 else ""
    if any(letter in " +-−*·×/÷<>=" for letter in outside):
        return LOOSE
    return POWER if "{" in outside else ATOM


def _of(operation: Operation) -> Typography:
    if not operation.operands and not operation.variadic:  # that of a leaf, which no operation computed
        return Typography("", "", "")
    original = ops.TABLE.get(operation.name, operation)  # an altered copy is written as its original
    return _own.get(operation) or _own.get(original) or TABLE.get(operation.name) or function(operation.name)


def symbol_of(operation: Operation) -> str:
    """The text in its circle in a picture.

    >>> from microgradnet.ops import TABLE
    >>> symbol_of(TABLE["weighted_sum"]), symbol_of(TABLE["relu"])
    ('Σwx', 'relu')
    """
    return _of(operation).symbol


def precedence_of(operation: Operation) -> int:
    """The precedence of its text, from LOOSE to ATOM."""
    return _of(operation).precedence


def write(operation: Operation, operands: Sequence[Formatted]) -> str:
    """The operation on `operands` as text, with the brackets they need.

    >>> from microgradnet.ops import TABLE
    >>> write(TABLE["multiply"], [("a + b", SUM), ("c", ATOM)])
    '(a + b)·c'
    """
    row = _of(operation)
    return fill(row.text, bracketed(operands, row.precedence, BRACKETS, row.operand_precedence))


def write_latex(operation: Operation, operands: Sequence[Formatted]) -> str:
    r"""The operation on `operands` as LaTeX.

    >>> from microgradnet.ops import TABLE
    >>> write_latex(TABLE["divide"], [("a", ATOM), ("b", ATOM)])
    '\\frac{a}{b}'
    """
    row = _of(operation)
    return fill(row.latex, bracketed(operands, row.precedence, LATEX_BRACKETS, row.operand_precedence))


def abridged(operation: Operation, operands: Sequence[Formatted], dots: str = DOTS[0]) -> list[Formatted]:
    """The first and the last of many operands, with dots between them; of a weighted sum, of both its halves.

    >>> from microgradnet.ops import TABLE
    >>> write(TABLE["total"], abridged(TABLE["total"], [("a", ATOM), ("b", ATOM), ("c", ATOM), ("d", ATOM)]))
    'a + … + d'
    """
    n = len(operands) // 2 if operation.name == "weighted_sum" else len(operands)
    parts = [operands[:n], operands[n : 2 * n]] if n < len(operands) else [operands]
    return [*(one for part in parts for one in (part[0], (dots, ATOM), part[-1])), *operands[2 * n :]]


def bracketed(
    operands: Sequence[Formatted], precedence: int, brackets: str = BRACKETS, operand_precedence: int | None = None
) -> list[str]:
    """The operands' texts, in brackets where their precedence is too low to stand beside an operator.

    >>> bracketed([("a - b", SUM), ("c - d", SUM)], SUM)
    ['a - b', '(c - d)']
    """
    if precedence == ATOM:  # a function: its own brackets are enough
        return [text for text, _ in operands]
    first_may_equal = operand_precedence is None and precedence < SIGN  # a − b − c, but a − (b − c)
    needed = precedence if operand_precedence is None else operand_precedence
    texts = []
    for position, (text, inner) in enumerate(operands):
        first = position == 0 and first_may_equal and inner == precedence
        signed = position > 0 and (inner == SIGN or text[0] in "−-")  # a·(−b) and a − (−1·b), but −b·a
        texts.append(text if first or (inner > needed and not signed) else brackets.format(text))
    return texts


def fill(pattern: Pattern, texts: Sequence[str]) -> str:
    """The pattern with the operands' texts in it.

    >>> fill("min({all})", ["a", "b"])
    'min(a, b)'
    """
    return pattern(texts) if callable(pattern) else pattern.format(*texts, all=", ".join(texts))
