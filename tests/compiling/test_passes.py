"""The passes over a scalar program, each on a small one, and the rows and kernels that array programs are made of."""

from collections.abc import Callable
from itertools import chain
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from microgradnet import (
    Value,
    compile,
    draw,
    exp,
    for_each,
    logsumexp,
    ops,
    parameter,
    relu,
    softmax,
    tanh,
    total,
    weighted_sum,
)  # fmt: skip
from microgradnet.compiling.binding import Binding, arrays
from microgradnet.compiling.capturing import capture
from microgradnet.compiling.instructions import FIXED, SCRATCH, VALUES, Instruction, Rows, row_range
from microgradnet.compiling.kernels import backward_kernel, forward_kernel
from microgradnet.compiling.scalars import (
    LARGEST,
    ScalarProgram,
    fold,
    gather,
    merge_equal,
    merge_reordered,
    share_powers,
    split_bias,
)
from microgradnet.compiling.tables import in_tables, tables
from microgradnet.ops import Operation
from tests.compiling.comparing import assert_agrees, numbers
from tests.strategies import derivatives_at, differentiable, each_row, some_points

W, B = parameter(0.5, "w"), parameter(-1.0, "b")


def captured(function: Callable[..., Any], *sample: Any) -> ScalarProgram:
    """The scalar program of a function, as captured from one sample."""
    arguments = [np.asarray(numbers, float) for numbers in sample]
    found = capture(function, [arguments, arguments])
    inputs = [value for flat in found.inputs for value in flat]
    return ScalarProgram(found.outputs, inputs, [value for value in found.made if not value.operands])


def lines(program: ScalarProgram) -> list[str]:
    return str(program).splitlines()


def test_a_scalar_program_prints_as_equations() -> None:
    program = captured(lambda x, y: tanh(W * x + y) * x, 2.0, 3.0)
    assert lines(program) == ["w·x", "w·x + y", "tanh(w·x + y)", "t₁ = tanh(w·x + y)·x"]


# --- fold ---


def test_fold_computes_what_depends_on_constants_alone() -> None:
    program = captured(lambda x: x * (Value(2.0) * 3 + 1) + tanh(Value(0.0)), 2.0)
    assert len(program.nodes) == 5
    folded = fold(program)
    assert [node.op for node in folded.nodes] == [ops.multiply, ops.add]
    assert sorted(leaf.data for leaf in folded.leaves if leaf not in folded.inputs) == [0.0, 7.0]
    assert lines(folded) == ["x·7", "x·7 + 0"]


def test_fold_leaves_parameters_and_inputs_alone() -> None:
    program = captured(lambda x: tanh(W * 2) + x * 3, 2.0)
    assert fold(program) is program


def test_fold_folds_a_whole_output() -> None:
    folded = fold(captured(lambda x: [Value(2.0) * 3, x * 2], 1.0))
    assert folded.outputs[0].data == 6.0
    assert folded.outputs[0].operands == ()


def test_fold_knows_a_value_made_outside_from_one_made_inside() -> None:
    outside = Value(2.0)
    assert fold(program := captured(lambda x: x * (outside * 3), 1.0)) is program


# --- merge_equal ---


def test_share_computes_the_same_only_once() -> None:
    program = captured(lambda x: tanh(W * x) + tanh(W * x) * (W * x), 2.0)
    assert len(program.nodes) == 7
    shared = merge_equal(program)
    assert [node.op for node in shared.nodes] == [ops.multiply, ops.tanh, ops.multiply, ops.add]
    first, second = shared.outputs[0].operands
    assert second.operands[0] is first


def test_share_knows_equal_constants() -> None:
    shared = merge_equal(captured(lambda x: (x * 2.0) + (x * 2.0), 3.0))
    assert [node.op for node in shared.nodes] == [ops.multiply, ops.add]
    apart = merge_equal(captured(lambda x: (x * 0.0) + (x * -0.0), 3.0))
    assert [node.op for node in apart.nodes] == [ops.multiply, ops.multiply, ops.add], (
        "0 and −0 are not the same number"
    )


def test_share_keeps_what_is_in_another_order_or_of_another_operation() -> None:
    program = captured(lambda x, y: [x - y, y - x, x * y, x / y], 2.0, 3.0)
    assert merge_equal(program) is program


def test_share_goes_on_from_what_is_shared() -> None:
    def function(x: Value) -> list[Value]:
        again = [x * W, x * W][1]
        return [tanh(again), tanh(again), x * W]

    shared = merge_equal(captured(function, 2.0))
    assert len(shared.nodes) == 2
    assert shared.outputs[0] is shared.outputs[1]
    assert shared.outputs[0].operands == (shared.outputs[2],)


