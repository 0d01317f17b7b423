"""`ParameterVector`: the numbers of many values as one array, read and written from both sides."""

import copy
import pickle
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np
import pytest

from microgradnet import MLP, StaleGraphError, Value, compile, draw, no_grad, parameter, total
from microgradnet.optim.parameter_vector import ParameterVector


def held(*numbers: float) -> tuple[list[Value], ParameterVector]:
    """Values whose numbers are in a vector, and the vector."""
    values = [parameter(0.0, f"p{i}") for i in range(len(numbers))]
    theta = ParameterVector(values)
    theta[:] = numbers
    assert all("_keeper" in vars(value) for value in values), "their numbers are still in the vector"
    return values, theta


READS: dict[str, Callable[[Value], Any]] = {
    "data": lambda p: p.data,
    "float": float,
    "repr": repr,
    "format": lambda p: f"{p:.2f}",
    "+": lambda p: p + 1,
    "reflected +": lambda p: 1 + p,
    "function": lambda p: p.tanh(),
    "<": lambda p: p < 3,
    "total": lambda p: total([p, p]),
    "detach": lambda p: p.detach(),
    "backward": lambda p: p.backward(),
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": pickle.dumps,
    "draw": lambda p: draw(p).svg,
    "set": lambda p: setattr(p, "data", 1.0),
}  # fmt: skip


@pytest.mark.parametrize("read", READS.values(), ids=READS.keys())
def test_after_any_look_at_a_number_all_values_are_plain(read: Callable[[Value], Any]) -> None:
    (a, b), _ = held(1.0, 2.0)
    read(a)
    assert (vars(a), vars(b)) == ({}, {})
    assert (a.data, b.data) == (1.0, 2.0)


def test_what_needs_no_number_fetches_none() -> None:
    (a, b), theta = held(1.0, 2.0)
    assert isinstance(a, Value)
    assert (a.label, a.grad, a.op.name, a.operands) == ("p0", 0.0, "parameter", ())
    a.grad = 3.0
    a.zero_grad()
    theta -= [1.0, 1.0]
    assert "_keeper" in vars(b)
    assert (a.data, b.data) == (0.0, 1.0)


def test_the_number_that_is_read_is_a_float() -> None:
    (a, b), _ = held(1.0, 2.0)
    assert type(a.data) is float
    assert repr(b) == "Value(data=2.0, label='p1')"


def test_what_is_written_to_the_vector_is_read_from_the_values() -> None:
    (a, b, c), theta = held(1.0, 2.0, 3.0)
    theta -= np.array([0.5, 0.5, 0.5])
    theta += 1.0
    theta *= 3.0
    theta /= 2.0
    assert [a.data, b.data, c.data] == [2.25, 3.75, 5.25]
    theta[1] = 7.0
    theta[2:] = [8]
    assert [a.data, b.data, c.data] == [2.25, 7.0, 8.0]
    theta[:] = 0
    assert [a.data, b.data, c.data] == [0.0, 0.0, 0.0]


def test_what_is_written_to_a_value_is_read_from_the_vector() -> None:
    (a, b, c), theta = held(1.0, 2.0, 3.0)
    a.data = 4.0
    assert theta.array.tolist() == [4.0, 2.0, 3.0]
    theta -= [1.0, 1.0, 1.0]
    b.data = 9
    assert theta.array.tolist() == [3.0, 9.0, 2.0]
    assert [a.data, b.data, c.data] == [3.0, 9.0, 2.0]
    a.data += 1.0
    assert theta[0] == 4.0


def test_it_reads_like_an_array() -> None:
    (_, b, _), theta = held(1.0, 2.0, 3.0)
    assert len(theta) == 3
    assert repr(theta) == "ParameterVector([1., 2., 3.])"
    assert (theta[1], theta[-1], theta[::2].tolist()) == (2.0, 3.0, [1.0, 3.0])
    assert np.asarray(theta).tolist() == [1.0, 2.0, 3.0]
    assert np.asarray(theta, np.float32).dtype == np.float32
    assert float(np.linalg.norm(theta)) == pytest.approx(14**0.5)
    assert list(theta) == [1.0, 2.0, 3.0]
    b.data = 5.0
    assert np.sum(theta) == 9.0


def test_the_array_is_for_reading_only() -> None:
    (a,), theta = held(1.0)
    for array in (theta.array, theta[:]):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 2.0
    np.asarray(theta)[0] = 3.0
    assert (a.data, theta[0]) == (1.0, 1.0)


def test_a_graph_is_stale_after_a_step() -> None:
    (a, b), theta = held(1.0, 2.0)
    y = a * b
    y.backward()
    theta -= [0.5, 0.5]
    with pytest.raises(StaleGraphError, match=r"label='p0'.* was changed after"):
        y.backward()
    assert (a.grad, b.grad) == (2.0, 1.0), "of the pass before"
    again = a * b
    again.backward()
    assert (again.data, a.grad, b.grad) == (0.75, 3.5, 1.5)


