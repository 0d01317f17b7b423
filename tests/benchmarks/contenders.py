"""The work that `tests.benchmarks.compiled` times, and everyone who does it: eight networks, written for each.

A step of training is the loss of a batch, its gradient, and an update of all parameters by plain gradient descent, in
float64 on one thread. Each contender is written as people write it for that library: NumPy forward and backward by
hand on arrays with the batch first; torch with its own layers; jax as one jitted function, the update in it;
microgradnet for a single sample, on Values. What they compute is the same, and `check` sees that it is.
"""

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from microgradnet import MLP, Layer, Module, Neuron, Value, compile, dot, logsumexp, relu
from tests.benchmarks import sequences
from tests.benchmarks.eager import moons

Numbers = NDArray[np.float64]
RATE = 2**-10  # of learning: small, so that long timing trains gently, and a power of two, so that it divides out


class Task(NamedTuple):
    """A network (a key of `NETWORKS`), the parameters that all start from, and the batch.

    A layer's parameters are its weights and then its biases: matrices (inputs, outputs), kernels as torch has them,
    and a vector. `wanted` says how fast microgradnet.compile is meant to be.
    """

    title: str
    network: str
    parameters: list[Numbers]
    x: Numbers
    y: Numbers
    wanted: str = ""


class Runner(NamedTuple):
    """A contender at work: `step` trains and gives the loss before it; `gradients`, after the first, what it found."""

    step: Callable[[], Any]
    gradients: Callable[[], Numbers]


def vector(parameters: Sequence[Numbers]) -> Numbers:
    """All parameters in the order of `Module.parameters`: neuron by neuron, weights and then bias."""
    neurons, parts = [], []
    for p in parameters:
        parts.append(p.T if p.ndim == 2 else p.reshape(len(p), -1))
        if p.ndim == 1:  # the biases: the layer is complete
            neurons.append(np.column_stack(parts).ravel())
            parts = []
    return np.concatenate(neurons)


def draw(seed: int, *shapes: tuple[int, ...]) -> list[Numbers]:
    """First parameters, small enough that no unit starts saturated."""
    source = np.random.default_rng(seed)
    return [source.uniform(-1, 1, shape) / np.sqrt(max(1, np.prod(shape) / max(shape))) for shape in shapes]


def softmax_cross_entropy(z: Numbers, y: Numbers) -> tuple[float, Numbers]:
    """Mean over the batch, and its gradient by z."""
    shifted = z - z.max(axis=1, keepdims=True)
    exps = np.exp(shifted)
    totals = exps.sum(axis=1, keepdims=True)
    loss = (np.log(totals).sum() - (shifted * y).sum()) / len(y)
    return loss, (exps / totals - y) / len(y)


# --- micrograd's demo: two moons, hinge loss ---


def demo(count: int, wanted: str = "") -> Task:
    points = moons(count)
    parameters = draw(1, (2, 16), (16,), (16, 16), (16,), (16, 1), (1,))
    x, y = np.array([point for point, _ in points]), np.array([float(side) for _, side in points])
    return Task(f"micrograd's demo, batch {count:,}", "demo", parameters, x, y, wanted)


def demo_by_hand(parameters: list[Numbers], x: Numbers, y: Numbers) -> tuple[float, list[Numbers]]:
    w1, b1, w2, b2, w3, b3 = parameters
    h1 = np.maximum(x @ w1 + b1, 0)
    h2 = np.maximum(h1 @ w2 + b2, 0)
    scores = h2 @ w3 + b3
    margins = np.maximum(1 - y[:, None] * scores, 0)
    loss = margins.sum() / len(y)
    d_scores = -y[:, None] * (margins > 0) / len(y)
    d_h2 = (d_scores @ w3.T) * (h2 > 0)
    d_h1 = (d_h2 @ w2.T) * (h1 > 0)
    gradients = [x.T @ d_h1, d_h1.sum(0), h1.T @ d_h2, d_h2.sum(0), h2.T @ d_scores, d_scores.sum(0)]
    return loss, gradients


def demo_torch(torch: Any, parameters: Sequence[Any], x: Any, y: Any) -> Any:
    w1, b1, w2, b2, w3, b3 = parameters
    linear = torch.nn.functional.linear
    h = torch.relu(linear(x, w1, b1))
    h = torch.relu(linear(h, w2, b2))
    return torch.relu(1 - y * linear(h, w3, b3)[:, 0]).mean()