def test_share_makes_two_outputs_one() -> None:
    shared = merge_equal(captured(lambda x: [x * W, x * W], 2.0))
    assert shared.outputs[0] is shared.outputs[1]


# --- gather ---


def test_gather_makes_a_chain_of_products_one_weighted_sum() -> None:
    program = captured(lambda x: W * x[0] + x[1] * W + 3 * x[2] + B, [1.0, 2.0, 3.0])
    (node,) = gather(program).nodes
    assert node.op is ops.weighted_sum
    assert node.operands[-1] is B
    assert [operand in program.inputs for operand in node.operands] == [False] * 3 + [True] * 3 + [False]
    assert node.data == program.outputs[0].data
    assert lines(gather(program))[0].endswith("= w·x[0] + w·x[1] + 3·x[2] + b")


def test_gather_without_a_bias_and_with_two() -> None:
    (node,) = gather(captured(lambda x: W * x[0] + W * x[1], [1.0, 2.0])).nodes
    assert (node.op, len(node.operands)) == (ops.weighted_sum, 4)
    products, whole = gather(captured(lambda x: W * x[0] + B + W * x[1] + x[0], [1.0, 2.0])).nodes
    assert (products.op, whole.op, whole.operands[0]) == (ops.weighted_sum, ops.total, products)
    assert products.data == 0.5 + 1.0
    assert whole.data == 0.5 - 1.0 + 1.0 + 1.0


def test_gather_makes_a_long_chain_of_plus_one_sum() -> None:
    program = captured(lambda x: x[0] + (x[1] + x[2]) + x[3] + (B + W), [1.0, 2.0, 3.0, 4.0])
    (node,) = gather(program).nodes
    assert (node.op, node.operands) == (ops.total, (*program.inputs, B, W))


def test_gather_leaves_what_is_used_elsewhere() -> None:
    def function(x: list[Value]) -> list[Value]:
        product = W * x[0]
        partial = product + x[1] * B
        return [partial + x[1] * W + x[0] * 3, product, partial]

    program = captured(function, [1.0, 2.0])
    gathered = gather(program)
    assert [output.data for output in gathered.outputs] == [output.data for output in program.outputs]
    assert gathered.outputs[1].op is ops.multiply
    assert gathered.outputs[2] in gathered.outputs[0].operands


def test_gather_changes_nothing_where_there_is_no_chain() -> None:
    program = captured(lambda x: tanh(x[0] + W) * relu(x[1] - B), [1.0, 2.0])
    assert gather(program) is program


# --- split_bias ---


def test_split_bias_adds_what_varies_by_itself() -> None:
    program = captured(lambda x: weighted_sum([W, B], x[:2], x[2]), [1.0, 2.0, 3.0])
    products, whole = split_bias(program).nodes
    assert (products.op, products.operands) == (ops.weighted_sum, (W, B, *program.inputs[:2]))
    assert (whole.op, whole.operands) == (ops.add, (products, program.inputs[2]))
    assert (products.data, whole.data) == (-1.5, 1.5)


def test_split_bias_leaves_a_bias_that_is_the_same_for_all_samples() -> None:
    program = captured(lambda x: weighted_sum([W, W], x, B) + weighted_sum([W], x[:1]), [1.0, 2.0])
    assert split_bias(program) is program


# --- share_powers ---


def count(program: ScalarProgram, op: Operation) -> int:
    return sum(node.op is op for node in program.nodes)


def test_a_cross_entropy_and_a_softmax_share_their_powers() -> None:
    program = captured(lambda x: [logsumexp(x), *softmax(x)], [1.0, 2.0, 900.0])
    shared = share_powers(merge_equal(program))
    found = [count(shared, op) for op in (LARGEST, ops.exp, ops.total, ops.log, ops.logsumexp, ops.divide)]
    assert found == [1, 3, 1, 1, 0, 3]
    assert [output.data for output in shared.outputs] == [output.data for output in program.outputs]
    assert all(output.operands[0].op is ops.exp for output in shared.outputs[1:])


NOT_QUITE: dict[str, Callable[[list[Value]], list[Value]]] = {
    "of some": lambda x: [exp(a - logsumexp(x)) for a in x[:2]],
    "in another order": lambda x: [exp(a - logsumexp(x)) for a in (x[1], x[0], x[2])],
    "of others": lambda x: [exp(a * 2 - logsumexp(x)) for a in x],
    "less another": lambda x: [exp(a - logsumexp(x[: 3 - (a is x[0])])) for a in x],
    "and one more": lambda x: [*[exp(a - logsumexp(x)) for a in x], x[0]],
    "of no difference": lambda x: [exp(x[0]), exp(x[1] + 1), exp(x[2] * 2)],
}


