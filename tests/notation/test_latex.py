"""LaTeX of names and numbers: whatever a label holds, MathJax and KaTeX can read it, and nothing gets out of it."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microgradnet import Value
from microgradnet.notation.latex import (
    latex_expression,
    latex_factor,
    latex_fraction,
    latex_label,
    latex_name,
    latex_number,
)
from microgradnet.notation.names import Namer
from microgradnet.notation.typography import ATOM, SUM
from microgradnet.ops import Operation
from tests.stepping.test_steps import HOSTILE, at_a_point, hostile, recorded
from tests.strategies import Program, each_row, programs

COMMANDS = {
    "backslash", "begin", "cdot", "cdots", "cos", "dots", "end", "frac", "ge", "gt", "infty", "le", "left", "ln", "lt",
    "mathrel", "mathrm", "max", "min", "operatorname", "partial", "prime", "quad", "right",
    "sigma", "sim", "sin", "sqrt",
    "tanh", "text", "times", "wedge",
}  # fmt: skip
TOKEN = re.compile(r"\\[A-Za-z]+ ?|\\.|.", re.DOTALL)


def faults(latex: str) -> list[str]:
    """What a reader of TeX's mathematics would stumble over, or take for the end of it."""
    found, open_groups, brackets = list[str](), 0, 0
    in_cases = 0
    for token in TOKEN.findall(latex):
        bare = token.strip()
        in_cases += (bare == r"\begin") - (bare == r"\end")
        if re.fullmatch(r"\\[A-Za-z]+", bare) and bare[1:] not in COMMANDS:
            found.append(f"unknown command {bare}")
        elif token == "\\":
            found.append("a lone backslash")
        elif re.fullmatch(r"\\.", bare) and bare[1] not in "{}$#%&_\\,":
            found.append(f"unknown command {bare}")
        brackets += (bare == r"\left") - (bare == r"\right")
        open_groups += (bare == "{") - (bare == "}")
        if open_groups < 0 or brackets < 0:
            found.append("closed before opened")
        if bare in set("$#%~<>&") - set("<>&" if in_cases else ""):
            found.append(f"a raw {bare}")
        if (
            token != " "
            and (token.isspace() or not token.isprintable())
            and token not in "\u00a0\u2007\u202f\ufffd"
            and ord(token[0]) < 160
        ):
            found.append(f"{token!r}")
    if open_groups or brackets:
        found.append("never closed")
    flat = latex
    while (inner := re.sub(r"(?<!\\)\{(?:[^{}\\]|\\.)*(?<!\\)\}", "©", flat)) != flat:
        flat = inner
    scripts = re.sub(r"\\[_{}]", "x", flat)  # a base as any other
    if re.search(r"\^©\^|_©_|_©\^©_|\^©_©\^|\^[^©]|_[^©]", scripts):
        found.append("two scripts on one base, or a script without braces")
    return found


@pytest.mark.parametrize(
    "wrong",
    ["a}", "{a", r"\left(a", r"\right)", "a$", "a # b", "50%", "a & b", "a~b", "<b>", "\x1b", "a\nb", r"\input{x}",
     r"\href{}", "a^{2}^{3}", "a_{1}_{2}", "a^2", "a_b", "a_{1}^{2}_{3}", "\\", r"\(x\)"],
)  # fmt: skip
def test_a_fault_is_found(wrong: str) -> None:
    assert faults(wrong)


@pytest.mark.parametrize(
    "right",
    [
        r"\frac{\partial \left(a_{1}^{2}\right)}{\partial b}",
        r"\{\}\$\#\%\&\_",
        "",
        "a_{1}b_{2}",
        "a^{b^{2}}",
        r"_{1}\{_{1}",
    ],
)
def test_what_is_right_has_no_fault(right: str) -> None:
    assert faults(right) == []


@hostile
def test_no_hostile_label_gets_out(label: str) -> None:
    assert faults(latex_label(label)) == []


@settings(max_examples=300)
@given(st.text(st.characters(exclude_characters="'") | st.sampled_from("\\{}$#%&_^~<>₁²⁽⁾ "), max_size=12))
def test_no_label_gets_out(label: str) -> None:
    assert faults(latex_label(label)) == [], repr(latex_label(label))
    assert len(latex_label(label * 1000)) < 1000