def demo_jax(jax: Any, parameters: Sequence[Any], x: Any, y: Any) -> Any:
    w1, b1, w2, b2, w3, b3 = parameters
    h = jax.nn.relu(x @ w1 + b1)
    h = jax.nn.relu(h @ w2 + b2)
    return jax.nn.relu(1 - y * (h @ w3 + b3)[:, 0]).mean()


class Demo(Module):
    def __init__(self) -> None:
        self.network = MLP(2, [16, 16, 1])

    def loss(self, x: list[Value], y: Value) -> Value:
        score: Value = self.network(x)
        return relu(1 - y * score)


# --- a digit's pixels, a hidden layer, softmax cross-entropy ---


def digits(count: int, pixels: int, hidden: int, wanted: str = "") -> Task:
    """Noisy copies of ten images of random pixels, and which of the ten each is, as one-hot rows."""
    source = np.random.default_rng(2)
    which = source.integers(10, size=count)
    x = source.uniform(0, 1, (10, pixels))[which] + source.normal(0, 0.3, (count, pixels))
    parameters = draw(3, (pixels, hidden), (hidden,), (hidden, 10), (10,))
    return Task(f"{pixels}-{hidden}-10, batch {count:,}", "digits", parameters, x, np.eye(10)[which], wanted)


def digits_by_hand(parameters: list[Numbers], x: Numbers, y: Numbers) -> tuple[float, list[Numbers]]:
    w1, b1, w2, b2 = parameters
    h = np.maximum(x @ w1 + b1, 0)
    loss, d_z = softmax_cross_entropy(h @ w2 + b2, y)
    d_h = (d_z @ w2.T) * (h > 0)
    return loss, [x.T @ d_h, d_h.sum(0), h.T @ d_z, d_z.sum(0)]


def digits_torch(torch: Any, parameters: Sequence[Any], x: Any, y: Any) -> Any:
    w1, b1, w2, b2 = parameters
    layers = torch.nn.functional
    return layers.cross_entropy(layers.linear(torch.relu(layers.linear(x, w1, b1)), w2, b2), y)  # y: labels


def digits_jax(jax: Any, parameters: Sequence[Any], x: Any, y: Any) -> Any:
    w1, b1, w2, b2 = parameters
    z = jax.nn.relu(x @ w1 + b1) @ w2 + b2
    return -(jax.nn.log_softmax(z) * y).sum(axis=1).mean()


class Digits(Module):
    def __init__(self, pixels: int, hidden: int) -> None:
        self.network = MLP(pixels, [hidden, 10])

    def loss(self, x: list[Value], y: list[Value]) -> Value:
        z: list[Value] = self.network(x)
        return logsumexp(z) - dot(y, z)


# --- a small convolution: 8 kernels of 3 × 3 on 8 × 8 pixels, relu, a dense layer ---


def convolution(count: int, wanted: str = "") -> Task:
    pictures = digits(count, 64, 1)
    parameters = draw(4, (8, 1, 3, 3), (8,), (36 * 8, 10), (10,))
    return pictures._replace(
        title=f"convolution, batch {count:,}", network="convolution", parameters=parameters, wanted=wanted
    )


def convolution_by_hand(parameters: list[Numbers], x: Numbers, y: Numbers) -> tuple[float, list[Numbers]]:
    kernels, b1, w2, b2 = parameters
    patches = sliding_window_view(x.reshape(-1, 8, 8), (3, 3), axis=(1, 2)).reshape(-1, 9)
    h = np.maximum(patches @ kernels.reshape(8, 9).T + b1, 0)  # a row for each place in each picture
    flat = h.reshape(len(x), -1)
    loss, d_z = softmax_cross_entropy(flat @ w2 + b2, y)
    d_h = (d_z @ w2.T).reshape(h.shape) * (h > 0)
    return loss, [(d_h.T @ patches).reshape(kernels.shape), d_h.sum(0), flat.T @ d_z, d_z.sum(0)]


def convolution_torch(torch: Any, parameters: Sequence[Any], x: Any, y: Any) -> Any:
    kernels, b1, w2, b2 = parameters
    layers = torch.nn.functional
    h = torch.relu(layers.conv2d(x.view(-1, 1, 8, 8), kernels, b1))
    return layers.cross_entropy(layers.linear(h.permute(0, 2, 3, 1).flatten(1), w2, b2), y)


