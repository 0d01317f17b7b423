"""`engine="jax"` on several devices: four of one process, and two of each of two processes, agree with one.

A CPU counts as several devices if that is said before JAX is imported, so each test runs in processes of its own.
"""

import json
import os
import socket
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from microgradnet import MLP, compile

ROOT = Path(__file__).parents[2]
PROGRAM = """
import json, os, sys
import jax
jax.config.update("jax_enable_x64", True)
process, count, port = map(int, sys.argv[1:])
if count > 1:
    jax.distributed.initialize(f"127.0.0.1:{port}", count, process)
import numpy as np
from tests.oracles.test_jax_devices import found
print(json.dumps(found(engine="jax", devices=len(jax.devices()))))
"""


def found(**options: Any) -> dict[str, Any]:
    """What is computed on batches that four devices can share equally, and cannot; and an epoch of training."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(40, 3)), rng.normal(size=40)
    model = MLP(3, [5, 2, 1], "tanh", seed=1)
    step = compile(lambda x, y: ((model(x) - y) ** 2, model(x)), model, **options)
    results: dict[str, Any] = {}
    for size in (8, 5, 1):
        (value, predicted), gradient = step(x[:size], y[:size])
        results[f"{size} samples"] = [value, predicted.tolist(), gradient.tolist()]
    for begin in range(0, 40, 8):
        _, gradient = step(x[begin : begin + 8], y[begin : begin + 8])
        step.parameters -= 0.1 * gradient
    if options:
        engine = next(iter(step.programs.values())).engines["jax"]
        shares = engine._put(np.zeros((8, 3)), engine._shares).addressable_shards
        assert {share.data.shape for share in shares} == {(2, 3)}, "each of four devices has two samples"
    return results | {
        "trained": [[p.data for p in model.parameters()]],
        "outputs": [compile(model, **options)(x).tolist()],
    }


def computed(processes: int, devices: int) -> list[dict[str, Any]]:
    """What each of these processes has computed, with so many devices each."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {
        "XLA_FLAGS": f"--xla_force_host_platform_device_count={devices}",
        "JAX_PLATFORMS": "cpu",
    }
    running = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(process), str(processes), str(port)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT, env=environment,
        )
        for process in range(processes)
    ]  # fmt: skip
    outputs = [process.communicate(timeout=300) for process in running]
    assert [process.returncode for process in running] == [0] * processes, outputs
    return [json.loads(output.splitlines()[-1]) for output, _ in outputs]


@pytest.mark.parametrize(("processes", "devices"), [(1, 4), (2, 2)])
def test_devices_compute_what_one_does(processes: int, devices: int) -> None:
    expected = found()
    for each in computed(processes, devices):
        assert each.keys() == expected.keys()
        for name, parts in expected.items():
            for ours, theirs in zip(each[name], parts, strict=True):
                np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-14)


def test_what_devices_may_be() -> None:
    with pytest.raises(ValueError, match=r"devices=99, but JAX finds 1 .*xla_force_host_platform_device_count"):
        compile(lambda x: x, engine="jax", dtype="float32", devices=99)
    wrongs: list[Any] = [0, True, [], "all", 1.5]
    for wrong in wrongs:
        with pytest.raises(ValueError, match="devices, unless it is a list or mesh"):
            compile(lambda x: x, engine="jax", dtype="float32", devices=wrong)
    with pytest.raises(ValueError, match="devices are for engine='jax'"):
        compile(lambda x: x, devices=1)
    for devices in (1, import_module("jax").devices()):
        twice = compile(lambda x: x * 2, engine="jax", dtype="float32", devices=devices)
        assert twice([1.0, 2.0]).tolist() == [2.0, 4.0]
