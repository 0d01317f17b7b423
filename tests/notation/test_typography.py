"""How every operation is written: by a table of names, a user's own by the operation itself."""

import gc
import weakref
from typing import Any

import pytest

from microgradnet import operation
from microgradnet.notation import typography
from microgradnet.notation.typography import ATOM, LOOSE, POWER, PRODUCT, SIGN, SUM
from microgradnet.notation.typography import function as of_function
from microgradnet.ops import BUILT_IN, CONSTANT, INPUT, PARAMETER, TABLE

TEXTS = [("a + b", SUM), ("−2", SIGN), ("x", ATOM), ("c·d", PRODUCT), ("y²", POWER)]
LATEX = [("a + b", SUM), ("-2", SIGN), ("x", ATOM), (r"c \cdot d", PRODUCT), ("y^{2}", POWER)]

WRITTEN = [
    # operation, symbol, and on TEXTS and LATEX (the first as many as it takes; of any number 3, for weights 5)
    ("add", "+", "a + b + (−2)", r"a + b + \left(-2\right)"),
    ("subtract", "−", "a + b − (−2)", r"a + b - \left(-2\right)"),
    ("multiply", "×", "(a + b)·(−2)", r"\left(a + b\right) \cdot \left(-2\right)"),
    ("divide", "÷", "(a + b) / (−2)", r"\frac{\left(a + b\right)}{\left(-2\right)}"),
    ("negate", "−", "−(a + b)", r"-\left(a + b\right)"),
    ("power", "xᶜ", "(a + b)⁻²", r"\left(a + b\right)^{\left(-2\right)}"),
    ("general_power", "aᵇ", "(a + b)^(−2)", r"\left(a + b\right)^{\left(-2\right)}"),
    ("exponential", "cˣ", "(−2)^(a + b)", r"\left(-2\right)^{\left(a + b\right)}"),
    ("total", "Σ", "a + b + (−2) + x", r"a + b + \left(-2\right) + x"),
    (
        "weighted_sum",
        "Σwx",
        "(a + b)·x + (−2)·c·d + y²",
        r"\left(a + b\right) \cdot x + \left(-2\right) \cdot c \cdot d + y^{2}",
    ),
    ("exp", "exp", "exp(a + b)", r"e^{a + b}"),
    ("log", "log", "log(a + b)", r"\ln\left(a + b\right)"),
    ("sqrt", "√", "√(a + b)", r"\sqrt{a + b}"),
    ("sin", "sin", "sin(a + b)", r"\sin\left(a + b\right)"),
    ("cos", "cos", "cos(a + b)", r"\cos\left(a + b\right)"),
    ("tanh", "tanh", "tanh(a + b)", r"\tanh\left(a + b\right)"),
    ("abs", "|x|", "|a + b|", r"\left|a + b\right|"),
    ("minimum", "min", "min(a + b, −2)", r"\min\left(a + b, -2\right)"),
    ("maximum", "max", "max(a + b, −2)", r"\max\left(a + b, -2\right)"),
    ("logsumexp", "lse", "logsumexp(a + b, −2, x)", r"\operatorname{logsumexp}\left(a + b, -2, x\right)"),
    ("sigmoid", "σ", "σ(a + b)", r"\sigma\left(a + b\right)"),
    ("gelu_tanh", "gelu tanh", "gelu_tanh(a + b)", r"\operatorname{gelu}_{\tanh}\left(a + b\right)"),
]  # fmt: skip


def test_every_operation_with_a_typography_of_its_own_is_here() -> None:
    """Any other is a plain function: nothing is to be written of it, here or there."""
    names = {name for name, *_ in WRITTEN}
    assert names <= typography.TABLE.keys() <= BUILT_IN
    missing = typography.TABLE.keys() - names
    assert not missing, f"add {missing} to WRITTEN in tests/notation/test_typography.py: symbol, text and LaTeX in full"


@pytest.mark.parametrize("name", sorted(BUILT_IN - typography.TABLE.keys()))
def test_any_other_is_written_as_a_function_of_its_name(name: str) -> None:
    operands = [(letter, SUM) for letter in "abcde"[: len(TABLE[name].operands)]]
    listed = ", ".join(letter for letter, _ in operands)
    assert typography.symbol_of(TABLE[name]) == name.replace("_", " ")
    assert typography.write(TABLE[name], operands) == f"{name}({listed})"
    command = name.replace("_", r"\_")
    assert typography.write_latex(TABLE[name], operands) == rf"\operatorname{{{command}}}\left({listed}\right)"


