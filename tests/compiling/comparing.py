"""What the tests of `compile` compare with: the same function run eagerly, sample by sample."""

import random
from collections.abc import Callable, Sequence
from math import fsum
from typing import Any

import numpy as np

from microgradnet import Program, Value, compile, parameter
from microgradnet.compiling.compiled_program import CompiledProgram

Function = Callable[..., Any]


def values(numbers: Any) -> Any:
    """Nested lists of Values, as a compiled function is given them."""
    return [values(inner) for inner in numbers] if isinstance(numbers, list) else Value(numbers)


def samples(arrays: Sequence[Any]) -> list[list[Any]]:
    """The arguments of each sample, as Values."""
    listed = [np.asarray(array, float).tolist() for array in arrays]
    return [[values(numbers) for numbers in sample] for sample in zip(*listed, strict=True)] if arrays else [[]]


def eager(
    function: Function, parameters: Sequence[Value], arrays: Sequence[Any], reduction: str = "mean"
) -> tuple[float, list[float]]:
    """The value and the gradient, by running the function on each sample and `backward()`."""
    numbers: list[float] = []
    gradients: list[list[float]] = []
    for arguments in samples(arrays):
        for p in parameters:
            p.zero_grad()
        loss = function(*arguments)
        loss.backward()
        numbers.append(loss.data)
        gradients.append([p.grad for p in parameters])
    count = len(numbers) if reduction == "mean" else 1
    return fsum(numbers) / count, [fsum(column) / count for column in zip(*gradients, strict=True)]


def assert_close(found: tuple[float, Any], expected: tuple[float, list[float]], least: float = 0.1) -> None:
    """A value and a gradient agree.

    What is lost to another order of additions is measured by the largest number, but not by less than `least`: where
    tanh is flat, its derivative 1 − y² is the difference of two numbers near 1.
    """
    pairs: Any = zip(found, expected, strict=True)
    for ours, theirs in pairs:
        scale = np.max(np.abs(theirs), initial=least)
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-12 * scale)


def assert_agrees(
    function: Function, parameters: Sequence[Value], *arrays: Any, reduction: str = "mean"
) -> CompiledProgram:
    """Compiled and eager agree on a batch, whatever was replayed before; the program, for a look at it."""
    expected = eager(function, parameters, arrays, reduction)
    compiled = compile(function, parameters, reduction=reduction)
    assert_close(compiled(*arrays), expected)
    assert_close(compiled(*[np.asarray(array)[:1] for array in arrays]),
                 eager(function, parameters, [np.asarray(array)[:1] for array in arrays], reduction))  # fmt: skip
    assert_close(compiled(*arrays), expected)
    alone = compile(function)(*arrays)
    share = 1.0 if reduction == "sum" else 1.0 / len(alone)
    assert_close((float(np.sum(alone)) * share, []), (expected[0], []))
    return compiled.program(*arrays)


def parameters_of(*shape: int, seed: int = 0) -> Any:
    """Nested lists of parameters."""
    rng = random.Random(f"{shape} {seed}")

    def made(shape: Sequence[int]) -> Any:
        return [made(shape[1:]) for _ in range(shape[0])] if shape else parameter(rng.gauss(0.0, 0.5))

    return made(shape)


def flat(nested: Any) -> list[Value]:
    """The parameters of nested lists, in order."""
    return [value for inner in nested for value in flat(inner)] if isinstance(nested, list) else [nested]


def numbers(*shape: int, seed: int = 0) -> Any:
    """An array of random numbers."""
    return np.random.default_rng([*shape, seed]).normal(size=shape)


def functions_of(program: Program) -> list[str]:
    """The array functions of a program, in order."""
    return [instruction.function for instruction in program]
