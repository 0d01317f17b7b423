"""To and from other libraries: a network as ONNX, and weights from PyTorch or scikit-learn."""

import math
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.polynomial import Chebyshev, Polynomial
from numpy.typing import ArrayLike, NDArray

from microgradnet._shared.files import write_atomically
from microgradnet.compiling import compile
from microgradnet.compiling.kernels import forward_kernel
from microgradnet.errors import CaptureError
from microgradnet.graph import Graph
from microgradnet.nn import MLP
from microgradnet.train.saving import is_plain
from microgradnet.value import Value

Numbers: TypeAlias = NDArray[np.float64]
OPSET = 18
NODES = {
    "abs": "Abs", "add": "Add", "cos": "Cos", "divide": "Div", "erf": "Erf", "exp": "Exp", "greater": "Greater",
    "greater_equal": "GreaterOrEqual", "less": "Less", "less_equal": "LessOrEqual", "log": "Log", "maximum": "Max",
    "minimum": "Min", "multiply": "Mul", "negative": "Neg", "power": "Pow", "sign": "Sign", "sin": "Sin",
    "sqrt": "Sqrt", "subtract": "Sub", "tanh": "Tanh", "where": "Where",
}  # fmt: skip
"""What ONNX calls the functions of kernels."""


def to_onnx(model: MLP, path: str | Path, dtype: str = "float64") -> Path:
    """Write a network as ONNX: input x (batch, inputs), output y (batch, outputs); return the path.

    Each layer is a matrix product and a sum, then its activation, composed of ONNX's functions by the rule of the
    table.

    Args:
        model: an MLP.
        path: of the file.onnx.
        dtype: of parameters, input and output: "float64" or "float32".

    Raises:
        ImportError: onnx is not installed (`pip install 'microgradnet[onnx]'`).
        TypeError, ValueError: it is no MLP, its activation reads a number or branches (see `compile`) or needs a
            function that ONNX lacks (or onnxruntime, in float64: erf), or the dtype is another.
    """
    if not is_plain(model):
        raise TypeError(f"an MLP of Layers of Neurons can be exported, and no subclass of them, got {model!r:.80}")
    for layer in model.layers:
        if any(neuron.activation is not layer.neurons[0].activation for neuron in layer.neurons):
            raise ValueError(f"the neurons of a layer need one activation to be exported, got several in {layer!r:.80}")
    if dtype not in ("float64", "float32"):
        raise ValueError(f"dtype must be 'float64' or 'float32', got {dtype!r}")
    try:
        onnx = import_module("onnx")
    except ImportError as error:
        raise ImportError("export needs onnx: pip install 'microgradnet[onnx]'") from error
    graph = _Graph(onnx, dtype)
    x = "x"
    for number, layer in enumerate(model.layers):
        weights = np.array([[w.data for w in neuron.w] for neuron in layer.neurons]).T
        biases = np.array([neuron.b.data for neuron in layer.neurons])
        name = f"layer{number}"
        product = graph.node("MatMul", [x, graph.tensor(f"{name}.w", weights)], f"{name}.product")
        z = graph.node("Add", [product, graph.tensor(f"{name}.b", biases)], f"{name}.z")
        x = graph.activation(layer.neurons[0].activation, z, name)
    graph.node("Identity", [x], "y")
    sizes = model.layers[0].nin, len(model.layers[-1].neurons)
    return write_atomically(path, graph.serialized(*sizes, repr(model)))


def _scaled_erfc() -> list[Any]:
    """The coefficients of q(s) = e^(x²)·erfc(x), s = 8 / (4 + x) − 1, for x from 0 to 26, where erfc(x) is nearly 0.

    The relative error of e^(−x²)·q(s) is at most 2e-13.
    """

    def values(s: Numbers) -> Numbers:
        return np.array([math.erfc(x) * math.exp(x * x) for x in (8.0 / (s + 1.0) - 4.0).tolist()])

    polynomial = Chebyshev.interpolate(values, 18, domain=[8.0 / (4.0 + 26.0) - 1.0, 1.0]).convert(kind=Polynomial)
    return polynomial.coef.tolist()


