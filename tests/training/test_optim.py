"""Optimisers and schedules: steps computed by hand, states that restore to the bit, and what is refused."""

import json
import math
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
import pytest

from microgradnet import AnomalyError, Value, parameter
from microgradnet.optim import OPTIMIZERS, SGD, Adam, AdamW, Optimizer, RMSProp
from microgradnet.optim.parameter_vector import ParameterVector
from microgradnet.optim.schedules import SCHEDULES, Constant, Cosine, Linear, StepDecay, Warmup, from_record, to_record

MAKERS: dict[str, Callable[[Any], Optimizer]] = {
    "SGD": lambda p: SGD(p, 0.1),
    "momentum": lambda p: SGD(p, 0.1, momentum=0.8, weight_decay=0.01),
    "Nesterov": lambda p: SGD(p, 0.1, momentum=0.8, nesterov=True, schedule=Cosine(40, end=0.1)),
    "RMSProp": lambda p: RMSProp(p, 0.1, alpha=0.9, eps=1e-3, momentum=0.5, clip_norm=0.5),
    "Adam": lambda p: Adam(p, 0.1, beta1=0.8, beta2=0.9, eps=1e-3, schedule=Warmup(5, StepDecay(10))),
    "AdamW": lambda p: AdamW(p, 0.1, weight_decay=0.1, schedule=Linear(30)),
}
each = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS.keys())


def gradients(count: int) -> Any:
    return np.random.default_rng(0).normal(size=(count, 2))


def test_steps_by_hand() -> None:
    """Two steps of each rule on one parameter, with g = 1 and then 0.5, written out."""
    w = parameter(1.0)
    found = {}
    rules: dict[str, Optimizer] = {}
    for name, rule in (
        ("SGD", SGD([w], 0.1)),
        ("momentum", SGD([w], 0.1, momentum=0.9)),
        ("Nesterov", SGD([w], 0.1, momentum=0.9, nesterov=True)),
        ("RMSProp", RMSProp([w], 0.1, alpha=0.5, eps=0.0)),
        ("Adam", Adam([w], 0.1, beta1=0.5, beta2=0.5, eps=0.0)),
        ("AdamW", AdamW([w], 0.1, beta1=0.5, beta2=0.5, eps=0.0, weight_decay=0.5)),
    ):
        w.data = 1.0
        rules[name] = rule
        rule.step([1.0])
        first = w.data
        rule.step([0.5])
        found[name] = (first, w.data)
    adam = 0.9 - 0.1 * (0.5 / 0.75) / math.sqrt(0.375 / 0.75)  # m = ½·½ + ½·½, s = ½·½ + ½·¼
    expected = {
        "SGD": (0.9, 0.85),
        "momentum": (0.9, 0.9 - 0.1 * (0.9 + 0.5)),
        "Nesterov": (1 - 0.1 * 1.9, 0.81 - 0.1 * (0.5 + 0.9 * 1.4)),
        "RMSProp": (1 - 0.1 / math.sqrt(0.5), 1 - 0.1 / math.sqrt(0.5) - 0.1 * 0.5 / math.sqrt(0.375)),
        "Adam": (0.9, adam),
        "AdamW": (0.95 - 0.1, (0.85 - 0.1 * 0.5 * 0.85) - (0.9 - adam)),
    }
    for name, numbers in expected.items():
        assert found[name] == pytest.approx(numbers, rel=1e-12), name


@each
def test_a_state_restores_to_the_bit(make: Callable[[Any], Optimizer]) -> None:
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
def test_a_gradient_that_is_no_number_changes_nothing(make: Callable[[Any], Optimizer]) -> None:
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


@pytest.mark.parametrize(
    "make",
    [lambda w: SGD(w, 1e200), lambda w: Adam(w, 1e308), lambda w: Adam(w, eps=0.0), lambda w: RMSProp(w, eps=0.0)],
)
@pytest.mark.parametrize("g", [[1e200, 1.0], [0.0, 1e150]])
def test_no_step_leaves_the_range_of_floats(make: Callable[[Any], Optimizer], g: list[float]) -> None:
    w = [parameter(1.0), parameter(2.0)]
    optimizer = make(w)
    before = json.dumps(optimizer.state_dict(), default=list)
    with suppress(AnomalyError):
        optimizer.step(g)
        before = ""
    if before:
        assert [p.data for p in w] == [1.0, 2.0]
        assert json.dumps(optimizer.state_dict(), default=list) == before
    assert all(math.isfinite(p.data) for p in w)
    assert all(np.isfinite(moment).all() for moment in optimizer.moments.values())


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


@pytest.mark.parametrize(
    ("kind", "numbers"),
    [
        (SGD, {"lr": 0.0}), (SGD, {"lr": math.nan}), (SGD, {"momentum": 1.0}), (SGD, {"nesterov": True}),
        (SGD, {"weight_decay": -1.0}), (SGD, {"clip_norm": 0.0}), (Adam, {"beta1": 1.0}), (Adam, {"beta2": -0.1}),
        (Adam, {"eps": -1.0}), (RMSProp, {"alpha": 1.5}),
    ],
)  # fmt: skip
def test_a_hyperparameter_out_of_range_is_refused(kind: type[Optimizer], numbers: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r" must be "):
        kind([parameter(1.0)], **numbers)


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
    assert sorted(OPTIMIZERS) == ["adam", "adamw", "rmsprop", "sgd"]


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
        with pytest.raises(ValueError, match="whole number of steps, at least 1"):
            kind(0)
    with pytest.raises(TypeError, match="one's own cannot be saved"):
        to_record(lambda t: 1.0)
    for record in ({}, {"kind": "Zigzag"}, {"kind": "Linear", "length": 3}):
        with pytest.raises(ValueError, match="no record of a schedule"):
            from_record(record)
    assert set(SCHEDULES) == {"Constant", "StepDecay", "Linear", "Cosine", "Warmup"}


def test_the_schedule_is_of_the_steps_taken() -> None:
    w = parameter(0.0)
    rule = SGD([w], 1.0, schedule=Linear(4))
    for _ in range(5):
        rule.step([1.0])
    assert w.data == -(1 + 0.75 + 0.5 + 0.25)
    assert isinstance(w, Value)