@pytest.mark.parametrize("name", NOT_QUITE)
def test_what_is_not_quite_a_softmax_keeps_its_powers(name: str) -> None:
    def function(x: list[Value]) -> list[Value]:
        powers = NOT_QUITE[name]([a * W for a in x])
        return [total([power / total(powers) for power in powers[:2]])]

    program = captured(function, [1.0, 2.0, 3.0])
    powers = [node.operands for node in share_powers(program).nodes if node.op is ops.divide]
    assert powers
    assert all(whole.op is ops.total and len(whole.operands) == len(NOT_QUITE[name]([W] * 3)) for _, whole in powers)
    assert_agrees(lambda x: function(x)[0], [W], numbers(3, 3))


# --- merge_reordered ---

REORDERED: dict[str, Callable[[list[Value]], Any]] = {
    "total": lambda v: total(v) * total(v[::-1]),
    "sum": lambda v: sum(v) * sum([*v[3:], *v[:3]]) * sum(v[::-1]),
    "sums of other shapes": lambda v: (v[0] + (v[1] + (v[2] + (v[3] + v[4])))) * sum(v),
    "some": lambda v: total([*v[:2], *v[3:]]) * total([*v[3:], *v[:2]]) * total(v[1:]),
    "logsumexp": lambda v: logsumexp(v) * logsumexp(v[::-1]),
    "softmax": lambda v: softmax(v)[0] * softmax(v[::-1])[1],
    "of them": lambda v: total([sum(v), v[0], v[1], v[2], v[3]]) * total([v[0], sum(v[::-1]), v[2], v[1], v[3]]),
}
"""Functions of values that add the same ones in several orders."""
WEIGHTS = [parameter(0.3 + 0.1 * i) for i in range(5)]


@pytest.mark.parametrize("name", REORDERED)
def test_what_is_added_in_several_orders_is_added_once(name: str) -> None:
    function = REORDERED[name]
    program = assert_agrees(lambda x: function([tanh(w * x) for w in WEIGHTS]), WEIGHTS, numbers(4))
    sums = [frozenset(node.operands) for node in program.scalars.nodes if node.op in (ops.total, LARGEST)]
    assert len(set(sums)) == len(sums)
    assert_agrees(lambda x: function(WEIGHTS) * x, WEIGHTS, numbers(4))


def test_a_sum_of_others_or_with_one_twice_is_another() -> None:
    program = assert_agrees(
        lambda x: total([x, x, W, B, x]) * total([x, W, W, B, x]) * total([x, W, B, x, x * 2]), [W, B], numbers(4)
    )
    assert count(program.scalars, ops.total) == 3


@pytest.mark.parametrize("simplified", [fold, merge_equal, gather, split_bias, share_powers, merge_reordered])
def test_a_pass_with_nothing_to_do_gives_back_the_program(simplified: Callable[[ScalarProgram], ScalarProgram]) -> None:
    program = captured(lambda x: tanh(x * W), 1.0)
    assert simplified(program) is program
    assert simplified(empty := captured(lambda x: x, 1.0)) is empty


def test_a_label_is_kept() -> None:
    def function(x: list[Value]) -> Value:
        z = W * x[0] + B * x[1]
        z.label = "z"
        return tanh(z)

    assert next(node.label for node in gather(captured(function, [1.0, 2.0])).nodes) == "z"


def test_the_scalars_of_a_program_print_and_draw() -> None:
    program = compile(lambda x: tanh(sum(W * xi for xi in x) + B)).program([[1.0, 2.0, 3.0]])
    assert str(program.scalars).count("\n") == 1
    assert "w·x[0] + w·x[1] + w·x[2] + b" in str(program.scalars)
    assert "w·x[0] + w·x[1] + w·x[2] + b" in draw(program.scalars.outputs[0]).svg


def test_a_loop_in_a_program_is_drawn_as_one_box() -> None:
    """Its rule is its body's: the picture has no derivative of it, and is drawn all the same."""
    program = compile(lambda x: sum(for_each(lambda v: tanh(W * v), x))).program([[1.0, 2.0, 3.0]])
    assert "for_each(x[0], x[1], x[2], w)" in draw(program.scalars.outputs[0]).svg


# --- rows ---


