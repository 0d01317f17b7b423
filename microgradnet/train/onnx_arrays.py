"""`OnnxArrays`: the array API's functions that programs need; each call on arrays of a graph adds nodes of ONNX."""

from collections.abc import Callable, Sequence
from math import prod
from typing import Any, TypeAlias, TypeVar

import numpy as np

from microgradnet.train.onnx_graph import OnnxGraph

Known: TypeAlias = np.ndarray[Any, Any]
"""An array whose numbers are known while the graph is made: parameters, and results of parameters alone."""
Shape: TypeAlias = tuple[int, ...]
BATCH = 1_000_003
"""Stands for the number of samples: a prime, so that the sizes that depend on it are its multiples."""
NUMPY = {"pow": "power"}
"""The names of functions in kernels, where the array API has others."""


class OnnxArray:
    """An array that the graph computes: the name of its node's result, and its shape."""

    def __init__(self, arrays: "OnnxArrays", name: str, shape: Shape) -> None:
        self._arrays, self.name, self.shape, self.ndim = arrays, name, shape, len(shape)

    @property
    def T(self) -> "OnnxArray":  # noqa: N802 — the array API's name
        """The transpose."""
        return self._arrays.transposed(self, range(self.ndim)[::-1])

    def __getitem__(self, parts: slice | tuple[slice, ...]) -> "OnnxArray":
        return self._arrays.cut(self, parts if isinstance(parts, tuple) else (parts,))

    def __add__(self, other: Any) -> Any:
        return self._arrays.add(self, other)

    def __mul__(self, other: Any) -> Any:
        return self._arrays.multiply(self, other)

    __radd__, __rmul__ = __add__, __mul__
    __array_ufunc__ = None  # a NumPy array leaves sums and products to the methods above


Array: TypeAlias = OnnxArray | Known
A = TypeVar("A", OnnxArray, Known, Array)