class _Graph:
    """A graph of ONNX under construction."""

    def __init__(self, onnx: Any, dtype: str) -> None:
        self._onnx, self._dtype = onnx, dtype
        self._nodes: list[Any] = []
        self._tensors: list[Any] = []

    def tensor(self, name: str, numbers: ArrayLike) -> str:
        """Numbers that are part of the graph."""
        try:
            with np.errstate(over="raise"):
                array = np.array(numbers, np.float64).astype(self._dtype)
        except FloatingPointError:
            raise ValueError(f"{name} has a number beyond the range of float32: take dtype='float64'") from None
        self._tensors.append(self._onnx.numpy_helper.from_array(array, name))
        return name

    def node(self, kind: str, inputs: Sequence[str | float], name: str) -> str:
        """A function of earlier results and of numbers; its name."""
        names = [i if isinstance(i, str) else self.tensor(f"{name}.number{n}", i) for n, i in enumerate(inputs)]
        self._nodes.append(self._onnx.helper.make_node(kind, names, [name], name=name))
        return name

    def activation(self, function: Callable[[Value], Value], z: str, name: str) -> str:
        """An activation, function by function as the rules of its operations say."""
        try:
            captured = compile(function).program([0.5, 0.25]).captured
        except CaptureError as error:
            raise ValueError(f"the activation of {name} cannot be exported: {error}") from error
        ((leaf,),), (result,) = captured.inputs, captured.outputs
        graph = Graph(result)
        if leaf not in graph.leaves:
            raise ValueError(f"the activation of {name} cannot be exported: it is the same for all weighted sums")
        names: dict[Value, str | float] = {leaf: z}
        for node in graph.computed:
            count = len(node.operands) - node.op.constants
            kernel = forward_kernel(node.op, count, tuple([o.data for o in node.operands[count:]]))
            found = [names.get(o, o.data) for o in node.operands[:count]]
            for step in kernel.steps:
                inputs = [found[a] if isinstance(a, int) else a for a in step.arguments]
                found.append(self._applied(step.function, inputs, name))
            (place,) = kernel.results
            names[node] = found[place] if isinstance(place, int) else place
        return str(names[result])

    def _applied(self, function: str, inputs: Sequence[str | float], prefix: str) -> str:
        """A function of numbers; one that ONNX lacks is composed of others so that small results keep their digits."""

        def node(kind: str, *inputs: str | float) -> str:
            return self.node(kind, inputs, f"{prefix}.{function}{len(self._nodes)}")

        x = inputs[0]
        if function == "log1p":  # ln of the rounded 1 + x, and what the rounding took
            u = node("Add", x, 1.0)
            return node("Add", node("Log", u), node("Div", node("Sub", x, node("Sub", u, 1.0)), u))
        if function == "expm1":  # (eˣ − 1) / (eˣ + 1) = tanh(x/2)
            return node("Mul", node("Tanh", node("Mul", x, 0.5)), node("Add", node("Exp", x), 1.0))
        if function == "erfc":
            s = node("Sub", node("Div", 8.0, node("Add", node("Abs", x), 4.0)), 1.0)
            *coefficients, q = _scaled_erfc()
            for coefficient in reversed(coefficients):
                q = node("Add", node("Mul", q, s), coefficient)
            tail = node("Mul", q, node("Exp", node("Neg", node("Mul", x, x))))
            return node("Where", node("Less", x, 0.0), node("Sub", 2.0, tail), tail)
        if function not in NODES:
            raise ValueError(
                f"ONNX has no {function} of numbers, which this activation needs: export a model with another, or add "
                "what ONNX calls it to NODES in microgradnet/train/exporting.py"
            )
        if function == "erf" and self._dtype == "float64":
            raise ValueError("onnxruntime has no erf in float64, which this activation needs: take dtype='float32'")
        return node(NODES[function], *inputs)

    def serialized(self, inputs: int, outputs: int, about: str) -> bytes:
        """The graph as a file has it, after onnx has checked it."""
        helper = self._onnx.helper
        kind = helper.np_dtype_to_tensor_dtype(np.dtype(self._dtype))
        ends = [helper.make_tensor_value_info(n, kind, ["batch", size]) for n, size in (("x", inputs), ("y", outputs))]
        graph = helper.make_graph(self._nodes, about, ends[:1], ends[1:], self._tensors)
        model = helper.make_model(
            graph, producer_name="microgradnet", opset_imports=[helper.make_opsetid("", OPSET)], ir_version=9
        )
        self._onnx.checker.check_model(model, full_check=True)
        data: bytes = model.SerializeToString()
        return data


def load_weights(model: MLP, weights: Sequence[ArrayLike], biases: Sequence[ArrayLike]) -> None:
    """Give an MLP the weights of another library's network, layer by layer; all of them, or none.

    From PyTorch, whose Linear has weights (outputs, inputs):

        linear = [layer for layer in net if isinstance(layer, torch.nn.Linear)]
        load_weights(model, [m.weight.detach() for m in linear], [m.bias.detach() for m in linear])

    From scikit-learn's MLPClassifier and MLPRegressor, which have (inputs, outputs):

        load_weights(model, [w.T for w in mlp.coefs_], mlp.intercepts_)

    Args:
        model: of the same sizes and activations.
        weights: for each layer (outputs, inputs).
        biases: for each layer (outputs,).

    Raises:
        ValueError: the shapes are not those of the model.

    >>> model = MLP(2, [1], seed=1)
    >>> load_weights(model, [[[2.0, 3.0]]], [[1.0]]); model([1.0, 1.0]).data
    6.0
    """
    if len(weights) != len(biases):
        raise ValueError(
            f"a layer has weights and biases, got {len(weights)} of the one and {len(biases)} of the other"
        )
    arrays = [(np.asarray(w, np.float64), np.asarray(b, np.float64)) for w, b in zip(weights, biases, strict=True)]
    wanted = [((len(layer.neurons), layer.nin), (len(layer.neurons),)) for layer in model.layers]
    given = [(w.shape, b.shape) for w, b in arrays]
    if given != wanted:
        raise ValueError(f"{model!r} has weights and biases of the shapes {wanted}, got {given}")
    names = list(model.state_dict())
    numbers = np.concatenate([np.column_stack([w, b]).ravel() for w, b in arrays])
    model.load_state_dict(dict(zip(names, numbers.tolist(), strict=True)))
