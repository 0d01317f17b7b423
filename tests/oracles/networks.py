"""Four networks, each written twice: with single numbers for `compile`, and on arrays for others' autodiff."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from microgradnet import MLP, Value, dot, logsumexp, relu, softmax, tanh, total, weighted_sum
from tests.compiling.comparing import flat, numbers, parameters_of


class Network(NamedTuple):
    """A loss of one sample in scalars; the mean loss of a batch on arrays.

    Attributes:
        loss: of the Values of a sample.
        parameters: in the order of the vector θ.
        arrays: the batch.
        on_arrays: (namespace, θ, *arrays) → the mean loss; the namespace is `jax.numpy` or `torch`.
    """

    loss: Callable[..., Any]
    parameters: list[Value]
    arrays: list[Any]
    on_arrays: Callable[..., Any]


def log_sum_exp(xp: Any, z: Any) -> Any:
    """Along the last axis; the numbers are small here."""
    return xp.log(xp.exp(z).sum(-1))


def mlp() -> Network:
    model = MLP(3, [5, 4], "tanh", seed=1)

    def loss(x: list[Value], t: list[Value]) -> Any:
        z = model(x)
        return logsumexp(z) - dot(t, z)

    def on_arrays(xp: Any, theta: Any, x: Any, t: Any) -> Any:
        first, last = theta[:20].reshape(5, 4), theta[20:].reshape(4, 6)
        h = xp.tanh(x @ first[:, :3].T + first[:, 3])
        z = h @ last[:, :5].T + last[:, 5]
        return (log_sum_exp(xp, z) - (t * z).sum(-1)).mean()

    return Network(loss, model.parameters(), [numbers(6, 3), np.eye(4)[[0, 1, 2, 3, 0, 1]]], on_arrays)


def convolution() -> Network:
    kernels, biases, dense = parameters_of(2, 9), parameters_of(2), parameters_of(2 * 9)

    def loss(x: list[list[Value]], y: Value) -> Any:
        h = [
            relu(weighted_sum(k, [x[i + a][j + b] for a in range(3) for b in range(3)], bias))
            for k, bias in zip(kernels, biases, strict=True) for i in range(3) for j in range(3)
        ]  # fmt: skip
        return (dot(dense, h) - y) ** 2

    def on_arrays(xp: Any, theta: Any, x: Any, y: Any) -> Any:
        k, bias, w = theta[:18].reshape(2, 9), theta[18:20], theta[20:]
        patches = xp.stack([x[:, i : i + 3, j : j + 3].reshape(-1, 9) for i in range(3) for j in range(3)])
        z = xp.einsum("ka,pna->nkp", k, patches) + bias[:, None]
        h = (z + xp.abs(z)) / 2
        return ((h.reshape(len(x), -1) @ w - y) ** 2).mean()

    return Network(loss, flat([kernels, biases, dense]), [numbers(4, 5, 5), numbers(4)], on_arrays)


def recurrence() -> Network:
    into, within, bias, out = parameters_of(4, 2), parameters_of(4, 4), parameters_of(4), parameters_of(4, seed=1)

    def loss(xs: list[list[Value]], y: Value) -> Any:
        h: list[Any] = [0.0] * 4
        for x in xs:
            h = [
                tanh(dot(u, x) + weighted_sum(v, h, b)) if isinstance(h[0], Value) else tanh(dot(u, x) + b)
                for u, v, b in zip(into, within, bias, strict=True)
            ]
        return (dot(out, h) - y) ** 2

    def on_arrays(xp: Any, theta: Any, xs: Any, y: Any) -> Any:
        u, v, b, w = theta[:8].reshape(4, 2), theta[8:24].reshape(4, 4), theta[24:28], theta[28:]
        h = xp.tanh(xs[:, 0] @ u.T + b)
        for t in range(1, xs.shape[1]):
            h = xp.tanh(xs[:, t] @ u.T + h @ v.T + b)
        return ((h @ w - y) ** 2).mean()

    return Network(loss, flat([into, within, bias, out]), [numbers(5, 4, 2), numbers(5)], on_arrays)


def attention() -> Network:
    queries, keys, contents = parameters_of(3, 2), parameters_of(3, 2, seed=1), parameters_of(3, 2, seed=2)

    def loss(xs: list[list[Value]]) -> Any:
        q, k, v = [[[dot(w, x) for w in weights] for x in xs] for weights in (queries, keys, contents)]
        out = []
        for qi in q:
            shares = softmax([dot(qi, kj) * 0.5 for kj in k])
            out += [dot(shares, [vj[d] for vj in v]) for d in range(3)]
        return total([o * o for o in out])

    def on_arrays(xp: Any, theta: Any, xs: Any) -> Any:
        q, k, v = [xs @ theta[i : i + 6].reshape(3, 2).T for i in (0, 6, 12)]
        scores = xp.exp(xp.einsum("nid,njd->nij", q, k) * 0.5)
        out = xp.einsum("nij,njd->nid", scores / scores.sum(-1)[..., None], v)
        return (out**2).sum(-1).sum(-1).mean()

    return Network(loss, flat([queries, keys, contents]), [numbers(5, 4, 2)], on_arrays)


NETWORKS: dict[str, Callable[[], Network]] = {
    "MLP": mlp,
    "convolution": convolution,
    "recurrence": recurrence,
    "attention": attention,
}
