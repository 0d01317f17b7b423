"""Names and expressions of values as LaTeX, as MathJax and KaTeX read it."""

import re
from typing import TYPE_CHECKING

from microgradnet._shared.text import one_line, shorten
from microgradnet.notation import typography
from microgradnet.notation.names import Namer, as_factor, in_brackets, number
from microgradnet.notation.typography import ATOM, LATEX_BRACKETS, SIGN, Formatted

if TYPE_CHECKING:
    from microgradnet.value import Value

_LOWERED, _RAISED = "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾"
_RUNS = re.compile(rf"[{_LOWERED}]+(?:,[{_LOWERED}]+)*|[{_RAISED}]+|[A-Za-z0-9.]+|.", re.DOTALL)
_PLAIN = str.maketrans(_LOWERED + _RAISED, "0123456789+-=()" * 2)
_MARKS = {"\\": r"\backslash ", "{": r"\{", "}": r"\}", "$": r"\$", "#": r"\#", "%": r"\%", "&": r"\&", "_": r"\_",
          "^": r"\wedge ", "~": r"\sim ", "<": r"\lt ", ">": r"\gt ", " ": r"\ ", "·": r" \cdot ", "×": r" \times ",
          "−": "-", "∂": r"\partial ", "'": r"{}^{\prime}"}  # fmt: skip


def latex_label(label: str) -> str:
    r"""A label as LaTeX: subscripts and superscripts as such, words upright, every other character as typed.

    >>> print(latex_label("w₁₂"), latex_label("w⁽¹⁾₁,₁₂"), latex_label("layer0.w"), latex_label("a_{b}"))
    w_{12} w^{(1)}_{1,12} \mathrm{layer0.w} a\_\{b\}
    """
    parts, since_base = [], ""
    for run in _RUNS.findall(shorten(one_line(label))):
        script = "_" if run[0] in _LOWERED else "^" if run[0] in _RAISED else ""
        if script:
            parts.append(("{}" if script in since_base else "") + f"{script}{{{run.translate(_PLAIN)}}}")
            since_base += script
        else:
            parts.append(rf"\mathrm{{{run}}}" if len(run) > 1 else _MARKS.get(run, run))
            since_base = ""
    return "".join(parts)


def latex_number(x: float, digits: int = 4) -> str:
    r"""A number in so many significant digits.

    >>> print(latex_number(-0.000012345))
    -1.234 \cdot 10^{-5}
    """
    mantissa, _, exponent = number(x, digits).replace("−", "-").partition("e")
    named = {"inf": r"\infty", "-inf": r"-\infty", "nan": r"\mathrm{NaN}"}.get(mantissa, mantissa)
    return rf"{named} \cdot 10^{{{int(exponent)}}}" if exponent else named


def latex_signed(x: float) -> Formatted:
    """A number and its precedence: a negative one has that of its sign."""
    return latex_number(x), SIGN if x < 0 else ATOM


def latex_name(value: "Value", namer: Namer) -> Formatted:
    """The name that `namer` gives to the value, as LaTeX, and its precedence."""
    name, precedence = namer.written(value)
    if value.label or name != (namer.expression(value) if value.operands else number(value.data)):  # a label, t₁, v₁
        return latex_label(name), precedence
    if not value.operands:
        return latex_signed(value.data)
    return latex_expression(value, namer), precedence


def latex_expression(value: "Value", namer: Namer) -> str:
    """The operation that computed the value, on its operands' names."""
    operands = [latex_name(operand, namer) for operand in value.operands]
    if namer.is_long(value):
        operands = typography.abridged(value.op, operands, typography.DOTS[1])
    return typography.write_latex(value.op, operands)


def latex_factor(x: float) -> str:
    """A number to stand after a dot: in brackets if it is negative."""
    return as_factor(latex_signed(x), LATEX_BRACKETS)


def latex_fraction(of: Formatted, by: Formatted) -> str:
    """∂of/∂by."""
    above, below = (in_brackets(formatted, LATEX_BRACKETS) for formatted in (of, by))
    return rf"\frac{{\partial {above}}}{{\partial {below}}}"
