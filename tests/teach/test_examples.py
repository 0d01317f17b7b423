"""The worked examples, against the lesson's figures and against computing by hand."""

import math
import re
from itertools import pairwise

import pytest

from microgradnet import MLP, Value, gradcheck
from microgradnet.graph import topological_order
from microgradnet.teach.examples import EXAMPLES, activation, biology, layers, learning, two_inputs, two_neurons
from microgradnet.teach.examples.example import Row, format_rows


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


def by_hand() -> dict[str, dict[str, float]]:
    """Every labelled value of the examples, computed without a Value."""
    first = {"x₁": 0.1, "w₁": 0.15, "b₁": 0.4, "z₁": 0.15 * 0.1 + 0.4, "a₁": sigma(0.15 * 0.1 + 0.4)}

    def second(w2: float, b2: float) -> dict[str, float]:
        z2 = w2 * first["a₁"] + b2
        return {**first, "w₂": w2, "b₂": b2, "z₂": z2, "a₂": sigma(z2)}

    learned = second(0.45, 0.65)
    z = 0.8 * 0.5 + 0.3 * -1.0 + 0.1
    soma = 0.4 * 1.0 + 0.9 * 0.5 - 0.6
    return {
        "neuron": first,
        "two-neurons": second(0.25, 0.5),
        "two-inputs": {"x₁": 0.5, "x₂": -1.0, "w₁": 0.8, "w₂": 0.3, "b": 0.1, "z": z, "a": sigma(z)},
        "layers": propagated(layers.network().state_dict(), (0.5, -1.0)),
        "learning": {**learned, "T": 0.25, "E": (0.25 - learned["a₂"]) ** 2 / 2},
        "activation": {"x": 0.5, "w₁": 2.0, "b₁": -0.5, "w₂": -0.5, "b₂": 0.75, "h": 0.5, "y": 0.5},
        "biology": {"dendrite₁": 1.0, "dendrite₂": 0.5, "synapse₁": 0.4, "synapse₂": 0.9, "bias": -0.6, "soma": soma,
                    "axon": sigma(soma)},
    }  # fmt: skip


def propagated(state: dict[str, float], inputs: tuple[float, float]) -> dict[str, float]:
    """Forward propagation through the network of `layers`, by its parameters' names."""
    values, a = {"x₁": inputs[0], "x₂": inputs[1]}, list(inputs)
    for layer, width in enumerate((2, 2, 1)):
        sums = []
        for neuron in range(width):
            name = f"layer{layer}.neuron{neuron}"
            sums.append(sum(state[f"{name}.w{i}"] * x for i, x in enumerate(a)) + state[f"{name}.b"])
            place = f"⁽{'¹²³'[layer]}⁾{'₁₂'[neuron]}"
            values |= {f"w{place}{'₁₂'[i]}": state[f"{name}.w{i}"] for i in range(len(a))}
            values |= {f"b{place}": state[f"{name}.b"], f"z{place}": sums[-1], f"a{place}": sigma(sums[-1])}
        a = list(map(sigma, sums))
    return values


def wrong_rows(rows: list[Row], expected: dict[str, float]) -> list[str]:
    """The symbols of a table that are missing, too many or have another number."""
    found = {row.symbol: row.value for row in rows}
    wrong = [name for name in expected if found.get(name) != pytest.approx(expected[name], rel=1e-14)]
    return wrong + [name for name in found if name not in expected]


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_figure_of_the_table_is_what_plain_arithmetic_gives(name: str) -> None:
    rows = EXAMPLES[name].rows()
    assert wrong_rows(rows, by_hand()[name]) == []
    lines = format_rows(rows).splitlines()[2:]
    assert [line.split("  ")[0] for line in lines] == [row.symbol for row in rows]
    for line, row in zip(lines, rows, strict=True):
        assert row.gradient is not None
        assert f"  {row.value:.6g}  " in line
        assert f"  {row.gradient:.6g}" in line
        assert ("given" in line) == (not row.expression)


def test_the_check_of_tables_rejects_a_wrong_a_missing_and_an_extra_figure() -> None:
    rows, expected = EXAMPLES["neuron"].rows(), by_hand()["neuron"]
    assert wrong_rows([row._replace(value=row.value * (1 + 1e-9)) for row in rows[:1]] + rows[1:], expected)
    assert wrong_rows(rows[1:], expected)
    assert wrong_rows([*rows, rows[0]._replace(symbol="q")], expected) == ["q"]


def test_only_the_misprint_disagrees() -> None:
    verdicts = {name: format_rows(example.rows()) for name, example in EXAMPLES.items()}
    assert {name: text.count("DISAGREES") for name, text in verdicts.items()} == {
        name: int(name == "two-neurons") for name in EXAMPLES
    }
    (line,) = [line for line in verdicts["two-neurons"].splitlines() if "DISAGREES" in line]
    assert line.startswith("a₂ ")
    told = two_neurons.report()
    assert "σ(0.6506) = 0.6571" in told
    assert [line.split()[-2:] for line in told.splitlines() if line.startswith("a₂")] == [["0.7153", "agrees"]]
    assert f"{sigma(0.45 * sigma(0.415) + 0.65):.4f}" == "0.7153"


