"""Modules beyond the ready-made networks: how their parameters are found and named, kept, and carried elsewhere."""

import math
import random
import subprocess
import sys
from collections import deque
from typing import Any

import numpy as np
import pytest

from microgradnet import MLP, Layer, Module, Neuron, Value, parameter
from microgradnet.network_arguments import ACTIVATIONS


class Nested(Module):
    """Parameters and modules in every kind of collection, and a module that holds itself."""

    def __init__(self) -> None:
        self.blocks = [[Neuron(1), Neuron(1)], (Neuron(1),)]
        self.heads = {"left": Neuron(1), "right": [parameter(1.0), parameter(2.0)], 3: {"inner": parameter(3.0)}}
        self.scales = ([parameter(4.0)], parameter(5.0), [[parameter(6.0)]])
        self.itself = self
        self.within = [self, {"again": self.blocks}]
        self.queue = deque([parameter(7.0)])
        self.rest: list[Any] = [1.0, "text", None, Value(7.0), {"a": 1}]
        self.rest.append(self.rest)


NAMES = [
    "block0_0.w0", "block0_0.b", "block0_1.w0", "block0_1.b", "block1_0.w0", "block1_0.b",
    "heads.left.w0", "heads.left.b", "heads.right0", "heads.right1", "heads.3.inner",
    "scale0_0", "scale1", "scale2_0_0", "queue0",
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "found"),
    [("weights", "weight0"), ("bias", "bias0"), ("loss", "loss0"), ("radius", "radius0"), ("s", "s0"), ("z", "z0")],
)
def test_a_list_of_parameters_gives_each_the_singular_of_its_name(name: str, found: str) -> None:
    inner, outer = Module(), Module()
    setattr(inner, name, [parameter(1.0)])
    outer.layers = [inner]  # type: ignore[attr-defined]
    assert [name for name, _ in inner.named_parameters()] == [found]
    assert [name for name, _ in outer.named_parameters()] == [f"layer0.{found}"]


def test_parameters_are_found_in_collections_of_any_depth() -> None:
    model = Nested()
    assert [name for name, _ in model.named_parameters()] == NAMES
    assert model.parameters()[-4:-1] == [model.scales[0][0], model.scales[1], model.scales[2][0][0]]
    model.load_state_dict(dict.fromkeys(NAMES, 0.5))
    assert set(model.state_dict().values()) == {0.5}


def test_keys_that_are_written_alike_are_refused() -> None:
    model = Module()
    model.scales = {1: parameter(1.0), "1": parameter(2.0)}  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match=r"two parameters would be called 'scales\.1'"):
        model.parameters()


@pytest.mark.parametrize("shape", [(), (3,), (2, 2), (2, 1, 3), (2, 0)])
def test_parameters_in_an_array_are_named_as_in_nested_lists(shape: tuple[int, ...]) -> None:
    array = np.empty(shape, object)
    for index in np.ndindex(shape):
        array[index] = Neuron(1) if sum(index) % 3 == 2 else parameter(float(sum(index)))
    model, lists = Module(), Module()
    model.scales = model.again = array  # type: ignore[attr-defined]
    model.first = array[:1] if shape else array.item()  # type: ignore[attr-defined]
    model.measured = np.zeros(3)  # type: ignore[attr-defined]
    lists.scales = array.tolist()  # type: ignore[attr-defined]
    assert dict(model.named_parameters()) == dict(lists.named_parameters())
    assert len(model.parameters()) >= array.size


def test_arrays_one_after_another_are_all_searched() -> None:
    """Their lists are made while searching: memory that is used again must not pass for an object already seen."""
    model = Module()
    for name in map("weights{}".format, range(50)):
        setattr(model, name, np.array([[parameter(1.0)], [parameter(2.0)]], object))
    assert len(model.parameters()) == 100


@pytest.mark.parametrize("kind", [set, frozenset])
def test_parameters_in_a_set_are_refused(kind: Any) -> None:
    model = Module()
    model.rest = kind([Value(1.0), 2, "text"])  # type: ignore[attr-defined]
    assert model.parameters() == []
    for content in ([parameter(1.0)], [Neuron(1)], [(1, (parameter(1.0),))]):
        model.inner = {"a": kind(content)}  # type: ignore[attr-defined]
        with pytest.raises(
            TypeError, match=rf"^inner\.a is a {kind.__name__} of parameters.* no order: make it a list$"
        ):
            model.named_parameters().__next__()


