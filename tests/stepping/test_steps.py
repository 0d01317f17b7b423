"""Steps as data: what they say of a pass is what `backward()` does, to the bit, and nothing else is changed."""

import dataclasses
import math
import struct
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microgradnet import DomainError, StaleGraphError, Value, constant, grad, ops, total
from microgradnet.backward import NO_GRADIENT
from microgradnet.chain_rule import local_derivatives
from microgradnet.graph import topological_order
from microgradnet.ops import CONSTANT, Operation
from microgradnet.value import apply
from tests.strategies import Program, differentiable, each_row, programs, record, some_points

SEEDS = st.sampled_from([1.0, -0.5, 0.0, 3.7])
HOSTILE = {
    "control": "a\x00b\x07\x7f\x9f", "ansi": "\x1b[31mred\x1b[0m", "lines": "a\r\nb\u2028c\x0bd\x85e", "empty": " \n ",
    "script": "</script><script>alert(1)</script>", "dollars": "$$ x $$ \\( y \\)", "backslashes": "\\end{array}\\\\",
    "braces": "}}{{%#&~^_", "rtl": "\u202eabc\u05d0\u05d1", "emoji": "👩‍🔬🏳️‍🌈", "long": "loss_" * 2000,
    "half": "\ud800", "format": "{0} {all} %s", "scripts": "w₁²₃ z⁽¹⁾", "greek": "α_β", "operators": "a + b·c",
    "html": "&lt;<b>\"'",
}  # fmt: skip
hostile = pytest.mark.parametrize("label", HOSTILE.values(), ids=HOSTILE.keys())


def bits(x: float) -> bytes:
    return struct.pack("<d", x)


def different(a: Value, b: Value) -> list[int]:
    """Where, in the orders of two equal graphs, gradients differ in a bit; those of constants nobody asks for."""
    pairs = enumerate(zip(topological_order(a), topological_order(b), strict=True))
    return [i for i, (x, y) in pairs if x.op is not CONSTANT and bits(x.grad) != bits(y.grad)]


def recorded(program: Program, gradients: Sequence[float | None] = ()) -> Value:
    """The program's graph, its first leaves with gradients from earlier passes."""
    leaves = [Value(x, f"x{i}") for i, x in enumerate(program.point)]
    for leaf, gradient in zip(leaves, gradients, strict=False):
        if gradient is not None:
            leaf.grad = gradient
    return program.record(leaves)


def gradients_of(root: Value) -> list[float]:
    return [node.grad for node in topological_order(root)]


def unchanged(root: Value, before: Sequence[float]) -> bool:
    """Whether all gradients are the very objects they were: also "none yet" is not the number 0."""
    return all(now is then for now, then in zip(gradients_of(root), before, strict=True))


def at_a_point(row: Operation, labels: Sequence[str] = (), numbers: Sequence[float] = ()) -> Value:
    """A node of the row on leaves and, in their places, constants."""
    numbers = numbers or some_points(row)[0]
    count = differentiable(row)
    leaves = [Value(x, label) for x, label in zip(numbers[:count], [*labels, *"abcdefghij"], strict=False)]
    return record(row, [*leaves, *numbers[count:]])


EARLIER = st.lists(st.none() | st.floats(-5.0, 5.0), max_size=4)


@given(programs(), SEEDS, EARLIER)
def test_steps_agree_with_backward_to_the_bit(program: Program, seed: float, earlier: list[float | None]) -> None:
    whole, stepped = recorded(program, earlier), recorded(program, earlier)
    grads = {node: 0.0 if node.operands else node.grad for node in topological_order(stepped)}
    grads[stepped] = grads[stepped] + seed
    whole.backward(seed)
    slots = []
    for number, step in enumerate(stepped.backward_steps(seed), start=1):
        assert (step.number, step.root) == (number, stepped)
        assert step.operand is step.node.operands[step.position]
        assert step.operation is step.node.op
        assert bits(step.upstream) == bits(grads[step.node]) == bits(step.node.grad)
        assert bits(step.local_derivative) == bits(local_derivatives(step.node)[step.position])
        assert bits(step.before) == bits(grads[step.operand])
        assert bits(step.contribution) == bits(step.upstream * step.local_derivative)
        assert bits(step.after) == bits(step.before + step.contribution) == bits(step.operand.grad)
        grads[step.operand] = step.after
        slots.append((step.node, step.position))
    assert not different(whole, stepped)
    computed = [node for node in topological_order(stepped) if node.operands]
    assert slots == [
        (node, position)
        for node in reversed(computed)
        for position, operand in enumerate(node.operands)
        if operand.op is not CONSTANT
    ]