def test_rows_know_their_numbers() -> None:
    rows = Rows(VALUES, 3, (2, 3), (10, 2))
    assert rows.numbers() == [3, 5, 7, 13, 15, 17]
    assert (rows.size, rows.last, rows.is_range) == (6, 17, False)
    assert str(rows) == "v[3:18] (2, 3, n)"
    whole = row_range(FIXED, 4, 2, 3)
    assert (whole.numbers(), whole.is_range, str(whole)) == ([4, 5, 6, 7, 8, 9], True, "p[4:10] (2, 3)")
    assert whole.reshaped(6).numbers() == whole.numbers()
    assert str(row_range(FIXED, 4, 1)) == "p[4] (1,)"


@given(st.integers(0, 9), st.lists(st.tuples(st.integers(1, 4), st.integers(1, 9)), min_size=1, max_size=3))
def test_a_range_is_what_has_each_row_once_and_in_order(start: int, axes: list[tuple[int, int]]) -> None:
    rows = Rows(VALUES, start, tuple([size for size, _ in axes]), tuple([stride for _, stride in axes]))
    found = rows.numbers()
    assert len(found) == rows.size
    assert found[-1] == rows.last
    assert rows.is_range == (found == list(range(start, start + rows.size)))


# --- kernels ---

ARRAYS: dict[str, Callable[..., Any]] = {
    "where": np.where,
    "total": lambda x: np.sum(x, axis=0),
    "largest": lambda x: np.max(x, axis=0),
    "erf": np.vectorize(__import__("math").erf),
    "erfc": np.vectorize(__import__("math").erfc),
}


def run(kernel: Any, *operands: Any) -> list[Any]:
    """A kernel, its steps one after another on numbers or arrays."""
    found = list(operands)
    for step in kernel.steps:
        arguments = [found[a] if isinstance(a, int) else a for a in step.arguments]
        found.append((ARRAYS.get(step.function) or getattr(np, step.function))(*arguments))
    return [found[r] if isinstance(r, int) else r for r in kernel.results]


@each_row
def test_a_kernel_computes_what_the_rule_says(row: Operation) -> None:
    if row is ops.weighted_sum:
        return
    count = differentiable(row)
    for point in some_points(row):
        variables: list[Any] = [np.array(point)] if row.variadic else list(point[:count])
        constants = tuple(point[count:])
        y = row.scalar(*point)
        assert run(forward_kernel(row, len(variables), constants), *variables) == [pytest.approx(y, rel=1e-12)]
        wanted = tuple(range(len(variables)))
        found = run(backward_kernel(row, len(variables), constants, wanted), 3.0, y, *variables)
        expected = [3.0 * derivative for derivative in derivatives_at(row, point)]
        flat = np.ravel(np.broadcast_arrays(found[0], variables[0])[0]) if row.variadic else found
        assert list(flat) == pytest.approx(expected, rel=1e-12)


def test_a_kernel_has_no_step_that_is_not_needed() -> None:
    assert [step.function for step in backward_kernel(ops.relu, 1, (), (0,)).steps] == ["less_equal", "where"]
    assert [step.function for step in forward_kernel(ops.power, 1, (2.0,)).steps] == ["multiply"]
    assert [step.function for step in forward_kernel(ops.power, 1, (-1.0,)).steps] == ["divide"]
    assert backward_kernel(ops.add, 2, (), (0, 1)).results == (0, 0), "the upstream gradient itself"
    assert len(backward_kernel(ops.sqrt, 1, (), (0,)).steps) == 2
    for wanted, steps in (((0,), ["divide", "multiply"]), ((0, 1), ["divide", "multiply", "negative", "multiply"])):
        assert [step.function for step in backward_kernel(ops.divide, 2, (), wanted).steps] == steps, "one quotient"
    assert total([1.0]) == 1.0


# --- tables of rows, and gradients that are added to them ---

nests = st.builds(
    lambda start, axes: Rows(VALUES, start, tuple([a for a, _ in axes]), tuple([b for _, b in axes])).numbers(),
    st.integers(0, 9), st.lists(st.tuples(st.integers(1, 4), st.integers(0, 5)), max_size=3),
)  # fmt: skip
"""Row numbers that are evenly spaced along some axes, and may repeat along others."""
picks = st.one_of(
    st.lists(st.integers(0, 59), max_size=40),
    st.lists(nests, max_size=6).map(lambda found: [*chain.from_iterable(found)]),
)


