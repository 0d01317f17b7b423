"""The unrolled pass: a Python program, one statement an application, whose gradients are `backward()`'s to the bit."""

import ast
import keyword
import linecache
import math
import os
import runpy
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microgradnet import (
    DomainError,
    StaleGraphError,
    Value,
    backward_unrolled,
    break_on,
    constant,
    leaky_relu,
    ops,
    total,
    unroll,
    weighted_sum,
)
from microgradnet.graph import topological_order
from microgradnet.ops import CONSTANT, Operation
from microgradnet.stepping.unrolled import COMMENTS_FROM, FUNCTIONS, identifiers
from microgradnet.teach.examples import EXAMPLES
from microgradnet.value import apply
from tests.stepping.test_steps import (
    EARLIER,
    HOSTILE,
    SEEDS,
    at_a_point,
    different,
    gradients_of,
    is_one_clean_line,
    no_symbols,
    recorded,
    unchanged,
)
from tests.strategies import Program, each_row, programs

WORDS = [
    *HOSTILE.values(), "class", "exp", "None", "match", "1", "w₁", "w1", "w_1", "w1_2", "exp_", "t1", "v1",
    "__builtins__", "ｃｌａｓｓ", "a.b", "a b", "ﬁ", "é", "e\u0301", "_", "", "½", "²", "loss", "def f():\n  pass",
    "# coding: latin-1",
]  # fmt: skip


def statements(program: str) -> list[ast.AugAssign]:
    """The program's statements, which have to be additions to gradients, and one on a line."""
    found = ast.parse(program).body
    additions = [s for s in found if isinstance(s, ast.AugAssign) and isinstance(s.op, ast.Add)]
    assert len(additions) == len(found)
    lines = [statement.lineno for statement in additions]
    assert len(set(lines)) == len(lines)
    assert all(s.lineno == s.end_lineno for s in additions)
    return additions


def joined(statement: ast.AugAssign) -> tuple[str, str]:
    """Whose gradient is passed on, and to whom."""
    target, product = statement.target, statement.value
    assert isinstance(target, ast.Attribute)
    assert isinstance(product, ast.BinOp)
    assert isinstance(product.op, ast.Mult)
    assert isinstance(product.left, ast.Attribute)
    assert (target.attr, product.left.attr) == ("grad", "grad")
    return ast.unparse(product.left.value), ast.unparse(target.value)


def applied(root: Value) -> list[tuple[Value, Value]]:
    """Node and operand of each application, constants left out, from the root down."""
    computed = [node for node in topological_order(root) if node.operands]
    return [(node, o) for node in reversed(computed) for o in node.operands if o.op is not CONSTANT]


@settings(max_examples=60)
@given(programs(), SEEDS, EARLIER)
def test_unrolled_gradients_are_those_of_backward(program: Program, seed: float, earlier: list[float | None]) -> None:
    whole, unrolled = recorded(program, earlier), recorded(program, earlier)
    whole.backward(seed)
    text = unroll(unrolled, seed)
    file = backward_unrolled(unrolled, grad=seed)
    assert not different(whole, unrolled)
    assert file.read_text("utf-8") == text + "\n"
    names = identifiers(unrolled)
    assert [joined(s) for s in statements(text)] == [(names[a], names[b]) for a, b in applied(unrolled)]


@each_row
def test_every_row_unrolls(row: Operation) -> None:
    whole, unrolled = at_a_point(row), at_a_point(row)
    whole.backward(0.3)
    backward_unrolled(unrolled, grad=0.3)
    assert not different(whole, unrolled)
    assert len(statements(unroll(unrolled))) == len(applied(unrolled))


def test_a_program_that_is_wrong_would_be_seen() -> None:
    for wrong in ("a.grad = 1", "a.grad += 1; b.grad += 1", "x = 3", "a.grad += (\n1)"):
        with pytest.raises(AssertionError):
            statements(wrong)
    with pytest.raises(AssertionError):
        joined(statements("a.grad += y.data * 2")[0])


texts = st.text(st.characters(exclude_categories=["No"]), max_size=8)


@settings(max_examples=150)
@given(st.lists(st.sampled_from(WORDS) | texts, min_size=1, max_size=8))
def test_names_are_identifiers_and_no_two_the_same(labels: Sequence[str]) -> None:
    leaves = [Value(float(i), label) for i, label in enumerate(labels)]
    root = total([*leaves, leaves[0] * leaves[-1], Value(1.0)])
    names = identifiers(root)
    assert list(names) == topological_order(root)
    assert len(set(names.values())) == len(names)
    for name in names.values():
        assert name.isidentifier()
        assert not keyword.iskeyword(name)
        assert name not in FUNCTIONS
        assert name.isascii() or ast.parse(name, mode="eval").body.id == name  # type: ignore[attr-defined]
    text = unroll(root)
    assert len(statements(text)) == len(applied(root))
    assert all(is_one_clean_line(line) for line in text.split("\n") if line)