def test_a_difference_in_one_bit_is_seen() -> None:
    a, b = at_a_point(ops.multiply), at_a_point(ops.multiply)
    a.backward()
    b.backward()
    assert different(a, b) == []
    b.operands[1].grad = math.nextafter(b.operands[1].grad, 9.0)
    assert different(a, b) == [1]
    a.operands[0].grad, b.operands[0].grad = 0.0, -0.0
    assert different(a, b) == [0, 1]


@given(programs(), EARLIER, st.data())
def test_a_pass_that_is_abandoned_changes_nothing(
    program: Program, earlier: list[float | None], data: st.DataObject
) -> None:
    root = recorded(program, earlier)
    if data.draw(st.booleans(), "a pass before"):
        root.backward()
    before = gradients_of(root)
    count = sum(o.op is not CONSTANT for n in topological_order(root) for o in n.operands)
    last = data.draw(st.integers(1, count), "left after step")
    for step in root.backward_steps():
        if step.number == last:
            break
    assert unchanged(root, before)
    steps = root.backward_steps()
    for _ in range(last):
        next(steps)
    assert not unchanged(root, before)
    steps.close()  # type: ignore[attr-defined]  # an iterator is promised
    assert unchanged(root, before)
    with pytest.raises(KeyError):
        raise_in_loop(root, last)
    assert unchanged(root, before)


def raise_in_loop(root: Value, number: int) -> None:
    for step in root.backward_steps():
        if step.number == number:
            raise KeyError(number)


def test_steps_that_are_never_asked_for_change_nothing() -> None:
    root = at_a_point(ops.multiply)
    before = gradients_of(root)
    steps = root.backward_steps()
    assert unchanged(root, before)
    del steps
    assert unchanged(root, before)


FAILING: dict[str, Callable[[Value], Value]] = {
    "no derivative": lambda x: (x.sqrt() * 2 + x) * 3,
    "beyond a float": lambda x: (x + 1e-300) * 1e200 * 1e200,
}


@pytest.mark.parametrize("fail", FAILING.values(), ids=FAILING.keys())
def test_a_failing_pass_raises_what_backward_does_and_changes_nothing(fail: Callable[[Value], Value]) -> None:
    x = Value(0.0, "x")
    x.grad = 5.0
    root = fail(x)
    before = gradients_of(root)
    with pytest.raises(DomainError) as expected:
        root.backward()
    assert unchanged(root, before)
    with pytest.raises(DomainError) as found:
        list(root.backward_steps())
    assert str(found.value) == str(expected.value)
    assert unchanged(root, before)


def test_a_stale_graph_and_a_wrong_seed_are_refused() -> None:
    x = Value(2.0, "x")
    y = x * x
    with pytest.raises(TypeError, match="expected one real number"):
        y.backward_steps("1")  # type: ignore[arg-type]
    x.data = 3.0
    with pytest.raises(StaleGraphError):
        next(y.backward_steps())


def test_steps_go_on_after_a_derivative_that_is_asked_for_between_them() -> None:
    x = Value(2.0, "x")
    y = x * x * x
    steps = y.backward_steps()
    next(steps)
    assert grad(y, x) == 12.0
    list(steps)
    assert x.grad == 12.0


def test_a_leaf_has_no_steps_but_its_seed() -> None:
    x = Value(2.0, "x")
    assert list(x.forward_steps()) == []
    assert list(x.backward_steps(3)) == []
    assert (x.grad, type(x.grad)) == (3.0, float)


def test_steps_are_frozen_and_go_on_saying_what_was() -> None:
    a = Value(3.0, "a")
    y = a * a
    y.label = "y"
    steps = list(y.backward_steps())
    texts = list(map(str, steps))
    a.grad = 77.0
    assert list(map(str, steps)) == texts
    for step in (*steps, *y.forward_steps()):
        for name in ("number", "node", "namer"):
            with pytest.raises(dataclasses.FrozenInstanceError):
                setattr(step, name, None)


def test_an_operand_that_repeats_is_told_apart_by_its_slot() -> None:
    a, b = Value(3.0, "a"), Value(2.0, "b")
    y = total([a, b, a])
    steps = list(y.backward_steps())
    assert [(step.operand.label, step.position) for step in steps] == [("a", 0), ("b", 1), ("a", 2)]
    assert ["(operand" in str(step) for step in steps] == [True, False, True]
    assert str(steps[0]).endswith("(operand 1 of a + b + a)")
    assert str(steps[2]).endswith("= 1, and 1 + 1 = 2 (operand 3 of a + b + a)")
    assert len({str(step) for step in steps}) == 3


