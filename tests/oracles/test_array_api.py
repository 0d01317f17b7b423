"""`Portable` keeps to the array API: it runs on the implementation that has nothing else."""

import importlib
from typing import Any

import numpy as np
import pytest

from microgradnet import compile
from microgradnet.compiling import Portable
from tests.oracles.networks import NETWORKS

xp: Any = importlib.import_module("array_api_strict")


@pytest.mark.parametrize("name", NETWORKS)
def test_networks_agree_with_numpy(name: str) -> None:
    network = NETWORKS[name]()
    step = compile(network.loss, network.parameters)
    value, gradient = step(*network.arrays)
    size = len(network.arrays[0])
    portable = Portable(step.program(*network.arrays), xp)
    found: Any = portable.run(step.parameters.array, network.arrays, size, 1 / size)
    np.testing.assert_allclose(np.asarray(found.outputs[0]).mean(), value, rtol=1e-12)
    np.testing.assert_allclose(np.asarray(found.gradient), gradient, rtol=1e-12, atol=1e-14)