def convolution_jax(jax: Any, parameters: Sequence[Any], x: Any, y: Any) -> Any:
    kernels, b1, w2, b2 = parameters
    convolved = jax.lax.conv_general_dilated(x.reshape(-1, 1, 8, 8), kernels, (1, 1), "VALID")
    h = jax.nn.relu(convolved.transpose(0, 2, 3, 1) + b1)
    z = h.reshape(len(x), -1) @ w2 + b2
    return -(jax.nn.log_softmax(z) * y).sum(axis=1).mean()


class Convolution(Module):
    def __init__(self) -> None:
        self.kernels = Layer(9, 8, "relu")
        self.dense = Layer(36 * 8, 10, "linear")

    def loss(self, x: list[Value], y: list[Value]) -> Value:
        h: list[Value] = []
        for corner in (8 * row + column for row in range(6) for column in range(6)):
            h += self.kernels([x[corner + 8 * i + j] for i in range(3) for j in range(3)])
        z: list[Value] = self.dense(h)
        return logsumexp(z) - dot(y, z)


# --- a recurrent network, unrolled in time: 8 inputs a step, 32 units, squared error of one output at the end ---


def recurrent(count: int, steps: int, wanted: str = "") -> Task:
    """Random walks; each one's target is how its first coordinate ends."""
    x = np.random.default_rng(5).normal(0, 0.2, (count, steps, 8)).cumsum(axis=1)
    parameters = draw(6, (8, 32), (32, 32), (32,), (32, 1), (1,))
    title = f"recurrent, {steps} steps, batch {count:,}"
    return Task(title, "recurrent", parameters, x.reshape(count, -1), np.tanh(x[:, -1, 0]), wanted)


def recurrent_by_hand(parameters: list[Numbers], x: Numbers, y: Numbers) -> tuple[float, list[Numbers]]:
    wx, wh, b1, w2, b2 = parameters
    x = x.reshape(len(x), -1, 8)
    states = [np.zeros((len(x), 32))]
    for t in range(x.shape[1]):
        states.append(np.tanh(x[:, t] @ wx + states[t] @ wh + b1))
    errors = (states[-1] @ w2 + b2)[:, 0] - y
    loss = (errors**2).sum() / len(y)
    d_out = (2 / len(y) * errors)[:, None]
    d_wx, d_wh, d_b1 = np.zeros_like(wx), np.zeros_like(wh), np.zeros_like(b1)
    d_h = d_out @ w2.T
    for t in reversed(range(x.shape[1])):
        d_z = d_h * (1 - states[t + 1] ** 2)
        d_wx += x[:, t].T @ d_z
        d_wh += states[t].T @ d_z
        d_b1 += d_z.sum(0)
        d_h = d_z @ wh.T
    return loss, [d_wx, d_wh, d_b1, states[-1].T @ d_out, d_out.sum(0)]


def recurrent_torch(torch: Any, parameters: Sequence[Any], x: Any, y: Any) -> Any:
    wx, wh, b1, w2, b2 = parameters
    linear = torch.nn.functional.linear
    h = torch.zeros(len(x), 32, dtype=x.dtype)
    for inputs in x.view(len(x), -1, 8).unbind(1):
        h = torch.tanh(linear(inputs, wx, b1) + linear(h, wh))
    return ((linear(h, w2, b2)[:, 0] - y) ** 2).mean()


def recurrent_jax(jax: Any, parameters: Sequence[Any], x: Any, y: Any) -> Any:
    wx, wh, b1, w2, b2 = parameters
    x = x.reshape(len(x), -1, 8)
    h = jax.numpy.zeros((len(x), 32))
    for t in range(x.shape[1]):
        h = jax.numpy.tanh(x[:, t] @ wx + h @ wh + b1)
    return (((h @ w2 + b2)[:, 0] - y) ** 2).mean()


class Recurrent(Module):
    def __init__(self) -> None:
        self.cell = Layer(8 + 32, 32, "tanh")
        self.readout = Neuron(32, "linear")

    def loss(self, x: list[Value], y: Value) -> Value:
        h: list[Any] = [0.0] * 32
        for start in range(0, len(x), 8):
            h = self.cell([*x[start : start + 8], *h])
        out: Value = self.readout(h)
        return (out - y) ** 2


# --- longer networks: see `sequences` ---


def lstm(count: int, steps: int, units: int, wanted: str = "") -> Task:
    walks = recurrent(count, steps)
    parameters = draw(7, (8, 4 * units), (units, 4 * units), (4 * units,), (units, 1), (1,))
    return walks._replace(
        title=f"LSTM {steps}×{units}, batch {count:,}", network="lstm", parameters=parameters, wanted=wanted
    )


