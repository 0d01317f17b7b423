"""Networks: what they compute, how they start, what their parameters are called, and what they refuse."""

import json
import math
import random
import re
import statistics
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from microgradnet import MLP, Layer, Module, Neuron, Value, gradcheck, parameter, relu, tanh
from microgradnet.nn import ACTIVATIONS, INITIALISERS
from tests.strategies import five_point

SIZES = st.lists(st.integers(1, 4), min_size=1, max_size=3)


def by_hand(state: dict[str, float], x: Sequence[float], sizes: Sequence[int], f: Callable[[float], float]) -> Any:
    """What the network is: every layer's a = f(w·x + b), the last without f."""
    for i, size in enumerate(sizes):
        z = [
            sum(state[f"layer{i}.neuron{j}.w{k}"] * xk for k, xk in enumerate(x)) + state[f"layer{i}.neuron{j}.b"]
            for j in range(size)
        ]
        x = z if i == len(sizes) - 1 else [f(zj) for zj in z]
    return x


@given(sizes=SIZES, nin=st.integers(1, 4), seed=st.integers())
def test_a_network_computes_what_its_equation_says(sizes: list[int], nin: int, seed: int) -> None:
    rng = random.Random(seed)
    network = MLP(nin, sizes, "tanh", seed=rng)
    for bias in (p for name, p in network.named_parameters() if name.endswith("b")):
        bias.data = rng.uniform(-1, 1)
    x = [rng.uniform(-2, 2) for _ in range(nin)]
    out = network(x)
    outputs = out if sizes[-1] > 1 else [out]
    expected = by_hand(network.state_dict(), x, sizes, math.tanh)
    assert [a.data for a in outputs] == pytest.approx(expected, rel=1e-12, abs=1e-12)
    assert len(network.parameters()) == sum((a + 1) * b for a, b in zip([nin, *sizes], sizes, strict=False))


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_gradients_of_inputs_and_parameters_are_right(name: str) -> None:
    network = MLP(2, [3, 1], name, "linear", seed=7)
    x = [0.3, -1.1]
    assert gradcheck(lambda *inputs: network(inputs), x)
    network(x).backward()
    for weight in network.parameters():
        at = weight.data

        def loss(number: float, p: Value = weight) -> float:
            p.data = number
            result: float = network(x).data
            return result

        assert weight.grad == pytest.approx(five_point(loss, at), rel=1e-6, abs=1e-8)
        weight.data = at


def test_a_neuron_is_two_nodes() -> None:
    neuron = Neuron(3, "sigmoid", seed=1)
    a = neuron([1.0, 2.0, 3.0])
    z = a.operands[0]
    assert (a.op.name, len(a.operands), z.op.name) == ("sigmoid", 1, "weighted_sum")
    assert z.operands[:3] == tuple(neuron.w)
    assert z.operands[6] is neuron.b
    assert Neuron(3, nonlin=False)([1, 2, 3]).op is z.op
    assert Neuron(3)([1, 2, 3]).op.name == "relu"


def test_labels_and_names_are_the_same() -> None:
    network = MLP(3, [2, 1])
    names = [name for name, _ in network.named_parameters()]
    assert names[:5] == ["layer0.neuron0.w0", "layer0.neuron0.w1", "layer0.neuron0.w2", "layer0.neuron0.b",
                         "layer0.neuron1.w0"]  # fmt: skip
    assert names[-1] == "layer1.neuron0.b"
    assert [p.label for p in network.parameters()] == names
    assert network.layers[0].neurons[1].w[2].label == "layer0.neuron1.w2"
    assert [p.label for p in Layer(1, 1).parameters()] == ["neuron0.w0", "neuron0.b"]
    assert [p.label for p in Neuron(2).parameters()] == ["w0", "w1", "b"]


