"""A program prints and draws so that each line can be read: every array has a name, and copies say of what."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from microgradnet import (
    MLP,
    Layer,
    Program,
    Value,
    compile,
    dot,
    draw,
    for_each,
    parameter,
    softmax,
    tanh,
    total,
    weighted_sum,
)
from microgradnet.layers import Convolution, Embedding, LayerNorm, Pool
from tests.compiling.comparing import flat, numbers, parameters_of


def listed(program: Program) -> list[str]:
    """The lines of a program, without their alignment."""
    return [re.sub("  +", "  ", line) for line in str(program).splitlines()]


def read_by(expression: str, program: Program) -> list[str]:
    """The first lines of the boxes from which arrows of a picture go to the box of this expression."""
    text = draw(program, direction="LR").dot
    boxes = dict(re.findall(r'^\t(n\d+) \[label="([^|]+)', text, re.MULTILINE))
    arrows = re.findall(r"^\t(n\d+) -> (n\d+)", text, re.MULTILINE)
    return [boxes[tail] for tail, head in arrows if boxes[head].endswith(expression)]


def convolution() -> Program:
    kernels, biases = parameters_of(2, 4), parameters_of(2)

    def maps(x: list[list[Value]]) -> Any:
        windows = [[x[i + a][j + b] for a in range(2) for b in range(2)] for i in range(3) for j in range(3)]
        return total([tanh(weighted_sum(k, w, b)) for k, b in zip(kernels, biases, strict=True) for w in windows])

    return compile(maps, flat([kernels, biases])).program(numbers(3, 4, 4))


def recurrent() -> Program:
    weights, biases = parameters_of(3, 5), parameters_of(3)

    def last(xs: list[list[Value]]) -> Any:
        h: list[Value] = [Value(0.0)] * 3
        for x in xs:
            h = [tanh(weighted_sum(w, [*x, *h], b)) for w, b in zip(weights, biases, strict=True)]
        return total(h)

    return compile(last, flat([weights, biases])).program(numbers(3, 3, 2))


def pooled() -> Program:
    convolution, pool = Convolution(1, 2, 2, seed=1), Pool(2)
    loss = compile(lambda image: total([n for m in pool(convolution([image])) for row in m for n in row]), convolution)
    return loss.program(numbers(2, 5, 5))


def perceptron() -> Program:
    model = MLP(2, [3, 1], "tanh", seed=1)
    return compile(lambda x, y: (model(x) - y) ** 2, model).program(numbers(4, 2), numbers(4))


def test_a_perceptron() -> None:
    assert listed(perceptron()) == [
        "(x, y) → h₅: 9 scalar operations as 5 array instructions forward and 8 backward; θ are the 13 parameters",
        "W₁ (3, 3) = θ[0:9], layer0.neuron0.w0 … layer0.neuron2.b",
        "W₂ (4,) = θ[9:13], layer1.neuron0.w0 … layer1.neuron0.b",
        "",
        "h₁ (3, n) = W₁ @ [x, 1]  3 × weighted sum",
        "h₂ (3, n) = tanh(h₁)  3 × tanh",
        "h₃ (n,) = W₂ @ [h₂, 1]  1 × weighted sum",
        "h₄ (n,) = h₃ − y  1 × subtract",
        "h₅ (n,) = h₄ · h₄  1 × power",
        "",
        "dh₅ (n,) = 1/n  each sample's weight in a mean; 1 in a sum",
        "t₁ (n,) = 2 · h₄  1 × power",
        "dh₄ (n,) = dh₅ · t₁  1 × power",
        "dh₃ (n,) is dh₄  1 × subtract",
        "dW₂ (4,) = dh₃ @ [h₂, 1]ᵀ  1 × weighted sum",
        "dh₂ (3, n) = W₂[:3]ᵀ @ dh₃  1 × weighted sum",
        "t₂ (3, n) = h₂ · h₂  3 × tanh",
        "t₃ (3, n) = 1 − t₂  3 × tanh",
        "dh₁ (3, n) = dh₂ · t₃  3 × tanh",
        "dW₁ (3, 3) = dh₁ @ [x, 1]ᵀ  3 × weighted sum",
    ]


def test_copies_say_of_what_and_their_gradients_where_they_go() -> None:
    lines = listed(convolution())
    for line in (
        "W₁ (2, 4) = θ[0:8]",
        "h₁ (4, 9, n) = copies of x  for 18 × weighted sum",
        "h₂ (2, 9, n) = W₁ @ h₁  18 × weighted sum",
        "h₂ (2, 9, n) += θ[8:10]  18 × weighted sum",
        "dW₁ (2, 4) = dh₂ @ h₁ᵀ  18 × weighted sum",
        "dθ[8:10] (2,) = sum(dh₂) over rows and samples  18 × weighted sum",
    ):
        assert line in lines


def test_gradients_of_copies_go_back_in_tables_if_these_are_few_and_else_row_by_row() -> None:
    parameters = parameters_of(16)

    def picked(picks: list[int]) -> list[str]:
        def loss(x: Value) -> Any:
            h = [tanh(p * x) for p in parameters]
            return total([tanh(h[i] * h[j]) for i, j in zip(picks, range(len(picks)), strict=True)])

        lines = listed(compile(loss, parameters).program([1.0]))
        return [line for line in lines if line.startswith("dh₂") and "back from" in line]

    assert picked([4, 5, 6, 7, 0, 1, 2, 3]) == [
        "dh₂[4:8] (4, n) += dh₃[:4]  back from the copies for 8 × multiply",
        "dh₂[:4] (4, n) += dh₃[4:8]  back from the copies for 8 × multiply",
    ]
    assert picked([7, 2, 9, 4, 0, 11, 3, 15, 6, 6, 1, 13, 2, 8, 5, 10]) == [
        "dh₂ (16, n) += dh₃, dh₄  back from the copies for 16 × multiply"
    ]


def test_what_a_loop_adds_to_a_gradient_is_added() -> None:
    one, other = Layer(2, 2, "linear", seed=1), Layer(2, 2, "linear", seed=2)

    def signs(gradient: str, read: Callable[[Any], Any]) -> list[str]:
        def loss(rows: list[list[Value]]) -> Any:
            h = for_each(one, rows)
            return total([u * v for p, q in zip(for_each(other, h), read(h), strict=True) for u in p for v in q])

        lines = listed(compile(loss, [one, other]).program(numbers(3, 4, 2)))
        return [line.partition(") ")[2].split(" ")[0] for line in lines if line.startswith(gradient)]

    assert signs("dh₁[", lambda h: for_each(other, h)) == ["=", "+="]
    assert signs("dθ[6:12]", lambda h: for_each(other, h)) == ["=", "+="]
    assert signs("dh₁[", lambda h: h) == ["=", "+="]


def test_a_gradient_is_another_only_if_nothing_computes_it() -> None:
    first, norm, scores = Layer(2, 4, "linear", seed=2), LayerNorm(4), Layer(4, 3, "linear", seed=1)
    compiled = compile(
        lambda rows: total([v * v for row in rows for v in scores(norm(first(row)))]), [first, norm, scores]
    )
    program = compiled.program(numbers(2, 5, 2))
    lines = listed(program)
    assert any(line.endswith("20 × add") and " is " in line for line in lines)
    assert not any(line.endswith("× multiply") and " is " in line for line in lines)
    assert [line for line in lines if line.startswith("dh₁₀ ")] == ["dh₁₀ (4, 5, n) = dh₁₁ · θ[12:16]  20 × multiply"]
    assert "W₂ (3, 4) = θ[20:24], θ[25:29], θ[30:34], neuron0.w0 … neuron2.w3" in lines
    assert any(line.startswith("h₁₃ (3, 5, n) += θ[24:35:5]  ") for line in lines)
    assert read_by("θ[24:35:5]", program) == ["h₁₃ = W₂ @ h₁₂", "θ[24:35:5]"]
    assert any(line.startswith("dh₁₃ (5, 3, n) = sum(dh₁₄, dh₁₅) over rows  ") for line in lines)


def test_gradients_of_several_copies_are_all_gradients() -> None:
    query, key, value = (Layer(4, 4, "linear", seed=seed) for seed in (1, 2, 3))

    def attention(rows: list[list[Value]]) -> Any:
        keys, values = [key(row) for row in rows], [value(row) for row in rows]
        weights = [softmax([dot(query(row), k) for k in keys]) for row in rows]
        return total([wi * v[i] for w in weights for i in range(4) for wi, v in zip(w, values, strict=True)])

    lines = listed(compile(attention, [query, key, value]).program(numbers(3, 5, 4)))
    back = [line.split("  ")[0] for line in lines if "back from" in line]
    assert "dh₂[8:12], dh₈ (45, n) += dh₉, dh₁₀" in back


def test_rows_that_are_not_side_by_side_say_so() -> None:
    convolution = Convolution(1, 4, 3, activation="relu", seed=1)
    lines = listed(
        compile(lambda image: total([n for [[n]] in Pool(4)(convolution([image]))]), convolution).program(
            numbers(2, 6, 6)
        )
    )
    assert "h₃ (4, n) = maximum(h₂[272:321:16], h₂[273:322:16])  4 × maximum" in lines
    embedding = Embedding(27, 4, seed=1)
    lines = listed(compile(lambda letter: total(embedding(letter)), embedding, symbols={"letter": 27}).program([0, 2]))
    assert "W₁ (4, 27) = θᵀ, table0_0 … table26_3" in lines


def test_the_parameters_that_are_copied_are_listed_and_drawn_and_no_others() -> None:
    first, between, last = (Layer(2, 2, "linear", seed=seed) for seed in (1, 2, 3))

    def loss(rows: list[list[Value]]) -> Any:
        return total([v for row in for_each(lambda x: last(first(x)), for_each(between, rows)) for v in row])

    program = compile(loss, [first, between, last]).program(numbers(2, 3, 2))
    lines = listed(program)
    assert "p₁ (12,) = copies of θ[0:6], θ[12:18]  for 1 × for each" in lines
    assert "dθ[0:6], dθ[12:18] (2, 6) = dp₁  back from the copies for 1 × for each" in lines
    assert read_by("copies of θ[0:6], θ[12:18]", program) == ["θ[0:6]", "θ[12:18]"]


def test_the_gradient_of_a_total_of_copies_is_given() -> None:
    lines = listed(pooled())
    at = lines.index("dh₇ (8, n) = dh₈  1 × total")
    assert lines[at - 1].startswith("dh₈ (n,) = 1/n")
    assert lines[at + 1].startswith("dh₅[44:48] (4, n) = dh₇[0]  ")


def test_the_steps_of_a_recurrent_network_read_the_state_before() -> None:
    lines = listed(recurrent())
    states = [line for line in lines if re.search(r"copies of xs\[[12]\], h", line)]
    assert len(states) == 2
    for line in states:
        before = re.search("h[₀-₉]+(?=  for)", line)
        assert before
        assert any(other.startswith(f"{before[0]} (3, n) = tanh(") for other in lines)
        assert any(other.startswith(f"d{before[0]} (3, n) = dh") for other in lines)


@pytest.mark.parametrize("make", [perceptron, convolution, recurrent, pooled])
def test_what_is_read_was_named_before(make: Callable[[], Program]) -> None:
    program = make()
    known = {"θ", *program.captured.names}
    for line in listed(program)[1:]:
        result, _, expression = line.split("  ")[0].partition(" ")
        expression = expression.partition("= ")[2] or expression.partition(" is ")[2]
        for name in re.findall("d?[hpWtm][₀-₉]+", expression):
            assert name in known, line
        known |= set(re.findall("d?[hpWtm][₀-₉]+", result))


def test_weights_that_are_no_parameters_are_named_by_their_labels() -> None:
    w1, w2, b = Value(0.5, "w₁"), Value(0.25, "w₂"), Value(1.0, "b")
    program = compile(lambda x: w1 * x[0] + w2 * x[1] + b).program(numbers(1, 2))
    assert listed(program)[-1] == "h₁ (n,) = [w₁, w₂, b] @ [x, 1]  1 × weighted sum"
    weights = parameters_of(1, 9)[0]
    program = compile(lambda x: dot(weights, x)).program(numbers(1, 9))
    assert "…" in listed(program)[-1]


@pytest.mark.parametrize("make", [perceptron, convolution, recurrent])
def test_a_picture_has_a_box_for_each_instruction_and_nothing_stands_alone(make: Callable[[], Program]) -> None:
    program = make()
    dot_text = draw(program).dot
    boxes = set(re.findall(r"^\t(n\d+) \[", dot_text, re.MULTILINE))
    joined = {end for arrow in re.findall(r"^\t(n\d+) -> (n\d+)", dot_text, re.MULTILINE) for end in arrow}
    assert boxes == joined
    assert len(boxes) > len(program.forward)
    assert all(name in dot_text for name in program.captured.names)


def test_a_label_cannot_forge_a_line() -> None:
    p = parameter(2.0, "a\nh₂ (n,) = 0")
    long = parameter(2.0, "l" * 5000)
    listed = str(compile(lambda x: x * p * long, [p, long]).program([1.0]))
    assert not any(line.startswith("h₂ (n,) = 0") for line in listed.splitlines())
    assert max(map(len, listed.splitlines())) < 400


def test_the_picture_of_a_program_that_is_too_wide_to_read_runs_down() -> None:
    def rankdir(depth: int, **options: Any) -> str:
        model = MLP(2, [3] * depth + [1], seed=1)
        program = compile(model).program([[0.0, 0.0]])
        return draw(program, **options).dot.split("rankdir=")[1][:2]

    assert (rankdir(1), rankdir(5)) == ("LR", "TB")
    assert (rankdir(1, direction="TB"), rankdir(5, direction="LR")) == ("TB", "LR")