def attention(count: int, places: int, width: int, wanted: str = "") -> Task:
    parameters = draw(8, (width, 3 * width), (3 * width,), (width, width), (width,))
    x, y = draw(9, (count, places * width), (count, places * width))
    return Task(f"attention T{places} d{width}, batch {count:,}", "attention", parameters, x, y, wanted)


def mixture(count: int, steps: int, units: int, many: int, wanted: str = "") -> Task:
    parameters = draw(10, (1, units), (units, units), (units,), (units, 3 * many), (3 * many,))
    walks = np.random.default_rng(11).normal(0, 0.3, (count, steps + 1)).cumsum(axis=1)
    title = f"MDN RNN {steps}×{units} with {many} Gaussians, batch {count:,}"
    return Task(title, "mixture", parameters, walks[:, :-1], walks[:, 1:], wanted)


def bodies(count: int, wanted: str = "") -> Task:
    places, velocities = np.array([1.0, 0.0, -0.5, 0.8, -0.4, -0.9]), np.array([0.0, 0.6, -0.5, -0.3, 0.5, -0.2])
    source = np.random.default_rng(12)
    masses, y = source.uniform(0.5, 1.5, (count, 3)), source.normal(0, 1, (count, 6))
    return Task("3 bodies, 200 leapfrog steps", "bodies", [places, velocities], masses, y, wanted)


# --- who does it ---


class Network(NamedTuple):
    """The same loss: by hand with its gradients, for torch if it is written, for jax, and a Module of microgradnet."""

    by_hand: Callable[[list[Numbers], Numbers, Numbers], tuple[float, list[Numbers]]]
    torch: Callable[[Any, Sequence[Any], Any, Any], Any] | None
    jax: Callable[[Any, Sequence[Any], Any, Any], Any]
    module: Callable[[list[Numbers]], Any]


