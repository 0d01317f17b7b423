"""`compile` on JAX: it agrees with NumPy's engine, and its gradients with those that jax.grad finds for itself."""

import importlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microgradnet import compile, parameter
from microgradnet.compiling import Portable
from microgradnet.ops import Operation
from tests import own
from tests.compiling.comparing import numbers
from tests.compiling.test_agreement import P, random_function
from tests.compiling.test_agreement import steps as drawn_steps
from tests.oracles.engines import (
    assert_like_numpy,
    assert_same,
    check_errors,
    check_loops,
    check_network,
    check_row,
    check_structures,
)
from tests.oracles.networks import NETWORKS
from tests.strategies import each_row

jax: Any = importlib.import_module("jax")
jnp: Any = importlib.import_module("jax.numpy")
jax.config.update("jax_enable_x64", True)


@pytest.mark.parametrize("name", NETWORKS)
def test_networks_agree_with_numpy(name: str) -> None:
    check_network(NETWORKS[name](), "jax")
    check_network(NETWORKS[name](), "jax", rtol=2e-5)  # in float32


@pytest.mark.parametrize("name", NETWORKS)
def test_gradients_agree_with_those_of_jax(name: str) -> None:
    network = NETWORKS[name]()
    theta = np.array([p.data for p in network.parameters])
    expected = jax.value_and_grad(lambda theta: network.on_arrays(jnp, theta, *network.arrays))(theta)
    for engine in ("jax", "numpy"):
        found = compile(network.loss, network.parameters, engine=engine)(*network.arrays)
        assert_same(found, expected, 1e-12)
    wrong = (expected[0], np.asarray(expected[1]) * (1 + 1e-9))
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        assert_same(found, wrong, 1e-12)


@each_row
def test_every_row(row: Operation) -> None:
    check_row(row, "jax")


@pytest.mark.parametrize("name", own.NAMES)
def test_a_users_own_operation(name: str) -> None:
    check_row(own.defined()[name], "jax")


@given(st.lists(drawn_steps, min_size=1, max_size=8), st.integers(0, 6))
@settings(max_examples=5, deadline=None)
def test_random_programs(drawn: list[tuple[str, list[int]]], used: int) -> None:
    assert_like_numpy(random_function(drawn, used), P, [numbers(2, 4), numbers(2)], "jax", 1e-11)


def test_errors_and_structures() -> None:
    check_errors("jax")
    check_structures("jax")


def test_float64_needs_to_be_turned_on() -> None:
    step = compile(lambda x: x * 2, engine="jax")
    jax.config.update("jax_enable_x64", False)
    try:
        line = r'float64: .*import jax; jax\.config\.update\("jax_enable_x64", True\)'
        with pytest.raises(ValueError, match=rf"^jax\.numpy does not compute in {line}"):
            compile(lambda x: x * 2, engine="jax")
        with pytest.raises(ValueError, match=line):  # turned off since
            step([1.0])
        assert compile(lambda x: x * 2, engine="jax", dtype="float32")([1.0]).tolist() == [2.0]
    finally:
        jax.config.update("jax_enable_x64", True)


def test_a_program_is_a_function_that_jax_can_trace_and_differentiate() -> None:
    """Its gradient is the derivative of its output; a second derivative comes by jax.grad of it."""
    w = parameter(0.5, "w")
    program = compile(lambda x: (x * w) ** 3, w).program([1.0])
    portable = Portable(program, jnp)

    def mean(theta: Any) -> Any:
        return portable.run(theta, [jnp.array([1.0, 2.0])], 2, 0.5).outputs[0].mean()

    theta = jnp.array([0.5])
    found = jax.jit(portable.run, static_argnums=2)(theta, [jnp.array([1.0, 2.0])], 2, 0.5)
    assert isinstance(found.gradient, jax.Array)
    np.testing.assert_allclose(found.gradient, jax.grad(mean)(theta))
    second = jax.grad(lambda theta: portable.run(theta, [jnp.array([1.0, 2.0])], 2, 0.5).gradient[0])(theta)
    np.testing.assert_allclose(second, [6 * 0.5 * (1 + 8) / 2])


def test_loops() -> None:
    check_loops("jax")