def test_a_set_of_parameters_that_have_a_name_is_no_harm() -> None:
    model = Neuron(2)
    model.trained = {*model.w}  # type: ignore[attr-defined]
    assert list(model.state_dict()) == ["w0", "w1", "b"]


def test_an_iterator_among_the_attributes_is_not_consumed() -> None:
    model = Neuron(1)
    model.numbers, model.drawn = iter([1, 2]), (i for i in range(3))  # type: ignore[attr-defined]
    assert len(model.parameters()) == 2
    assert (list(model.numbers), list(model.drawn)) == ([1, 2], [0, 1, 2])  # type: ignore[attr-defined]


@pytest.mark.parametrize("number", [math.inf, -math.inf, math.nan])
def test_a_state_of_infinities_or_nans_is_refused_whole(number: float) -> None:
    model = Neuron(2, seed=1)
    before = model.state_dict()
    with pytest.raises(ValueError, match=rf"^a state's numbers must be finite, got b = {number}$"):
        model.load_state_dict({"w0": 0.0, "w1": 0.0, "b": number})
    assert model.state_dict() == before


class AsInMicrograd(Module):
    """A subclass that lists its parameters itself; they are not made with parameter(…)."""

    def __init__(self) -> None:
        self.w = [Value(random.uniform(-1, 1)) for _ in range(3)]

    def parameters(self) -> list[Value]:
        return self.w


def test_a_state_that_would_leave_parameters_out_is_refused() -> None:
    model = AsInMicrograd()
    found = r"omits 3 of the values in AsInMicrograd\.parameters\(\).*make each with parameter"
    with pytest.raises(ValueError, match=found):
        model.state_dict()
    with pytest.raises(ValueError, match=found):
        model.load_state_dict({})
    (model.w[0] * 2).backward()
    model.zero_grad()
    assert model.w[0].grad == 0.0


@pytest.mark.parametrize("activation", [math.tanh, lambda z: z.data, lambda z: 0.5, lambda z: [z], lambda z: None])
def test_an_activation_that_cuts_the_graph_is_refused(activation: Any) -> None:
    for model in (MLP(2, [3, 1], activation), Layer(2, 1, activation), Neuron(2, activation)):
        said = rf"^the activation (tanh|<lambda>) must return a Value, got .*{[*ACTIVATIONS][-1]}$"
        with pytest.raises(TypeError, match=said):
            model([1.0, 2.0])


@pytest.mark.parametrize("seed", [np.random.default_rng(0), np.random.RandomState(0), 1.5, "7", random.uniform])
@pytest.mark.parametrize("init", ["uniform", "he"])
def test_a_seed_is_none_an_int_or_a_source_of_random_numbers(seed: Any, init: str) -> None:
    for make in (lambda: Neuron(2, init=init, seed=seed), lambda: MLP(2, [1], init=init, seed=seed)):
        with pytest.raises(TypeError, match=r"^a seed is None, an int or a random\.Random, got "):
            make()
    assert Neuron(2, init=init, seed=random.SystemRandom()).w[0].op is Neuron(2, init=init).w[0].op


def test_a_pickle_from_another_process_is_neither_stale_nor_blind_to_changes() -> None:
    """The clock that tells stale graphs is each process's own."""
    write = """if True:
        import pickle; from microgradnet import MLP, Value
        model, x = MLP(1, [2, 1], seed=1), Value(2.0, "x")
        for p in [x, *model.parameters()] * 9: p.data -= 0.01
        pickle.dump((model, x, x * x), open("pickled", "wb"))"""
    read = """if True:
        import pickle; from microgradnet import StaleGraphError
        model, x, y = pickle.load(open("pickled", "rb"))
        (model([1.0]) * y).backward()
        x.data = 100.0
        try: y.backward()
        except StaleGraphError as error: print(error)"""
    subprocess.run([sys.executable, "-c", write], check=True)
    done = subprocess.run([sys.executable, "-c", read], capture_output=True, text=True, check=True)
    assert "label='x') was changed after" in done.stdout


def test_a_single_number_is_a_list_of_one_input() -> None:
    model = MLP(1, [2, 1], seed=1)
    assert model(0.5).data == model([0.5]).data
    with pytest.raises(ValueError, match="takes 2 inputs, got 1"):
        MLP(2, [1])(0.5)