class OnnxArrays:
    """A namespace of functions of arrays; those of known arrays alone are computed at once, by NumPy.

    Args:
        graph: receives the nodes.
    """

    __name__ = "ONNX"

    def __init__(self, graph: OnnxGraph) -> None:
        self.graph = graph
        first = self._node("Slice", [self._node("Shape", [graph.inputs[0]]), *map(self._whole, ([0], [1]))])
        shape = self._node("Concat", [self._whole([1]), first], axis=0)
        self.ones = OnnxArray(self, self._node("Expand", [graph.tensor("one", [[1.0]]), shape]), (1, BATCH))
        """(1, batch), all 1."""

    def __getattr__(self, name: str) -> Callable[..., Array]:
        """The function of numbers with this name, element by element."""

        def elementwise(*operands: Array | float) -> Array:
            if not any(isinstance(operand, OnnxArray) for operand in operands):
                known: Array = getattr(np, name)(*operands)
                return known
            shape = np.broadcast_shapes(
                *[np.shape(operand) if not isinstance(operand, OnnxArray) else operand.shape for operand in operands]
            )
            inputs = [operand if isinstance(operand, float) else self._name(operand) for operand in operands]
            return OnnxArray(self, self.graph.applied(NUMPY.get(name, name), inputs, "h"), shape)

        return elementwise

    def given(self, name: str, shape: Shape) -> OnnxArray:
        """An input of the graph (batch, …) as rows: (numbers of a sample, batch)."""
        flat = self._node("Reshape", [name, self._whole([-1, prod(shape)])])
        return OnnxArray(self, flat, (BATCH, prod(shape))).T

    def result(self, rows: Array, shape: Shape) -> str:
        """Rows (numbers of a sample, batch) as an output (batch, …)."""
        columns = self.transposed(self.broadcast_to(rows, (rows.shape[0], BATCH)), (1, 0))
        return self._name(self.reshape(columns, (BATCH, *shape)))

    def reshape(self, array: Array, shape: Sequence[int]) -> Array:
        """As the array API's."""
        size = prod(array.shape)
        rest = prod(n for n in shape if n >= 0)
        full = tuple(size // rest if n < 0 else n for n in shape)
        if not isinstance(array, OnnxArray):
            return array.reshape(full)
        sizes = [n if n % BATCH else -1 for n in full]
        return OnnxArray(self, self._node("Reshape", [array.name, self._whole(sizes)]), full)

    def broadcast_to(self, array: Array, shape: Shape) -> Array:
        """As the array API's, where the samples are the last axis."""
        sizes = [n if n % BATCH else 1 for n in shape]
        if not isinstance(array, OnnxArray):
            array = np.broadcast_to(array, sizes)
        elif array.shape != shape:
            array = OnnxArray(
                self, self._node("Expand", [array.name, self._whole(sizes)]), (*shape[:-1], array.shape[-1])
            )
        return array if array.shape == shape else self.multiply(array, self.ones)

    def concat(self, arrays: Sequence[Array], axis: int = 0) -> Array:
        """As the array API's."""
        if not any(isinstance(array, OnnxArray) for array in arrays):
            return np.concatenate([np.asarray(array) for array in arrays], axis)
        shape = list(arrays[0].shape)
        shape[axis] = sum(array.shape[axis] for array in arrays)
        return OnnxArray(self, self._node("Concat", [self._name(array) for array in arrays], axis=axis), tuple(shape))

    def take(self, array: Array, rows: Known) -> Array:
        """The rows with these numbers."""
        if not isinstance(array, OnnxArray):
            return array[rows]
        name = self._node("Gather", [array.name, self._whole(rows)], axis=0)
        return OnnxArray(self, name, (len(rows), *array.shape[1:]))

    def cut(self, array: OnnxArray, parts: Sequence[slice]) -> OnnxArray:
        """The slices of the first axes."""
        shape = list(array.shape)
        ends: list[tuple[int, int, int, int]] = []
        for axis, part in enumerate(parts):
            if part != slice(None):
                start, stop, step = part.indices(shape[axis])
                ends.append((start, stop, axis, step))
                shape[axis] = len(range(start, stop, step))
        name = self._node("Slice", [array.name, *map(self._whole, zip(*ends, strict=True))])
        return OnnxArray(self, name, tuple(shape))

    def moveaxis(self, array: Array, source: Sequence[int], destination: Sequence[int]) -> Array:
        """As NumPy's."""
        order = [n for n in range(len(array.shape)) if n not in source]
        for place, axis in sorted(zip(destination, source, strict=True)):
            order.insert(place, axis)
        return self.transposed(array, order)

    def transposed(self, array: A, order: Sequence[int]) -> A:
        """The array with its axes in this order."""
        if not isinstance(array, OnnxArray):
            return array.transpose(order)
        shape = tuple(array.shape[axis] for axis in order)
        return OnnxArray(self, self._node("Transpose", [array.name], perm=[*order]), shape)

    def matmul(self, left: Array, right: Array) -> Array:
        """As the array API's, of matrices."""
        if not isinstance(left, OnnxArray) and not isinstance(right, OnnxArray):
            return np.asarray(np.matmul(left, right))
        name = self._node("MatMul", [self._name(left), self._name(right)])
        return OnnxArray(self, name, (left.shape[0], right.shape[1]))

    def sum(self, array: Array, axis: Sequence[int] | None = None, keepdims: bool = False) -> Array:
        """As the array API's."""
        return self._reduced("ReduceSum", np.sum, array, axis, keepdims)

    def max(self, array: Array, axis: Sequence[int] | None = None, keepdims: bool = False) -> Array:
        """As the array API's."""
        return self._reduced("ReduceMax", np.max, array, axis, keepdims)

    def _reduced(
        self, kind: str, of_known: Callable[..., Any], array: Array, axis: Sequence[int] | None, keepdims: bool
    ) -> Array:
        axes = tuple(range(len(array.shape))) if axis is None else tuple(n % len(array.shape) for n in axis)
        if not isinstance(array, OnnxArray):
            return np.asarray(of_known(array, axis=axes, keepdims=keepdims))
        name = self._node(kind, [array.name, self._whole(axes)], keepdims=int(keepdims))
        sizes = [1 if n in axes else size for n, size in enumerate(array.shape) if keepdims or n not in axes]
        return OnnxArray(self, name, tuple(sizes))

    def _name(self, array: Array) -> str:
        return array.name if isinstance(array, OnnxArray) else self.graph.constant(array)

    def _whole(self, numbers: Any) -> str:
        return self.graph.constant(np.array(numbers, np.int64))

    def _node(self, kind: str, inputs: Sequence[str], **attributes: Any) -> str:
        return self.graph.node(kind, inputs, self.graph.new_name("h"), **attributes)