NETWORKS = {
    "demo": Network(demo_by_hand, demo_torch, demo_jax, lambda parameters: Demo()),
    "digits": Network(digits_by_hand, digits_torch, digits_jax, lambda parameters: Digits(*parameters[0].shape)),
    "convolution": Network(convolution_by_hand, convolution_torch, convolution_jax, lambda parameters: Convolution()),
    "recurrent": Network(recurrent_by_hand, recurrent_torch, recurrent_jax, lambda parameters: Recurrent()),
    "lstm": Network(
        sequences.lstm_by_hand, None, sequences.lstm_jax, lambda parameters: sequences.LSTM(len(parameters[1]))
    ),
    "attention": Network(
        sequences.attention_by_hand,
        None,
        sequences.attention_jax,
        lambda parameters: sequences.Attention(len(parameters[0])),
    ),
    "mixture": Network(
        sequences.mixture_by_hand,
        None,
        sequences.mixture_jax,
        lambda parameters: sequences.Mixture(len(parameters[1]), len(parameters[-1]) // 3),
    ),
    "bodies": Network(sequences.bodies_by_hand, None, sequences.bodies_jax, lambda parameters: sequences.Bodies()),
}


def numpy_by_hand(task: Task) -> Runner:
    parameters, loss_of = [p.copy() for p in task.parameters], NETWORKS[task.network].by_hand

    def step() -> float:
        loss, gradients = loss_of(parameters, task.x, task.y)
        for p, gradient in zip(parameters, gradients, strict=True):
            p -= RATE * gradient  # noqa: PLW2901 - the array itself changes
        return loss

    return Runner(step, lambda: moved(task, vector(parameters)))


def with_microgradnet(task: Task, engine: str = "numpy", dtype: str = "float64") -> Runner:
    model = with_parameters(task)
    compiled = compile(model.loss, model, engine=engine, dtype=dtype)
    theta = compiled.parameters

    def step() -> float:
        nonlocal theta
        loss, gradients = compiled(task.x, task.y)
        theta -= RATE * gradients
        return float(loss)

    return Runner(step, lambda: moved(task, np.array([p.data for p in model.parameters()])))


def with_numba(task: Task) -> Runner:
    return with_microgradnet(task, engine="numba")


def fused(task: Task) -> Runner:
    return with_microgradnet(task, engine="fused")


def with_parameters(task: Task) -> Any:
    """The task's Module, its parameters as the task has them."""
    model = NETWORKS[task.network].module(task.parameters)
    for p, number in zip(model.parameters(), vector(task.parameters).tolist(), strict=True):
        p.data = number
    return model


def with_torch(task: Task, device: str = "cpu") -> Runner:
    torch: Any = import_module("torch")
    torch.set_num_threads(1)
    torch.set_default_device(device)
    # its layers take matrices as (outputs, inputs), and its cross-entropy is faster when given labels
    arrays = [np.ascontiguousarray(p.T if p.ndim == 2 else p) for p in task.parameters]
    parameters = [torch.tensor(p, requires_grad=True) for p in arrays]
    x, y = torch.tensor(task.x), torch.tensor(task.y if task.y.ndim == 1 else task.y.argmax(axis=1))
    loss_of = NETWORKS[task.network].torch
    assert loss_of  # `contenders_of` leaves it out

    def step() -> float:
        loss = loss_of(torch, parameters, x, y)
        loss.backward()
        with torch.no_grad():
            for p in parameters:
                p.sub_(p.grad, alpha=RATE)
                p.grad = None
        return float(loss.item())

    def now() -> list[Numbers]:
        return [p.T if p.ndim == 2 else p for p in (p.detach().cpu().numpy() for p in parameters)]

    return Runner(step, lambda: moved(task, vector(now())))


def with_jax(task: Task, asynchronous: bool = True) -> Runner:
    """Asynchronous is how jax comes: it hands the work to a thread of its own, which costs more than a small step."""
    jax: Any = import_module("jax")
    jax.config.update("jax_enable_x64", True)
    jax.config.update("jax_cpu_enable_async_dispatch", asynchronous)
    parameters, x, y = jax.tree.map(jax.numpy.array, (task.parameters, task.x, task.y))
    loss_of = NETWORKS[task.network].jax

    @jax.jit  # type: ignore[untyped-decorator]
    def jitted(parameters: Any, x: Any, y: Any) -> Any:
        loss, gradients = jax.value_and_grad(lambda parameters: loss_of(jax, parameters, x, y))(parameters)
        return [p - RATE * gradient for p, gradient in zip(parameters, gradients, strict=True)], loss

    def step() -> Any:
        nonlocal parameters
        parameters, loss = jax.block_until_ready(jitted(parameters, x, y))
        return loss

    return Runner(step, lambda: moved(task, vector([np.asarray(p) for p in parameters])))


def with_jax_inline(task: Task) -> Runner:
    return with_jax(task, asynchronous=False)


CONTENDERS: dict[str, Callable[[Task], Runner]] = {
    "NumPy by hand": numpy_by_hand,
    "microgradnet.compile": with_microgradnet,
    "its fused engine": fused,
    "its numba tape": with_numba,
    "torch": with_torch,
    "jax.jit": with_jax,
    "jax.jit, inline": with_jax_inline,
}


def contenders_of(task: Task) -> list[str]:
    """The names of those for whom the task's network is written."""
    return [name for name in CONTENDERS if name != "torch" or NETWORKS[task.network].torch]


# --- whether they agree ---


def moved(task: Task, now: Numbers) -> Numbers:
    """How far the parameters have gone from where they began, by the rate: after one step, the gradient."""
    difference: Numbers = (vector(task.parameters) - now) / RATE
    return difference


def agree(title: str, found: dict[str, tuple[float, Numbers]], rtol: float = 1e-9) -> None:
    """See that all have the first one's loss and gradients.

    Raises:
        ValueError: one has not; it says who, and where they part.
    """
    (first, (loss, gradients)), *others = found.items()
    for name, (other, others_gradients) in others:
        if not np.isclose(other, loss, rtol=rtol, atol=0):
            raise ValueError(f"{title}: {first} has the loss {float(loss)!r}, {name} {float(other)!r}")
        allowed = rtol * (np.abs(gradients) + np.abs(gradients).max())  # a small one may be what is left of large ones
        if wrong := np.flatnonzero(~(np.abs(others_gradients - gradients) <= allowed)).tolist():
            i = wrong[0]
            raise ValueError(
                f"{title}: {first} has gradient {i} = {gradients[i]!r}, {name} {others_gradients[i]!r} "
                f"(and {len(wrong) - 1} more differ)"
            )


def check(task: Task, names: Sequence[str] = ("NumPy by hand", "microgradnet.compile")) -> None:
    """Let contenders take one step each, in this process, and see that they agree.

    Raises:
        ValueError: they do not.
    """
    runners = {name: CONTENDERS[name](task) for name in names}
    agree(task.title, {name: (float(runner.step()), runner.gradients()) for name, runner in runners.items()})
