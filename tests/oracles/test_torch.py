"""Every row of the table, and a small network, against PyTorch in double precision."""

import importlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microgradnet import MLP, Value, grad
from microgradnet.ops import TABLE, Operation
from tests.strategies import Program, differentiable, each_row, points, programs, record

torch: Any = importlib.import_module("torch")
functional: Any = importlib.import_module("torch.nn.functional")

IN_TORCH: dict[str, Callable[..., Any]] = {
    "negate": torch.negative,
    "power": lambda x, c: torch.pow(x, torch.tensor(c, dtype=torch.float64)),  # x to a float 0 is no function of x
    "general_power": torch.pow,
    "exponential": lambda x, c: torch.pow(c, x),
    "total": lambda *x: torch.stack(x).sum(),
    "weighted_sum": lambda w1, w2, x1, x2, b: torch.stack((w1, w2)) @ torch.stack((x1, x2)) + b,
    "logsumexp": lambda *x: torch.logsumexp(torch.stack(x), 0),
    "gelu_tanh": lambda x: functional.gelu(x, approximate="tanh"),
}
"""Operations of another name in PyTorch, or of operands in another form."""


def function_of(name: str) -> Callable[..., Any]:
    """PyTorch's function for that operation: of the same name, unless the table has another."""
    found = IN_TORCH.get(name) or getattr(torch, name, None) or getattr(functional, name, None)
    if callable(found):
        return found
    pytest.fail(
        f"PyTorch has no function {name!r}: add the operation to IN_TORCH in tests/oracles/test_torch.py as PyTorch "
        f"computes it, e.g. {name!r}: lambda x: x / (1 + torch.abs(x))"
    )


def test_the_lack_of_a_function_is_reported_in_words() -> None:
    with pytest.raises(pytest.fail.Exception, match="PyTorch has no function 'cube': add the operation to IN_TORCH"):
        function_of("cube")


def test_the_table_names_operations() -> None:
    unknown = IN_TORCH.keys() - TABLE
    assert not unknown, f"IN_TORCH in tests/oracles/test_torch.py has {unknown}, which are no operations: rename them"


def tensors(numbers: Any) -> list[Any]:
    return [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in numbers]


def in_torch(row: Operation, operands: tuple[Any, ...]) -> Any:
    """The operation on tensors, and on numbers in place of some; a constant is given as the number that it is."""
    count = differentiable(row)
    variables = (x if torch.is_tensor(x) else torch.tensor(x, dtype=torch.float64) for x in operands[:count])
    return function_of(row.name)(*variables, *operands[count:])


def hold_against_torch(row: Operation, point: tuple[float, ...]) -> None:
    count = differentiable(row)
    values, theirs = [Value(x) for x in point[:count]], tensors(point[:count])
    y, expected = record(row, (*values, *point[count:])), in_torch(row, (*theirs, *point[count:]))
    y.backward()
    expected.backward()
    assert y.data == pytest.approx(expected.item(), rel=1e-12, abs=1e-13)
    assert [v.grad for v in values] == pytest.approx([t.grad.item() for t in theirs], rel=1e-12, abs=1e-13)


@each_row
@given(data=st.data())
def test_value_and_gradient(row: Operation, data: st.DataObject) -> None:
    hold_against_torch(row, data.draw(points(row)))


@pytest.mark.parametrize("name", ["abs", "minimum", "maximum", "relu", "leaky_relu", "elu"])
def test_the_same_choice_at_a_kink(name: str) -> None:
    row = TABLE[name]
    hold_against_torch(row, (0.0, 0.0)[: differentiable(row)] + (0.25,) * row.constants)


@pytest.mark.parametrize("x", [-1000.0, -40.0, -20.0, 15.0, 40.0, 1000.0])
@pytest.mark.parametrize("name", ["sigmoid", "tanh", "relu", "gelu", "gelu_tanh", "silu", "erf", "erfc"])
def test_the_same_tails(name: str, x: float) -> None:
    hold_against_torch(TABLE[name], (x,))


@given(programs())
def test_random_programs(program: Program) -> None:
    values, theirs = [Value(x) for x in program.point], tensors(program.point)
    y, expected = program.record(values), program.run(theirs, in_torch)
    y.backward()
    expected.backward()
    assert y.data == pytest.approx(expected.item(), rel=1e-9, abs=1e-9)
    assert [v.grad for v in values] == pytest.approx([t.grad.item() for t in theirs], rel=1e-8, abs=1e-8)


@pytest.mark.parametrize("activation", ["tanh", "relu", "sigmoid", "gelu", "silu", "softplus"])
def test_a_network_and_its_losses(activation: str) -> None:
    """Two losses on one network, one after the other: gradients, and gradients that add up."""
    sizes = [3, 5, 4, 2]
    network = MLP(3, sizes[1:], activation, seed=11)
    layers: list[tuple[Any, Any]] = []
    for layer in network.layers:
        weights = [[w.data for w in neuron.w] for neuron in layer.neurons]
        layers.append((torch.tensor(weights, dtype=torch.float64, requires_grad=True),
                       torch.zeros(len(weights), dtype=torch.float64, requires_grad=True)))  # fmt: skip
    x = [0.5, -1.25, 2.0]
    for target in (0.3, -0.7):
        first, second = network(x)
        ((first - target) ** 2 + first * second).backward()
        a = torch.tensor(x, dtype=torch.float64)
        for depth, (W, b) in enumerate(layers):
            a = W @ a + b
            a = function_of(activation)(a) if depth < len(layers) - 1 else a
        ((a[0] - target) ** 2 + a[0] * a[1]).backward()
    for layer, (W, b) in zip(network.layers, layers, strict=True):
        for neuron, row, bias in zip(layer.neurons, W.grad.tolist(), b.grad.tolist(), strict=True):
            assert [w.grad for w in neuron.w] == pytest.approx(row, rel=1e-11, abs=1e-12)
            assert neuron.b.grad == pytest.approx(bias, rel=1e-11, abs=1e-12)


@each_row
@given(data=st.data())
def test_second_derivatives(row: Operation, data: st.DataObject) -> None:
    point, count = data.draw(points(row)), differentiable(row)
    values, theirs = [Value(x) for x in point[:count]], tensors(point[:count])
    squared = record(row, (*values, *point[count:])) ** 2
    slopes = grad(squared, values, create_graph=True)
    expected = torch.autograd.grad(in_torch(row, (*theirs, *point[count:])) ** 2, theirs, create_graph=True)
    for slope, tensor in zip(slopes, expected, strict=True):
        again = torch.autograd.grad(tensor, theirs, retain_graph=True, allow_unused=True)
        numbers = [0.0 if t is None else t.item() for t in again]
        assert grad(slope, values) == pytest.approx(numbers, rel=1e-9, abs=1e-9)
