"""Optimisers: rules by which parameters take a step down, from the gradient of the loss by them.

They work on all parameters at once, as a vector. `step()` takes the gradients that `backward()` has left in the
values; `step(gradient)` the one that a compiled function gives. Every rule is that of PyTorch's optimiser of the same
name, and so are the defaults.
"""

import math
import operator
from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from microgradnet.backward import NO_GRADIENT
from microgradnet.errors import AnomalyError
from microgradnet.optim.hyperparameters import checked
from microgradnet.optim.parameter_vector import ParameterVector
from microgradnet.optim.schedules import Constant, Schedule, from_record, to_record

Numbers: TypeAlias = NDArray[np.float64]

HUGE = 1e100  # below, no step can leave the range of floats


class Optimizer:
    """What all optimisers have in common; θ is the vector of parameters, g the gradient, η the learning rate.

    Args:
        parameters: a Module, Values, or the `parameters` of a compiled function: give an optimiser these, and nothing
            is copied between arrays and values at a step.
        lr: η > 0, the learning rate.
        schedule: what η is multiplied by at each step.
        weight_decay: λ ≥ 0; λ·θ is added to g (a penalty of ½λ·Σθ²).
        clip_norm: the largest ‖g‖; a longer gradient is made this long.

    Attributes:
        parameters: θ, a `ParameterVector`.
        steps: how many have been taken.
        hyperparameters: the numbers that it was made with, by name.
        moments: what it remembers of earlier gradients, by name: arrays as long as θ.

    Raises:
        ValueError: a hyperparameter is out of its range, or there are no parameters.
    """

    def __init__(
        self, parameters: Any, lr: float, *, schedule: Schedule | None = None, weight_decay: float = 0.0,
        clip_norm: float = math.inf, **numbers: float,
    ) -> None:  # fmt: skip
        found = parameters.parameters() if callable(getattr(parameters, "parameters", None)) else parameters
        self.parameters = found if isinstance(found, ParameterVector) else ParameterVector(found)
        if not len(self.parameters):
            raise ValueError("an optimiser needs parameters to change, got none")
        self.hyperparameters = checked({"lr": lr, "weight_decay": weight_decay, "clip_norm": clip_norm, **numbers})
        if schedule is not None and not callable(schedule):
            raise TypeError(f"a schedule is a function of the step, as Cosine(1000), got {schedule!r}")
        self.schedule: Schedule = schedule or Constant()
        self.steps = 0
        self.moments: dict[str, Numbers] = {name: np.zeros(len(self.parameters)) for name in self._remembered()}

    @property
    def lr(self) -> float:
        """The learning rate of the next step."""
        return self.hyperparameters["lr"] * self.schedule(self.steps)

    def step(self, gradient: ArrayLike | None = None) -> None:
        """Change the parameters, by the gradient given or by those in the values.

        Raises:
            AnomalyError: a number of the gradient is infinite or NaN, or would be of what it makes; nothing is changed.
            ValueError: it is not as long as the parameters are many.
        """
        g = np.array([p.grad for p in self.parameters.values] if gradient is None else gradient, np.float64)
        if g.shape != (len(self.parameters),):
            raise ValueError(f"a gradient has a number for each of {len(self.parameters)} parameters, got {g.shape}")
        with np.errstate(over="ignore", invalid="ignore"):
            norm = math.sqrt(g @ g)
        if not norm < HUGE:  # too large to be squared, infinite or NaN
            norm = self._norm_of(g)
        if norm > self.hyperparameters["clip_norm"]:
            g *= self.hyperparameters["clip_norm"] / norm
        if norm < HUGE and self.lr < HUGE and self.hyperparameters.get("eps", 1.0) > 0.0:
            self._take(g, self.lr)
        else:
            self._take_carefully(g)
        self.steps += 1

    def _norm_of(self, g: Numbers) -> float:
        largest = np.abs(g).max()
        if not math.isfinite(largest):
            place = int(np.flatnonzero(~np.isfinite(g))[0])
            raise AnomalyError(
                f"the gradient by {self.parameters.values[place]!r} is {g[place]}: no step was taken. Look for where "
                "it comes from with microgradnet.stepping.detect_anomaly, or take smaller steps"
            )
        return float(largest * np.linalg.norm(g / largest))

    def _take_carefully(self, g: Numbers) -> None:
        """A step that may leave the range of floats; then it is as if it had not been taken."""
        theta, moments = self.parameters.array.copy(), {name: moment.copy() for name, moment in self.moments.items()}
        with np.errstate(all="ignore"):
            self._take(g, self.lr)
        if not all(np.isfinite(numbers).all() for numbers in (self.parameters.array, *self.moments.values())):
            place = int(np.argmax(np.abs(g)))
            self.parameters[:], self.moments = theta, moments
            raise AnomalyError(
                f"step {self.steps + 1} with a learning rate of {self.lr:g} goes beyond the range of a float: no step "
                f"was taken. The steepest slope is {g[place]:g}, by {self.parameters.values[place]!r}; take smaller "
                "steps, or clip_norm"
            )

    def zero_grad(self) -> None:
        """Forget the gradients of the values."""
        for p in self.parameters.values:
            p.grad = NO_GRADIENT

    def _remembered(self) -> tuple[str, ...]:
        """The names of its moments."""
        return ()

    def _take(self, g: Numbers, lr: float) -> None:
        """Change the parameters and the moments."""
        raise NotImplementedError

    def _decayed(self, g: Numbers) -> Numbers:
        """The gradient with the weight decay, g + λ·θ."""
        decay = self.hyperparameters["weight_decay"]
        return g + decay * self.parameters.array if decay else g

    def state_dict(self) -> dict[str, Any]:
        """All that the next steps depend on besides the parameters: JSON's types, and arrays in "moments"."""
        return {
            "kind": type(self).__name__,
            "steps": self.steps,
            "hyperparameters": dict(self.hyperparameters),
            "schedule": to_record(self.schedule),
            "moments": {name: moment.copy() for name, moment in self.moments.items()},
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on exactly where the optimiser was whose state this is; or change nothing.

        Raises:
            ValueError: the state is another kind of optimiser's, or for another number of parameters.
        """
        if state.get("kind") != type(self).__name__:
            raise ValueError(f"this is the state of {state.get('kind')!r}, not of {type(self).__name__}")
        try:
            moments = {name: np.array(moment, np.float64) for name, moment in state["moments"].items()}
            numbers, schedule = checked(state["hyperparameters"]), from_record(state["schedule"])
            steps = operator.index(state["steps"])
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"this is no state of an optimiser: {error!r:.200}") from error
        shapes = {name: moment.shape for name, moment in moments.items()}
        wanted = {name: moment.shape for name, moment in self.moments.items()}
        if shapes != wanted or numbers.keys() != self.hyperparameters.keys():
            raise ValueError(f"this state has {shapes} for {wanted}, so it is not one of this optimiser's")
        if steps < 0 or not all(np.isfinite(moment).all() for moment in moments.values()):
            raise ValueError("this state has infinities, NaNs or a negative number of steps: no optimiser leaves that")
        self.schedule, self.hyperparameters, self.steps, self.moments = schedule, numbers, steps, moments

    def __repr__(self) -> str:
        numbers = ", ".join(f"{name}={number:g}" for name, number in self.hyperparameters.items())
        return f"{type(self).__name__}({len(self.parameters)} parameters, {numbers}, {self.schedule})"


class SGD(Optimizer):
    """Gradient descent: θ ← θ − η·g; with momentum v ← μ·v + g and θ ← θ − η·v; nesterov: θ ← θ − η·(g + μ·v).

    Source: Polyak 1964; Sutskever et al. 2013 (Nesterov's, as PyTorch has it).

    >>> from microgradnet import parameter
    >>> w = parameter(1.0); sgd = SGD([w], lr=0.1, momentum=0.5)
    >>> for _ in range(3):
    ...     sgd.step([1.0])
    ...     print(round(w.data, 4))
    0.9
    0.75
    0.575
    """

    def __init__(
        self, parameters: Any, lr: float = 1e-3, *, momentum: float = 0.0, nesterov: bool = False, **others: Any
    ) -> None:
        if nesterov and not momentum:
            raise ValueError("nesterov looks ahead by the momentum: momentum must be above 0, got 0")
        super().__init__(parameters, lr, momentum=momentum, nesterov=nesterov, **others)

    def _remembered(self) -> tuple[str, ...]:
        return ("velocity",) if self.hyperparameters["momentum"] else ()

    def _take(self, g: Numbers, lr: float) -> None:
        g = self._decayed(g)
        momentum = self.hyperparameters["momentum"]
        if momentum:
            velocity = self.moments["velocity"]
            velocity *= momentum
            velocity += g
            g = g + momentum * velocity if self.hyperparameters["nesterov"] else velocity
        self.parameters -= lr * g


class RMSProp(Optimizer):
    """s ← α·s + (1 − α)·g²; θ ← θ − η·g / (√s + ε); with momentum that quotient goes through v ← μ·v + g / (√s + ε).

    Source: Hinton 2012, lecture 6e.

    >>> from microgradnet import parameter
    >>> w = parameter(1.0); RMSProp([w], lr=0.1).step([2.0]); round(w.data, 4)
    0.0
    """

    def __init__(
        self, parameters: Any, lr: float = 1e-2, *, alpha: float = 0.99, eps: float = 1e-8, momentum: float = 0.0,
        **others: Any,
    ) -> None:  # fmt: skip
        super().__init__(parameters, lr, alpha=alpha, eps=eps, momentum=momentum, **others)

    def _remembered(self) -> tuple[str, ...]:
        return ("square", "velocity") if self.hyperparameters["momentum"] else ("square",)

    def _take(self, g: Numbers, lr: float) -> None:
        g = self._decayed(g)
        alpha, eps, momentum = (self.hyperparameters[name] for name in ("alpha", "eps", "momentum"))
        square = self.moments["square"]
        square *= alpha
        square += (1 - alpha) * g * g
        change = g / (np.sqrt(square) + eps)
        if momentum:
            velocity = self.moments["velocity"]
            velocity *= momentum
            velocity += change
            change = velocity
        self.parameters -= lr * change


class Adam(Optimizer):
    """m ← β₁·m + (1 − β₁)·g; s ← β₂·s + (1 − β₂)·g²; θ ← θ − η·(m / (1 − β₁ᵗ)) / (√(s / (1 − β₂ᵗ)) + ε) at step t.

    Source: Kingma & Ba 2015, algorithm 1.

    >>> from microgradnet import parameter
    >>> w = parameter(1.0); Adam([w], lr=0.1).step([2.0]); round(w.data, 4)
    0.9
    """

    def __init__(
        self, parameters: Any, lr: float = 1e-3, *, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8,
        **others: Any,
    ) -> None:  # fmt: skip
        super().__init__(parameters, lr, beta1=beta1, beta2=beta2, eps=eps, **others)

    def _remembered(self) -> tuple[str, ...]:
        return "mean", "square"

    def _take(self, g: Numbers, lr: float) -> None:
        self._descend(self._decayed(g), lr)

    def _descend(self, g: Numbers, lr: float) -> None:
        beta1, beta2, eps = (self.hyperparameters[name] for name in ("beta1", "beta2", "eps"))
        mean, square, t = self.moments["mean"], self.moments["square"], self.steps + 1
        mean *= beta1
        mean += (1 - beta1) * g
        square *= beta2
        square += (1 - beta2) * g * g
        self.parameters -= lr / (1 - beta1**t) * mean / (np.sqrt(square / (1 - beta2**t)) + eps)


class AdamW(Adam):
    """Adam with the weight decay beside it, not in the gradient: first θ ← θ − η·λ·θ. Source: Loshchilov & Hutter 2019.

    >>> from microgradnet import parameter
    >>> w = parameter(1.0); AdamW([w], lr=0.1, weight_decay=0.5).step([2.0]); round(w.data, 4)
    0.85
    """

    def __init__(self, parameters: Any, lr: float = 1e-3, *, weight_decay: float = 0.01, **others: Any) -> None:
        super().__init__(parameters, lr, weight_decay=weight_decay, **others)

    def _take(self, g: Numbers, lr: float) -> None:
        self.parameters -= lr * self.hyperparameters["weight_decay"] * self.parameters.array
        self._descend(g, lr)


OPTIMIZERS: dict[str, type[Optimizer]] = {kind.__name__.lower(): kind for kind in (SGD, RMSProp, Adam, AdamW)}
"""The optimisers by name."""
