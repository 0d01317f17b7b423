"""What every engine of `compile` has to do, whoever it is: agree with NumPy's, and refuse what that refuses."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from microgradnet import DomainError, compile, log, parameter, sign, sqrt, tanh
from microgradnet.ops import Operation
from tests.compiling.comparing import numbers
from tests.compiling.test_loops import ALL, LOOPS, squares
from tests.compiling.test_passes import REORDERED, WEIGHTS
from tests.oracles.networks import Network
from tests.strategies import differentiable, some_points

Found = tuple[float, Any]


def assert_same(found: Found, expected: Found, rtol: float) -> None:
    """A value and a gradient agree, what is lost measured by the largest number."""
    pairs: Any = zip(found, expected, strict=True)
    for ours, theirs in pairs:
        scale = np.max(np.abs(theirs), initial=0.1)
        np.testing.assert_allclose(ours, theirs, rtol=rtol, atol=rtol * scale)


def assert_like_numpy(function: Callable[..., Any], parameters: Any, arrays: Any, engine: str, rtol: float) -> None:
    """The engine computes what NumPy does: value and gradient, outputs without a gradient, another size of batch."""
    for batch in (arrays, [array[:1] for array in arrays], [np.concatenate([array] * 30) for array in arrays]):
        expected = compile(function, parameters)(*batch)
        options: dict[str, Any] = {"engine": engine, "dtype": "float32" if rtol > 1e-7 else "float64"}
        found = compile(function, parameters, **options)(*batch)
        assert isinstance(found[0], float)
        assert isinstance(found[1], np.ndarray)
        assert found[1].dtype == np.float64
        assert_same(found, expected, rtol)
        outputs = compile(function, **options)(*batch)
        np.testing.assert_allclose(outputs, compile(function)(*batch), rtol=rtol, atol=rtol)


def check_loops(engine: str) -> None:
    """Loops, whose bodies are stamped: rows side by side, one after the other, and within each other; shared values."""
    for name in (
        "of computed rows",
        "that reads all rows",
        "in a loop, across",
        "a state of pairs",
        "a state of loops",
    ):
        function = LOOPS[name]
        assert_like_numpy(lambda x, function=function: squares(function(x)), ALL, [numbers(2, 3, 3)], engine, 1e-11)


def check_network(network: Network, engine: str, rtol: float = 1e-12) -> None:
    assert_like_numpy(network.loss, network.parameters, network.arrays, engine, rtol)


def check_row(row: Operation, engine: str, rtol: float = 1e-12) -> None:
    """A row of the table, applied to parameters (in a batch that only shifts them by 0)."""
    from tests.compiling.test_agreement import on_shifted

    for point in some_points(row, 3):
        count = differentiable(row)
        parameters = [parameter(x) for x in point[:count]]
        function = on_shifted(row, parameters, point[count:])
        assert_like_numpy(function, parameters, [np.zeros((2, count))], engine, rtol)


def check_errors(engine: str) -> None:
    """The errors are NumPy's, by their words; an infinity or a NaN that was put in stays visible."""
    w = parameter(1.0, "w")
    for function in (lambda x: log(x) * w, lambda x: sqrt(x * w)):
        said = []
        for chosen in ("numpy", engine):
            with pytest.raises(DomainError, match=r"^sample 1: ") as caught:
                compile(function, w, engine=chosen)([1.0, 0.0])
            said.append(str(caught.value))
        assert said[0] == said[1]
    found = compile(lambda x: x * w, engine=engine)([1.0, np.inf])
    assert found.tolist() == [1.0, np.inf]
    np.testing.assert_equal(compile(sign, engine=engine)([np.nan, 2.0, -0.5, 0.0]), [np.nan, 1.0, -1.0, 0.0])


def check_structures(engine: str) -> None:
    """Several outputs, reductions, Values made outside, no arguments, lengths that vary."""
    w, outside = parameter(2.0, "w"), parameter(3.0, "outside")
    several = compile(lambda x, y: ((x * w - y) ** 2, x * w), w, engine=engine)
    (value, outputs), gradient = several([1.0, 2.0], [1.0, 1.0])
    assert (value, outputs.tolist(), gradient.tolist()) == (5.0, [2.0, 4.0], [7.0])
    assert compile(lambda x: {"a": x * w}, reduction="sum", engine=engine)([1.0, 2.0]) == {"a": 6.0}
    scaled = compile(lambda x: x * outside, engine=engine)
    assert scaled([1.0]).tolist() == [3.0]
    outside.data = 4.0
    assert scaled([1.0]).tolist() == [4.0]
    assert compile(lambda: w**3, w, engine=engine)() == (8.0, np.array([12.0]))
    sums = compile(sum, engine=engine)
    assert [sums(numbers(2, n)).shape for n in (1, 3, 2)] == [(2,)] * 3
    for function in REORDERED.values():
        assert_like_numpy(lambda x, f=function: f([tanh(v * x) for v in WEIGHTS]), WEIGHTS, [numbers(3)], engine, 1e-11)