@pytest.mark.parametrize("label", WORDS, ids=range(len(WORDS)))
def test_a_program_with_any_label_runs(label: str) -> None:
    whole, unrolled = ((Value(2.0, label) * Value(3.0, label)).exp() for _ in range(2))
    whole.label = unrolled.label = label
    whole.backward()
    backward_unrolled(unrolled)
    assert not different(whole, unrolled)


def test_names_come_from_labels() -> None:
    labels = ["w₁", "w1", "class", "exp", "1st", "a.b", "", "z⁽¹⁾"]
    root = total([Value(1.0, label) for label in labels])
    assert list(identifiers(root).values()) == ["w1", "w1_2", "class_", "exp_", "_1st", "a_b", "v1", "z_1", "t1"]
    inner, taken = Value(1.0) * 2, Value(1.0, "t1")
    assert identifiers(inner * taken)[inner] == "t2"


def test_the_text_of_a_program() -> None:
    x, w, b = Value(3.0, "x"), Value(-2.0, "w₁"), Value(0.5)
    z = weighted_sum([w], [x], b)
    z.label = "z"
    y = leaky_relu(z, 0.25) * 2
    y.label = "loss"
    assert unroll(y, 2) == (
        "# Backward propagation from loss to w1, x and v1, one application of the chain rule a line.\n"
        "# Before the first line loss.grad is 2 and the gradient of every other result 0; "
        "those of w1, x and v1 add up.\n"
        "\n"
        "# loss = t1·2 = −2.75\n"
        "t1.grad += loss.grad * 2.0                        # 2 × 2 = 4\n"
        "\n"
        "# t1 = leaky_relu(z, 0.25) = −1.375\n"
        "z.grad += t1.grad * (1.0 if z.data > 0.0 else 0.25) # 4 × 0.25 = 1\n"
        "\n"
        "# z = w1·x + v1 = −5.5\n"
        "w1.grad += z.grad * x.data                        # 1 × 3 = 3\n"
        "x.grad += z.grad * w1.data                        # 1 × (−2) = −2\n"
        "v1.grad += z.grad * 1.0                           # 1 × 1 = 1"
    )
    assert unroll(y).splitlines()[4].index("#") == COMMENTS_FROM
    assert unroll(Value(1.0, "x") - Value(2.0, "y")).count("* (-1.0)") == 1


def test_unrolling_changes_nothing_and_a_leaf_unrolls() -> None:
    x = Value(3.0, "x")
    y = x * x + x
    (x * 2).backward()
    before = gradients_of(y)
    unroll(y)
    assert unchanged(y, before)
    assert statements(unroll(x)) == []
    backward_unrolled(x)
    assert x.grad == 3.0
    assert statements(unroll(constant(2.0))) == []


def fails_late(x: Value) -> Value:
    return (x + 1e-300) * 1e200 * 1e200


@pytest.mark.parametrize("fail", [lambda x: (x.sqrt() + x) * 2, fails_late])
def test_a_pass_that_fails_changes_no_gradient_and_no_file(fail: object, tmp_path: Path) -> None:
    assert callable(fail)
    x = Value(0.0, "x")
    x.grad = 5.0
    root: Value = fail(x)
    before = gradients_of(root)
    file = tmp_path / "pass.py"
    file.write_text("old")
    with pytest.raises(DomainError) as expected:
        root.backward()
    for run in (unroll, lambda y: backward_unrolled(y, file)):
        with pytest.raises(DomainError) as found:
            run(root)
        assert str(found.value) == str(expected.value)
        assert unchanged(root, before)
    assert file.read_text() == "old"
    x.data = 1.0
    with pytest.raises(StaleGraphError):
        backward_unrolled(root, file)
    assert (file.read_text(), os.listdir(tmp_path)) == ("old", ["pass.py"])


