"""Notations: what Python and JavaScript compute is what the rule computes, to the bit; text and LaTeX read the same.

JavaScript and LaTeX are read by small parsers that stand here and follow those languages' rules, not ours.
"""

import math
import operator
import re
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microgradnet import MLP, Value, total, weighted_sum
from microgradnet.chain_rule import local_derivatives
from microgradnet.graph import Graph, topological_order
from microgradnet.notation.latex import latex_expression, latex_name, latex_number
from microgradnet.notation.names import Namer
from microgradnet.notation.symbols import Symbol, Symbols
from microgradnet.notation.typography import ATOM, SIGN, Formatted
from microgradnet.notation.writers import JAVASCRIPT, LATEX, PYTHON, TEXT, Notation
from microgradnet.ops import Operation, floats
from microgradnet.stepping.steps import derivative
from tests.engine.test_ops_readings import combined, evaluate, python_of
from tests.stepping.test_steps import at_a_point, bits
from tests.strategies import differentiable, each_row, points, some_points

NUMBERS = ({"a": 0.75, "b": -1.25}, {"a": -2.5, "b": 0.5})
terms = st.recursive(st.sampled_from([Symbol("a"), Symbol("b")]), combined, max_leaves=8)


class Reader:
    """A recursive-descent reader of an expression: the number it has, given what names stand for."""

    token = ""

    def __init__(self, text: str, names: dict[str, float]) -> None:
        self.tokens: list[str] = re.findall(self.token, text)
        assert "".join(self.tokens) == re.sub(r"\s+", "", text), text
        self.names = names

    def read(self) -> float:
        number = self.sum()
        assert not self.tokens, f"left over: {self.tokens}"
        return number

    def take(self, *expected: str) -> str | None:
        if self.tokens and (self.tokens[0] in expected or not expected):
            return self.tokens.pop(0)
        return None

    def need(self, *expected: str) -> None:
        assert self.take(*expected), (expected, self.tokens)

    def chain(self, operand: Callable[[], float], operators: dict[str, Callable[[float, float], Any]]) -> float:
        """Operands joined by operators of one strength, from the left."""
        left = operand()
        while operator := self.take(*operators):
            left = operators[operator](left, operand())
        return left

    def sum(self) -> float:
        return self.chain(self.product, {"+": lambda x, y: x + y, "-": lambda x, y: x - y})

    def product(self) -> float:
        raise NotImplementedError


class JavaScript(Reader):
    """JavaScript's expressions: `-x ** y` is an error there, and comparisons and ?: bind loosely."""

    token = r"[A-Za-z_][\w.]*|[\d.]+(?:e[+-]?\d+)?|\*\*|<=|>=|[-+*/()<>?:,]"

    def read(self) -> float:
        number = self.choice()
        assert not self.tokens, f"left over: {self.tokens}"
        return number

    def choice(self) -> float:
        condition = self.comparison()
        if not self.take("?"):
            return condition
        yes = self.choice()
        self.need(":")
        no = self.choice()
        return yes if condition else no

    def comparison(self) -> float:
        compare = {
            "<": lambda x, y: x < y,
            ">": lambda x, y: x > y,
            "<=": lambda x, y: x <= y,
            ">=": lambda x, y: x >= y,
        }
        return self.chain(self.sum, compare)

    def product(self) -> float:
        return self.chain(self.unary, {"*": lambda x, y: x * y, "/": lambda x, y: x / y})

    def unary(self) -> float:
        if self.take("-"):
            assert "**" not in self.tokens[1:2], "a SyntaxError in JavaScript"
            return -self.unary()
        base = self.atom()
        return float(base ** self.unary()) if self.take("**") else base

    def atom(self) -> float:
        token = self.take()
        assert token is not None
        if token == "(":
            number = self.choice()
            self.need(")")
            return number
        if token[0].isdigit():
            return float(token)
        if not self.take("("):
            return self.names[token]
        arguments = [self.choice()]
        while self.take(","):
            arguments.append(self.choice())
        self.need(")")
        name = {"Math.max": "maximum", "Math.min": "minimum", "Math.pow": "pow"}.get(token, token.removeprefix("Math."))
        number = arguments[0] ** arguments[1] if name == "pow" else getattr(floats, name)(*arguments)
        assert isinstance(number, float)
        return number


