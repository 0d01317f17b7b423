"""ONNX that onnxruntime runs with the same outputs, and weights that come from PyTorch and scikit-learn."""

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from microgradnet import MLP, Layer, Value, compile, relu, tanh
from microgradnet.nn import ACTIVATIONS
from microgradnet.train.exporting import load_weights, to_onnx
from tests.compiling.comparing import numbers

onnx: Any = importlib.import_module("onnx")
runtime: Any = importlib.import_module("onnxruntime")


def run(path: Path, x: Any) -> Any:
    return runtime.InferenceSession(str(path), providers=["CPUExecutionProvider"]).run(None, {"x": x})[0]


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_onnxruntime_gives_the_same(activation: str, dtype: str, tmp_path: Path) -> None:
    model = MLP(3, [5, 2], activation, "sigmoid", seed=1)
    if (activation, dtype) == ("gelu", "float64"):
        with pytest.raises(ValueError, match="take dtype='float32'"):
            to_onnx(model, tmp_path / "model.onnx", dtype)
        return
    path = to_onnx(model, tmp_path / "model.onnx", dtype)
    x = np.concatenate([numbers(20, 3) * 3, [[0.0, 0.0, 0.0], [300.0, -300.0, 300.0]]]).astype(dtype)
    found = run(path, x)
    assert found.dtype == dtype
    tolerance = 1e-12 if dtype == "float64" else 2e-5
    np.testing.assert_allclose(found, compile(model)(x.astype(float)), rtol=tolerance, atol=tolerance)


def branching(z: Value) -> Value:
    return z if z > 0 else z * 0.1


def test_what_onnx_cannot_have_is_refused(tmp_path: Path) -> None:
    class Doubled(MLP):
        def __call__(self, x: Any) -> Any:
            return super().__call__(x) * 2

    mixed = MLP(2, [3, 1], "tanh", seed=1)
    mixed.layers[0].neurons[1].activation = relu
    for model, error in ((MLP(2, [3, 1], branching), ValueError), (Doubled(2, [1]), TypeError), (mixed, ValueError)):
        with pytest.raises(error):
            to_onnx(model, tmp_path / "m.onnx")
    assert not (tmp_path / "m.onnx").exists()


def test_the_graph_reads_as_the_network(tmp_path: Path) -> None:
    model = onnx.load(to_onnx(MLP(2, [3, 1], "tanh", seed=1), tmp_path / "m.onnx"))
    assert model.graph.name == "MLP(2 → 3 tanh → 1 linear)"
    kinds = [node.op_type for node in model.graph.node]
    assert kinds == ["MatMul", "Add", "Tanh", "MatMul", "Add", "Identity"]
    assert model.graph.node[0].name == "layer0.product"
    assert model.producer_name == "microgradnet"


def test_what_cannot_be_exported_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="an MLP can be exported"):
        to_onnx(Layer(1, 1), tmp_path / "m.onnx")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="dtype must be"):
        to_onnx(MLP(1, [1]), tmp_path / "m.onnx", "float16")
    own = MLP(1, [2, 1], lambda z: tanh(z) * 2 + z, seed=1)
    x = numbers(4, 1)
    np.testing.assert_allclose(run(to_onnx(own, tmp_path / "own.onnx"), x)[:, 0], compile(own)(x), rtol=1e-12)
    assert [path.name for path in tmp_path.iterdir()] == ["own.onnx"]


def test_weights_from_pytorch() -> None:
    torch: Any = importlib.import_module("torch")
    net = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2)).double()
    model = MLP(3, [4, 2], "tanh")
    linear = [layer for layer in net if isinstance(layer, torch.nn.Linear)]
    load_weights(model, [m.weight.detach() for m in linear], [m.bias.detach() for m in linear])
    x = numbers(5, 3)
    np.testing.assert_allclose(compile(model)(x), net(torch.tensor(x)).detach(), rtol=1e-12)


def test_weights_from_scikit_learn() -> None:
    network: Any = importlib.import_module("sklearn.neural_network")
    x, y = numbers(30, 3), numbers(30)
    mlp = network.MLPRegressor(hidden_layer_sizes=(4,), activation="tanh", max_iter=5000, random_state=0).fit(x, y)
    model = MLP(3, [4, 1], "tanh")
    load_weights(model, [w.T for w in mlp.coefs_], mlp.intercepts_)
    np.testing.assert_allclose(compile(model)(x), mlp.predict(x), rtol=1e-9)
    with pytest.raises(ValueError, match="of the shapes"):
        load_weights(model, mlp.coefs_, mlp.intercepts_)
