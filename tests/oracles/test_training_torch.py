"""Optimisers, schedules and losses against PyTorch's: 50 steps by default and with each hyperparameter changed."""

import importlib
import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

from microgradnet import Value, parameter
from microgradnet.losses import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    huber,
    multiclass_hinge,
    squared_error,
)
from microgradnet.optim import OPTIMIZERS, SGD
from microgradnet.optim.schedules import Cosine, Linear, StepDecay, Warmup
from tests.training.hyperparameters import changed
from tests.training.test_optim import BY_HAND

torch: Any = importlib.import_module("torch")
functional: Any = importlib.import_module("torch.nn.functional")

THEIRS: dict[str, Any] = {name.lower(): kind for name, kind in vars(torch.optim).items() if isinstance(kind, type)}
"""PyTorch's optimisers by our names."""


def made_by_torch(name: str, numbers: dict[str, Any]) -> Callable[[Any], Any]:
    """PyTorch's optimiser with these hyperparameters of ours, which have the same names there but for `betas`."""
    theirs = {n: x for n, x in numbers.items() if n != "clip_norm" and not n.startswith("beta")}
    betas = tuple(numbers[n] for n in sorted(numbers) if n.startswith("beta"))
    return lambda p: THEIRS[name](p, **theirs, **({"betas": betas} if betas else {}))


START = [1.0, -2.0, 0.5, 3.0]


def after_50_steps(ours: Any, theirs: Any, schedule: Any = None, clip: float | None = None) -> tuple[Any, Any]:
    values, tensor = [parameter(x) for x in START], torch.tensor(START, dtype=torch.float64, requires_grad=True)
    mine, oracle = ours(values), theirs([tensor])
    scheduler = schedule(oracle) if schedule else None
    for g in np.random.default_rng(0).normal(size=(50, 4)):
        mine.step(g)
        tensor.grad = torch.tensor(g)
        if clip:
            torch.nn.utils.clip_grad_norm_([tensor], clip)
        oracle.step()
        if scheduler:
            scheduler.step()
    return [p.data for p in values], tensor.tolist()


CASES: dict[str, tuple[str, dict[str, Any]]] = {
    label: (name, numbers)
    for name, kind in OPTIMIZERS.items()
    if name in THEIRS
    for label, numbers in (
        (f"{name} by default", {}),
        (f"{name} with all hyperparameters changed", changed(kind) | {"lr": 0.03, "clip_norm": math.inf}),
        *[
            (f"{name} with another {n}", {n: changed(kind)[n]})
            for n in kind.ranges
            if n not in ("clip_norm", "nesterov")
        ],
    )
}


def test_every_optimiser_is_held_against_another_program() -> None:
    for name, kind in OPTIMIZERS.items():
        assert name in THEIRS or name in BY_HAND, (
            f"nothing says that {kind.__name__} computes what it should: torch.optim has none of this name, so write "
            f"the update of one parameter out as a function `{name}` in BY_HAND of tests/training/test_optim.py"
        )


@pytest.mark.parametrize(("name", "numbers"), CASES.values(), ids=CASES.keys())
def test_50_steps(name: str, numbers: dict[str, Any]) -> None:
    ours: Any = partial(OPTIMIZERS[name], **numbers)
    all_numbers = ours([parameter(0.0)]).hyperparameters
    theirs = made_by_torch(name, all_numbers if numbers else {})  # else PyTorch's own defaults
    found, expected = after_50_steps(ours, theirs)
    np.testing.assert_allclose(found, expected, rtol=1e-11)
    assert not np.allclose(found, START, rtol=1e-6)

    def slower(p: Any) -> Any:  # the comparison sees a small difference
        made = ours(p)
        made.hyperparameters["lr"] *= 1.0000001
        return made

    with pytest.raises(AssertionError):
        np.testing.assert_allclose(after_50_steps(slower, theirs)[0], expected, rtol=1e-11)


SCHEDULES: dict[str, tuple[Any, Callable[[Any], Any]]] = {
    "step decay": (StepDecay(7, 0.6), lambda o: torch.optim.lr_scheduler.StepLR(o, 7, 0.6)),
    "linear": (Linear(30, 0.2), lambda o: torch.optim.lr_scheduler.LinearLR(o, 1.0, 0.2, 30)),
    "warm-up": (
        Warmup(8, Linear(30, 0.2)),
        lambda o: torch.optim.lr_scheduler.SequentialLR(
            o,
            [
                torch.optim.lr_scheduler.LambdaLR(o, lambda t: (t + 1) / 8),
                torch.optim.lr_scheduler.LinearLR(o, 1.0, 0.2, 30),
            ],
            [8],
        ),
    ),
    "cosine": (Cosine(49, 0.1), lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, 49, eta_min=0.005)),
}


@pytest.mark.parametrize(("ours", "theirs"), SCHEDULES.values(), ids=SCHEDULES.keys())
def test_schedules(ours: Any, theirs: Any) -> None:
    found, expected = after_50_steps(
        lambda p: SGD(p, 0.05, schedule=ours), lambda p: torch.optim.SGD(p, 0.05), schedule=theirs
    )
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_clipping() -> None:
    found, expected = after_50_steps(
        lambda p: SGD(p, 0.05, clip_norm=1.0), lambda p: torch.optim.SGD(p, 0.05), clip=1.0
    )
    np.testing.assert_allclose(found, expected, rtol=1e-5)  # theirs adds 1e-6 to the norm


LOSSES: dict[str, tuple[Any, Any, list[float], Any]] = {
    "squared error": (squared_error, functional.mse_loss, [0.3], 1.0),
    "Huber": (lambda y, t: huber(y, t, 0.4), lambda y, t: functional.huber_loss(y, t, delta=0.4), [0.3], 1.0),
    "binary cross-entropy": (binary_cross_entropy, functional.binary_cross_entropy, [0.3], 0.7),
    "with logits": (
        binary_cross_entropy_with_logits, functional.binary_cross_entropy_with_logits, [-700.0], 0.7
    ),
    "with logits, right and sure": (
        binary_cross_entropy_with_logits, functional.binary_cross_entropy_with_logits, [40.0], 1.0
    ),
    "with logits, wrong and sure": (
        binary_cross_entropy_with_logits, functional.binary_cross_entropy_with_logits, [40.0], 0.0
    ),
    "cross-entropy": (cross_entropy, functional.cross_entropy, [0.3, -700.0, 700.0], [0.2, 0.3, 0.5]),
    "multi-class hinge": (
        multiclass_hinge, lambda y, t: 3 * functional.multi_margin_loss(y, t.argmax()), [0.3, -0.5, 0.9],
        [1.0, 0.0, 0.0],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("ours", "theirs", "y", "t"), LOSSES.values(), ids=LOSSES.keys())
def test_losses(ours: Any, theirs: Any, y: list[float], t: Any) -> None:
    values = [Value(x) for x in y]
    found = ours(values if isinstance(t, list) else values[0], t)
    found.backward()
    tensor = torch.tensor(y if isinstance(t, list) else y[0], dtype=torch.float64, requires_grad=True)
    expected = theirs(tensor, torch.tensor(t, dtype=torch.float64))
    expected.backward()
    np.testing.assert_allclose(found.data, expected.item(), rtol=1e-12)
    np.testing.assert_allclose([v.grad for v in values], np.atleast_1d(tensor.grad.numpy()), rtol=1e-12, atol=1e-17)