def test_a_seed_reproduces_and_none_follows_the_random_module() -> None:
    assert MLP(2, [3, 1], seed=5).state_dict() == MLP(2, [3, 1], seed=5).state_dict()
    assert MLP(2, [3, 1], seed=5).state_dict() != MLP(2, [3, 1], seed=6).state_dict()
    rng = random.Random(5)
    first, second = Neuron(2, seed=rng), Neuron(2, seed=rng)
    assert first.w[0].data != second.w[0].data
    state = random.getstate()
    MLP(2, [3, 1], seed=5)
    assert random.getstate() == state, "a seeded network leaves the random module alone"


def test_the_weights_are_those_that_micrograd_draws() -> None:
    random.seed(1337)
    network = MLP(2, [16, 16, 1])
    rng = random.Random(1337)
    expected: list[float] = []
    for nin, nout in ((2, 16), (16, 16), (16, 1)):
        for _ in range(nout):
            expected += [rng.uniform(-1, 1) for _ in range(nin)] + [0.0]
    assert [p.data for p in network.parameters()] == expected
    assert len(expected) == 337


@pytest.mark.parametrize(("nin", "nout"), [(10, 400), (40, 100), (3, 1000)])
def test_initialisations_have_their_spread(nin: int, nout: int) -> None:
    def weights(init: str) -> list[float]:
        return [w.data for neuron in Layer(nin, nout, init=init, seed=1).neurons for w in neuron.w]

    glorot = math.sqrt(6 / (nin + nout))
    for init, bound, variance in (("uniform", 1.0, 1 / 3), ("xavier", glorot, glorot**2 / 3), ("he", None, 2 / nin)):
        drawn = weights(init)
        assert statistics.fmean(drawn) == pytest.approx(0, abs=5 * math.sqrt(variance / len(drawn)))
        assert statistics.variance(drawn) == pytest.approx(variance, rel=0.1)
        if bound:
            assert 0.99 * bound < max(map(abs, drawn)) <= bound
        else:
            within = sum(abs(w) < math.sqrt(variance) for w in drawn) / len(drawn)
            assert within == pytest.approx(0.6827, abs=0.03), "a normal distribution"
    assert all(p.data == 0 for name, p in Layer(nin, nout, init="he").named_parameters() if name.endswith("b"))


def test_unknown_names_list_what_is_allowed() -> None:
    with pytest.raises(ValueError, match="unknown activation 'swish'") as caught:
        MLP(2, [1], "relu", "swish")
    assert all(name in str(caught.value) for name in ACTIVATIONS)
    with pytest.raises(ValueError, match="unknown initialisation 'zeros'") as caught:
        Neuron(2, init="zeros")
    assert all(name in str(caught.value) for name in INITIALISERS)


def test_an_activation_may_be_a_function() -> None:
    def squared(z: Value) -> Value:
        return z * z

    neuron = Neuron(1, squared, seed=1)
    assert neuron([2.0]).data == pytest.approx((2 * neuron.w[0].data) ** 2)
    assert repr(neuron) == "Neuron(1 → 1 squared)"


def test_false_is_micrograds_word_for_linear() -> None:
    for linear in (Neuron(2, False), Neuron(2, nonlin=False), Neuron(2, "tanh", nonlin=False), Neuron(2, "linear")):
        assert (repr(linear), linear.nonlin) == ("Neuron(2 → 1 linear)", False)
    for neuron in (Neuron(2), Neuron(2, True), Neuron(2, nonlin=True), Neuron(2, "tanh"), *Layer(2, 2).neurons):
        assert neuron.nonlin
    with pytest.raises(AttributeError):
        Neuron(2).nonlin = False  # type: ignore[misc]
    assert [layer.neurons[0].nonlin for layer in MLP(2, [4, 1]).layers] == [True, False]


