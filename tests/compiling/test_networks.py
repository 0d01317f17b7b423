"""Networks written out number by number: compiled they agree with eager, and are as few array operations as they can.

Bounds, not exact counts: what they show is that an operation is made for a layer, not for a number.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from microgradnet import (
    MLP,
    Program,
    Value,
    compile,
    dot,
    exp,
    logsumexp,
    relu,
    sigmoid,
    softmax,
    tanh,
    total,
    weighted_sum,
)  # fmt: skip
from microgradnet.compiling.instructions import Rows
from microgradnet.layers import Attention
from tests.benchmarks.levels import plainly
from tests.compiling.comparing import assert_agrees, flat, functions_of, numbers, parameters_of


def instructions(program: Program) -> list[str]:
    return [str(instruction) for instruction in program]


def products(program: Program) -> tuple[int, int]:
    """How many matrix products there are forward and backward."""
    return tuple([sum(i.function == "matmul" for i in part) for part in (program.forward, program.backward)])  # type: ignore[return-value]


def squared_error(model: MLP, x: list[Value], y: Value) -> Any:
    return (model(x) - y) ** 2


def test_a_dense_layer_is_one_matrix_product_each_way() -> None:
    model = MLP(5, [7], "tanh", seed=1)
    program = assert_agrees(lambda x: total(model(x)), model.parameters(), numbers(4, 5))
    assert products(program) == (1, 1), "its inputs need no gradient"
    assert len(program.forward) <= 3
    assert len(program.backward) <= 6


def test_plain_level_scheduling_agrees_too_without_any_product() -> None:
    model = MLP(5, [7, 3], "tanh", seed=1)
    with plainly():
        program = assert_agrees(lambda x: total(model(x)), model.parameters(), numbers(4, 5))
    assert products(program) == (0, 0)


@pytest.mark.parametrize("depth", [2, 5])
def test_each_layer_adds_a_few_operations_whatever_its_width(depth: int) -> None:
    counts = []
    for width in (3, 12):
        model = MLP(4, [width] * depth + [1], "relu", seed=1)
        program = assert_agrees(partial(squared_error, model), model.parameters(), numbers(3, 4), numbers(3))
        assert products(program)[0] == depth + 1
        assert products(program)[1] == 2 * depth + 1
        counts.append(len(list(program)))
    assert counts[0] == counts[1] <= 10 * (depth + 1)


def test_a_cross_entropy_of_logits() -> None:
    model = MLP(8, [5, 4], "tanh", seed=2)

    def loss(x: list[Value], y: list[Value]) -> Any:
        z = model(x)
        return logsumexp(z) - dot(y, z)

    targets = [[float(i == j % 4) for i in range(4)] for j in range(7)]
    program = assert_agrees(loss, model.parameters(), numbers(7, 8), targets)
    assert products(program) == (2, 3)


def test_a_convolution_is_one_matrix_product() -> None:
    kernels, biases = parameters_of(3, 9), parameters_of(3)
    dense, last = parameters_of(4, 3 * 16), parameters_of(4)

    def loss(x: list[list[Value]], y: list[Value]) -> Any:
        maps = [
            relu(weighted_sum(k, [x[i + a][j + b] for a in range(3) for b in range(3)], bias))
            for k, bias in zip(kernels, biases, strict=True) for i in range(4) for j in range(4)
        ]  # fmt: skip
        z = [weighted_sum(w, maps, b) for w, b in zip(dense, last, strict=True)]
        return logsumexp(z) - dot(y, z)

    targets = [[float(i == j % 4) for i in range(4)] for j in range(5)]
    program = assert_agrees(loss, flat([kernels, biases, dense, last]), numbers(5, 6, 6), targets)
    assert products(program) == (2, 3)
    assert len(program.forward) <= 20
    assert len(program.backward) <= 30


def test_two_convolutions() -> None:
    first, biases = parameters_of(3, 9), parameters_of(3)
    second, others = parameters_of(2, 12), parameters_of(2, seed=1)

    def loss(x: list[list[Value]]) -> Any:
        maps = [
            [
                [tanh(weighted_sum(k, [x[i + a][j + b] for a in range(3) for b in range(3)], bias))
                 for k, bias in zip(first, biases, strict=True)]
                for j in range(4)
            ]
            for i in range(4)
        ]  # fmt: skip
        patches = [
            [maps[i + a][j + b][c] for c in range(3) for a in range(2) for b in range(2)]
            for i in range(3) for j in range(3)
        ]  # fmt: skip
        found = [tanh(weighted_sum(k, p, b)) for k, b in zip(second, others, strict=True) for p in patches]
        return total([v * v for v in found])

    program = assert_agrees(loss, flat([first, biases, second, others]), numbers(5, 6, 6))
    assert products(program) == (2, 3)
    assert len(list(program)) <= 45


STEPS, WIDTH = 4, 6
INTO, WITHIN, B, OUT = (
    parameters_of(WIDTH, 3),
    parameters_of(WIDTH, WIDTH),
    parameters_of(WIDTH),
    parameters_of(WIDTH, seed=1),
)
CELLS: dict[str, Callable[..., Value]] = {
    "two weighted sums": lambda x, h, wx, wh, b: weighted_sum(wx, x) + weighted_sum(wh, h, b),
    "one weighted sum": lambda x, h, wx, wh, b: weighted_sum([*wx, *wh], [*x, *h], b),
    "+ and *": lambda x, h, wx, wh, b: (
        sum(w * v for w, v in zip(wx, x, strict=True)) + sum(w * v for w, v in zip(wh, h, strict=True)) + b
    ),
    "bias first": lambda x, h, wx, wh, b: (
        b + sum(w * v for w, v in zip(wx, x, strict=True)) + sum(v * w for w, v in zip(wh, h, strict=True))
    ),
}  # fmt: skip


@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS.keys())
@pytest.mark.parametrize("zero", [Value, float], ids=["zeros as Values", "zeros as numbers"])
def test_an_unrolled_recurrent_network(cell: Callable[..., Value], zero: type) -> None:
    def loss(xs: list[list[Value]], y: Value) -> Any:
        h = [zero(0.0)] * WIDTH
        for x in xs:
            h = [tanh(cell(x, h, wx, wh, b)) for wx, wh, b in zip(INTO, WITHIN, B, strict=True)]
        return (dot(OUT, h) - y) ** 2

    program = assert_agrees(loss, flat([INTO, WITHIN, B, OUT]), numbers(5, STEPS, 3), numbers(5))
    forward, backward = products(program)
    assert STEPS <= forward <= 2 * STEPS + 1
    assert backward <= 4 * STEPS + 2
    assert len(program.forward) <= 7 * STEPS
    assert len(program.backward) <= 12 * STEPS


def test_attention() -> None:
    queries, keys, contents = parameters_of(4, 3), parameters_of(4, 3, seed=1), parameters_of(4, 3, seed=2)

    def loss(xs: list[list[Value]]) -> Any:
        q, k, v = [[[dot(w, x) for w in weights] for x in xs] for weights in (queries, keys, contents)]
        out = []
        for qi in q:
            shares = softmax([dot(qi, kj) * 0.5 for kj in k])
            out += [dot(shares, [vj[d] for vj in v]) for d in range(4)]
        return total([o * o for o in out])

    program = assert_agrees(loss, flat([queries, keys, contents]), numbers(5, 6, 3))
    assert products(program) == (1, 1), "the projections of all places at once"
    functions = [[instruction.function for instruction in part] for part in (program.forward, program.backward)]
    assert [part.count("einsum") for part in functions] == [2, 4], "queries · keys, and shares · contents"
    assert len(program.forward) <= 20
    assert len(program.backward) <= 30


@pytest.mark.parametrize("heads", [1, 2])
def test_scores_lie_as_they_are_summed_and_what_is_read_as_it_is_multiplied(heads: int) -> None:
    """Sums and largest scores are those of a table's first axis, and no product reads a copy of computed rows."""
    places, width = 5, 8
    query, key, value, output = (MLP(width, [width], "linear", seed=seed) for seed in range(4))
    parameters = [p for layer in (query, key, value, output) for p in layer.parameters()]

    def loss(x: list[list[Value]]) -> Any:
        q, k, v = ([layer(row) for row in x] for layer in (query, key, value))
        read, size = [], width // heads
        for each in q:
            row: list[Value] = []
            for head in (slice(start, start + size) for start in range(0, width, size)):
                shares = softmax([dot(each[head], other[head]) for other in k])
                row += [dot(shares, column) for column in zip(*(other[head] for other in v), strict=True)]
            read.append(row)
        return total([number**2 for row in read for number in output(row)])

    program = assert_agrees(loss, parameters, numbers(3, places, width))
    reductions = [i for i in program.forward if i.function in ("largest", "total")]
    assert len(reductions) == 3
    for instruction in reductions:
        (table,) = instruction.operands
        assert isinstance(table, Rows)
        assert table.is_range
    assert sum(i.function == "take" for i in program.forward) == 1, "of the inputs, with a row of ones"


