"""`OnnxGraph`: a graph of ONNX under construction, whose functions are those of kernels."""

import math
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, TypeAlias

import numpy as np
from numpy.polynomial import Chebyshev, Polynomial
from numpy.typing import ArrayLike, NDArray

Numbers: TypeAlias = NDArray[np.float64]
Shape: TypeAlias = tuple[int, ...]
OPSET = 18
NODES = {
    "abs": "Abs", "add": "Add", "cos": "Cos", "divide": "Div", "erf": "Erf", "exp": "Exp", "greater": "Greater",
    "greater_equal": "GreaterOrEqual", "less": "Less", "less_equal": "LessOrEqual", "log": "Log", "maximum": "Max",
    "minimum": "Min", "multiply": "Mul", "negative": "Neg", "power": "Pow", "sign": "Sign", "sin": "Sin",
    "sqrt": "Sqrt", "subtract": "Sub", "tanh": "Tanh", "where": "Where",
}  # fmt: skip
"""The names in ONNX of the functions of kernels."""


def _scaled_erfc() -> list[Any]:
    """The coefficients of q(s) = e^(x²)·erfc(x), s = 8 / (4 + x) − 1, for x from 0 to 26, where erfc(x) is nearly 0.

    The relative error of e^(−x²)·q(s) is at most 2e-13.
    """

    def values(s: Numbers) -> Numbers:
        return np.array([math.erfc(x) * math.exp(x * x) for x in (8.0 / (s + 1.0) - 4.0).tolist()])

    polynomial = Chebyshev.interpolate(values, 18, domain=[8.0 / (4.0 + 26.0) - 1.0, 1.0]).convert(kind=Polynomial)
    return polynomial.coef.tolist()


class OnnxGraph:
    """A graph of ONNX under construction.

    Args:
        dtype: of numbers, "float64" or "float32".
        inputs: the shape of each for one sample, by its name.

    Raises:
        ImportError: onnx is not installed.
    """

    def __init__(self, dtype: str, inputs: Mapping[str, Shape]) -> None:
        try:
            self._onnx = import_module("onnx")
        except ImportError as error:
            raise ImportError("export needs onnx: pip install 'microgradnet[onnx]'") from error
        self._dtype, self._shapes = dtype, inputs
        self._nodes: list[Any] = []
        self._tensors: dict[str, Any] = {}
        self._names: dict[tuple[str, Shape, bytes], str] = {}
        self.inputs = [*inputs]

    def tensor(self, name: str, numbers: ArrayLike) -> str:
        """Numbers that are part of the graph; whole numbers and truth values keep their dtype."""
        array = np.asarray(numbers)
        if array.dtype not in (np.int64, np.bool_):
            try:
                with np.errstate(over="raise"):
                    array = array.astype(np.float64).astype(self._dtype)
            except FloatingPointError:
                raise ValueError(f"{name} has a number beyond the range of float32: take dtype='float64'") from None
        self._tensors[name] = self._onnx.numpy_helper.from_array(np.ascontiguousarray(array), name)
        return name

    def constant(self, array: NDArray[Any]) -> str:
        """The name of a tensor of these numbers, one for all that are equal."""
        key = array.dtype.str, array.shape, array.tobytes()
        if key not in self._names:
            self._names[key] = self.tensor(f"c{len(self._names)}", array)
        return self._names[key]

    def new_name(self, prefix: str) -> str:
        """A name that no other node has."""
        return f"{prefix}{len(self._nodes)}"

    def node(self, kind: str, inputs: Sequence[str | float], name: str, **attributes: Any) -> str:
        """A function of earlier results and of numbers; its name."""
        names = [i if isinstance(i, str) else self.tensor(f"{name}.number{n}", float(i)) for n, i in enumerate(inputs)]
        self._nodes.append(self._onnx.helper.make_node(kind, names, [name], name=name, **attributes))
        return name

    def applied(self, function: str, inputs: Sequence[str | float], prefix: str) -> str:
        """A function of numbers; one that ONNX lacks is composed of others so that small results keep their digits."""

        def node(kind: str, *inputs: str | float) -> str:
            return self.node(kind, inputs, f"{prefix}.{function}{len(self._nodes)}")

        x = inputs[0]
        if function == "log1p":  # ln of the rounded 1 + x, and a correction for the rounding
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
                f"ONNX has no {function} of numbers, which this model needs: export one without it, or add what ONNX "
                "calls it to NODES in microgradnet/train/onnx_graph.py"
            )
        if function == "erf" and self._dtype == "float64":
            raise ValueError("onnxruntime has no erf in float64, which this model needs: take dtype='float32'")
        return node(NODES[function], *inputs)

    def serialized(self, outputs: Mapping[str, Shape], about: str) -> bytes:
        """The graph as a file has it, without nodes that no output needs, after onnx has checked it.

        Args:
            outputs: the shape of each for one sample, by its name.
            about: the name of the graph.
        """
        helper = self._onnx.helper
        kind = helper.np_dtype_to_tensor_dtype(np.dtype(self._dtype))
        inputs, results = (
            [helper.make_tensor_value_info(name, kind, ["batch", *shape]) for name, shape in ends.items()]
            for ends in (self._shapes, outputs)
        )
        needed, nodes = set(outputs), []
        for node in reversed(self._nodes):
            if node.output[0] in needed:
                needed.update(node.input)
                nodes.append(node)
        tensors = [tensor for name, tensor in self._tensors.items() if name in needed]
        graph = helper.make_graph(nodes[::-1], about, inputs, results, tensors)
        model = helper.make_model(
            graph, producer_name="microgradnet", opset_imports=[helper.make_opsetid("", OPSET)], ir_version=9
        )
        self._onnx.checker.check_model(model, full_check=True)
        data: bytes = model.SerializeToString()
        return data