class Latex(Reader):
    """The LaTeX of formulas: fractions, powers, functions, cases."""

    token = (
        r"\\operatorname\{\w+\}|\\begin\{cases\}|\\end\{cases\}|\\text\{\w+\}"
        r"|\\[A-Za-z]+|\\\\|[A-Za-z]|[\d.]+|[-+{}()|^&<>,]"
    )

    def product(self) -> float:
        return self.chain(self.signed, {r"\cdot": lambda x, y: x * y})

    def signed(self) -> float:
        return -self.signed() if self.take("-") else self.power()

    def power(self) -> float:
        base = self.atom()
        if self.take("^"):
            base = base ** self.braces()
            assert self.tokens[:1] != ["^"], "a double superscript is an error in TeX"
        return base

    def braces(self) -> float:
        self.need("{")
        number = self.sum()
        self.need("}")
        return number

    def within(self, left: str, right: str) -> list[float]:
        self.need(r"\left")
        self.need(left)
        numbers = [self.sum()]
        while self.take(","):
            numbers.append(self.sum())
        self.need(r"\right")
        self.need(right)
        return numbers

    def cases(self) -> float:
        yes = self.sum()
        self.need("&")
        left = self.sum()
        compare = self.take("<", ">", r"\le", r"\ge")
        right = self.sum()
        holds = {"<": left < right, ">": left > right, r"\le": left <= right, r"\ge": left >= right}[str(compare)]
        self.need("\\\\")
        no = self.sum()
        self.need("&")
        self.need(r"\text{otherwise}")
        self.need(r"\end{cases}")
        return yes if holds else no

    def atom(self) -> float:
        if self.tokens[0] == r"\left":
            bar = self.tokens[1] == "|"
            (number,) = self.within(*(("|", "|") if bar else ("(", ")")))
            return abs(number) if bar else number
        token = str(self.take())
        if token == r"\frac":
            return self.braces() / self.braces()
        if token == r"\sqrt":
            return floats.sqrt(self.braces())
        if token == "e" and self.take("^"):
            return floats.exp(self.braces())
        if token == r"\begin{cases}":
            return self.cases()
        if token[0].isdigit():
            return float(token)
        if token in self.names:
            return self.names[token]
        name = token.removeprefix(r"\operatorname").strip("{}\\")
        name = {"ln": "log", "max": "maximum", "min": "minimum", "sigma": "sigmoid"}.get(name, name)
        return float(getattr(floats, name)(*self.within("(", ")")))


def javascript(text: str, names: dict[str, float]) -> float:
    return JavaScript(text, names).read()


def latex(text: str, names: dict[str, float]) -> float:
    return Latex(text, names).read()


def python(text: str, names: dict[str, float]) -> float:
    return float(eval(text, dict(vars(floats)), dict(names)))


@pytest.mark.parametrize(
    ("text", "number"),
    [("2.0 - 1.0 - 1.0", 0.0), ("8.0 / 2.0 / 2.0", 2.0), ("2.0 ** 3.0 ** 2.0", 512.0), ("-2.0 * 3.0", -6.0),
     ("(1.0 < 2.0 ? 3.0 + 1.0 : 5.0)", 4.0), ("Math.max(1.0, Math.exp(-0.0)) + 1e-1", 1.1), ("Math.pow(2.0, 3.0)", 8.0),
     ("1.0 - (1.0 - 1.0)", 1.0), ("2.0 ** -1.0", 0.5)],
)  # fmt: skip
def test_the_reader_of_javascript(text: str, number: float) -> None:
    assert javascript(text, {}) == number


@pytest.mark.parametrize("text", ["-2.0 ** 2.0", "1.0 +", "(1.0", "1.0 2.0", "2.0 × 3.0", "1.0 if 2.0"])
def test_the_reader_refuses_what_is_no_javascript(text: str) -> None:
    with pytest.raises((AssertionError, IndexError, KeyError)):
        javascript(text, {})


