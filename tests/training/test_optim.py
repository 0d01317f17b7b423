"""Optimisers and schedules: their steps, by hand and by properties of all; states that restore; what is refused."""

import json
import math
import re
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, TypeAlias

import numpy as np
import pytest

from microgradnet import AnomalyError, Value, optim, parameter
from microgradnet.optim import OPTIMIZERS, SGD, Adagrad, Adam, Optimizer, optimizers
from microgradnet.optim.parameter_vector import ParameterVector
from microgradnet.optim.schedules import SCHEDULES, Constant, Cosine, Linear, StepDecay, Warmup, from_record, to_record
from tests.training.hyperparameters import changed

Maker: TypeAlias = Callable[[Any], Optimizer]


CASES: dict[str, Maker] = {
    name: maker
    for kind in OPTIMIZERS.values()
    for name, maker in (
        (kind.__name__, kind),
        (f"{kind.__name__}, all hyperparameters changed", partial(kind, **changed(kind))),
        (f"{kind.__name__} on a schedule", partial(kind, schedule=Warmup(5, StepDecay(10, 0.5)))),
    )
}
"""Every optimiser there is: a new one is tested without a line here."""
each = pytest.mark.parametrize("make", CASES.values(), ids=CASES.keys())


def gradients(steps: int, count: int = 2) -> Any:
    return np.random.default_rng(0).normal(size=(steps, count))


@each
def test_each_parameter_is_updated_by_its_own_gradient_alone(make: Maker) -> None:
    """So a step of many is as many steps of one, to the bit; only the clipping of long gradients looks at them all."""
    together = [parameter(x) for x in (1.0, -2.0, 0.5, 0.0, 1.0)]
    alone = [parameter(p.data) for p in together]
    rule, rules = make(together), [make([p]) for p in alone]
    for one in (rule, *rules):
        one.hyperparameters["clip_norm"] = math.inf
    for g in gradients(30, 5):
        rule.step(g)
        for one, gi in zip(rules, g, strict=True):
            one.step([gi])
    assert [p.data for p in together] == [p.data for p in alone]
    assert together[0].data != together[4].data, "each of them its own"


@each
def test_the_sign_of_a_parameter_and_its_gradients_does_not_matter(make: Maker) -> None:
    values, mirrored = [parameter(1.0), parameter(-2.0)], [parameter(-1.0), parameter(2.0)]
    rule, mirror = make(values), make(mirrored)
    for g in gradients(30):
        rule.step(g)
        mirror.step(-g)
    assert [p.data for p in values] == [-p.data for p in mirrored]


@each
def test_a_first_step_goes_down_and_by_the_learning_rate(make: Maker) -> None:
    change = {}
    for slower in (1.0, 0.5):
        values = [parameter(0.0), parameter(0.0)]
        rule = make(values)
        rule.hyperparameters["lr"] *= slower
        rule.step([0.3, -0.2])
        change[slower] = np.array([p.data for p in values])
    assert (change[1.0] * [0.3, -0.2] < 0).all()
    assert change[0.5] == pytest.approx(change[1.0] / 2, rel=1e-14)


@pytest.mark.parametrize("kind", OPTIMIZERS.values(), ids=OPTIMIZERS.keys())
def test_it_comes_to_the_bottom_of_a_bowl(kind: Any) -> None:
    """E = ½(x − 2)² + 2(y + 1)², which is 4 at the start."""
    x, y = values = [parameter(0.0), parameter(0.0)]
    rule = kind(values, 0.1, schedule=Linear(400))
    for _ in range(400):
        rule.step([x.data - 2.0, 4.0 * (y.data + 1.0)])
    assert 0.5 * (x.data - 2.0) ** 2 + 2.0 * (y.data + 1.0) ** 2 < 0.04


def sgd(x: float, g: Any, *, lr: float, weight_decay: float, momentum: float, nesterov: float, **_: Any) -> float:
    v = 0.0
    for gradient in g:
        d = gradient + weight_decay * x
        v = momentum * v + d
        x -= lr * (d + momentum * v if nesterov else v)
    return x


def adagrad(x: float, g: Any, *, lr: float, weight_decay: float, eps: float, **_: Any) -> float:
    d: list[float] = []
    for gradient in g:
        d.append(gradient + weight_decay * x)
        x -= lr * d[-1] / (math.hypot(*d) + eps)
    return x