@pytest.mark.parametrize(("name", "symbol", "text", "latex"), WRITTEN)
def test_each_is_written_with_the_brackets_it_needs(name: str, symbol: str, text: str, latex: str) -> None:
    op = TABLE[name]
    count = (5 if name == "weighted_sum" else 3) if op.variadic else len(op.operands)
    assert typography.symbol_of(op) == symbol
    assert typography.write(op, TEXTS[:count]) == text
    assert typography.write_latex(op, LATEX[:count]) == latex


@pytest.mark.parametrize(
    ("name", "operands", "text"),
    [("subtract", [("a − b", SUM), ("c − d", SUM)], "a − b − (c − d)"),
     ("multiply", [("−b", SIGN), ("−a", SIGN)], "−b·(−a)"),
     ("divide", [("a / b", PRODUCT), ("c·d", PRODUCT)], "a / b / (c·d)"),
     ("negate", [("a + b", SUM)], "−(a + b)"),
     ("power", [("x²", ATOM), ("3", ATOM)], "(x²)³"), ("power", [("x", ATOM), ("−2", SIGN)], "x⁻²"),
     ("power", [("x", ATOM), ("0.5", ATOM)], "x^0.5"), ("exponential", [("a + b", SUM), ("2", ATOM)], "2^(a + b)"),
     ("total", [("a", ATOM), ("b + c", SUM)], "a + (b + c)"), ("exp", [("a + b", SUM)], "exp(a + b)")],
)  # fmt: skip
def test_brackets(name: str, operands: list[typography.Formatted], text: str) -> None:
    assert typography.write(TABLE[name], operands) == text


def cube(m: Any, x: Any) -> Any:
    return x**3


def cube_derivatives(m: Any, y: Any, x: Any) -> Any:
    return (3 * x**2,)


def wrong_derivatives(m: Any, y: Any, x: Any) -> Any:
    return (x**2,)


def test_an_operation_defined_anew_leaves_the_old_as_it_was_written() -> None:
    old = operation(derivatives=cube_derivatives, symbol="x³", text="{0}³", latex="{0}^{{3}}")(cube)
    new = operation(derivatives=cube_derivatives)(cube)
    for op, written in ((old, ("x³", "(a + b)³", r"\left(a + b\right)^{3}", POWER)),
                        (new, ("cube", "cube(a + b)", r"\operatorname{cube}\left(a + b\right)", ATOM))):  # fmt: skip
        operands = [("a + b", SUM)]
        found = typography.write(op, operands), typography.write_latex(op, operands)
        assert (typography.symbol_of(op), *found, typography.precedence_of(op)) == written
    assert typography.write(new.replace(derivatives=wrong_derivatives), [("x", ATOM)]) == "cube(x)"


def test_a_leaf_has_no_expression() -> None:
    for op in (INPUT, PARAMETER, CONSTANT):
        assert (typography.symbol_of(op), typography.write(op, []), typography.write_latex(op, [])) == ("", "", "")


def test_an_altered_copy_is_written_as_its_original() -> None:
    row = operation(derivatives=cube_derivatives, text="{0}³")(cube)
    assert typography.write(row.replace(derivatives=wrong_derivatives), [("x", ATOM)]) == "x³"


def test_an_operation_that_is_no_longer_used_is_not_kept() -> None:
    alive = weakref.ref(operation(derivatives=cube_derivatives, text="{0}³")(cube))
    del TABLE["cube"]
    gc.collect()
    assert alive() is None


@pytest.mark.parametrize(
    ("text", "precedence"),
    [("f({0}, {1})", ATOM), ("|{0}|", POWER), ("⌊{0} + {1}⌋", ATOM), ("{0}³", POWER), ("{0} ⊕ {1}", LOOSE)],
)
def test_the_precedence_follows_from_the_text(text: str, precedence: int) -> None:
    op = TABLE["maximum"].replace(name="own")
    typography.register(op, text=text)
    assert typography.precedence_of(op) == precedence


def test_a_name_of_several_words_is_one_function() -> None:
    written = of_function("my_step")
    assert written[:3] == ("my step", "my_step({all})", r"\operatorname{{my\_step}}\left({all}\right)")
