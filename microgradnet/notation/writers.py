"""How an expression of symbols is written: as text, LaTeX, Python or JavaScript.

A rule read with symbols gives an expression, which a `Notation` writes. Python and JavaScript are exact: they compute,
operation by operation, the numbers that the rule computes.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from microgradnet._shared.walks import postorder
from microgradnet.notation.latex import latex_number
from microgradnet.notation.names import number
from microgradnet.notation.symbols import Symbol, Term
from microgradnet.notation.typography import (
    ATOM,
    BRACKETS,
    LATEX_BRACKETS,
    LOOSE,
    POWER,
    PRODUCT,
    SIGN,
    SUM,
    TABLE,
    Formatted,
    Pattern,
    bracketed,
    fill,
    latex_function,
    latex_power,
    power,
)

DIGITS = 6
"""Of a number in a formula, as text and in LaTeX."""
_PRECEDENCE = {"+": SUM, "-": SUM, "*": PRODUCT, "/": PRODUCT, "neg": SIGN, "**": POWER,
            "<": LOOSE, ">": LOOSE, "<=": LOOSE, ">=": LOOSE}  # fmt: skip


class Notation(NamedTuple):
    """A way to write expressions.

    Attributes:
        operators: patterns of the operators, by the symbol's head; an operand of lower precedence stands in brackets.
        functions: patterns of the functions, and of operators with brackets of their own; any other function is
            name(operands).
        number: a function from a number to its text.
        brackets: the pattern of brackets.
    """

    operators: Mapping[str, Pattern]
    functions: Mapping[str, Pattern]
    number: Callable[[float], str]
    brackets: str = BRACKETS

    def write(self, term: Term) -> str:
        r"""The expression in this notation.

        >>> x = Symbol("x")
        >>> TEXT.write(1.0 / (1.0 + x)), PYTHON.write(1.0 / (1.0 + x)), LATEX.write(1.0 / (1.0 + x))
        ('1 / (1 + x)', '1.0 / (1.0 + x)', '\\frac{1}{1 + x}')
        """
        return self.written(term)[0]

    def written(self, term: Term) -> Formatted:
        """The expression and its precedence."""
        return self._write([term])[1][0]

    def write_all(self, terms: Sequence[Term], shared: str = "") -> tuple[list[str], list[str]]:
        """Several expressions; with a name for them, subexpressions that occur more than once are defined first.

        Returns:
            The definitions, each "name = expression", in order, and the expressions.
        """
        definitions, written = self._write(terms, shared)
        return definitions, [text for text, _ in written]

    def _write(self, terms: Sequence[Term], shared: str = "") -> tuple[list[str], list[Formatted]]:
        symbols = [term for term in terms if isinstance(term, Symbol)]
        order = postorder(symbols)
        uses = Counter(operand for symbol in order for operand in symbol.operands) + Counter(symbols)
        written: dict[Symbol, Formatted] = {}
        definitions: list[str] = []
        for symbol in order:
            if not symbol.arguments:
                written[symbol] = symbol.head, ATOM
                continue
            text, precedence = self._join(symbol, [self._written(term, written) for term in symbol.arguments])
            if shared and uses[symbol] > 1:
                definitions.append(f"{shared}{len(definitions)} = {text}")
                text, precedence = f"{shared}{len(definitions) - 1}", ATOM
            written[symbol] = text, precedence
        return definitions, [self._written(term, written) for term in terms]

    def _written(self, term: Term, written: Mapping[Symbol, Formatted]) -> Formatted:
        if isinstance(term, Symbol):
            return written[term]
        return self.number(term), SIGN if term < 0 else ATOM

    def _join(self, symbol: Symbol, operands: list[Formatted]) -> Formatted:
        if symbol.head in self.functions or symbol.head not in self.operators:
            pattern = self.functions.get(symbol.head, symbol.head + "({all})")
            return fill(pattern, [text for text, _ in operands]), ATOM
        precedence = _PRECEDENCE[symbol.head]
        return fill(self.operators[symbol.head], bracketed(operands, precedence, self.brackets)), precedence


def _exact(number: float) -> str:
    return repr(float(number))


def _exact_javascript(number: float) -> str:
    return _exact(number).replace("inf", "Infinity").replace("nan", "NaN")


_CODE = {"+": "{} + {}", "-": "{} - {}", "*": "{} * {}", "/": "{} / {}", "neg": "-{}", "**": "{} ** {}",
         "<": "{} < {}", ">": "{} > {}", "<=": "{} <= {}", ">=": "{} >= {}"}  # fmt: skip

_FUNCTIONS = {name: typography for name, typography in TABLE.items() if typography.precedence == ATOM}
TEXT = Notation(
    {**_CODE, "-": "{} − {}", "*": "{}·{}", "neg": "−{}", "**": power, "<=": "{} ≤ {}", ">=": "{} ≥ {}"},
    {name: typography.text for name, typography in _FUNCTIONS.items()} | {"where": "({1} if {0} else {2})"},
    partial(number, digits=DIGITS),
)
LATEX = Notation(
    {**_CODE, "*": r"{} \cdot {}", "**": latex_power, "<=": r"{} \le {}", ">=": r"{} \ge {}"},
    {name: typography.latex for name, typography in _FUNCTIONS.items()}
    | {name: latex_function(name) for name in ("erf", "erfc", "sign", "log1p", "expm1")}
    | {"/": r"\frac{{{}}}{{{}}}",
       "where": r"\begin{{cases}} {1} & {0} \\ {2} & \text{{otherwise}} \end{{cases}}"},
    partial(latex_number, digits=DIGITS),
    LATEX_BRACKETS,
)  # fmt: skip
PYTHON = Notation(_CODE, {"where": "({1} if {0} else {2})"}, _exact)
JAVASCRIPT = Notation(
    _CODE,
    {"**": "Math.pow({}, {})", "where": "({} ? {} : {})", "maximum": "Math.max({}, {})", "minimum": "Math.min({}, {})",
     **{name: f"Math.{name}({{}})" for name in
        ("abs", "cos", "exp", "expm1", "log", "log1p", "sign", "sin", "sqrt", "tanh")}},
    _exact_javascript,
)  # fmt: skip