def rmsprop(
    x: float, g: Any, *, lr: float, weight_decay: float, alpha: float, eps: float, momentum: float, **_: Any
) -> float:
    s = v = 0.0
    for gradient in g:
        d = gradient + weight_decay * x
        s = alpha * s + (1 - alpha) * d**2
        v = momentum * v + d / (math.sqrt(s) + eps)
        x -= lr * v
    return x


def adam(
    x: float, g: Any, *, lr: float, weight_decay: float, beta1: float, beta2: float, eps: float, **_: Any
) -> float:
    m = s = 0.0
    for t, gradient in enumerate(g, start=1):
        d = gradient + weight_decay * x
        m, s = beta1 * m + (1 - beta1) * d, beta2 * s + (1 - beta2) * d**2
        x -= lr * (m / (1 - beta1**t)) / (math.sqrt(s / (1 - beta2**t)) + eps)
    return x


def adamw(x: float, g: Any, *, lr: float, weight_decay: float, **numbers: Any) -> float:
    for count in range(1, len(g) + 1):  # the decay is beside Adam's step, which does not depend on x
        step = adam(0.0, g[:count], lr=lr, weight_decay=0.0, **numbers)
        step -= adam(0.0, g[: count - 1], lr=lr, weight_decay=0.0, **numbers)
        x = (1 - lr * weight_decay) * x + step
    return x


BY_HAND = {function.__name__: function for function in (sgd, adagrad, rmsprop, adam, adamw)}
"""The updates of one parameter, written out; another optimiser is compared with PyTorch's, or written out here."""


@pytest.mark.parametrize("name", BY_HAND)
def test_steps_by_hand(name: str) -> None:
    kind = OPTIMIZERS[name]
    for numbers in ({}, changed(kind), {n: x for n, x in changed(kind).items() if n not in ("momentum", "nesterov")}):
        w = parameter(1.0)
        rule = kind([w], **{**numbers, "clip_norm": math.inf})
        g = gradients(30)[:, 0].tolist()
        for gi in g:
            rule.step([gi])
        assert w.data == pytest.approx(BY_HAND[name](1.0, g, **rule.hyperparameters), rel=1e-11)


@each
def test_a_state_restores_to_the_bit(make: Maker) -> None:
    """50 steps, and 25 steps, the state through JSON, and 25 more."""
    values, others = [parameter(1.0), parameter(-2.0)], [parameter(1.0), parameter(-2.0)]
    whole, before = make(values), make(others)
    for g in gradients(50):
        whole.step(g)
    for g in gradients(50)[:25]:
        before.step(g)
    state = before.state_dict()
    moments = {name: moment.tolist() for name, moment in state.pop("moments").items()}
    text = json.dumps(state)
    after = make(others)
    after.load_state_dict({**json.loads(text), "moments": moments})
    for g in gradients(50)[25:]:
        after.step(g)
    assert [p.data for p in values] == [p.data for p in others]
    assert repr(after) == repr(whole)
    assert after.steps == 50


@each
def test_a_gradient_that_is_no_number_changes_nothing(make: Maker) -> None:
    values = [parameter(1.0, "a"), parameter(2.0, "b")]
    rule = make(values)
    rule.step([0.5, 0.5])
    before = [p.data for p in values], rule.state_dict()
    for bad in (math.nan, math.inf):
        with pytest.raises(AnomalyError, match=r"label='b'.* is (nan|inf): no step was taken"):
            rule.step([0.5, bad])
    for wrong in ([1.0], [[1.0, 2.0]]):
        with pytest.raises(ValueError, match="a number for each of 2 parameters"):
            rule.step(wrong)
    assert [p.data for p in values] == before[0]
    assert str(rule.state_dict()) == str(before[1])


def test_a_state_brings_its_hyperparameters_and_its_schedule() -> None:
    one, other = Adam([parameter(1.0)], 0.1, beta1=0.5, schedule=Linear(10, 0.5)), Adam([parameter(1.0)], 0.2)
    one.step([1.0])
    other.parameters[:] = one.parameters
    other.load_state_dict(json.loads(json.dumps(one.state_dict(), default=list)))
    for g in (0.5, -2.0, 1.0):
        one.step([g])
        other.step([g])
    assert other.parameters.values[0].data == one.parameters.values[0].data
    assert (other.lr, other.schedule, other.hyperparameters) == (one.lr, one.schedule, one.hyperparameters)


