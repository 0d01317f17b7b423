"""Layers against PyTorch's with the same numbers, in double precision: outputs, and gradients by all numbers."""

import importlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from microgradnet import Value
from microgradnet.layers import GRU, LSTM, Attention, Convolution, Embedding, LayerNorm, Pool, Recurrent
from tests.layers.every import flat, loss_of, numbers, shifted, values

torch: Any = importlib.import_module("torch")
nn: Any = torch.nn


def tensor(listed: Any) -> Any:
    return torch.tensor(listed, dtype=torch.float64)


def weights(layers: Sequence[Any], read: Callable[[Value], float], start: int = 0, stop: int | None = None) -> Any:
    """The weights of the layers' neurons, or those in a range, below one another."""
    return tensor([[read(w) for w in neuron.w[start:stop]] for layer in layers for neuron in layer.neurons])


def biases(layers: Sequence[Any], read: Callable[[Value], float]) -> Any:
    return tensor([read(neuron.b) for layer in layers for neuron in layer.neurons])


def gates(layer: Any) -> list[Any]:
    """The layers whose inputs are [x, h], in PyTorch's order."""
    if isinstance(layer, Recurrent):
        return [layer.hidden]
    if isinstance(layer, GRU):
        return [layer.reset, layer.update]
    return [layer.input, layer.forget, layer.candidate, layer.output]


def recurrent(layer: Any, read: Callable[[Value], float]) -> dict[str, Any]:
    """The numbers, or gradients, of a recurrent layer by PyTorch's names.

    PyTorch adds two biases where one does: ours is its first.
    """
    nin, both = layer.nin, gates(layer)
    found = {
        "weight_ih_l0": weights(both, read, 0, nin), "weight_hh_l0": weights(both, read, nin),
        "bias_ih_l0": biases(both, read),
    }  # fmt: skip
    found["bias_hh_l0"] = torch.zeros_like(found["bias_ih_l0"])
    if isinstance(layer, GRU):
        for name, part in (("ih", layer.candidate_x), ("hh", layer.candidate_h)):
            found[f"weight_{name}_l0"] = torch.cat([found[f"weight_{name}_l0"], weights([part], read)])
            found[f"bias_{name}_l0"] = torch.cat([found[f"bias_{name}_l0"], biases([part], read)])
    return found


def attention(layer: Attention, read: Callable[[Value], float]) -> dict[str, Any]:
    three = [layer.query, layer.key, layer.value]
    return {
        "in_proj_weight": weights(three, read), "in_proj_bias": biases(three, read),
        "out_proj.weight": weights([layer.output], read), "out_proj.bias": biases([layer.output], read),
    }  # fmt: skip


def convolution(layer: Convolution, read: Callable[[Value], float]) -> dict[str, Any]:
    kernels = tensor([[read(w) for w in kernel.w] for kernel in layer.kernels])
    return {
        "weight": kernels.reshape(len(layer.kernels), layer.nin, layer.size, layer.size),
        "bias": tensor([read(kernel.b) for kernel in layer.kernels]),
    }


def normalisation(layer: LayerNorm, read: Callable[[Value], float]) -> dict[str, Any]:
    return {
        "weight": tensor([read(g) for g in layer.gains]), "bias": tensor([read(b) for b in layer.shifts])
    }  # fmt: skip


def agree(ours: Any, theirs: Any, named: Callable[..., dict[str, Any]] | None, x: Any, call: Any = None) -> None:
    """Both layers have the same outputs, and the same gradients by their input and their parameters."""
    theirs = theirs.double()
    if named:
        theirs.load_state_dict(named(ours, lambda p: p.data))
    given, theirs_given = values(x), torch.tensor(x, requires_grad=True)
    outputs, expected = ours(given), (call or (lambda layer, x: layer(x)))(theirs, theirs_given)
    np.testing.assert_allclose(numbers(outputs), expected.detach(), rtol=1e-10, atol=1e-12)
    loss_of(outputs).backward()
    (torch.sin(torch.arange(1, expected.numel() + 1, dtype=torch.float64)) * expected.flatten()).sum().backward()
    np.testing.assert_allclose([v.grad for v in flat(given)], theirs_given.grad.flatten(), rtol=1e-10, atol=1e-12)
    gradients = named(ours, lambda p: p.grad) if named else {}
    for name, p in theirs.named_parameters():
        alone = slice(None)
        if name == "bias_hh_l0":  # PyTorch's second bias of a gate, which we have not: only a GRU's candidate has two
            alone = slice(2 * ours.nout, None) if isinstance(ours, GRU) else slice(0)
        np.testing.assert_allclose(gradients[name][alone], p.grad[alone], rtol=1e-10, atol=1e-12, err_msg=name)


def array(*shape: int) -> Any:
    return np.random.default_rng(shape).normal(size=shape)


@pytest.mark.parametrize("padding", [0, 1])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("size", [1, 2, 3])
def test_convolution(size: int, stride: int, padding: int) -> None:
    ours = shifted(Convolution(2, 3, size, stride=stride, padding=padding), 1)
    agree(ours, nn.Conv2d(2, 3, size, stride, padding), convolution, array(2, 5, 4))


@pytest.mark.parametrize(("size", "stride"), [(2, None), (2, 1), (3, 2), (1, 2)])
def test_pools(size: int, stride: int | None) -> None:
    agree(Pool(size, stride=stride), nn.MaxPool2d(size, stride), None, array(2, 5, 6))
    agree(Pool(size, "mean", stride=stride), nn.AvgPool2d(size, stride), None, array(2, 5, 6))


@pytest.mark.parametrize(("nin", "nout"), [(1, 1), (2, 3), (3, 2)])
@pytest.mark.parametrize("kind", [Recurrent, GRU, LSTM])
def test_recurrent_layers(kind: Any, nin: int, nout: int) -> None:
    theirs = {Recurrent: nn.RNN, GRU: nn.GRU, LSTM: nn.LSTM}[kind]
    agree(shifted(kind(nin, nout), 1), theirs(nin, nout), recurrent, array(4, nin), lambda layer, x: layer(x)[0])


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize(("width", "heads"), [(1, 1), (4, 1), (4, 2), (6, 3)])
def test_attention(width: int, heads: int, causal: bool) -> None:
    def call(layer: Any, x: Any) -> Any:
        mask = torch.triu(torch.ones(len(x), len(x), dtype=torch.bool), 1) if causal else None
        return layer(x, x, x, attn_mask=mask)[0]

    ours = shifted(Attention(width, heads=heads, causal=causal), 1)
    agree(ours, nn.MultiheadAttention(width, heads), attention, array(4, width), call)


def test_layer_norm() -> None:
    agree(shifted(LayerNorm(5), 1), nn.LayerNorm(5), normalisation, array(5))


def test_embedding() -> None:
    ours, theirs = shifted(Embedding(4, 3), 1), nn.Embedding(4, 3).double()
    theirs.load_state_dict({"weight": tensor(numbers(ours.table))})
    symbols = [2, 0, 2]
    outputs, expected = [ours(symbol) for symbol in symbols], theirs(torch.tensor(symbols))
    np.testing.assert_array_equal(numbers(outputs), expected.detach())
    loss_of(outputs).backward()
    (torch.sin(torch.arange(1, 10, dtype=torch.float64)) * expected.flatten()).sum().backward()
    np.testing.assert_allclose([[p.grad for p in row] for row in ours.table], theirs.weight.grad, rtol=1e-10)