def test_scores_of_what_was_read_before_are_in_the_order_in_which_they_are_written() -> None:
    """In a triangle not as many are read at each position: no order makes it a table."""
    step = compile(lambda x: [total([exp(dot(q, k)) for k in x[: i + 1]]) for i, q in enumerate(x)])
    program = step.program(numbers(1, 4, 2))
    (scores,) = [block.nodes for block in program.plan.blocks if block.kind == "dots"]
    assert [*scores] == [node for node in program.scalars.nodes if node in scores]


def test_in_the_body_of_a_loop_dot_products_are_in_the_order_in_which_they_are_written() -> None:
    attention = Attention(4, heads=2)
    program = compile(lambda x: total([number for row in attention(x) for number in row])).program(numbers(1, 3, 4))
    found = 0
    for loop in program.plan.bodies.values():
        for scores in [block.nodes for block in loop.body.blocks if block.kind == "dots"]:
            assert [*scores] == [node for node in loop.body.program.nodes if node in scores]
            found += 1
    assert found == 2


def test_gates_are_read_in_place() -> None:
    weights, biases = parameters_of(4 * WIDTH, 2 + WIDTH), parameters_of(4 * WIDTH)

    def loss(xs: list[list[Value]]) -> Any:
        h, c = [0.0] * WIDTH, [0.0] * WIDTH
        for x in xs:
            z = [weighted_sum(w, [*x, *h], b) for w, b in zip(weights, biases, strict=True)]
            i, f, o = ([sigmoid(v) for v in z[k * WIDTH : (k + 1) * WIDTH]] for k in range(3))
            g = [tanh(v) for v in z[3 * WIDTH :]]
            c = [fk * ck + ik * gk for ik, fk, gk, ck in zip(i, f, g, c, strict=True)]
            h = [ok * tanh(ck) for ok, ck in zip(o, c, strict=True)]
        return total(h)

    program = assert_agrees(loss, flat([weights, biases]), numbers(3, STEPS, 2))
    assert [i.function for i in program.forward].count("take") <= 2 * STEPS + 2, "the inputs, at each step"
    assert products(program) == (STEPS, 2 * STEPS - 1)