@pytest.mark.parametrize(
    "change",
    [
        {"steps": "x"}, {"steps": -1}, {"schedule": {"kind": "Nothing"}}, {"moments": None}, {"moments": {}},
        {"hyperparameters": {"lr": -5.0}}, {"moments": {"mean": [math.nan], "square": [0.0]}},
    ],
)  # fmt: skip
def test_a_bad_state_changes_nothing(change: dict[str, Any]) -> None:
    adam = Adam([parameter(1.0)], 0.1)
    adam.step([1.0])
    state = json.loads(json.dumps(adam.state_dict(), default=list))
    if "hyperparameters" in change:
        change = {"hyperparameters": state["hyperparameters"] | change["hyperparameters"]}
    before = json.dumps(adam.state_dict(), default=list)
    with pytest.raises(ValueError, match=r"\w"):
        adam.load_state_dict(state | change)
    assert json.dumps(adam.state_dict(), default=list) == before


@pytest.mark.parametrize("g", [1e200, 1e160, 1e308])
def test_a_long_gradient_is_clipped_without_overflow(g: float) -> None:
    w = [parameter(1.0), parameter(1.0)]
    SGD(w, 1.0, clip_norm=1.0).step([g, 0.0])
    assert [p.data for p in w] == pytest.approx([0.0, 1.0], abs=1e-15)


def test_a_gradient_whose_length_is_no_float_is_clipped_too() -> None:
    w = [parameter(1.0), parameter(1.0)]
    SGD(w, 0.1, clip_norm=1.0).step([1.7e308] * 2)
    assert [p.data for p in w] == pytest.approx([1.0 - 0.1 / math.sqrt(2)] * 2)


@pytest.mark.parametrize("factor", [math.nan, math.inf, -1.0])
def test_a_schedule_that_gives_no_learning_rate_is_named(factor: float) -> None:
    w = parameter(1.0)
    with pytest.raises(AnomalyError, match=f"the schedule made η {0.1 * factor}, .*: no step was taken"):
        SGD([w], 0.1, schedule=lambda step: factor).step([1.0])
    assert w.data == 1.0


def test_the_remedy_for_a_zero_divided_by_zero_is_an_eps() -> None:
    with pytest.raises(AnomalyError, match=r"gives an infinity or NaN: no step was taken.* or an eps above 0"):
        Adagrad([parameter(1.0), parameter(2.0)], eps=0.0).step([0.0, 1.0])


@pytest.mark.parametrize("kind", OPTIMIZERS.values(), ids=OPTIMIZERS.keys())
@pytest.mark.parametrize("numbers", [{"lr": 1e200}, {"lr": 1e308}, {"eps": 0.0}])
@pytest.mark.parametrize("g", [[1e200, 1.0], [0.0, 1e150], [0.0, 1.0]])
def test_no_step_leaves_the_range_of_floats(kind: Any, numbers: dict[str, float], g: list[float]) -> None:
    w = [parameter(1.0), parameter(2.0)]
    optimizer = kind(w, **{name: number for name, number in numbers.items() if name in kind.ranges})
    before = json.dumps(optimizer.state_dict(), default=list)
    with suppress(AnomalyError):
        optimizer.step(g)
        before = ""
    if before:
        assert [p.data for p in w] == [1.0, 2.0]
        assert json.dumps(optimizer.state_dict(), default=list) == before
    assert all(math.isfinite(p.data) for p in w)
    assert all(np.isfinite(moment).all() for moment in optimizer.moments.values())


def test_a_gradient_that_is_given_stays_what_it_was() -> None:
    w, gradient = [parameter(1.0), parameter(2.0)], np.array([3.0, 4.0])
    for optimizer in (SGD(w, lr=0.1, clip_norm=1.0, momentum=0.5), SGD(w, lr=0.1, weight_decay=0.1)):
        optimizer.step(gradient)
        optimizer.step(gradient)
    assert gradient.tolist() == [3.0, 4.0]


def test_the_gradients_of_the_values_are_taken_if_none_is_given() -> None:
    w = parameter(3.0)
    for given in ([w], ParameterVector([w])):
        rule = SGD(given, 0.5)
        w.data = 3.0
        rule.zero_grad()
        (w * w).backward()
        rule.step()
        assert w.data == 0.0


def test_a_long_gradient_is_made_as_long_as_is_allowed() -> None:
    values = [parameter(0.0), parameter(0.0)]
    SGD(values, 1.0, clip_norm=1.0).step([3.0, 4.0])
    assert [p.data for p in values] == pytest.approx([-0.6, -0.8])
    SGD(values, 1.0, clip_norm=10.0).step([0.6, 0.8])
    assert [p.data for p in values] == pytest.approx([-1.2, -1.6]), "a short one stays as it is"