def test_what_is_passed_to_a_constant_is_no_step() -> None:
    x = Value(3.0, "x")
    y = 2 * x + constant(1.0) ** 2
    steps = list(y.backward_steps())
    assert [step.operand.label or step.operand.op.name for step in steps] == ["multiply", "power", "x"]
    assert [step.number for step in steps] == [1, 2, 3]


@given(programs())
def test_forward_steps_are_all_that_was_computed_and_change_nothing(program: Program) -> None:
    root = recorded(program)
    before = gradients_of(root)
    steps = list(root.forward_steps())
    assert [step.node for step in steps] == [node for node in topological_order(root) if node.operands]
    assert [step.number for step in steps] == list(range(1, len(steps) + 1))
    done: set[Value] = set()
    for step in steps:
        numbers = [operand.data for operand in step.node.operands]
        assert bits(step.operation.scalar(*numbers)) == bits(step.node.data)
        assert all(operand in done for operand in step.node.operands if operand.operands)
        done.add(step.node)
        assert str(step)
        assert step.latex in step._repr_latex_()
    assert unchanged(root, before)


def is_one_clean_line(text: str) -> bool:
    """Whether a terminal shows it on one line and is not steered by it."""
    return len(text.splitlines()) == 1 and not any(ord(c) < 32 or 127 <= ord(c) < 160 for c in text)


def test_a_line_that_is_not_clean_is_seen() -> None:
    assert is_one_clean_line("w·x + b → 7 \ufffd")
    for wrong in ("", "a\nb", "a\u2028b", "\x1b[31m", "a\rb", "a\x00", "a\x9b31m", "a\x7f"):
        assert not is_one_clean_line(wrong)


@hostile
@each_row
def test_no_label_breaks_the_text_of_a_step(row: Operation, label: str) -> None:
    node = at_a_point(row, [label] * 5)
    node.label = label
    root = node + node
    for step in root.forward_steps():
        assert is_one_clean_line(str(step))
    for back in root.backward_steps():
        assert is_one_clean_line(str(back))
        assert is_one_clean_line(back.local_text)
        assert is_one_clean_line(repr(back.formula))
        assert is_one_clean_line(back.latex)
        assert is_one_clean_line(back.local_latex)
        assert back._repr_latex_() == f"$$ {back.latex} $$"


@each_row
def test_a_step_says_its_row_and_numbers(row: Operation) -> None:
    node = at_a_point(row)
    node.label = "y"
    (forward,) = node.forward_steps()
    assert forward.operation is row
    assert str(forward).startswith("y = ")
    assert forward.latex.startswith("y = ")
    assert str(forward).endswith(f"{node.data:.4g}".replace("-", "−", 1) if node.data < 0 else f"{node.data:.4g}")
    for step in node.backward_steps(2.0):
        label = step.operand.label
        assert str(step).startswith(f"{label}.grad += y.grad · ∂y/∂{label} = ")
        assert step.formula, "every row's rule can be read"
        assert step.local_text.startswith(f"∂y/∂{label} = {step.formula}")
        assert rf"\frac{{\partial y}}{{\partial {label}}}" in step.local_latex


def test_the_equations_of_steps() -> None:
    w, x = Value(-2.0, "w"), Value(3.0, "x")
    w.grad = 1.0
    z = w * x
    z.label = "z"
    y = z + x
    y.label = "L"
    texts = [str(step) for step in y.backward_steps(0.5)]
    assert texts == [
        "z.grad += L.grad · ∂L/∂z = 0.5 · 1 = 0.5",
        "x.grad += L.grad · ∂L/∂x = 0.5 · 1 = 0.5",
        "w.grad += z.grad · ∂z/∂w = 0.5 · x = 0.5 · 3 = 1.5, and 1 + 1.5 = 2.5",
        "x.grad += z.grad · ∂z/∂x = 0.5 · w = 0.5 · (−2) = −1, and 0.5 + (−1) = −0.5",
    ]
    assert [step.local_text for step in y.backward_steps()][2:] == ["∂z/∂w = x = 3", "∂z/∂x = w = −2"]
    last = list(y.backward_steps())[-1]
    assert last.latex == (
        r"x\mathrm{.grad} \mathrel{+}= z\mathrm{.grad} \cdot \frac{\partial z}{\partial x}"
        r" = 1 \cdot \left(-2\right) = -2, \quad -0.5 + \left(-2\right) = -2.5"
    )
    assert [step.text for step in y.forward_steps()] == ["z = w·x = −2·3 = −6", "L = z + x = −6 + 3 = −3"]


