"""ONNX that onnxruntime runs with the same outputs, and weights that come from PyTorch and scikit-learn."""

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from microgradnet import MLP, Layer, Neuron, Value, compile, exp, log, relu, scan, tanh
from microgradnet.layers import (
    GRU,
    LSTM,
    Attention,
    Convolution,
    Dropout,
    Embedding,
    LayerNorm,
    Pool,
    Recurrent,
)
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
    path = to_onnx(model, tmp_path / "model.onnx", dtype)
    x = np.concatenate([numbers(20, 3) * 3, [[0.0, 0.0, 0.0], [300.0, -300.0, 300.0]]]).astype(dtype)
    found = run(path, x)
    assert found.dtype == dtype
    tolerance = 1e-12 if dtype == "float64" else 2e-5
    np.testing.assert_allclose(found, compile(model)(x.astype(float)), rtol=tolerance, atol=tolerance)


def exported(activation: Any, tmp_path: Path, dtype: str, z: Any) -> Any:
    """What onnxruntime computes for the activation alone."""
    model = MLP(1, [1], output_activation=activation)
    load_weights(model, [[[1.0]]], [[0.0]])
    return run(to_onnx(model, tmp_path / "activation.onnx", dtype), np.asarray(z, dtype)[:, None])[:, 0]


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_small_results_keep_their_digits(activation: str, dtype: str, tmp_path: Path) -> None:
    sizes = np.logspace(-20, 2.8, 200)
    z = np.concatenate([sizes, -sizes, [0.0]]).astype(dtype)
    wanted = np.array([ACTIVATIONS[activation](Value(number)).data for number in z.tolist()])
    smallest = 20 * float(np.finfo(dtype).tiny)  # below, digits are lost
    np.testing.assert_allclose(
        exported(activation, tmp_path, dtype, z), wanted, rtol=1e-12 if dtype == "float64" else 2e-5, atol=smallest
    )


@pytest.mark.parametrize(
    ("activation", "z", "wanted"),
    [("softplus", -40.0, 4.248354255291589e-18), ("elu", -1e-17, -1e-17), ("gelu", -6.0, -5.919525870226207e-09)],
)
def test_the_tails(activation: str, z: float, wanted: float, tmp_path: Path) -> None:
    assert exported(activation, tmp_path, "float64", [z])[0] == pytest.approx(wanted, rel=1e-12, abs=0)


class Doubled(MLP):
    def __call__(self, x: Any) -> Any:
        return super().__call__(x) * 2


class Halved(Neuron):
    def _forward(self, inputs: Any) -> Any:
        return super()._forward(inputs) / 2


def test_a_network_that_is_no_plain_one_is_refused(tmp_path: Path) -> None:
    mixed, other = (MLP(2, [3, 1], "tanh", seed=1) for _ in range(2))
    mixed.layers[0].neurons[1].activation = relu
    other.layers[0].neurons[1].__class__ = Halved
    for model, error in ((Doubled(2, [1]), TypeError), (other, TypeError), (mixed, ValueError)):
        with pytest.raises(error):
            to_onnx(model, tmp_path / "m.onnx")
    assert not (tmp_path / "m.onnx").exists()


def log_or_nothing(z: Value) -> Value:
    try:
        return log(z)
    except ArithmeticError:
        return z * 0


@pytest.mark.parametrize(
    ("activation", "words"),
    [
        (lambda z: z if z > 0 else z * 0.1, "a comparison"),
        (lambda z: log(1 + exp(z)) if z < 30 else z, "a comparison"),
        (lambda z: z * 2 if abs(z.data) < 25 else z, ".data"),
        (lambda z: z * float(z), "float"),
        (log_or_nothing, "catching the DomainError"),
        (lambda z: Value(3.0), "the same for all weighted sums"),
    ],
)
def test_an_activation_that_reads_its_number_is_refused(activation: Any, words: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="the activation of layer0 cannot be exported") as caught:
        to_onnx(MLP(2, [3, 1], activation), tmp_path / "m.onnx")
    assert words in str(caught.value)
    assert not (tmp_path / "m.onnx").exists()


def test_a_number_beyond_float32_is_refused_in_float32(tmp_path: Path) -> None:
    model = MLP(1, [1])
    load_weights(model, [[[1e39]]], [[0.0]])
    with pytest.raises(ValueError, match=r"layer0\.w has a number beyond the range of float32"):
        to_onnx(model, tmp_path / "m.onnx", "float32")
    assert run(to_onnx(model, tmp_path / "m.onnx"), np.array([[2.0]])) == 2e39