@given(picks)
def test_tables_are_the_rows_in_order(index: list[int]) -> None:
    found = [table for (table,) in tables([(VALUES, index)])]
    assert [row for table in found for row in table.numbers()] == index
    for table in found:
        apart = table.distinct
        assert not table.is_injective or len({*apart.numbers()}) == apart.size
        assert {*apart.numbers()} == {*table.numbers()}


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=40))
def test_tables_of_two_lists_have_one_shape(pairs: list[tuple[int, int]]) -> None:
    first, second = ([pair[side] for pair in pairs] for side in (0, 1))
    found = list(tables([(VALUES, first), (FIXED, second)]))
    assert [row for one, _ in found for row in one.numbers()] == first
    assert [row for _, other in found for row in other.numbers()] == second
    assert all(one.shape == other.shape for one, other in found)


@pytest.mark.parametrize(
    "index",
    [range(3, 40), range(3, 40, 3), [5] * 20, [1, 1, 1, 8, 8, 8, 15, 15, 15], [*range(10)] * 4, range(20, 0, -1)],
)
def test_regular_rows_are_one_table_unless_they_go_down(index: Any) -> None:
    index = list(index)
    found = [table for (table,) in tables([(VALUES, index)])]
    assert len(found) == (len(index) if index == sorted(index, reverse=True) and len({*index}) > 1 else 1)


@given(st.integers(0, 9), st.integers(1, 4), st.integers(1, 4), st.integers(1, 9), st.integers(1, 9))
def test_a_table_is_one_unless_lines_overlap(start: int, height: int, width: int, down: int, across: int) -> None:
    index = [start + i * down + j * across for i in range(height) for j in range(width)]
    found = list(tables([(VALUES, index)]))
    if down > (width - 1) * across:  # no line reaches into the next
        assert len(found) == 1
        assert found[0][0].is_injective


@given(st.lists(st.one_of(st.lists(st.integers(-9, 9), min_size=18, max_size=18),
                          st.sampled_from([[*range(18)], [~row for row in range(18)], [0, 1, 2] * 6, [0, 0, 5] * 6,
                                           [0] * 9 + [4] * 9, [-1] * 9 + [-4] * 9, [-1, -2] * 9, [1, 0] * 9])),
                min_size=1, max_size=3))  # fmt: skip
def test_operands_in_place_are_tables_of_one_shape(columns: list[list[int]]) -> None:
    found, shape = in_tables(columns)
    for rows, column in zip(found, columns, strict=True):
        if rows:
            assert rows.shape == shape
            assert [row if rows.storage is VALUES else ~row for row in rows.numbers()] == column


@given(picks, st.integers(1, 3))
@settings(max_examples=60, deadline=None)
@example([*range(20), *range(20, 60, 2), *[7] * 10, *[3, 3, 3, 9, 9, 9]], 2)
@example([59, 3, 3, 17, 4, 58, 3, 0, 21, 22, 5, 3, 40, 12, 13, 1], 1)
@example([59, 3, 17, 4, 58, 0, 21, 22, 5, 40, 12, 13, 1, 9, 30, 33], 3)
@example([i + j for i in range(5) for j in range(4)], 2)
def test_gradients_reach_the_rows_that_were_copied(index: list[int], size: int) -> None:
    """In runs, repeated, overlapping or in any order; some of the rows need none."""
    parameters = [parameter(0.02 * i - 0.5) for i in range(40)]

    def loss(x: list[Value]) -> Value:
        h = [*[tanh(p + x[0]) for p in parameters], *[tanh(x[1] * i) for i in range(20)]]
        both = [h[i] * h[j] for i, j in zip(index, reversed(index), strict=True)]
        return total([tanh(v * (k + 1)) for k, v in enumerate(both)] + [parameters[0] * x[0]])

    assert_agrees(loss, parameters, numbers(size, 2))


@pytest.mark.parametrize("axes", [(0,), (1,), (-1,), (0, 1), (1, -1), (0, -1), (0, 1, -1)])
def test_a_sum_along_some_axes(axes: tuple[int, ...]) -> None:
    """The axes need not be next to each other; the result keeps them, with one element."""
    storages = arrays({VALUES: 6, SCRATCH[True]: 6, SCRATCH[False]: 6}, 5)
    numbers = storages[VALUES][:] = np.arange(30.0).reshape(6, 5)
    wanted = numbers.reshape(2, 3, 5).sum(axes, keepdims=True)
    out = row_range(SCRATCH[-1 not in axes], 0, *wanted.shape[:2])
    binding = Binding(storages)
    for call in binding.calls([Instruction("sum", out, (row_range(VALUES, 0, 2, 3),), (), axes)]):
        call()
    assert binding.array(out).tolist() == wanted.tolist()