def test_each_layer_may_have_its_own_activation() -> None:
    network, alike = MLP(2, [3, 3, 1], ["tanh", relu, False], seed=1), MLP(2, [3, 3, 1], seed=1)
    assert repr(network) == "MLP(2 → 3 tanh → 3 relu → 1 linear)"
    functions: list[Any] = [tanh, relu, lambda z: z]
    for layer, other, function in zip(network.layers, alike.layers, functions, strict=True):
        for neuron in other.neurons:
            neuron.activation = function
        assert layer.state_dict() == other.state_dict()
    assert network([0.5, -1.0]).data == alike([0.5, -1.0]).data
    for activations, count in ((["tanh"], 1), (("tanh",) * 3, 3), ([], 0)):
        with pytest.raises(ValueError, match=f"^2 layers need a list of as many activations, got {count}$"):
            MLP(2, [4, 1], activations)
    with pytest.raises(ValueError, match="omit 'linear'"):
        MLP(2, [4, 1], ["tanh", "relu"], "linear")
    for wrong in (["tanh", "tan"], ["tanh", None], ["tanh", ["relu"]]):
        with pytest.raises(ValueError, match="unknown activation"):
            MLP(2, [4, 1], wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("make", [Neuron, lambda nin: Layer(nin, 2), lambda nin: MLP(nin, [4, 2])])
@pytest.mark.parametrize("given_inputs", [0, 2, 5])
def test_a_wrong_number_of_inputs_is_refused_with_both_numbers(make: Callable[[int], Any], given_inputs: int) -> None:
    """By the network that was called, not by a neuron in it."""
    network = make(3)
    with pytest.raises(ValueError, match=rf"^{re.escape(repr(network))} takes 3 inputs, got {given_inputs}$"):
        network([1.0] * given_inputs)
    assert network(range(3)) is not None


def test_a_neuron_that_does_not_fit_its_layer_is_refused() -> None:
    """Weights and inputs go into one node: were they not counted, they would be paired wrongly."""
    layer = Layer(3, 2)
    for misfit in (Neuron(2), Neuron(4)):
        layer.neurons[1] = misfit
        with pytest.raises(ValueError, match="inputs, got 3"):
            layer([1.0, 2.0, 3.0])


@pytest.mark.parametrize("sizes", [0, -1, 1.5, True, "3", None])
def test_a_size_is_a_whole_number(sizes: Any) -> None:
    for make in (lambda: Neuron(sizes), lambda: Layer(2, sizes), lambda: MLP(2, [3, sizes]), lambda: MLP(sizes, [3])):
        with pytest.raises(ValueError, match="whole number of at least 1, got") as caught:
            make()
        assert repr(sizes) in str(caught.value)
    with pytest.raises(ValueError, match="at least one layer"):
        MLP(2, [])


def test_inputs_are_numbers_values_or_arrays() -> None:
    neuron = Neuron(2, "linear", seed=2)
    expected = neuron([1.0, 2.0]).data
    x = Value(1.0, "x")
    kinds: list[Any] = [[x, 2], (1, np.float32(2)), np.array([1.0, 2.0]), iter([1.0, 2.0]), map(Value, (1.0, 2.0))]
    for inputs in kinds:
        assert neuron(inputs).data == expected
    neuron([x, 2.0]).backward()
    assert x.grad == neuron.w[0].data
    with pytest.raises(TypeError, match="expected one real number"):
        neuron(["1", "2"])  # type: ignore[list-item]


def test_a_state_survives_json_and_another_network() -> None:
    one, other = MLP(2, [3, 2], seed=1), MLP(2, [3, 2], seed=2)
    state = one.state_dict()
    assert all(type(number) is float for number in state.values())
    other.load_state_dict(json.loads(json.dumps(state)))
    assert other.state_dict() == state
    assert [a.data for a in other([1.0, 2.0])] == [a.data for a in one([1.0, 2.0])]
    other.load_state_dict(dict.fromkeys(reversed(state), 3))
    assert set(other.state_dict().values()) == {3.0}


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"layer0.neuron0.b": ...}, ValueError, "5 numbers for 6 parameters; missing: layer0.neuron0.b; unknown: none"),
        ({"layer9.b": 1.0}, ValueError, "missing: none; unknown: layer9.b"),
        ({f"u{i}": 1.0 for i in range(9)}, ValueError, "u0, u1, u2, u3, u4, and 4 more"),
        ({"layer1.neuron0.b": "0.5"}, TypeError, "float(text)"),
        ({"layer1.neuron0.b": None}, TypeError, "NoneType"),
        ({"layer1.neuron0.b": [1.0]}, TypeError, "list"),
        ({"layer1.neuron0.b": 10**400}, OverflowError, "too large"),
    ],
)
def test_a_state_that_does_not_fit_is_refused_whole(change: dict[str, Any], error: type, words: str) -> None:
    network = MLP(3, [1, 1], seed=1)
    before = network.state_dict()
    state = {name: number + 1.0 for name, number in before.items()} | change
    with pytest.raises(error) as caught:
        network.load_state_dict({name: number for name, number in state.items() if number is not ...})
    assert words in str(caught.value)
    assert network.state_dict() == before