@pytest.mark.parametrize(
    ("text", "number"),
    [(r"\frac{1 + 2}{2} - -1", 2.5), (r"-2^{2} \cdot 3", -12.0), (r"\left(-2\right)^{2}", 4.0), ("e^{0} + a", 3.0),
     (r"\ln\left(1\right) + \left|-3\right|", 3.0), (r"\operatorname{erf}\left(0\right)", 0.0),
     (r"\begin{cases} 1 & a \le 2 \\ 0 & \text{otherwise} \end{cases}", 1.0), (r"\min\left(1, 2\right)", 1.0)],
)  # fmt: skip
def test_the_reader_of_latex(text: str, number: float) -> None:
    assert latex(text, {"a": 2.0}) == number


@pytest.mark.parametrize("text", ["a^{2}^{3}", r"\frac{a}", "a^2", r"\left(a", "a + ", "a a"])
def test_the_reader_refuses_what_is_no_latex(text: str) -> None:
    with pytest.raises((AssertionError, IndexError, AttributeError)):
        latex(text, {"a": 2.0})


@given(terms)
def test_code_computes_what_the_expression_does(term: Symbol) -> None:
    for names in NUMBERS:
        try:
            expected = evaluate(term, names)
        except (ArithmeticError, ValueError):
            continue
        if not isinstance(expected, float):  # a power of a negative number
            continue
        assert bits(python(PYTHON.write(term), names)) == bits(expected)
        assert bits(javascript(JAVASCRIPT.write(term), names)) == bits(expected)
        assert latex(LATEX.write(term), names) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("number", [0.0, 1.0])
@pytest.mark.parametrize("operation", [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow])
def test_a_number_is_left_out_only_where_it_changes_nothing(operation: Callable[..., Any], number: float) -> None:
    x = 2.5
    assert python(PYTHON.write(operation(number, Symbol("x"))), {"x": x}) == operation(number, x)
    if number or operation is not operator.truediv:
        assert python(PYTHON.write(operation(Symbol("x"), number)), {"x": x}) == operation(x, number)


@given(st.lists(terms, min_size=1, max_size=3), terms)
def test_shared_parts_are_defined_once_and_before_they_are_used(wholes: list[Any], part: Symbol) -> None:
    expressions = [*(whole * part for whole in wholes), part, 2.0]
    definitions, written = PYTHON.write_all(expressions, shared="t")
    for names in NUMBERS:
        known = dict(names)
        try:
            for definition in definitions:
                name, _, text = definition.partition(" = ")
                assert name not in known
                known[name] = python(text, known)
            expected = [float(evaluate(expression, names)) for expression in expressions]
        except (ArithmeticError, ValueError, TypeError):
            continue
        assert [python(text, known) for text in written] == expected
    assert PYTHON.write_all([2.0 * part])[0] == []


def numbered(node: Value, write: Callable[[float], str]) -> list[Formatted]:
    """The node and its operands by their numbers."""
    return [(write(v.data), SIGN if v.data < 0 else ATOM) for v in (node, *node.operands)]


@each_row
def test_the_formula_read_as_code_is_the_local_derivative_to_the_bit(row: Operation) -> None:
    @settings(max_examples=25)
    @given(points(row))
    def holds(point: tuple[float, ...]) -> None:
        node = at_a_point(row, numbers=point)
        names = [(f"v{i}", ATOM) for i in range(len(node.operands) + 1)]
        known = {f"v{i}": v.data for i, v in enumerate((node, *node.operands))}
        for position, expected in enumerate(local_derivatives(node)):
            text, _ = derivative(node, position, PYTHON, numbered(node, repr))
            assert bits(python(text, {})) == bits(expected), text
            for notation, read in ((PYTHON, python), (JAVASCRIPT, javascript)):
                text, _ = derivative(node, position, notation, names)
                assert bits(read(text, known)) == bits(expected), text

    holds()


@each_row
def test_the_formula_of_a_step_reads_as_the_local_derivative(row: Operation) -> None:
    for point in some_points(row):
        node = at_a_point(row, numbers=point)
        node.label = "y"
        names = {v.label: v.data for v in (node, *node.operands) if v.label}
        for step in node.backward_steps():
            near = pytest.approx(step.local_derivative, rel=1e-4, abs=1e-9)
            assert python(python_of(step.formula), names) == near, step.formula
            parts = step.local_latex.split(" = ")
            assert latex(parts[-1], {}) == pytest.approx(step.local_derivative, rel=1e-3, abs=1e-9)
            assert latex(" = ".join(parts[1:-1]) or parts[-1], names) == pytest.approx(
                step.local_derivative, rel=1e-3, abs=1e-9
            )


