"""Optimisers: rules that update parameters from the gradient of the loss.

They work on all parameters at once, as a vector. `step()` uses the gradients that `backward()` has left in the
values; `step(gradient)` the gradient that a compiled function returns. Rules and defaults are those of PyTorch's
optimisers of the same names.

A new optimiser is a class here and its name in `__all__`: its hyperparameters in `ranges`, the names of its moments in
`_remembered`, the update in `_take`. Selecting it by name, saving and testing it then work.
"""

from typing import Any

import numpy as np

from microgradnet.optim.optimizer import AT_LEAST_ZERO, FRACTION, YES_OR_NO, Numbers, Optimizer

__all__ = ["SGD", "Adagrad", "Adam", "AdamW", "RMSProp"]


class SGD(Optimizer):
    """Gradient descent: θ ← θ − η·g; with momentum v ← μ·v + g and θ ← θ − η·v; nesterov: θ ← θ − η·(g + μ·v).

    Source: Polyak 1964; Sutskever et al. 2013 (Nesterov's, in PyTorch's form).

    >>> from microgradnet import parameter
    >>> w = parameter(1.0); sgd = SGD([w], lr=0.1, momentum=0.5)
    >>> for _ in range(3):
    ...     sgd.step([1.0])
    ...     print(round(w.data, 4))
    0.9
    0.75
    0.575
    """

    ranges = Optimizer.ranges | {"momentum": FRACTION, "nesterov": YES_OR_NO}

    def __init__(
        self, parameters: Any, lr: float = 1e-3, *, momentum: float = 0.0, nesterov: bool = False, **others: Any
    ) -> None:
        super().__init__(parameters, lr, momentum=momentum, nesterov=nesterov, **others)
        if nesterov and not momentum:
            raise ValueError("nesterov looks ahead by the momentum: momentum must be above 0, got 0")

    def _remembered(self) -> tuple[str, ...]:
        return ("velocity",) if self.hyperparameters["momentum"] else ()

    def _take(self, g: Numbers, lr: float) -> None:
        momentum = self.hyperparameters["momentum"]
        if momentum:
            v = self.moments["velocity"]
            v[:] = momentum * v + g
            g = g + momentum * v if self.hyperparameters["nesterov"] else v
        self.parameters -= lr * g


class Adagrad(Optimizer):
    """s ← s + g²; θ ← θ − η·g / (√s + ε): the larger a parameter's gradients, the faster its rate falls.

    Source: Duchi, Hazan & Singer 2011, with a diagonal matrix.

    >>> from microgradnet import parameter
    >>> w = parameter(1.0); adagrad = Adagrad([w], lr=0.1)
    >>> for _ in range(2):
    ...     adagrad.step([3.0])
    ...     print(round(w.data, 4))
    0.9
    0.8293
    """

    ranges = Optimizer.ranges | {"eps": AT_LEAST_ZERO}

    def __init__(self, parameters: Any, lr: float = 1e-2, *, eps: float = 1e-10, **others: Any) -> None:
        super().__init__(parameters, lr, eps=eps, **others)

    def _remembered(self) -> tuple[str, ...]:
        return ("square",)

    def _take(self, g: Numbers, lr: float) -> None:
        s = self.moments["square"]
        s += g * g
        self.parameters -= lr * g / (np.sqrt(s) + self.hyperparameters["eps"])


class RMSProp(Optimizer):
    """s ← α·s + (1 − α)·g²; θ ← θ − η·g / (√s + ε); with momentum that quotient goes through v ← μ·v + g / (√s + ε).

    Source: Hinton 2012, lecture 6e.

    >>> from microgradnet import parameter
    >>> w = parameter(1.0); RMSProp([w], lr=0.1).step([2.0]); round(w.data, 4)
    0.0
    """

    ranges = Optimizer.ranges | {"alpha": FRACTION, "eps": AT_LEAST_ZERO, "momentum": FRACTION}

    def __init__(
        self, parameters: Any, lr: float = 1e-2, *, alpha: float = 0.99, eps: float = 1e-8, momentum: float = 0.0,
        **others: Any,
    ) -> None:  # fmt: skip
        super().__init__(parameters, lr, alpha=alpha, eps=eps, momentum=momentum, **others)

    def _remembered(self) -> tuple[str, ...]:
        return ("square", "velocity") if self.hyperparameters["momentum"] else ("square",)

    def _take(self, g: Numbers, lr: float) -> None:
        alpha, eps, momentum = (self.hyperparameters[name] for name in ("alpha", "eps", "momentum"))
        s = self.moments["square"]
        s[:] = alpha * s + (1 - alpha) * g * g
        change = g / (np.sqrt(s) + eps)
        if momentum:
            v = self.moments["velocity"]
            v[:] = change = momentum * v + change
        self.parameters -= lr * change


class Adam(Optimizer):
    """m ← β₁·m + (1 − β₁)·g; s ← β₂·s + (1 − β₂)·g²; θ ← θ − η·(m / (1 − β₁ᵗ)) / (√(s / (1 − β₂ᵗ)) + ε) at step t.

    Source: Kingma & Ba 2015, algorithm 1.

    >>> from microgradnet import parameter
    >>> w = parameter(1.0); Adam([w], lr=0.1).step([2.0]); round(w.data, 4)
    0.9
    """

    ranges = Optimizer.ranges | {"beta1": FRACTION, "beta2": FRACTION, "eps": AT_LEAST_ZERO}

    def __init__(
        self, parameters: Any, lr: float = 1e-3, *, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8,
        **others: Any,
    ) -> None:  # fmt: skip
        super().__init__(parameters, lr, beta1=beta1, beta2=beta2, eps=eps, **others)

    def _remembered(self) -> tuple[str, ...]:
        return "mean", "square"

    def _take(self, g: Numbers, lr: float) -> None:
        beta1, beta2, eps = (self.hyperparameters[name] for name in ("beta1", "beta2", "eps"))
        m, s, t = self.moments["mean"], self.moments["square"], self.steps + 1
        m[:] = beta1 * m + (1 - beta1) * g
        s[:] = beta2 * s + (1 - beta2) * g * g
        self.parameters -= lr / (1 - beta1**t) * m / (np.sqrt(s / (1 - beta2**t)) + eps)


class AdamW(Adam):
    """Adam with the weight decay beside it, not in the gradient: first θ ← θ − η·λ·θ. Source: Loshchilov & Hutter 2019.

    >>> from microgradnet import parameter
    >>> w = parameter(1.0); AdamW([w], lr=0.1, weight_decay=0.5).step([2.0]); round(w.data, 4)
    0.85
    """

    def __init__(self, parameters: Any, lr: float = 1e-3, *, weight_decay: float = 0.01, **others: Any) -> None:
        super().__init__(parameters, lr, weight_decay=weight_decay, **others)

    def _decayed(self, g: Numbers) -> Numbers:
        return g

    def _take(self, g: Numbers, lr: float) -> None:
        self.parameters -= lr * self.hyperparameters["weight_decay"] * self.parameters.array
        super()._take(g, lr)


OPTIMIZERS: dict[str, type[Optimizer]] = {name.lower(): globals()[name] for name in __all__}
"""The optimisers by name."""
