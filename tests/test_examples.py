"""The worked examples, against the lesson's figures and against computing by hand."""

import math

import pytest

from microgradnet import Value, gradcheck
from microgradnet.examples import EXAMPLES, activation, learning, two_inputs, two_neurons
from microgradnet.examples.example import Row
from microgradnet.graph import topological_order


def sigma(z: float) -> float:
    return 1 / (1 + math.exp(-z))


def test_there_are_the_lessons_examples() -> None:
    assert list(EXAMPLES) == ["neuron", "two-neurons", "two-inputs", "layers", "learning", "activation", "biology"]


def test_figures_of_the_notes() -> None:
    rows = {name: {row.symbol: row for row in EXAMPLES[name].rows()} for name in ("neuron", "two-neurons")}
    assert rows["neuron"]["z₁"].value == pytest.approx(0.15 * 0.1 + 0.4, rel=1e-15)
    assert rows["neuron"]["a₁"].value == pytest.approx(sigma(0.415), rel=1e-15)
    assert rows["two-neurons"]["a₂"].value == pytest.approx(sigma(0.25 * sigma(0.415) + 0.5), rel=1e-15)
    verdicts = {(name, row.symbol): row.agrees for name in rows for row in rows[name].values() if row.printed}
    assert verdicts == {
        ("neuron", "z₁"): True,
        ("neuron", "a₁"): True,
        ("two-neurons", "z₁"): True,
        ("two-neurons", "a₁"): True,
        ("two-neurons", "z₂"): True,
        ("two-neurons", "a₂"): False,  # the misprint
    }
    assert f"{two_neurons.forward(0.45, 0.65).data:.4f}" == "0.7153"
    assert "misprint" in two_neurons.report()


def test_agreement_is_to_the_decimals_printed() -> None:
    assert Row("a", "", 0.60228, None, "0.6023").agrees
    assert not Row("a", "", 0.60224, None, "0.6023").agrees
    assert not Row("a", "", 0.60228, None, "0.6024").agrees


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_gradient_is_right(name: str) -> None:
    root = EXAMPLES[name].build()
    order = topological_order(root)
    inputs = [node for node in order if not node.operands]

    def again(*values: Value) -> Value:
        computed = dict(zip(inputs, values, strict=True))
        for node in order:
            if node.operands:
                from microgradnet.value import apply

                computed[node] = apply(node.op, tuple(computed[operand] for operand in node.operands))
        return computed[root]

    free = [i for i, node in enumerate(inputs) if node.op.name != "constant"]

    def of_free(*values: Value) -> Value:
        numbers = [Value(node.data) for node in inputs]
        for i, value in zip(free, values, strict=True):
            numbers[i] = value
        for i, node in enumerate(inputs):
            if i not in free:
                numbers[i] = node
        return again(*numbers)

    report = gradcheck(of_free, [inputs[i].data for i in free])
    assert report, report
    assert [check.gradient for check in report.checks] == [inputs[i].grad for i in free]


@pytest.mark.parametrize(
    ("w2", "b2", "expected"),
    [
        (0.45, 0.65, {"w₂": "0.05707", "b₂": "0.09476", "w₁": "0.0010214", "b₁": "0.010214"}),
        (0.25, 0.5, {"w₂": "0.055249", "b₂": "0.091731", "w₁": "0.00054933", "b₁": "0.0054933"}),
    ],
)
def test_learning_has_the_gradients_worked_by_hand(w2: float, b2: float, expected: dict[str, str]) -> None:
    net = learning.network(w2, b2)
    learning.error(net).backward()
    assert {p.label: f"{p.grad:.{len(expected[p.label]) - 2}f}" for p in net} == expected
    assert all(f"{p.grad:.6g}" in learning.chain_rule(w2, b2) for p in net)


def test_learning_stops_as_soon_as_the_error_is_small() -> None:
    errors = learning.learn(learning.network())
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 0.001 <= errors[-2]
    assert f"takes {len(errors) - 1} iterations" in learning.report()


def test_operators_and_neuron_agree_to_the_last_bit() -> None:
    operators, neuron = two_inputs.build(), two_inputs.build_neuron()
    assert operators.data == neuron.data
    assert {v.label: v.grad for v in topological_order(operators) if v.label.startswith("x")} == {
        v.label: v.grad for v in topological_order(neuron) if v.label.startswith("x")
    }


def test_only_networks_with_an_activation_learn_xor() -> None:
    line = activation.collapse(activation.linear_network())
    assert 0 < line.largest_difference < 1e-12
    final = {name: activation.train_xor(name)[1] for name in ("linear", "sigmoid", "tanh")}
    assert min(final["linear"]) >= 0.125 - 1e-12  # the best any straight line can do
    assert final["sigmoid"][-1] < 1e-3
    assert final["tanh"][-1] < 1e-3