def test_a_file_that_cannot_be_written_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    x = Value(3.0, "x")
    y = x * x
    y.backward()
    before = gradients_of(y)
    with pytest.raises(FileNotFoundError):
        backward_unrolled(y, tmp_path / "no" / "such.py")
    with pytest.raises(IsADirectoryError):
        backward_unrolled(y, tmp_path)
    assert unchanged(y, before)
    (tmp_path / "a.py").write_text("old")

    def broken(*arguments: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", broken)
    with pytest.raises(OSError, match="disk full"):
        backward_unrolled(y, tmp_path / "a.py")
    assert unchanged(y, before)
    assert ((tmp_path / "a.py").read_text(), os.listdir(tmp_path)) == ("old", ["a.py"])


def test_an_exception_inside_the_program_restores_gradients() -> None:
    x = Value(3.0, "x")
    y = x * x
    y.label = "y"
    y.backward()
    before = gradients_of(y)

    def interrupt(frame: object, event: str, argument: object) -> object:
        if event == "line" and frame.f_code.co_filename.endswith("backward_y.py") and frame.f_lineno == 6:  # type: ignore[attr-defined]
            raise KeyboardInterrupt
        return interrupt

    before_tracing = sys.gettrace()
    sys.settrace(interrupt)  # type: ignore[arg-type]
    try:
        with pytest.raises(KeyboardInterrupt):
            backward_unrolled(y)
    finally:
        sys.settrace(before_tracing)
    assert unchanged(y, before)


def test_a_given_file_stays_and_is_the_whole_program(tmp_path: Path) -> None:
    x = Value(3.0, "x")
    y = x.exp() * x
    assert backward_unrolled(y, str(tmp_path / "mine.py")) == tmp_path / "mine.py"
    expected = [node.grad for node in (x, y.operands[0])]
    for node in topological_order(y):
        node.grad = 0.0
    y.grad = 1.0
    runpy.run_path(str(tmp_path / "mine.py"), {**FUNCTIONS, **{n: v for v, n in identifiers(y).items()}})
    assert [node.grad for node in (x, y.operands[0])] == expected


def test_a_temporary_file_is_removed_when_python_ends() -> None:
    program = """if True:
        from microgradnet import Value, backward_unrolled
        a = Value(3.0, "a"); y = a * a; y.label = "loss"
        first, again = backward_unrolled(y), backward_unrolled(y)
        assert first == again and first.is_file() and first.name == "backward_loss.py", first
        assert a.grad == 12.0
        print(first)"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    file = Path(done.stdout.strip())
    assert not file.exists()
    assert not file.parent.exists()


def test_a_rule_that_cannot_be_read_is_its_number() -> None:
    row = ops.multiply.replace(derivatives=no_symbols)
    whole, unrolled = (apply(row, (Value(3.0, "a"), Value(-0.1, "b"))) for _ in range(2))
    whole.backward()
    backward_unrolled(unrolled)
    assert not different(whole, unrolled)
    assert "* (-0.1)" in unroll(unrolled)


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_worked_examples_unroll(name: str) -> None:
    roots = [EXAMPLES[name].build() for _ in range(2)]
    assert all(isinstance(root, Value) for root in roots)
    for root in roots:
        root.zero_grad()
    roots[0].backward()
    backward_unrolled(roots[1])
    assert not different(*roots)
    assert len(statements(unroll(roots[1]))) == len(applied(roots[1]))


def test_watches_do_not_change_what_is_unrolled() -> None:
    x = Value(3.0, "x")
    y = x * x
    with break_on(condition=lambda application: math.isnan(application.upstream)):
        assert unroll(y) == unroll(y)
        backward_unrolled(y)
    assert x.grad == 6.0


def labelled(value: Value, label: str) -> Value:
    value.label = label
    return value


def test_an_infinite_constant_can_be_unrolled() -> None:
    x = Value(1.0, "x")
    backward_unrolled(x * math.inf)
    assert x.grad == math.inf


@pytest.mark.parametrize("label", ["a௰", "௰", "x𐄇"])
def test_numerals_that_are_no_part_of_an_identifier(label: str) -> None:
    root = Value(1.0, label) * 2
    assert all(name.isidentifier() for name in identifiers(root).values())
    backward_unrolled(root)


def test_a_label_that_normalising_makes_long() -> None:
    backward_unrolled(labelled(Value(1.0) * 2, "ﷺ" * 40))


def test_a_debugger_sees_the_lines_of_this_pass() -> None:
    for number in (3.0, 4.0):
        a = Value(number, "a")
        file = backward_unrolled(labelled(a * a, "q"))
        assert linecache.getline(str(file), 5) == file.read_text("utf-8").splitlines(keepends=True)[4]


def test_many_unlabelled_values_have_names_at_once() -> None:
    y = Value(1.0, "x")
    for _ in range(20_000):
        y = -y
    assert len(set(identifiers(y).values())) == 20_001