def test_a_long_sum_is_not_written_out() -> None:
    xs = [Value(1.0, f"x{i}") for i in range(20)]
    y = total(xs)
    (forward,) = y.forward_steps()
    assert str(forward) == "t₁ = x0 + … + x19 = 20"
    assert forward.latex == r"t_{1} = \mathrm{x0} + \dots + \mathrm{x19} = 20"
    assert str(next(y.backward_steps())) == "x0.grad += t₁.grad · ∂t₁/∂x0 = 1 · 1 = 1"


def no_symbols(m: Any, y: float, a: float, b: float) -> tuple[float, ...]:
    return math.cos(a) * 0 + b, a


def test_a_rule_that_cannot_be_read_gives_numbers_alone() -> None:
    row = ops.multiply.replace(derivatives=no_symbols)
    node = apply(row, (Value(3.0, "a"), Value(2.0, "b")))
    node.label = "y"
    step = next(node.backward_steps())
    assert (step.formula, step.local_text) == ("", "∂y/∂a = 2")
    assert str(step) == "a.grad += y.grad · ∂y/∂a = 1 · 2 = 2"
    assert step.local_latex == r"\frac{\partial y}{\partial a} = 2"


def test_gradients_start_as_in_backward() -> None:
    h = apply(ops.add, (Value(1.0, "a"), Value(2.0, "b")))
    y = h * h
    h.grad = 9.0
    y.grad = 4.0
    first = next(iter(y.backward_steps()))
    assert (first.upstream, first.before) == (1.0, 0.0)
    assert Value(1.0).grad is NO_GRADIENT


def test_what_a_gradient_was_is_said_whatever_its_sign() -> None:
    a = Value(3.0, "a")
    a.grad = -2.0
    assert str(next((a * Value(4.0, "b")).backward_steps())).endswith(", and −2 + 4 = 2")


def test_a_made_up_name_is_nobodys_label() -> None:
    a, b, c = Value(2.0, "a"), Value(3.0, "t₁"), Value(4.0, "a·a")
    square, long = a * a, (a + b) * (b + c) * (c + a)
    root = total([square, long, b, c])
    step = next(iter(root.backward_steps()))
    names = [step.namer.name(node) for node in topological_order(root)]
    assert len(set(names)) == len(names)


def test_forward_steps_of_a_stale_graph_are_refused() -> None:
    x = Value(3.0, "x")
    y = 2 * x + 1
    x.data = 5.0
    with pytest.raises(StaleGraphError):
        list(y.forward_steps())


def test_unlabelled_leaves_are_told_apart_in_latex() -> None:
    first, second = (Value(3.0) * Value(3.0)).backward_steps()
    assert first.local_latex != second.local_latex
    assert r"\partial 3" not in first.latex


def test_a_new_pass_ends_one_that_waits_between_two_steps() -> None:
    a = Value(3.0, "a")
    y = a * a
    steps = y.backward_steps()
    next(steps)
    y.backward()
    assert a.grad == 6.0
    with pytest.raises(RuntimeError, match="another backward pass"):
        next(steps)
    del steps
    assert a.grad == 6.0


def test_two_graphs_can_be_stepped_through_side_by_side() -> None:
    a, b = Value(3.0, "a"), Value(4.0, "b")
    for _ in zip((a * a).backward_steps(), (b * b).backward_steps(), strict=True):
        pass
    assert (a.grad, b.grad) == (6.0, 8.0)


def test_a_number_changed_between_two_steps_is_no_wrong_answer() -> None:
    a, b = Value(2.0, "a"), Value(3.0, "b")
    y = a * b + a * a
    steps = y.backward_steps()
    next(steps)
    a.data = 5.0
    with pytest.raises(StaleGraphError, match="was changed after"):
        list(steps)
    assert (a.grad, b.grad) == (0.0, 0.0)


def test_a_gradient_of_minus_zero_is_what_a_pass_begins_with() -> None:
    a = Value(2.0)
    a.grad = -0.0
    (step,) = (-a).backward_steps()
    assert (bits(step.before), step.after) == (bits(-0.0), -1.0)