@given(st.text("\\{}$#%&_^~<>", min_size=1, max_size=6))
def test_a_special_character_is_never_itself(label: str) -> None:
    assert re.sub(r"\\([{}$#%&_]|[a-z]+ )", "", latex_label(label)) == ""


@pytest.mark.parametrize(
    ("label", "latex"),
    [("w", "w"), ("w1", r"\mathrm{w1}"), ("w₁", "w_{1}"), ("x²", "x^{2}"), ("x₁²", "x_{1}^{2}"),
     ("é", "é"),
     ("x₁²₃", "x_{1}^{2}{}_{3}"), ("₁", "_{1}"), ("w₁x₂", "w_{1}x_{2}"), ("z⁽¹⁾₂", "z^{(1)}_{2}"),
     ("∂L", r"\partial L"), ("a b", r"a\ b"),
     ("x⁻¹₊", "x^{-1}_{+}"), ("a→b", "a→b"), ("σ(z)", r"σ(z)"), ("a·b×c−d", r"a \cdot b \times c-d")],
)  # fmt: skip
def test_labels(label: str, latex: str) -> None:
    assert latex_label(label) == latex


@pytest.mark.parametrize(
    ("x", "latex"),
    [(0.0, "0"), (-0.0, "0"), (1.0, "1"), (-2.5, "-2.5"), (1e-6, r"1 \cdot 10^{-6}"),
     (-1.5e300, r"-1.5 \cdot 10^{300}"), (0.41500000000000004, "0.415"), (float("inf"), r"\infty"),
     (-float("inf"), r"-\infty"),
     (float("nan"), r"\mathrm{NaN}")],
)  # fmt: skip
def test_numbers(x: float, latex: str) -> None:
    assert latex_number(x) == latex
    assert latex_factor(x) == (rf"\left({latex}\right)" if latex.startswith("-") else latex)


def test_fractions_have_brackets_around_what_is_no_single_name() -> None:
    assert latex_fraction(("L", ATOM), ("a + b", SUM)) == r"\frac{\partial L}{\partial \left(a + b\right)}"


@each_row
def test_every_row_with_hostile_operands_is_latex(row: Operation) -> None:
    for label in HOSTILE.values():
        node = at_a_point(row, [label if len(label.strip()) < 30 else "x"] * 5)
        namer = Namer([node, *node.operands])
        if row.name in {"power", "general_power"} and re.search("[⁰¹²³⁴⁵⁶⁷⁸⁹]", label):
            continue
        assert faults(latex_expression(node, namer)) == []
        assert faults(latex_name(node, namer)[0]) == []


@given(programs(most_steps=6))
def test_every_step_is_latex(program: Program) -> None:
    root = recorded(program)
    for step in root.forward_steps():
        if "10^" not in step.latex and "e^" not in step.latex:
            assert faults(step.latex) == [], step.latex
    for back in root.backward_steps():
        assert faults(back.latex) == [], back.latex
        assert faults(back.local_latex) == [], back.local_latex


def test_a_result_without_a_label_is_its_expression_or_a_name() -> None:
    a, b = Value(2.0, "a"), Value(3.0, "b")
    namer = Namer([])
    assert latex_name(a * b, Namer())[0] == r"a \cdot b"
    long = (a * b + a) * (b * a - b) + a * b * a * b + a
    assert latex_name(long, Namer())[0].startswith("t_{")
    assert latex_name(a, namer) == ("a", ATOM)


@pytest.mark.parametrize("label", ["x²", "z⁽¹⁾"])
def test_a_power_of_a_label_with_a_superscript_has_brackets(label: str) -> None:
    base = Value(3.0) ** 2
    base.label = label
    y = base**3
    assert f"({label})" in Namer().expression(y)
    assert all(faults(step.latex) == [] for step in y.forward_steps())
    assert all(faults(step.local_latex) == [] for step in y.backward_steps())


def test_a_prime_after_a_superscript_is_latex() -> None:
    assert faults(latex_label("x²'")) == []
