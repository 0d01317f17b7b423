"""To and from other libraries: a model as ONNX, and weights from PyTorch or scikit-learn."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from microgradnet._shared.files import write_atomically
from microgradnet.compiling import compile
from microgradnet.compiling.assignment import Assignment
from microgradnet.compiling.kernels import forward_kernel
from microgradnet.errors import CaptureError, DomainError
from microgradnet.graph import Graph
from microgradnet.nn import MLP
from microgradnet.train.architecture import is_plain
from microgradnet.train.onnx_arrays import OnnxArrays
from microgradnet.train.onnx_graph import OnnxGraph
from microgradnet.value import Value

POINTS = (0.0, *[sign * size for size in (1e-3, 0.1, 1.0, 10.0, 100.0) for sign in (-1.0, 1.0)])
"""Weighted sums at which an activation has to be what it is near ½, or undefined."""


def to_onnx(
    model: Callable[..., Any], path: str | Path, dtype: str = "float64", *, sample: Sequence[ArrayLike] | None = None
) -> Path:
    """Write a model as ONNX, for a batch of any size; return the path.

    Of an MLP each layer is a matrix product and a sum, then its activation: input x (batch, inputs), output y (batch,
    outputs). Of any other model, or function of Values, the compiled program is written, on rows of samples; loops are
    unrolled. Its inputs have the names of its arguments. It has one output y, or y0, y1, … if it returns a tuple.

    Args:
        model: an MLP; or what `compile` takes, whose parameters become constants.
        path: of the file.onnx.
        dtype: of parameters, inputs and outputs: "float64" or "float32".
        sample: the arguments of one sample, for their shapes; not needed for an MLP.

    Raises:
        ImportError: onnx is not installed (`pip install 'microgradnet[onnx]'`).
        TypeError: it is no MLP, and there is no sample.
        ValueError: it reads a number or branches (see `compile`), needs a function that ONNX lacks (or onnxruntime, in
            float64: erf), returns lists of different lengths, or the dtype is another.

    Activations are tested for branches at the inputs `POINTS`, from −100 to 100; other shapes than the sample's are not
    tested.
    """
    if dtype not in ("float64", "float32"):
        raise ValueError(f"dtype must be 'float64' or 'float32', got {dtype!r}")
    if sample is not None:
        return write_atomically(path, _of_program(model, dtype, sample))
    if not isinstance(model, MLP) or not is_plain(model):
        raise TypeError(
            "without a sample, an MLP of Layers of Neurons can be exported, and no subclass of them; for "
            f"{model!r:.80} pass the arguments of one: to_onnx(model, path, sample=(x,))"
        )
    return write_atomically(path, _of_mlp(model, dtype))


def _of_mlp(model: MLP, dtype: str) -> bytes:
    """The file of an MLP, layer by layer."""
    for layer in model.layers:
        if any(neuron.activation is not layer.neurons[0].activation for neuron in layer.neurons):
            raise ValueError(f"the neurons of a layer need one activation to be exported, got several in {layer!r:.80}")
    graph = OnnxGraph(dtype, {"x": (model.layers[0].nin,)})
    x = "x"
    for number, layer in enumerate(model.layers):
        weights = np.array([[w.data for w in neuron.w] for neuron in layer.neurons]).T
        biases = np.array([neuron.b.data for neuron in layer.neurons])
        name = f"layer{number}"
        product = graph.node("MatMul", [x, graph.tensor(f"{name}.w", weights)], f"{name}.product")
        z = graph.node("Add", [product, graph.tensor(f"{name}.b", biases)], f"{name}.z")
        x = _activation(graph, layer.neurons[0].activation, z, name)
    graph.node("Identity", [x], "y")
    return graph.serialized({"y": (len(model.layers[-1].neurons),)}, repr(model))


def _of_program(model: Callable[..., Any], dtype: str, sample: Sequence[ArrayLike]) -> bytes:
    """The file of a compiled program: its single assignment, computed on arrays that write the nodes."""
    try:
        compiled = compile(model)
        program = compiled.program(*[[argument] for argument in sample])
    except CaptureError as error:
        raise ValueError(f"{model!r:.80} cannot be exported: {error}") from error
    captured = program.captured
    inputs = dict(zip(captured.names, captured.shapes, strict=True))
    graph = OnnxGraph(dtype, inputs)
    arrays = OnnxArrays(graph)
    assigned = Assignment(program, arrays, {"take": arrays.take})
    known = [compiled.parameters.array, program.others.array, assigned.constants]
    *rows, _ = assigned.computed([
        np.ones((1, 1)), arrays.ones, np.ones((1, 1)), *(np.reshape(numbers, (-1, 1)) for numbers in known),
        *(arrays.given(name, shape) for name, shape in inputs.items()),
    ])  # fmt: skip
    template = captured.template
    results = {f"y{i}": part for i, part in enumerate(template)} if isinstance(template, tuple) else {"y": template}
    outputs: dict[str, tuple[int, ...]] = {}
    for name, places in results.items():
        index = _rectangular(places, name)
        array = arrays.concat([rows[place] for place in index.ravel()])
        graph.node("Identity", [arrays.result(array, index.shape)], name)
        outputs[name] = index.shape
    return graph.serialized(outputs, repr(model))


def _rectangular(places: Any, name: str) -> NDArray[np.int64]:
    """The places of an output's numbers, as an array."""
    try:
        index = np.array(places)
    except ValueError:
        index = np.array(None)
    if index.dtype != np.int64:
        raise ValueError(f"{name} is no number and no nested list of one shape: return each part of it in a tuple")
    return index


def _activation(graph: OnnxGraph, function: Callable[[Value], Value], z: str, name: str) -> str:
    """An activation, function by function as the rules of its operations say."""
    try:
        captured = compile(function).program([0.5, 0.25]).captured
        for point in POINTS:
            with suppress(DomainError):  # there ONNX gives NaN
                compile(function).program([0.5, point])
    except CaptureError as error:
        raise ValueError(f"the activation of {name} cannot be exported: {error}") from error
    ((leaf,),), (result,) = captured.inputs, captured.outputs
    activation = Graph(result)
    if leaf not in activation.leaves:
        raise ValueError(f"the activation of {name} cannot be exported: it is the same for all weighted sums")
    names: dict[Value, str | float] = {leaf: z}
    for node in activation.computed:
        count = len(node.operands) - node.op.constants
        kernel = forward_kernel(node.op, count, tuple([o.data for o in node.operands[count:]]))
        numbers = [names.get(o, o.data) for o in node.operands[:count]]
        for step in kernel.steps:
            inputs = [numbers[a] if isinstance(a, int) else a for a in step.arguments]
            numbers.append(graph.applied(step.function, inputs, name))
        (place,) = kernel.results
        names[node] = numbers[place] if isinstance(place, int) else place
    return str(names[result])


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