def test_the_graph_reads_as_the_network(tmp_path: Path) -> None:
    model = onnx.load(to_onnx(MLP(2, [3, 1], "tanh", seed=1), tmp_path / "m.onnx"))
    assert model.graph.name == "MLP(2 → 3 tanh → 1 linear)"
    kinds = [node.op_type for node in model.graph.node]
    assert kinds == ["MatMul", "Add", "Tanh", "MatMul", "Add", "Identity"]
    assert model.graph.node[0].name == "layer0.product"
    assert model.producer_name == "microgradnet"


def test_what_cannot_be_exported_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match=r"pass the arguments of one: to_onnx\(model, path, sample=\(x,\)\)"):
        to_onnx(Layer(1, 1), tmp_path / "m.onnx")
    with pytest.raises(ValueError, match="dtype must be"):
        to_onnx(MLP(1, [1]), tmp_path / "m.onnx", "float16")
    own = MLP(1, [2, 1], lambda z: tanh(z) * 2 + z, seed=1)
    x = numbers(4, 1)
    np.testing.assert_allclose(run(to_onnx(own, tmp_path / "own.onnx"), x)[:, 0], compile(own)(x), rtol=1e-12)
    assert [path.name for path in tmp_path.iterdir()] == ["own.onnx"]


MODELS: dict[str, tuple[Any, tuple[tuple[int, ...], ...]]] = {
    "convolution": (Convolution(2, 3, 3, stride=2, padding=1, activation="relu", seed=1), ((2, 6, 7),)),
    "max": (Pool(2, kind="max"), ((2, 4, 6),)),
    "mean": (Pool(2, kind="mean"), ((2, 4, 6),)),
    "recurrent": (Recurrent(3, 4, seed=1), ((5, 3),)),
    "GRU": (GRU(3, 4, seed=1), ((5, 3),)),
    "LSTM": (LSTM(3, 4, seed=1), ((5, 3),)),
    "attention": (Attention(4, heads=2, seed=1), ((5, 4),)),
    "causal": (Attention(4, heads=2, causal=True, seed=1), ((5, 4),)),
    "normalisation": (LayerNorm(5), ((5,),)),
    "dropout": (Dropout(0.5), ((5,),)),
    "embedding": (Embedding(6, 3, seed=1), ((6,),)),
    "layer": (Layer(3, 1, "gelu", seed=1), ((3,),)),
    "products": (lambda x, y: ([[a * b for b in y] for a in x], x[0] / (1 + y[1] ** 2)), ((3,), (2,))),
    "scan": (lambda x: scan(lambda s, xi: (s * 0.5 + tanh(xi), s), x[0], x), ((4,),)),
    "constant": (lambda x: [2.0, x[0]], ((1,),)),
}


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_onnxruntime_gives_the_same_for_every_layer(name: str, dtype: str, tmp_path: Path) -> None:
    model, shapes = MODELS[name]
    path = to_onnx(model, tmp_path / "m.onnx", dtype, sample=[np.zeros(shape) for shape in shapes])
    session = runtime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    compiled = compile(model)
    for batch in (1, 7):
        arguments = [numbers(batch, *shape).astype(dtype) for shape in shapes]
        found = session.run(None, dict(zip([i.name for i in session.get_inputs()], arguments, strict=True)))
        wanted = compiled(*(argument.astype(float) for argument in arguments))
        wanted = wanted if isinstance(wanted, tuple) else (wanted,)
        assert len(found) == len(wanted)
        for ours, theirs in zip(wanted, found, strict=True):
            assert theirs.dtype == dtype
            np.testing.assert_allclose(theirs, ours, rtol=0, atol=1e-12 if dtype == "float64" else 1e-5)


def test_a_model_that_branches_or_returns_a_ragged_list_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be exported"):
        to_onnx(lambda x: x[0] if x[0] > 0 else x[1], tmp_path / "m.onnx", sample=([1.0, 2.0],))
    with pytest.raises(ValueError, match="return each part of it in a tuple"):
        to_onnx(lambda x: [[x[0]], [x[0], x[1]]], tmp_path / "m.onnx", sample=([1.0, 2.0],))
    assert not [*tmp_path.iterdir()]


def test_the_file_has_no_node_that_no_output_needs(tmp_path: Path) -> None:
    model = onnx.load(to_onnx(LSTM(2, 3, seed=1), tmp_path / "m.onnx", sample=(np.zeros((3, 2)),)))
    used = {name for node in model.graph.node for name in node.input} | {output.name for output in model.graph.output}
    assert {node.output[0] for node in model.graph.node} <= used
    assert {tensor.name for tensor in model.graph.initializer} <= used


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
