"""Four longer networks for `tests.benchmarks.contenders`: an LSTM, attention, a mixture density network, three bodies.

NumPy by hand is expert here: products with the inputs of all steps at once before the loop over time, as are output
layers and losses of all steps, and gradients of weights as one product over all steps.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from microgradnet import Layer, Module, Neuron, Value, dot, exp, logsumexp, parameter, softmax, sqrt, total

Numbers = NDArray[np.float64]


def flat(x: Numbers) -> Numbers:
    """All axes but the last as one."""
    return x.reshape(-1, x.shape[-1])


# --- an LSTM: 8 inputs a step, 32 units, squared error of one output at the end ---


def lstm_by_hand(parameters: list[Numbers], x: Numbers, y: Numbers) -> tuple[float, list[Numbers]]:
    wx, wh, b, w2, b2 = parameters
    count, units = len(x), len(wh)
    x = np.ascontiguousarray(x.reshape(count, -1, 8).transpose(1, 0, 2))
    steps = len(x)
    gates = (flat(x) @ wx + b).reshape(steps, count, 4 * units)  # i, f, o, g
    h, c, tanh_c = (np.zeros((steps + 1, count, units)) for _ in range(3))
    for t in range(steps):
        z = gates[t]
        z += h[t] @ wh
        sigmoids, candidate = z[:, : 3 * units], z[:, 3 * units :]
        np.negative(sigmoids, out=sigmoids)
        np.exp(sigmoids, out=sigmoids)
        sigmoids += 1
        np.divide(1, sigmoids, out=sigmoids)
        np.tanh(candidate, out=candidate)
        i, f, o = (z[:, k * units : (k + 1) * units] for k in range(3))
        np.multiply(f, c[t], out=c[t + 1])
        c[t + 1] += i * candidate
        np.tanh(c[t + 1], out=tanh_c[t + 1])
        np.multiply(o, tanh_c[t + 1], out=h[t + 1])
    errors = (h[-1] @ w2 + b2)[:, 0] - y
    loss = (errors**2).sum() / count
    d_out = (2 / count * errors)[:, None]
    slopes = gates * (1 - gates)
    slopes[:, :, 3 * units :] = 1 - gates[:, :, 3 * units :] ** 2
    through = gates[:, :, 2 * units : 3 * units] * (1 - tanh_c[1:] ** 2)
    d_z = np.empty_like(gates)
    d_h, d_c = d_out @ w2.T, np.zeros((count, units))
    for t in reversed(range(steps)):
        i, f, o, g = (gates[t, :, k * units : (k + 1) * units] for k in range(4))
        d_c += d_h * through[t]
        d_i, d_f, d_o, d_g = (d_z[t, :, k * units : (k + 1) * units] for k in range(4))
        np.multiply(d_c, g, out=d_i)
        np.multiply(d_c, c[t], out=d_f)
        np.multiply(d_h, tanh_c[t + 1], out=d_o)
        np.multiply(d_c, i, out=d_g)
        d_z[t] *= slopes[t]
        d_h = d_z[t] @ wh.T
        d_c *= f
    d_z = flat(d_z)
    return loss, [flat(x).T @ d_z, flat(h[:-1]).T @ d_z, d_z.sum(0), h[-1].T @ d_out, d_out.sum(0)]


def lstm_jax(jax: Any, parameters: Any, x: Any, y: Any) -> Any:
    wx, wh, b, w2, b2 = parameters
    x = x.reshape(len(x), -1, 8)
    h = c = jax.numpy.zeros((len(x), len(wh)))
    for t in range(x.shape[1]):
        i, f, o, g = jax.numpy.split(x[:, t] @ wx + h @ wh + b, 4, axis=1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jax.numpy.tanh(g)
        h = jax.nn.sigmoid(o) * jax.numpy.tanh(c)
    return (((h @ w2 + b2)[:, 0] - y) ** 2).mean()


def lstm_scan(jax: Any, parameters: Any, x: Any, y: Any) -> Any:
    wx, wh, b, w2, b2 = parameters
    given = x.reshape(len(x), -1, 8).transpose(1, 0, 2) @ wx + b

    def step(state: Any, z: Any) -> Any:
        h, c = state
        i, f, o, g = jax.numpy.split(z + h @ wh, 4, axis=1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jax.numpy.tanh(g)
        return (jax.nn.sigmoid(o) * jax.numpy.tanh(c), c), None

    zeros = jax.numpy.zeros((len(x), len(wh)))
    (h, _), _ = jax.lax.scan(step, (zeros, zeros), given)
    return (((h @ w2 + b2)[:, 0] - y) ** 2).mean()


class LSTM(Module):
    def __init__(self, units: int) -> None:
        self.gates = [Layer(8 + units, units, name) for name in ("sigmoid", "sigmoid", "sigmoid", "tanh")]
        self.readout = Neuron(units, "linear")

    def loss(self, x: list[Value], y: Value) -> Value:
        h: list[Any] = [0.0] * len(self.readout.w)
        c: list[Any] = [0.0] * len(h)
        for start in range(0, len(x), 8):
            i, f, o, g = [gate([*x[start : start + 8], *h]) for gate in self.gates]
            c = [fk * ck + ik * gk for ik, fk, gk, ck in zip(i, f, g, c, strict=True)]
            h = [ok * ck.tanh() for ok, ck in zip(o, c, strict=True)]
        out: Value = self.readout(h)
        return (out - y) ** 2


# --- attention of one head, squared error at all places ---


def attention_by_hand(parameters: list[Numbers], x: Numbers, y: Numbers) -> tuple[float, list[Numbers]]:
    w, b, wo, bo = parameters  # w: for queries, keys and values
    count, width = len(x), len(w)
    x, y = x.reshape(count, -1, width), y.reshape(count, -1, width)
    qkv = (flat(x) @ w + b).reshape(count, -1, 3 * width)
    q, k, v = (qkv[:, :, n * width : (n + 1) * width] for n in range(3))
    a = q @ k.transpose(0, 2, 1)
    a *= width**-0.5
    a -= a.max(axis=2, keepdims=True)
    np.exp(a, out=a)
    a /= a.sum(axis=2, keepdims=True)
    mixed = a @ v
    d_out = flat(mixed) @ wo + bo
    d_out -= flat(y)
    loss = np.dot(d_out.ravel(), d_out.ravel()) / count
    d_out *= 2 / count
    d_mixed = (d_out @ wo.T).reshape(mixed.shape)
    d_qkv = np.empty_like(qkv)
    np.matmul(a.transpose(0, 2, 1), d_mixed, out=d_qkv[:, :, 2 * width :])
    d_a = d_mixed @ v.transpose(0, 2, 1)
    d_a -= (d_a * a).sum(axis=2, keepdims=True)
    d_a *= a
    d_a *= width**-0.5
    np.matmul(d_a, k, out=d_qkv[:, :, :width])
    np.matmul(d_a.transpose(0, 2, 1), q, out=d_qkv[:, :, width : 2 * width])
    d_qkv = flat(d_qkv)
    return loss, [flat(x).T @ d_qkv, d_qkv.sum(0), flat(mixed).T @ d_out, d_out.sum(0)]


def attention_jax(jax: Any, parameters: Any, x: Any, y: Any) -> Any:
    w, b, wo, bo = parameters
    count, width = len(x), len(w)
    q, k, v = jax.numpy.split(x.reshape(count, -1, width) @ w + b, 3, axis=2)
    a = jax.nn.softmax(q @ k.transpose(0, 2, 1) * width**-0.5, axis=2)
    return ((a @ v @ wo + bo - y.reshape(count, -1, width)) ** 2).sum() / count


class Attention(Module):
    def __init__(self, width: int) -> None:
        self.projections = [Layer(width, width, "linear") for _ in range(3)]
        self.output = Layer(width, width, "linear")

    def loss(self, x: list[Value], y: list[Value]) -> Value:
        width = len(self.output.neurons)
        places = [x[start : start + width] for start in range(0, len(x), width)]
        q, k, v = [[project(place) for place in places] for project in self.projections]
        columns = list(zip(*v, strict=True))
        out: list[Value] = []
        for query in q:
            shares = softmax([dot(query, key) * width**-0.5 for key in k])
            out += self.output([dot(shares, column) for column in columns])
        loss: Value = total([(a - b) ** 2 for a, b in zip(out, y, strict=True)])
        return loss


# --- a mixture density network: a recurrent cell of 32 units predicts the next number as a mixture of 20 Gaussians ---


def mixture_by_hand(parameters: list[Numbers], x: Numbers, y: Numbers) -> tuple[float, list[Numbers]]:
    wx, wh, b, w2, b2 = parameters
    count, steps, many = len(x), x.shape[1], len(b2) // 3
    inputs = np.ascontiguousarray(x.T)[:, :, None]
    targets = np.ascontiguousarray(y.T).reshape(-1, 1)
    h = np.zeros((steps + 1, count, len(wh)))
    given = inputs * wx[0] + b
    for t in range(steps):
        np.matmul(h[t], wh, out=h[t + 1])
        h[t + 1] += given[t]
        np.tanh(h[t + 1], out=h[t + 1])
    z = flat(h[1:]) @ w2 + b2
    logits, means, logs = z[:, :many], z[:, many : 2 * many], z[:, 2 * many :]
    scales = np.exp(-logs)
    d = (targets - means) * scales
    joint = logits - logs - 0.5 * d * d

    def shares(s: Numbers) -> tuple[Numbers, Numbers]:
        largest = s.max(axis=1, keepdims=True)
        exps = np.exp(s - largest)
        sums = exps.sum(axis=1, keepdims=True)
        exps /= sums
        return largest + np.log(sums), exps

    log_all, prior = shares(logits)
    log_joint, posterior = shares(joint)
    loss = (log_all - log_joint).sum() / count
    d_z = np.empty_like(z)
    posterior /= -count
    prior /= count
    np.add(prior, posterior, out=d_z[:, :many])
    np.multiply(posterior * d, scales, out=d_z[:, many : 2 * many])
    np.multiply(posterior, d * d - 1, out=d_z[:, 2 * many :])
    d_states = (d_z @ w2.T).reshape(steps, count, -1)
    slopes = 1 - h[1:] ** 2
    d_h = np.empty_like(slopes)
    back = np.zeros((count, len(wh)))
    for t in reversed(range(steps)):
        back += d_states[t]
        np.multiply(back, slopes[t], out=d_h[t])
        back = d_h[t] @ wh.T
    d_h = flat(d_h)
    return loss, [flat(inputs).T @ d_h, flat(h[:-1]).T @ d_h, d_h.sum(0), flat(h[1:]).T @ d_z, d_z.sum(0)]


def mixture_jax(jax: Any, parameters: Any, x: Any, y: Any) -> Any:
    wx, wh, b, *head = parameters
    h, states = jax.numpy.zeros((len(x), len(wh))), []
    for t in range(x.shape[1]):
        h = jax.numpy.tanh(x[:, t : t + 1] @ wx + h @ wh + b)
        states.append(h)
    return _mixture_loss(jax, head, jax.numpy.stack(states), y)


def mixture_scan(jax: Any, parameters: Any, x: Any, y: Any) -> Any:
    wx, wh, b, *head = parameters

    def step(h: Any, z: Any) -> Any:
        h = jax.numpy.tanh(z + h @ wh)
        return h, h

    _, states = jax.lax.scan(step, jax.numpy.zeros((len(x), len(wh))), x.T[:, :, None] @ wx + b)
    return _mixture_loss(jax, head, states, y)


def _mixture_loss(jax: Any, head: Any, states: Any, y: Any) -> Any:
    """The loss of all steps (steps, batch, units)."""
    w2, b2 = head
    logits, means, logs = jax.numpy.split(states @ w2 + b2, 3, axis=2)
    d = (y.T[:, :, None] - means) * jax.numpy.exp(-logs)
    joint = logits - logs - 0.5 * d * d
    logsumexp = jax.scipy.special.logsumexp
    return (logsumexp(logits, axis=2) - logsumexp(joint, axis=2)).sum() / y.shape[0]


class Mixture(Module):
    def __init__(self, units: int, many: int) -> None:
        self.cell = Layer(1 + units, units, "tanh")
        self.head = Layer(units, 3 * many, "linear")

    def loss(self, x: list[Value], y: list[Value]) -> Value:
        h: list[Any] = [0.0] * len(self.cell.neurons)
        losses = []
        for number, target in zip(x, y, strict=True):
            h = self.cell([number, *h])
            z = self.head(h)
            many = len(z) // 3
            logits, means, logs = z[:many], z[many : 2 * many], z[2 * many :]
            joint = []
            for logit, mean, log in zip(logits, means, logs, strict=True):
                d = (target - mean) * exp(-log)
                joint.append(logit - log - 0.5 * d * d)
            losses.append(logsumexp(logits) - logsumexp(joint))
        loss: Value = total(losses)
        return loss


# --- three bodies in a plane, 200 steps of the leapfrog method; where they are in the end, by where they began ---

STEP, SOFT = 0.01, 0.05
KICKS = (STEP / 2, *[STEP] * 199)
PAIRS = ((0, 1), (0, 2), (1, 2))


def bodies_by_hand(parameters: list[Numbers], x: Numbers, y: Numbers) -> tuple[float, list[Numbers]]:
    count = len(x)
    between = np.zeros((3, 3))  # pairs × bodies
    pulls = np.zeros((count, 3, 3))  # bodies × pairs
    for n, (i, j) in enumerate(PAIRS):
        between[n, i], between[n, j] = -1, 1
        pulls[:, i, n], pulls[:, j, n] = x[:, j], -x[:, i]
    places, velocities = (np.tile(p.reshape(3, 2), (count, 1, 1)) for p in parameters)
    kept = []
    for factor in KICKS:
        d = between @ places
        r2 = (d * d).sum(axis=2, keepdims=True)
        r2 += SOFT
        inverse = 1 / (r2 * np.sqrt(r2))
        kept.append((d, r2, inverse))
        velocities += factor * (pulls @ (d * inverse))
        places += STEP * velocities
    errors = places.reshape(count, 6) - y
    loss = (errors**2).sum() / count
    d_places = (2 / count * errors).reshape(places.shape)
    d_velocities = np.zeros_like(d_places)
    for factor, (d, r2, inverse) in zip(reversed(KICKS), reversed(kept), strict=True):
        d_velocities += STEP * d_places
        d_pull = pulls.transpose(0, 2, 1) @ (factor * d_velocities)
        d_pull -= d * ((3 / r2) * (d_pull * d).sum(axis=2, keepdims=True))
        d_pull *= inverse
        d_places += between.T @ d_pull
    return loss, [d_places.sum(0).ravel(), d_velocities.sum(0).ravel()]


def bodies_scan(jax: Any, parameters: Any, x: Any, y: Any) -> Any:
    numpy = jax.numpy

    def body(state: Any, factor: Any) -> Any:
        places, velocities = state
        d = [places[:, j] - places[:, i] for i, j in PAIRS]
        pulls = [e / ((e * e).sum(axis=1, keepdims=True) + SOFT) ** 1.5 for e in d]
        a = [0.0] * 3
        for (i, j), pull in zip(PAIRS, pulls, strict=True):
            a[i] += x[:, j : j + 1] * pull
            a[j] -= x[:, i : i + 1] * pull
        velocities += factor * numpy.stack(a, axis=1)
        return (places + STEP * velocities, velocities), None

    state = tuple(numpy.tile(p.reshape(3, 2), (len(x), 1, 1)) for p in parameters)
    (places, _), _ = jax.lax.scan(body, state, numpy.array(KICKS))  # unrolled, it takes a minute to compile
    return ((places.reshape(-1, 6) - y) ** 2).sum() / len(x)


class Bodies(Module):
    def __init__(self) -> None:
        self.places, self.velocities = ([parameter(0.0) for _ in range(6)] for _ in range(2))

    def loss(self, masses: list[Value], y: list[Value]) -> Value:
        places: list[Value] = list(self.places)
        velocities: list[Value] = list(self.velocities)
        for factor in KICKS:
            a: list[Any] = [0.0] * 6
            for i, j in PAIRS:
                dx, dy = places[2 * j] - places[2 * i], places[2 * j + 1] - places[2 * i + 1]
                r2 = dx * dx + dy * dy + SOFT
                inverse = 1 / (r2 * sqrt(r2))
                for axis, d in enumerate((dx, dy)):
                    pull = d * inverse
                    a[2 * i + axis] += masses[j] * pull
                    a[2 * j + axis] -= masses[i] * pull
            velocities = [v + factor * ai for v, ai in zip(velocities, a, strict=True)]
            places = [p + STEP * v for p, v in zip(places, velocities, strict=True)]
        loss: Value = total([(p - t) ** 2 for p, t in zip(places, y, strict=True)])
        return loss