def test_reading_makes_no_graph_stale() -> None:
    (a, b), theta = held(1.0, 2.0)
    y = a * b
    assert theta.array.tolist() == [1.0, 2.0]
    y.backward()
    assert a.grad == 2.0


def test_two_vectors_over_the_same_values() -> None:
    a, b, c = (parameter(x) for x in (1.0, 2.0, 3.0))
    left, right = ParameterVector([a, b]), ParameterVector([b, c])
    left -= [1.0, 1.0]
    right -= [1.0, 1.0]
    assert (a.data, b.data, c.data) == (0.0, 0.0, 2.0)
    assert (left.array.tolist(), right.array.tolist()) == ([0.0, 0.0], [0.0, 2.0])
    left[:] = [5.0, 6.0]
    right[0] = 7.0
    left[0] = 8.0
    assert left.array.tolist() == [8.0, 7.0]
    assert right.array.tolist() == [7.0, 2.0]
    assert (a.data, b.data, c.data) == (8.0, 7.0, 2.0)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_two_vectors_of_which_one_holds_the_numbers(order: tuple[int, int]) -> None:
    a, b = parameter(1.0), parameter(2.0)
    vectors = ParameterVector([a, b]), ParameterVector([a, b])
    first, second = (vectors[i] for i in order)
    first[:] = [3.0, 4.0]
    assert second.array.tolist() == [3.0, 4.0]
    second += [1.0, 1.0]
    assert first.array.tolist() == [4.0, 5.0]
    assert (a.data, b.data) == (4.0, 5.0)