@pytest.mark.parametrize("kind", OPTIMIZERS.values(), ids=OPTIMIZERS.keys())
def test_a_hyperparameter_out_of_range_is_refused(kind: Any) -> None:
    for name, (words, allows) in kind.ranges.items():
        wrong = [x for x in (-0.5, 0.0, 1.0, math.inf, math.nan) if not allows(x)]
        assert {-0.5, math.nan} <= {*wrong}, "none is negative"
        for x in wrong:
            with pytest.raises(ValueError, match=re.escape(f"{name} must be {words}, got {x!r}")):
                kind([parameter(1.0)], **{name: x})
    with pytest.raises(ValueError, match="momentum must be above 0"):
        SGD([parameter(1.0)], nesterov=True)


def test_a_hyperparameter_of_another_optimiser_is_refused() -> None:
    with pytest.raises(TypeError, match=r"^SGD has no 'beta1': there are lr, weight_decay, clip_norm, momentum, nest"):
        SGD([parameter(1.0)], beta1=0.9)
    with pytest.raises(TypeError, match=r"^Adam has no 'esp': did you mean 'eps'\?$"):
        Adam([parameter(1.0)], esp=0.9)


def test_states_and_parameters_that_do_not_fit_are_refused() -> None:
    w = parameter(1.0)
    with pytest.raises(ValueError, match="needs parameters"):
        SGD([])
    with pytest.raises(TypeError, match="made of Values"):
        SGD([1.0])
    rule = Adam([w])
    for wrong in (SGD([w]), SGD([w], momentum=0.5), Adam([w, parameter(2.0)])):
        with pytest.raises(ValueError, match=r"this (is the )?state"):
            rule.load_state_dict(wrong.state_dict())


def test_every_optimiser_is_exported() -> None:
    defined = {n for n, kind in vars(optimizers).items() if isinstance(kind, type) and issubclass(kind, Optimizer)}
    assert {kind.__name__ for kind in OPTIMIZERS.values()} == defined - {"Optimizer"}
    assert all(getattr(optim, kind.__name__) is kind for kind in OPTIMIZERS.values())
    assert set(optim.__all__) >= defined


# --- schedules ---


@pytest.mark.parametrize(
    "schedule", [Constant(), StepDecay(3, 0.5), Linear(7, 0.1), Cosine(9), Warmup(4, Warmup(2, Cosine(5, 0.2)))]
)
def test_a_schedule_survives_as_a_record(schedule: Any) -> None:
    again = from_record(json.loads(json.dumps(to_record(schedule))))
    assert again == schedule
    assert [again(t) for t in range(20)] == [schedule(t) for t in range(20)]
    assert all(0 <= schedule(t) <= 1 for t in range(20))


def test_schedules_that_are_none() -> None:
    for kind in (StepDecay, Linear, Cosine, Warmup):
        with pytest.raises(ValueError, match="whole number of at least 1"):
            kind(0)
    with pytest.raises(ValueError, match="gamma must be a finite number, at least 0, got 'x'"):
        StepDecay(100, "x")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="user-defined schedule cannot be saved"):
        to_record(lambda t: 1.0)
    deep: dict[str, Any] = {"kind": "Constant"}
    for _ in range(10_000):
        deep = {"kind": "Warmup", "steps": 1, "then": deep}
    for record in ({}, {"kind": "Zigzag"}, {"kind": "Linear", "length": 3}, deep):
        with pytest.raises(ValueError, match="not the record of a schedule"):
            from_record(record)
    assert set(SCHEDULES) == {"Constant", "StepDecay", "Linear", "Cosine", "Warmup"}


def test_a_step_asks_its_schedule_once() -> None:
    """One that draws its factor, say, would decide on the step by another than it takes."""
    factors, w = iter([1.0, 2.0]), parameter(0.0)
    rule = SGD([w], 1.0, schedule=lambda steps: next(factors))
    rule.step([1.0])
    rule.step([1.0])
    assert w.data == -3.0


def test_the_schedule_is_of_the_steps_taken() -> None:
    w = parameter(0.0)
    rule = SGD([w], 1.0, schedule=Linear(4))
    for _ in range(5):
        rule.step([1.0])
    assert w.data == -(1 + 0.75 + 0.5 + 0.25)
    assert isinstance(w, Value)


def test_a_state_stays_what_it_was_when_training_goes_on() -> None:
    w = parameter(1.0)
    adam = Adam([w])
    adam.step([2.0])
    state = adam.state_dict()
    before = str(state)
    adam.step([3.0])
    assert str(state) == before