def test_output_layers_of_all_steps_are_one() -> None:
    counts = []
    for steps in (3, 9):

        def loss(xs: list[list[Value]], ys: list[Value]) -> Any:
            h, losses = [0.0] * WIDTH, []
            for x, y in zip(xs, ys, strict=True):
                h = [tanh(weighted_sum([*wx, *wh], [*x, *h], b)) for wx, wh, b in zip(INTO, WITHIN, B, strict=True)]
                mean, scale = weighted_sum(OUT, h), dot(OUT[::-1], h)
                losses.append(logsumexp([mean, scale * y]) + (mean - y) ** 2)
            return total(losses)

        program = assert_agrees(loss, flat([INTO, WITHIN, B, OUT]), numbers(4, steps, 3), numbers(4, steps))
        counts.append(len(list(program)))
        assert products(program)[0] <= steps + 2
    assert counts[1] - counts[0] <= 6 * 14, "a step adds its cell alone"


def test_one_dimensional_convolutions_on_top_of_each_other() -> None:
    """Windows overlap, and each number of the layer below is read by several."""
    kernels = parameters_of(3, 3)

    def loss(x: list[Value]) -> Value:
        for kernel in kernels:
            x = [tanh(dot(kernel, x[i : i + 3])) for i in range(len(x) - 2)]
        return total(x)

    program = assert_agrees(loss, flat(kernels), numbers(4, 10))
    assert products(program) == (3, 5)