def _in_threads(*works: Callable[[], None]) -> None:
    """Do these at once, the threads taking turns as often as they can; the first error is raised."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(len(works)) as pool:
            for done in [pool.submit(work) for work in works]:
                done.result(60)
    finally:
        sys.setswitchinterval(before)


def test_two_vectors_over_the_same_values_in_two_threads() -> None:
    values = [parameter(0.0) for _ in range(8)]
    vectors = ParameterVector(values), ParameterVector(values[::-1])

    def change(vector: ParameterVector) -> None:
        for _ in range(2_000):
            vector += 1.0

    _in_threads(*[partial(change, vector) for vector in vectors])
    numbers = {value.data for value in values}
    assert len(numbers) == 1, "each change is that of all"
    assert all({*vector} == numbers for vector in vectors)


def test_a_vector_meets_no_half_of_the_change_of_another() -> None:
    values = [parameter(0.0) for _ in range(100)]
    one, other = ParameterVector(values), ParameterVector(values)
    seen: set[float] = set()
    looking, done = threading.Event(), threading.Event()

    def change() -> None:
        vector = one
        assert looking.wait(60)
        for _ in range(2_000):
            vector += 1.0
        done.set()

    def look() -> None:
        while not done.is_set():
            seen.add(float(np.ptp(other.array)))
            looking.set()

    _in_threads(change, look)
    assert seen == {0.0}
    assert other[0] == 2_000.0


def test_a_number_that_is_set_while_another_thread_looks_is_not_missed() -> None:
    w = parameter(0.0)
    theta, done = ParameterVector([w]), threading.Event()
    missed = []

    def assign() -> None:
        for number in range(5_000):
            w.data = number
            if theta[0] != number:
                missed.append(number)
        done.set()

    def look() -> None:
        while not done.is_set():
            assert len(theta.array) == 1

    _in_threads(assign, look, look)
    assert missed == []


def test_two_compiled_functions_that_share_parameters() -> None:
    w, b = parameter(1.0), parameter(2.0)
    one, other = compile(lambda x: x * w, w), compile(lambda x: x * w + b, [b, w])
    one.parameters -= [0.5]
    assert other([2.0])[0] == 3.0
    other.parameters -= [1.0, 0.25]
    assert one([2.0])[0] == 0.5
    assert (w.data, b.data) == (0.25, 1.0)


@pytest.mark.parametrize("copied", [copy.deepcopy, copy.copy, lambda model: pickle.loads(pickle.dumps(model))])
def test_a_copy_of_a_model_whose_numbers_are_in_a_vector(copied: Callable[[MLP], MLP]) -> None:
    model = MLP(2, [2, 1], "tanh", seed=1)
    theta = ParameterVector(model.parameters())
    theta[:] = np.arange(len(theta)) / 10
    twin = copied(model)
    assert [p.data for p in twin.parameters()] == (np.arange(len(theta)) / 10).tolist()
    assert not any(vars(p) for p in twin.parameters())
    if copied is not copy.copy:
        theta += 1.0
        assert twin.state_dict() != model.state_dict()
        assert twin.parameters()[0].data == 0.0
        assert model.parameters()[0].data == 1.0


def test_a_copy_of_a_compiled_functions_vector_is_one_of_its_own() -> None:
    (a, b), theta = held(1.0, 2.0)
    twin = copy.deepcopy(theta)
    twin += [1.0, 1.0]
    assert twin.array.tolist() == [2.0, 3.0]
    assert [v.data for v in twin.values] == [2.0, 3.0]
    assert (a.data, b.data) == (1.0, 2.0)
    assert theta.array.tolist() == [1.0, 2.0]


def test_pictures_and_texts_of_a_model_whose_numbers_are_in_a_vector() -> None:
    model, plain = MLP(2, [2, 1], seed=1), MLP(2, [2, 1], seed=1)
    theta = ParameterVector(model.parameters())
    for look in (lambda m: draw(m).svg, repr, lambda m: m.state_dict(), lambda m: draw(m([1.0, 2.0])).dot):
        theta -= np.zeros(len(theta))
        assert look(model) == look(plain)


def test_a_state_is_loaded_into_it() -> None:
    model = MLP(2, [1], seed=1)
    theta = ParameterVector(model.parameters())
    theta += 1.0
    model.load_state_dict(dict.fromkeys(model.state_dict(), 0.5))
    assert theta.array.tolist() == [0.5] * 3


@pytest.mark.parametrize("numbers", [[1.0], [1.0, 2.0, 3.0], [[1.0, 2.0]] * 2])
def test_a_wrong_number_of_numbers_changes_nothing(numbers: Any) -> None:
    (a, b), theta = held(1.0, 2.0)
    y = a * b
    if len(numbers) != 1:  # one number is for all
        for change in (theta.__iadd__, theta.__isub__, lambda numbers: theta.__setitem__(slice(None), numbers)):
            with pytest.raises(ValueError, match=r"broadcast|sequence"):
                change(numbers)
        y.backward()
        assert (a.data, b.data, a.grad) == (1.0, 2.0, 2.0), "nor is the graph stale"
    else:
        theta += numbers
        assert (a.data, b.data) == (2.0, 3.0)


@pytest.mark.parametrize("numbers", ["text", None, [1j, 2.0], [None, 1.0], object(), Value(1.0)])
def test_what_is_no_number_changes_nothing(numbers: Any) -> None:
    (a, b), theta = held(1.0, 2.0)
    for change in (theta.__iadd__, theta.__itruediv__, lambda numbers: theta.__setitem__(slice(None), numbers)):
        with pytest.raises(TypeError, match=r"^numbers are needed, got "):
            change(numbers)
    assert (a.data, b.data) == (1.0, 2.0)


def test_an_index_that_is_not_there_changes_nothing() -> None:
    (a, b), theta = held(1.0, 2.0)
    with pytest.raises(IndexError):
        theta[2] = 1.0
    assert (a.data, b.data) == (1.0, 2.0)


def test_a_value_stands_in_it_once() -> None:
    a = parameter(1.0)
    with pytest.raises(ValueError, match="only once"):
        ParameterVector([a, parameter(2.0), a])


@pytest.mark.parametrize("wrong", [1.0, None, "w", [parameter(1.0)]])
def test_it_is_made_of_values(wrong: Any) -> None:
    with pytest.raises(TypeError, match="a parameter vector is made of Values, got "):
        ParameterVector([parameter(1.0), wrong])


def test_an_empty_vector() -> None:
    theta = ParameterVector([])
    theta -= []
    assert (len(theta), theta.array.tolist()) == (0, [])


def test_inside_no_grad() -> None:
    (a, b), theta = held(1.0, 2.0)
    with no_grad():
        theta -= [0.5, 0.5]
        assert (a * b).data == 0.75
    assert (a * b).operands == (a, b)


def test_an_infinity_is_not_hidden() -> None:
    (a, b), theta = held(1.0, 2.0)
    theta[:] = [np.inf, np.nan]
    assert (a.data, str(b.data)) == (float("inf"), "nan")


class Bounded(Value):
    """A class of a program's own, with a method and a repr."""

    def bound(self) -> None:
        self.data = min(self.data, 1.0)

    def __repr__(self) -> str:
        return f"Bounded({self.data})"


def test_values_keep_their_classes() -> None:
    w, v = Bounded(3.0), Value(2.0)
    first, second = ParameterVector([w, v]), ParameterVector([v, w])
    first -= [0.5, 0.25]
    assert repr(w) == "Bounded(2.5)"
    first -= [0.5, 0.25]
    second -= [0.5, 0.25]  # fetched from the first
    w.bound()
    assert (repr(w), first.array.tolist(), second.array.tolist()) == ("Bounded(1.0)", [1.0, 1.0], [1.0, 1.0])
    assert (type(w), type(v)) == (Bounded, Value)
    first -= [0.5, 0.25]
    with pytest.raises(AttributeError, match="'Value' object has no attribute 'colour'"):
        v.colour  # noqa: B018
    assert vars(w) == vars(v) == {}
