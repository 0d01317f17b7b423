"""What was found broken here by trying to break it, and mended: each case failed once."""

import linecache
import math

import pytest

from microgradnet import (
    AnomalyError,
    StaleGraphError,
    Value,
    backward_unrolled,
    break_on,
    chain_rule,
    detect_anomaly,
    exp,
    explain,
    recording,
    total,
    trace_source,
)
from microgradnet.notation.latex import latex_label
from microgradnet.notation.names import Namer
from microgradnet.stepping.unrolled import identifiers
from tests.test_latex import faults


def labelled(value: Value, label: str) -> Value:
    value.label = label
    return value


def test_switches_go_off_in_any_order() -> None:
    first, second = trace_source(), trace_source()
    first.off()
    assert Value(1.0).source is not None
    second.off()
    assert recording.observe is None
    one, other = detect_anomaly(), detect_anomaly()
    one.off()
    assert recording.detecting_anomalies
    other.off()
    assert not recording.detecting_anomalies


def test_off_twice_takes_nothing_from_others() -> None:
    with detect_anomaly():
        with detect_anomaly() as inner:
            inner.off()
        assert len(chain_rule.watchers) == 1


def test_an_infinite_constant_can_be_unrolled() -> None:
    x = Value(1.0, "x")
    backward_unrolled(x * math.inf)
    assert x.grad == math.inf


@pytest.mark.parametrize("label", ["a௰", "௰", "x𐄇"])
def test_numerals_that_are_no_part_of_an_identifier(label: str) -> None:
    root = Value(1.0, label) * 2
    assert all(name.isidentifier() for name in identifiers(root).values())
    backward_unrolled(root)


def test_a_label_that_normalising_makes_long() -> None:
    backward_unrolled(labelled(Value(1.0) * 2, "ﷺ" * 40))


@pytest.mark.parametrize("label", ["x²", "z⁽¹⁾"])
def test_a_power_of_a_label_with_a_superscript_has_brackets(label: str) -> None:
    y = labelled(Value(3.0) ** 2, label) ** 3
    assert f"({label})" in Namer().expression(y)
    assert all(faults(step.latex) == [] for step in y.forward_steps())
    assert all(faults(step.local_latex) == [] for step in y.backward_steps())


@pytest.mark.parametrize("base", [Value(3.0, "x").exp(), Value(1e-6, "x")])
def test_a_power_of_what_has_an_exponent_is_latex(base: Value) -> None:
    assert all(faults(step.latex) == [] for step in (base**2).forward_steps())


def test_a_prime_after_a_superscript_is_latex() -> None:
    assert faults(latex_label("x²'")) == []


def test_a_debugger_sees_the_lines_of_this_pass() -> None:
    for number in (3.0, 4.0):
        a = Value(number, "a")
        file = backward_unrolled(labelled(a * a, "q"))
        assert linecache.getline(str(file), 5) == file.read_text("utf-8").splitlines(keepends=True)[4]


def test_the_gradient_of_a_constant_is_no_anomaly() -> None:
    x, w = Value(1e300, "x"), Value(1e200, "w")
    with detect_anomaly():
        ((1e-200 * x) * w).backward()
    assert (x.grad, w.grad) == (1.0, 1e100)


def test_forward_steps_of_a_stale_graph_are_refused() -> None:
    x = Value(3.0, "x")
    y = 2 * x + 1
    x.data = 5.0
    with pytest.raises(StaleGraphError):
        list(y.forward_steps())


def test_unlabelled_leaves_are_told_apart_in_latex() -> None:
    first, second = (Value(3.0) * Value(3.0)).backward_steps()
    assert first.local_latex != second.local_latex
    assert r"\partial 3" not in first.latex


def test_many_unlabelled_values_have_names_at_once() -> None:
    y = Value(1.0, "x")
    for _ in range(20_000):
        y = -y
    assert len(set(identifiers(y).values())) == 20_001


def test_more_paths_than_an_integer_may_have_digits() -> None:
    a = y = Value(1.0, "a")
    for _ in range(15_000):
        y = (y + y) / 2
    assert "10^4515.4 paths" in repr(explain(a, y, 1))


def test_a_watch_that_turns_itself_off_hides_no_other() -> None:
    seen = []

    def once(application: chain_rule.Application) -> bool:
        one.off()
        return False

    one = break_on(condition=once)
    with break_on(condition=lambda application: bool(seen.append(application))):  # type: ignore[func-returns-value]
        (Value(2.0, "a") * Value(3.0, "b")).backward()
    assert len(seen) == 2


def test_break_on_refuses_what_could_never_match() -> None:
    for asked in ({"op": exp}, {"op": 5}, {"label": 5}, {"condition": 5}):
        with pytest.raises(TypeError):
            break_on(**asked)


def test_the_message_of_an_anomaly_is_one_short_line() -> None:
    xs = [Value(math.inf, "a\x1b[31m\nb"), *[Value(1.0, f"x{i}") for i in range(500)]]
    with detect_anomaly(), pytest.raises(AnomalyError) as caught:
        total(xs)
    said = str(caught.value)
    assert len(said) < 1000
    assert said.isprintable()


def test_a_new_pass_ends_one_that_waits_between_two_steps() -> None:
    a = Value(3.0, "a")
    y = a * a
    steps = y.backward_steps()
    next(steps)
    y.backward()
    assert a.grad == 6.0
    with pytest.raises(RuntimeError, match="another backward pass"):
        next(steps)
    del steps
    assert a.grad == 6.0


def test_two_graphs_can_be_stepped_through_side_by_side() -> None:
    a, b = Value(3.0, "a"), Value(4.0, "b")
    for _ in zip((a * a).backward_steps(), (b * b).backward_steps(), strict=True):
        pass
    assert (a.grad, b.grad) == (6.0, 8.0)


def test_a_number_changed_between_two_steps_is_no_wrong_answer() -> None:
    a, b = Value(2.0, "a"), Value(3.0, "b")
    y = a * b + a * a
    steps = y.backward_steps()
    next(steps)
    a.data = 5.0
    with pytest.raises(StaleGraphError, match="was changed after"):
        list(steps)
    assert (a.grad, b.grad) == (0.0, 0.0)
