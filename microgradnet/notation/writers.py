"""How an expression of symbols is written: as text, LaTeX, Python or JavaScript.

A rule of the table read with symbols gives an expression; a `Notation` here writes it down. Python and JavaScript
are exact: what they compute is, operation by operation, what the rule computes.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from microgradnet.graph import walk
from microgradnet.notation.symbols import Symbol, Term
from microgradnet.ops.operation import ATOM, LATEX_BRACKETS, LOOSE, POWER, PRODUCT, SIGN, SUM, Written

_BINDING = {"+": SUM, "-": SUM, "*": PRODUCT, "/": PRODUCT, "neg": SIGN, "**": POWER,
            "<": LOOSE, ">": LOOSE, "<=": LOOSE, ">=": LOOSE}  # fmt: skip


class Notation(NamedTuple):
    """A way to write expressions.

    Attributes:
        operators: patterns of what needs parentheses around loose operands, by the symbol's head.
        functions: patterns of what brings its own brackets; a function that is not among them is name(operands).
        number: how a number is written.
        brackets: what stands around an operand that binds too loosely.
    """

    operators: Mapping[str, str]
    functions: Mapping[str, str]
    number: Callable[[float], str]
    brackets: str = "({})"

    def write(self, term: Term) -> str:
        r"""The expression in this notation.

        >>> x = Symbol("x")
        >>> TEXT.write(1.0 / (1.0 + x)), PYTHON.write(1.0 / (1.0 + x)), LATEX.write(1.0 / (1.0 + x))
        ('1 / (1 + x)', '1.0 / (1.0 + x)', '\\frac{1}{1 + x}')
        """
        return self.written(term)[0]

    def written(self, term: Term) -> Written:
        """The expression and how strongly it binds."""
        return self._write([term])[1][0]

    def write_all(self, terms: Sequence[Term], shared: str = "") -> tuple[list[str], list[str]]:
        """Several expressions; with a name for them, parts that occur more than once are defined first.

        Returns:
            The definitions, each "name = expression", in order, and the expressions.
        """
        definitions, written = self._write(terms, shared)
        return definitions, [text for text, _ in written]

    def _write(self, terms: Sequence[Term], shared: str = "") -> tuple[list[str], list[Written]]:
        symbols = [term for term in terms if isinstance(term, Symbol)]
        leaves, computed = walk(*symbols) if symbols else ([], [])
        uses = Counter(operand for symbol in computed for operand in symbol.operands) + Counter(symbols)
        written: dict[Symbol, Written] = {}
        definitions: list[str] = []
        for symbol in (*leaves, *computed):
            if not symbol.arguments:
                written[symbol] = symbol.head, ATOM
                continue
            text, binding = self._join(symbol, [self._written(term, written) for term in symbol.arguments])
            if shared and uses[symbol] > 1:
                definitions.append(f"{shared}{len(definitions)} = {text}")
                text, binding = f"{shared}{len(definitions) - 1}", ATOM
            written[symbol] = text, binding
        return definitions, [self._written(term, written) for term in terms]

    def _written(self, term: Term, written: Mapping[Symbol, Written]) -> Written:
        if isinstance(term, Symbol):
            return written[term]
        return self.number(term), SIGN if term < 0 else ATOM

    def _join(self, symbol: Symbol, operands: list[Written]) -> Written:
        if symbol.head not in self.operators:
            texts = [text for text, _ in operands]
            pattern = self.functions.get(symbol.head)
            return (pattern.format(*texts) if pattern else f"{symbol.head}({', '.join(texts)})"), ATOM
        binding, texts = _BINDING[symbol.head], []
        for position, (text, inner) in enumerate(operands):
            tight = inner > binding if position or binding > PRODUCT else inner >= binding
            if symbol.head == "**" and not position and re.search("[⁰¹²³⁴-⁹^]", text):
                tight = False  # x² or e^{x} is an ATOM that has its exponent already
            texts.append(text if tight and not (position and inner == SIGN) else self.brackets.format(text))
        return self.operators[symbol.head].format(*texts), binding


def _short(number: float) -> str:
    return f"{number:.6g}".replace("-", "−")


def _short_latex(number: float) -> str:
    mantissa, _, exponent = f"{number:.6g}".partition("e")
    return rf"{mantissa} \cdot 10^{{{int(exponent)}}}" if exponent else mantissa


def _exact(number: float) -> str:
    return repr(float(number))


_CODE = {"+": "{} + {}", "-": "{} - {}", "*": "{} * {}", "/": "{} / {}", "neg": "-{}", "**": "{} ** {}",
         "<": "{} < {}", ">": "{} > {}", "<=": "{} <= {}", ">=": "{} >= {}"}  # fmt: skip

TEXT = Notation(
    {"+": "{} + {}", "-": "{} − {}", "*": "{}·{}", "/": "{} / {}", "neg": "−{}", "**": "{}^{}",
     "<": "{} < {}", ">": "{} > {}", "<=": "{} ≤ {}", ">=": "{} ≥ {}"},
    {"sigmoid": "σ({})", "sqrt": "√({})", "abs": "|{}|", "where": "({1} if {0} else {2})",
     "minimum": "min({}, {})", "maximum": "max({}, {})"},
    _short,
)  # fmt: skip
LATEX = Notation(
    {"+": "{} + {}", "-": "{} - {}", "*": r"{} \cdot {}", "neg": "-{}", "**": "{}^{{{}}}",
     "<": "{} < {}", ">": "{} > {}", "<=": r"{} \le {}", ">=": r"{} \ge {}"},
    {"/": r"\frac{{{}}}{{{}}}", "sigmoid": r"\sigma\left({}\right)", "sqrt": r"\sqrt{{{}}}",
     "abs": r"\left|{}\right|", "exp": "e^{{{}}}", "log": r"\ln\left({}\right)",
     "where": r"\begin{{cases}} {1} & {0} \\ {2} & \text{{otherwise}} \end{{cases}}",
     **{name: rf"\{name}\left({{}}\right)" for name in ("sin", "cos", "tanh")},
     **{name: rf"\operatorname{{{{{name}}}}}\left({{}}\right)" for name in ("erf", "erfc", "sign")},
     "minimum": r"\min\left({}, {}\right)", "maximum": r"\max\left({}, {}\right)"},
    _short_latex,
    LATEX_BRACKETS,
)  # fmt: skip
PYTHON = Notation(_CODE, {"where": "({1} if {0} else {2})"}, _exact)


def _exact_javascript(number: float) -> str:
    return _exact(number).replace("inf", "Infinity").replace("nan", "NaN")


JAVASCRIPT = Notation(
    {head: pattern for head, pattern in _CODE.items() if head != "**"},  # -x ** 2 is no JavaScript
    {"**": "Math.pow({}, {})", "where": "({} ? {} : {})", "maximum": "Math.max({}, {})", "minimum": "Math.min({}, {})",
     **{name: f"Math.{name}({{}})" for name in
        ("abs", "cos", "exp", "expm1", "log", "log1p", "sign", "sin", "sqrt", "tanh")}},
    _exact_javascript,
)  # fmt: skip