def test_a_wrong_formula_would_be_seen() -> None:
    assert (
        python(python_of("a·(1 − b)"), {"a": 2.0, "b": 3.0})
        == -4.0
        != python(python_of("a·1 − b"), {"a": 2.0, "b": 3.0})
    )


DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻₀₁₂₃₄₅₆₇₈₉", "0123456789-0123456789")


def of_text(text: str, names: dict[str, float]) -> float:
    """The number of an expression as steps write it."""
    text = re.sub("[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+", lambda run: f"**({run[0].translate(DIGITS)})", text).translate(DIGITS)
    return python(python_of(text), {name.translate(DIGITS): number for name, number in names.items()})


OPERATORS: list[Callable[[Value, Value], Value]] = [
    lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a * b, lambda a, b: a / b, lambda a, b: -a,
    lambda a, b: a * -2, lambda a, b: a**3, lambda a, b: a**-2, lambda a, b: 2 - a, lambda a, b: -(a**2),
    lambda a, b: (-a) ** 2,
    lambda a, b: b - -1 * a, lambda a, b: b + -1 * a, lambda a, b: weighted_sum([-1.0], [a]),
    lambda a, b: a.sigmoid() * b, lambda a, b: a - (b - a), lambda a, b: a / (b * a), lambda a, b: a.tanh(),
]  # fmt: skip
plans = st.lists(st.tuples(st.sampled_from(OPERATORS), st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=6)


@settings(max_examples=150)
@given(plans, st.lists(st.sampled_from([1.5, -0.5, 2.0, -3.0]), min_size=2, max_size=2))
def test_equations_of_steps_hold_with_names_inlined(plan: Sequence[Any], numbers: Sequence[float]) -> None:
    """The parentheses around an unlabelled operand: what stands for it has its value wherever it stands."""
    values = [Value(x, label) for x, label in zip(numbers, "ab", strict=True)]
    for operate, i, j in plan:
        try:
            values.append(operate(values[i % len(values)], values[j % len(values)]))
        except ArithmeticError:
            return
    root = values[-1]
    if any(abs(v.data) > 1e4 or 0 < abs(v.data) < 1e-3 for v in values):
        return
    steps = list(root.forward_steps())
    if not steps:
        return
    namer = steps[0].namer
    known = {namer.name(v): v.data for v in topological_order(root) if namer.written(v)[1] == ATOM}
    for step in steps:
        assert not re.search("[−+] −", namer.expression(step.node))
        assert of_text(namer.expression(step.node), known) == pytest.approx(step.node.data, rel=1e-9, abs=1e-9)
        assert of_text(namer.name(step.node), known) == pytest.approx(step.node.data, rel=1e-9, abs=1e-9)
        name, expression = latex_name(step.node, namer)[0], step.latex.split(" = ")[1 if step.node is root else 0]
        named = {re.sub(r"(\d+)$", r"_{\1}", n.translate(DIGITS)): x for n, x in known.items()}
        if not any("_" in n for n in named):
            assert latex(name, named) == pytest.approx(step.node.data, rel=1e-9, abs=1e-9), expression
    for back in root.backward_steps():
        near = pytest.approx(back.local_derivative, rel=1e-4, abs=1e-6)
        assert of_text(back.formula, known) == near, str(back)
        equation = str(back).partition(" += ")[2].partition(", and ")[0].partition(" (operand")[0]
        for part in equation.split(" = ")[1:]:
            assert of_text(part, known) == pytest.approx(back.contribution, rel=2e-3, abs=1e-3), str(back)


@given(st.floats(-1e12, 1e12))
def test_a_number_in_latex_is_itself_in_four_digits(x: float) -> None:
    assert latex(latex_number(x), {}) == pytest.approx(x, rel=1e-3)


@pytest.mark.parametrize(
    ("notation", "written"),
    [(TEXT, "(1e-07·x if x ≤ (−2.5) else max(√(x), min(|x|, 0.333333)))"),
     (LATEX, r"\begin{cases} 1 \cdot 10^{-7} \cdot x & x \le \left(-2.5\right) \\ "
             r"\max\left(\sqrt{x}, \min\left(\left|x\right|, 0.333333\right)\right) & \text{otherwise} \end{cases}"),
     (PYTHON, "(1e-07 * x if x <= (-2.5) else maximum(sqrt(x), minimum(abs(x), 0.3333333333333333)))"),
     (JAVASCRIPT, "(x <= (-2.5) ? 1e-07 * x : Math.max(Math.sqrt(x), Math.min(Math.abs(x), 0.3333333333333333)))")],
)  # fmt: skip
def test_each_notation_has_its_own_words(notation: Notation, written: str) -> None:
    m, x = Symbols(), Symbol("x")
    other = m.maximum(m.sqrt(x), m.minimum(m.abs(x), 1 / 3))
    assert notation.write(m.where(x <= -2.5, 1e-7 * x, other)) == written
    assert (m.where(True, x, other), m.where(False, x, other)) == (x, other)


@pytest.mark.parametrize(
    ("number", "written"), [(math.inf, "Infinity"), (-math.inf, "-Infinity"), (math.nan, "NaN"), (-0.0, "-0.0")]
)
def test_javascript_has_its_own_words_for_what_is_no_finite_number(number: float, written: str) -> None:
    assert JAVASCRIPT.write(number) == written
    assert JAVASCRIPT.write(Symbol("x") * number) in {f"x * {written}", f"x * ({written})"}


def test_a_sum_of_up_to_eight_is_written_out() -> None:
    x = Value(1.0, "x")
    assert Namer().expression(total([x] * 8)) == " + ".join("x" * 8)
    assert Namer().expression(total([x] * 9)) == "x + … + x"


def test_an_index_of_two_digits_stands_apart_and_the_name_is_one_word() -> None:
    sums = MLP(12, [11], "linear", seed=1)([float(k) for k in range(12)])
    nodes = Graph(*sums).nodes
    namer = Namer(nodes)
    assert namer.heading(sums[10]) == "z⁽¹⁾₁₁ = w⁽¹⁾₁₁,₁·x₁ + … + w⁽¹⁾₁₁,₁₂·x₁₂ + b⁽¹⁾₁₁"
    assert latex_expression(sums[10], namer) == (
        r"w^{(1)}_{11,1} \cdot x_{1} + \dots + w^{(1)}_{11,12} \cdot x_{12} + b^{(1)}_{11}"
    )
    names = {namer.written(node) for node in nodes}
    assert len(names) == len(nodes), "w⁽¹⁾₁₁,₁ and w⁽¹⁾₁,₁₁ are two"
    assert {precedence for _, precedence in names} == {ATOM}


def test_names_of_a_formula_are_the_namers() -> None:
    a, b = Value(1.5, "a + b"), Value(2.0, "b")
    y = a * b
    (first, second) = y.backward_steps()
    assert (first.formula, second.formula) == ("b", "a + b")
    assert str(second).endswith("= 1 · (a + b) = 1 · 1.5 = 1.5")
    assert Namer().written(a)[1] < ATOM
    assert differentiable(y.op) == 2


def test_a_part_that_occurs_twice_has_a_name() -> None:
    x = Symbol("x")
    part = Symbols().exp(x)
    assert PYTHON.write_all([part * part, 2.0 * x], shared="t") == (["t0 = exp(x)"], ["t0 * t0", "2.0 * x"])
    assert PYTHON.write_all([part, part + x], shared="t") == (["t0 = exp(x)"], ["t0", "t0 + x"])


def test_a_legend_says_what_the_sign_of_a_number_in_a_name_means() -> None:
    x, other, w = Value(1.0, "x"), Value(2.0, "x"), Value(3.0, "w")
    y = x * w + other
    namer = Namer(Graph(y).nodes)
    assert namer.legend() == "x#2 is number 2 of those named x"
    assert namer.legend("x·w") == ""
    assert Namer(Graph(x * w).nodes).legend() == ""
