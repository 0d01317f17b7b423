"""First calls and memory of large layers: `python -m tests.benchmarks.first_calls` (Linux).

Prints a Markdown table. "first call" is the CPU time of the first loss and gradient of a batch: capturing, lowering,
compiling and computing it. "memory" is what a process takes at most, from then on, beyond what it had before: the
captured program and all arrays. torch computes the same with its own layers, for which each call is a first one.
"""

import argparse
import statistics
from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any

import numpy as np

from microgradnet import Layer, Module, Value, compile, logsumexp, total
from microgradnet.layers import LSTM, Attention, Convolution
from tests.benchmarks.contenders import Numbers, Runner
from tests.benchmarks.race import Cost, race, surroundings

Shape = tuple[int, ...]


class Images(Module):
    """Features of an image, each summed over all places, and the cross-entropy of a class."""

    def __init__(self, kernels: int) -> None:
        self.features = Convolution(1, kernels, 3, activation="relu", seed=1)
        self.dense = Layer(kernels, 10, "linear", seed=1)

    def loss(self, image: list[list[Value]]) -> Value:
        z: list[Value] = self.dense([total([y for row in feature for y in row]) for feature in self.features([image])])
        return logsumexp(z) - z[0]


def images_torch(torch: Any, kernels: int) -> tuple[list[Any], Callable[[Any], Any]]:
    layers = torch.nn.Conv2d(1, kernels, 3), torch.nn.Linear(kernels, 10)

    def loss(x: Any) -> Any:
        z = layers[1](torch.relu(layers[0](x[:, None])).sum((2, 3)))
        return (torch.logsumexp(z, 1) - z[:, 0]).mean()

    return [p for layer in layers for p in layer.parameters()], loss


class Last(Module):
    """The sum of squares of the last hidden state of an LSTM."""

    def __init__(self, units: int) -> None:
        self.lstm = LSTM(units, units, seed=1)

    def loss(self, rows: list[list[Value]]) -> Value:
        return total([y * y for y in self.lstm(rows)[-1]])


def last_torch(torch: Any, units: int) -> tuple[list[Any], Callable[[Any], Any]]:
    lstm = torch.nn.LSTM(units, units, batch_first=True)
    return [*lstm.parameters()], lambda x: (lstm(x)[0][:, -1] ** 2).sum(1).mean()


class Attended(Module):
    """The sum of squares of what attention gives."""

    def __init__(self, width: int) -> None:
        self.attention = Attention(width, seed=1)

    def loss(self, rows: list[list[Value]]) -> Value:
        return total([y * y for row in self.attention(rows) for y in row])


def attended_torch(torch: Any, width: int) -> tuple[list[Any], Callable[[Any], Any]]:
    attention = torch.nn.MultiheadAttention(width, 1, batch_first=True)
    return [*attention.parameters()], lambda x: (attention(x, x, x)[0] ** 2).sum((1, 2)).mean()


def ours(module: Callable[[int], Any], size: int, x: Numbers, engine: str) -> Runner:
    if engine == "fused":
        import_module("llvmlite")
    model = module(size)
    compiled = compile(model.loss, model, engine=engine)
    found: list[Any] = []

    def step() -> float:
        found[:] = compiled(x)
        return float(found[0])

    return Runner(step, lambda: found[1])


def theirs(network: Callable[[Any, int], tuple[list[Any], Callable[[Any], Any]]], size: int, x: Numbers) -> Runner:
    torch: Any = import_module("torch")
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    parameters, loss_of = network(torch, size)
    torch.ones(1, requires_grad=True).sum().backward()  # what torch loads for its first gradient is not the layers'
    batch = torch.tensor(x)

    def step() -> float:
        for p in parameters:
            p.grad = None
        loss = loss_of(batch)
        loss.backward()
        return float(loss.item())

    return Runner(step, lambda: np.concatenate([p.grad.numpy().ravel() for p in parameters]))


def row(title: str, module: Any, network: Any, size: int, shape: Shape, repeats: int) -> str:
    """The first call, the memory and the step of each; "–" for one that is not installed."""
    x = np.random.default_rng(1).normal(0, 0.3, shape)
    mine = {engine: partial(ours, module, size, x, engine) for engine in ("numpy", "fused")}
    races = [race(title, each, repeats) for each in (mine, {"torch": partial(theirs, network, size, x)})]
    costs: dict[str, Cost] = races[0].costs | races[1].costs
    steps = {name: statistics.median(times) for each in races for name, times in each.seconds.items()}
    cells = [f"{costs[name]}, {steps[name] * 1e3:,.3g} ms" if name in costs else "–" for name in (*mine, "torch")]
    times = f"{costs['numpy'].memory / costs['torch'].memory:.1f}" if "torch" in costs else "–"
    return f"| {' | '.join([title, *cells, times])} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that it works")
    quick = parser.parse_args().quick
    batch, pixels, steps, units, rows, width = (2, 5, 4, 2, 3, 2) if quick else (32, 28, 200, 128, 64, 64)
    print("| first call, memory, step | `compile` | its fused engine | torch | memory × torch's |")
    print("|---|---:|---:|---:|---:|")
    with surroundings():
        for title, module, network, size, shape in (
            (f"32 kernels of 3×3 on {pixels}×{pixels} pixels", Images, images_torch, 32, (batch, pixels, pixels)),
            (f"LSTM, {steps} steps of {units} units", Last, last_torch, units, (batch, steps, units)),
            (f"attention, {rows} rows of {width} numbers", Attended, attended_torch, width, (batch, rows, width)),
        ):
            print(row(f"{title}, batch {batch}", module, network, size, shape, 1 if quick else 5), flush=True)


if __name__ == "__main__":
    main()