class Tied(Module):
    """Two layers that share their weights, a parameter of its own, and things that are none."""

    def __init__(self) -> None:
        self.first = Layer(2, 2, "tanh", seed=1)
        self.again = self.first
        self.scales = (parameter(2.0), parameter(3.0))
        self.offset = parameter(0.0)
        self.name, self.constant, self.sizes = "tied", Value(5.0), [1, 2]

    def __call__(self, x: Sequence[float]) -> Value:
        a, b = self.again(self.first(x))
        y: Value = a * self.scales[0] + b * self.scales[1] + self.offset * self.constant
        return y


def test_shared_parameters_appear_once_and_get_both_gradients() -> None:
    model = Tied()
    names = list(model.state_dict())
    assert names == ["first.neuron0.w0", "first.neuron0.w1", "first.neuron0.b", "first.neuron1.w0", "first.neuron1.w1",
                     "first.neuron1.b", "scale0", "scale1", "offset"]  # fmt: skip
    assert len(set(model.parameters())) == len(model.parameters()) == 9
    model([1.0, 2.0]).backward()
    weight = model.first.neurons[0].w[1]
    found, at = weight.grad, weight.data

    def loss(number: float) -> float:
        weight.data = number
        return model([1.0, 2.0]).data

    assert found == pytest.approx(five_point(loss, at), rel=1e-8)


def test_zero_grad_forgets_the_gradients_of_parameters() -> None:
    model = Tied()
    y = model([1.0, 2.0])
    y.backward()
    assert any(p.grad for p in model.parameters())
    model.zero_grad()
    assert [p.grad for p in model.parameters()] == [0.0] * 9
    assert y.grad == 1.0


def test_a_repr_reads_as_the_architecture() -> None:
    assert repr(MLP(3, [4, 4, 1])) == "MLP(3 → 4 relu → 4 relu → 1 linear)"
    assert repr(MLP(2, [2], output_activation="gelu_tanh")) == "MLP(2 → 2 gelu_tanh)"
    assert repr(Layer(2, 3, nonlin=False)) == "Layer(2 → 3 linear)"
    assert repr(Neuron(2)) == "Neuron(2 → 1 relu)"


def test_an_unknown_activation_is_refused_even_where_it_is_not_used() -> None:
    with pytest.raises(ValueError, match="unknown activation 'sigmoyd': it must be one of linear, sigmoid"):
        MLP(2, [1], "sigmoyd")


@pytest.mark.parametrize("without_order", [{0.1, 0.5}, frozenset([0.1, 0.5]), {0.1: 1.0, 0.5: 2.0}])
def test_inputs_without_an_order_are_refused(without_order: Any) -> None:
    for network in (Neuron(2), MLP(2, [3, 1])):
        with pytest.raises(TypeError, match=r"a list of numbers is needed, got .*0\.1"):
            network(without_order)


def test_several_samples_at_once_are_refused_with_the_remedy() -> None:
    samples: Any = np.array([[1.0, 2.0], [3.0, 4.0]])
    for network in (Neuron(2), MLP(2, [3, 1])):
        with pytest.raises(TypeError, match=r"takes one sample, got 2: \[model\(x\) for x in X\]"):
            network(samples)
    assert MLP(2, [3, 1], seed=1)(samples[0]).data == MLP(2, [3, 1], seed=1)([1.0, 2.0]).data