def wrong_products(text: str) -> list[str]:
    """The lines "… = A × B × C = D" of a text in which A × B × C, as printed, is not D to five digits."""
    lines = [line for line in text.splitlines() if line.startswith("∂E/")]
    parts = [line.split(" = ")[-2:] for line in lines]
    wrong = [
        line
        for line, (product, result) in zip(lines, parts, strict=True)
        if math.prod(map(float, product.split(" × "))) != pytest.approx(float(result), rel=1e-5)
    ]
    return wrong if len(lines) == 4 else ["there are four gradients"]


@pytest.mark.parametrize(("w2", "b2"), [(0.45, 0.65), (0.25, 0.5)])
def test_the_chain_rule_with_its_numbers_multiplies_out(w2: float, b2: float) -> None:
    text = learning.chain_rule(w2, b2)
    assert wrong_products(text) == []
    assert text in learning.report()
    assert wrong_products(text.replace("× 0.1 =", "× 0.2 ="))
    assert wrong_products(text.replace("∂E/∂b₂", "b₂"))


def learned(eta: float = 0.4) -> list[tuple[float, list[float]]]:
    """The error and the parameters w₁, b₁, w₂, b₂ before each iteration of gradient descent, by hand."""
    w1, b1, w2, b2 = 0.15, 0.4, 0.45, 0.65
    history: list[tuple[float, list[float]]] = []
    while not history or history[-1][0] >= 0.001:
        a1 = sigma(w1 * 0.1 + b1)
        a2 = sigma(w2 * a1 + b2)
        history.append(((0.25 - a2) ** 2 / 2, [w1, b1, w2, b2]))
        d2 = (a2 - 0.25) * a2 * (1 - a2)
        d1 = d2 * w2 * a1 * (1 - a1)
        w1, b1, w2, b2 = w1 - eta * d1 * 0.1, b1 - eta * d1, w2 - eta * d2 * a1, b2 - eta * d2
    return history


def test_learning_goes_as_it_does_by_hand() -> None:
    history = learned()
    assert learning.learn(learning.network()) == pytest.approx([e for e, _ in history], rel=1e-9)
    assert learning.learn(learning.network()) != pytest.approx([e for e, _ in learned(0.41)][: len(history)], rel=1e-9)
    report = learning.report()
    for label, number in zip(("w₁", "b₁", "w₂", "b₂"), history[1][1], strict=True):
        (line,) = [line for line in report.splitlines() if line.startswith(f"{label} ")]
        assert line.endswith(f"  {number:.6f}")
    table = [line.split() for line in report.splitlines() if re.fullmatch(r"\d+ +0\.\d{6}", line)]
    assert len(table) >= 5
    assert all(e == f"{history[int(i)][0]:.6f}" for i, e in table)
    assert [table[0][0], table[-1][0]] == ["0", str(len(history) - 1)]


def test_a_linear_network_is_one_affine_map_computed_here_too() -> None:
    network = activation.linear_network()
    rows = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]  # each neuron as slope₁, slope₂, intercept
    for layer in network.layers:
        rows = [
            [sum(w.data * row[k] for w, row in zip(neuron.w, rows, strict=True)) + (neuron.b.data if k == 2 else 0.0)
             for k in range(3)]
            for neuron in layer.neurons
        ]  # fmt: skip
    line = activation.collapse(network)
    assert [*line.slopes, line.intercept] == pytest.approx(rows[0], rel=1e-12)
    assert activation.collapse(MLP(2, [8, 1], "tanh", seed=1)).largest_difference > 1e-3, "a curve is no line"


def test_the_printed_xor_and_saturation_are_right() -> None:
    report = activation.report().splitlines()
    for (x1, x2), target in activation.XOR:
        (line,) = [line.split() for line in report if line.startswith(f"{x1:g}, {x2:g} ")]
        linear, *others = map(float, line[3:])
        assert float(line[2]) == target == float(x1 != x2)
        assert linear == pytest.approx(0.5, abs=0.01)
        assert all(abs(y - target) < 0.1 for y in others)
    rows = [line.split() for line in report[-9:]]
    for z, a, slope in rows:
        expected = sigma(max(float(z), -700.0))
        assert 0.0 <= float(a) <= 1.0
        assert [float(a), float(slope)] == pytest.approx([expected, expected * (1 - expected)], rel=1e-5, abs=1e-300)
    assert [rows[0][1:], rows[-1][1:]] == [["0", "0"], ["1", "0"]]


def test_learning_strengthens_the_synapses() -> None:
    rows = [list(map(float, line.split())) for line in biology.report().splitlines()[-4:]]
    assert [row[0] for row in rows] == [0, 1, 2, 3]
    for before, after in pairwise(rows):
        assert all(x < y for x, y in zip(before, after, strict=True))
        assert before[3] == pytest.approx(sigma(before[1] + before[2] * 0.5 - 0.6), abs=1e-4)


def test_the_neuron_computes_as_floats_from_the_left_do_and_so_do_its_gradients() -> None:
    a, z = two_inputs.build_neuron(), 0.8 * 0.5 + 0.3 * -1.0 + 0.1
    assert a.data == sigma(z)
    assert two_inputs.report().endswith("the same to the last bit")
    grads = [v.grad for v in a.operands[0].operands]
    slope = a.data * (1 - a.data)
    assert grads == [0.5 * slope, -1.0 * slope, 0.8 * slope, 0.3 * slope, slope]
    operators = {v.label: v.grad for v in topological_order(two_inputs.build())}
    assert grads == [operators[label] for label in ("w₁", "w₂", "x₁", "x₂", "b")]
