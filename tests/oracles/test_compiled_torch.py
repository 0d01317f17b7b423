"""`compile` on torch tensors: it agrees with NumPy's engine, and its gradients with those of torch's autograd."""

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

torch: Any = importlib.import_module("torch")


@pytest.mark.parametrize("name", NETWORKS)
def test_networks_agree_with_numpy(name: str) -> None:
    check_network(NETWORKS[name](), "torch")
    check_network(NETWORKS[name](), "torch", rtol=2e-5)  # in float32


@pytest.mark.parametrize("name", NETWORKS)
def test_gradients_agree_with_those_of_torch(name: str) -> None:
    network = NETWORKS[name]()
    theta = torch.tensor([p.data for p in network.parameters], dtype=torch.float64, requires_grad=True)
    value = network.on_arrays(torch, theta, *map(torch.tensor, network.arrays))
    value.backward()
    for engine in ("torch", "numpy"):
        found = compile(network.loss, network.parameters, engine=engine)(*network.arrays)
        assert_same(found, (value.item(), theta.grad.numpy()), 1e-12)


@each_row
def test_every_row(row: Operation) -> None:
    check_row(row, "torch")


@pytest.mark.parametrize("name", own.NAMES)
def test_a_users_own_operation(name: str) -> None:
    check_row(own.defined()[name], "torch")


@given(st.lists(drawn_steps, min_size=1, max_size=20), st.integers(0, 6))
@settings(max_examples=20, deadline=None)
def test_random_programs(drawn: list[tuple[str, list[int]]], used: int) -> None:
    assert_like_numpy(random_function(drawn, used), P, [numbers(2, 4), numbers(2)], "torch", 1e-11)


def test_errors_and_structures() -> None:
    check_errors("torch")
    check_structures("torch")


def test_tensors_are_arguments_too() -> None:
    w = parameter(2.0, "w")
    value, gradient = compile(lambda x: x * w, w, engine="torch")(torch.tensor([1.0, 2.0]))
    assert (value, gradient.tolist()) == (3.0, [1.5])


def test_on_tensors_the_outputs_are_tensors() -> None:
    w = parameter(0.5, "w")
    portable = Portable(compile(lambda x: (x * w) ** 3, w).program([1.0]), torch)
    theta, x = torch.tensor([0.5], dtype=torch.float64, requires_grad=True), torch.tensor([1.0, 2.0]).double()
    found: Any = portable.run(theta, [x], 2, 0.5)
    found.outputs[0].mean().backward()
    np.testing.assert_allclose(found.gradient.detach(), theta.grad)


def test_loops() -> None:
    check_loops("torch")