# --- a weighted sum, however it is written ---

W, BIAS = parameters_of(2, 3), parameters_of(2)
Sum = Callable[[list[Value], list[Value], Value], Value]
SPELLINGS: dict[str, Sum] = {
    "w·x + … + b": lambda w, x, b: w[0] * x[0] + w[1] * x[1] + w[2] * x[2] + b,
    "b + w·x + …": lambda w, x, b: b + w[0] * x[0] + w[1] * x[1] + w[2] * x[2],
    "x·w": lambda w, x, b: x[0] * w[0] + x[1] * w[1] + x[2] * w[2] + b,
    "in brackets": lambda w, x, b: w[0] * x[0] + (w[1] * x[1] + (w[2] * x[2] + b)),
    "bias in the middle": lambda w, x, b: w[0] * x[0] + (b + w[1] * x[1]) + w[2] * x[2],
    "sum() from b": lambda w, x, b: sum([wi * xi for wi, xi in zip(w, x, strict=True)], b),
    "sum() + b": lambda w, x, b: sum([wi * xi for wi, xi in zip(w, x, strict=True)]) + b,
    "total + b": lambda w, x, b: total([wi * xi for wi, xi in zip(w, x, strict=True)]) + b,
    "total with b": lambda w, x, b: total([b, *[wi * xi for wi, xi in zip(w, x, strict=True)]]),
}  # fmt: skip


@pytest.mark.parametrize("spelling", list(SPELLINGS))
def test_a_weighted_sum_spelled_out_gives_the_same_program(spelling: str) -> None:
    def loss(layer: Sum) -> Callable[..., Value]:
        return lambda x, y: logsumexp([tanh(layer(w, x, b)) for w, b in zip(W, BIAS, strict=True)]) * y

    parameters = flat([W, BIAS])
    program = assert_agrees(loss(SPELLINGS[spelling]), parameters, numbers(3, 3), numbers(3))
    expected = assert_agrees(loss(weighted_sum), parameters, numbers(3, 3), numbers(3))
    assert instructions(program) == instructions(expected)
    assert "matmul" in functions_of(program)


def test_a_sum_spelled_with_plus_gives_the_same_program() -> None:
    plus = compile(lambda x: x[0] + x[1] + (x[2] + x[3]) + x[4] + x[5]).program(numbers(2, 6))
    assert instructions(plus) == instructions(compile(total).program(numbers(2, 6)))
    assert len(list(plus)) == 1


def test_many_small_layers_are_a_block_of_dot_products() -> None:
    """Each patch has weights of its own: a matrix product for each would be slower than plain level scheduling."""
    layers = parameters_of(30, 2, 3)

    def loss(x: list[Value]) -> Any:
        return total([tanh(dot(w, x[3 * i : 3 * i + 3])) for i, layer in enumerate(layers) for w in layer])

    program = assert_agrees(loss, flat(layers), numbers(4, 90))
    assert products(program) == (0, 0)
    assert len(list(program)) < 20
