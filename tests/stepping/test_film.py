"""`save_steps`: a picture of each step, whose numbers, marks and equation are those of the step."""

import math
import random
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from itertools import combinations
from pathlib import Path

import pytest

from microgradnet import MLP, Value, exp, sigmoid, tanh
from microgradnet.drawing.box import text_width
from microgradnet.drawing.theme import LIGHT, dark_css
from microgradnet.errors import ProviderError
from microgradnet.notation.names import number
from microgradnet.stepping import film, film_pills, save_steps
from microgradnet.stepping.page_layout import views_of
from microgradnet.stepping.steps import BackwardStep
from microgradnet.stepping.timeline import Timeline
from microgradnet.teach.examples import EXAMPLES

SVG = "{http://www.w3.org/2000/svg}"


def texts(part: ET.Element) -> list[str]:
    return [(text.text or "").replace("\u00a0", " ").strip() for text in part.iter(f"{SVG}text")]


def below(frame: ET.Element) -> tuple[str, str]:
    """The heading and the equation."""
    heading, *lines = texts(list(frame)[-1])
    return heading, " ".join(lines)


def two_layers() -> Value:
    random.seed(1)
    model = MLP(2, [3, 1])
    loss: Value = (model([Value(1.0, "x1"), Value(-2.0, "x2")]) - 1) ** 2
    return loss


ROOTS = {"two layers": two_layers} | {name: example.build for name, example in EXAMPLES.items()}


def scale_of(text: ET.Element) -> float:
    scaled = re.search(r"scale\((\S+)", text.get("transform", ""))
    return float(scaled[1]) if scaled else 1.0


def sides_of(pill: ET.Element) -> tuple[float, float, float, float]:
    left, top, width, height = (float(pill[0].get(side, "")) for side in ("x", "y", "width", "height"))
    return left, top, left + width, top + height


def pills_of(frame: ET.Element) -> list[ET.Element]:
    """That of the current step first."""
    return [group for group in frame.iter(f"{SVG}g") if "pill" in group.get("class", "").split()]


def boxes_of(frame: ET.Element) -> Iterator[tuple[ET.Element, tuple[float, float, float, float]]]:
    """Each box whose sides are written as points, and those."""
    for group in frame.iter(f"{SVG}g"):
        shape = next((part for part in group if part.tag in {f"{SVG}path", f"{SVG}polygon"}), None)
        if shape is not None and re.search(r"-n\d+$", group.get("id", "")):
            written = shape.get("d", shape.get("points", ""))
            points = [tuple(map(float, point)) for point in re.findall(r"(-?[\d.]+),(-?[\d.]+)", written)]
            (left, *_, right), (top, *_, low) = map(sorted, zip(*points, strict=True))
            yield group, (left, top, right, low)


def test_each_step_is_a_picture_with_its_equation(tmp_path: Path) -> None:
    root = EXAMPLES["learning"].build()
    files = save_steps(root, tmp_path / "pass.svg")
    frames = [ET.parse(file).getroot() for file in files]
    timeline = Timeline(root)
    steps = [step.text for step in timeline.steps]
    seed = timeline.start + 1
    steps.insert(timeline.start, "E.grad = ∂E/∂E = 1")
    assert [below(frame)[1] for frame in frames] == ["", *steps]
    assert [below(frame)[0].split()[0] for frame in frames[1:]] == [
        *["Forward"] * timeline.start,
        *["Backward"] * (len(steps) - timeline.start),
    ]
    known = [{text for text in texts(frame) if text.startswith("grad")} for frame in frames[: seed + 1]]
    assert known == [{"grad —"}] * seed + [{"grad —", "grad 1"}]
    assert below(frames[0])[0] == "Start"
    assert "data —" in texts(frames[0])
    root.zero_grad()
    root.backward()
    assert {f"grad {number(value.grad)}" for value in Timeline(root).graph.leaves if value.label} <= {
        *texts(frames[-1])
    }


def test_the_box_that_changes_is_filled_and_its_sender_dashed(tmp_path: Path) -> None:
    x, w = Value(3.0, "x"), Value(2.0, "w")
    y = w * x
    y.label = "y"
    frame = ET.parse(save_steps(y, tmp_path / "pass.svg")[3]).getroot()  # w.grad += y.grad · x
    marked = [texts(g)[0] for g in frame.iter(f"{SVG}g") if any(p.get("fill") == LIGHT["highlight"].fill for p in g)]
    dashed = [texts(g)[0] for g in frame.iter(f"{SVG}g") if any(p.get("stroke-dasharray") for p in g)]
    assert (marked, dashed) == (["w"], ["y = w·x"])


def test_the_current_step_has_its_colours_where_the_reader_prefers_dark(tmp_path: Path) -> None:
    w = Value(2.0, "w")
    a = sigmoid(w * 3.0)
    for file in save_steps(a * Value(4.0, "v"), tmp_path / "pass.svg")[1:]:
        frame = ET.parse(file).getroot()
        *_, style = frame.iter(f"{SVG}style")
        assert style.text == dark_css(frame.get("class", ""), {"highlight"})
        line = LIGHT["highlight"].line
        marked = [
            g
            for g in frame.iter(f"{SVG}g")
            if any(p.get("stroke") == line and not p.get("stroke-dasharray") for p in g)
        ]
        assert marked
        assert all("highlight" in g.get("class", "").split() for g in marked)


def test_a_backward_step_shows_its_local_derivative_which_covers_no_text() -> None:
    for name, build in ROOTS.items():
        root = build()
        timeline = Timeline(root)
        drawn = list(film.frames(root))[timeline.start + 2 :]
        for step, frame in zip(timeline.steps[timeline.start :], map(ET.fromstring, drawn), strict=True):
            pills = pills_of(frame)
            assert isinstance(step, BackwardStep)
            local = number(step.local_derivative)
            assert any(f"∂ {local}" in texts(pill)[0] for pill in pills), f"{name}: {step}"
            letters = [text for g in frame.iter(f"{SVG}g") if g not in pills for text in g.findall(f"{SVG}text")]
            for pill in pills:
                left, top, right, low = sides_of(pill)
                for text in letters:
                    x, y = (float(text.get(at, "")) for at in ("x", "y"))
                    width = text_width((text.text or "").rstrip()) * scale_of(text)
                    x -= width / 2 * (text.get("text-anchor") == "middle")
                    is_apart = x + width <= left or right <= x or y <= top or low <= y - 9
                    assert is_apart, f"{name}: {texts(pill)} on {text.text}"


@pytest.mark.parametrize("name", ROOTS)
def test_a_pill_lies_in_the_picture_and_on_no_box_but_its_own(name: str) -> None:
    for frame in map(ET.fromstring, film.frames(ROOTS[name]())):
        graph = next(g for g in frame.iter(f"{SVG}g") if g.get("id", "").endswith("-graph0"))
        moved = re.search(r"translate\((\S+) (\S+)\)", graph.get("transform", ""))
        assert moved
        picture = float(frame.get("viewBox", "").split()[2])
        pills = pills_of(frame)
        for pill in pills:
            left, top, right, _ = sides_of(pill)
            assert float(moved[1]) + left >= 0
            assert float(moved[1]) + right <= picture, texts(pill)
            assert float(moved[2]) + top >= 0
            assert scale_of(pill[1]) > 0.7
        for one, other in combinations(map(sides_of, pills), 2):
            assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
        boxes = [sides for _, sides in boxes_of(frame)]
        for pill in pills[1:]:  # the first may have no such place
            left, top, right, low = sides_of(pill)
            own = [one for one in boxes if one[0] <= left and right <= one[2] and one[1] < (top + low) / 2 < one[3]]
            clear = 0 if own or right - left > 50 else 2  # between boxes 54 points apart
            for begin, high, end, foot in set(boxes).difference(own):
                is_apart = right + clear <= begin or end + clear <= left or low + clear <= high or foot + clear <= top
                assert is_apart, texts(pill)


def test_every_chip_of_a_neuron_of_eight_inputs_has_its_pill_in_one_column() -> None:
    root: Value = MLP(2, [8, 1], seed=1)([0.5, -1.0])
    *_, last = map(ET.fromstring, film.frames(root))
    chips = [(chip, sides) for chip, sides in boxes_of(last) if "leaf" in chip.get("class", "").split()]
    assert len(chips) == 8 * 5 + 9
    columns: dict[float, set[float]] = {}  # the right ends of pills, by the left side of their card
    for chip, (left, top, right, low) in chips:
        (pill,) = [
            pill
            for pill in pills_of(last)
            if left <= sides_of(pill)[0] and sides_of(pill)[2] <= right and top < sum(sides_of(pill)[1::2]) / 2 < low
        ]
        assert scale_of(pill[1]) > 0.85, texts(pill)
        columns.setdefault(right, set()).add(sides_of(pill)[2])
        own = [float(text.get("x", "")) for text in chip.findall(f"{SVG}text")]
        assert own[0] < sides_of(pill)[0] < own[-1] or len(set(own)) == 1, f"{texts(pill)} behind {texts(chip)}"
    assert [len(ends) for ends in columns.values()] == [1] * len(columns)


def test_the_product_of_the_pills_along_a_path_is_the_gradient_where_a_run_is_folded_too() -> None:
    x = Value(0.5, "x")
    root = exp(x)
    for _ in range(20):
        root = tanh(root)  # one box
    root = sigmoid(root)
    *_, last = film.frames(root)
    pills = pills_of(ET.fromstring(last))
    assert len(pills) == 3
    root.backward()
    numbers = [float(texts(pill)[0].removeprefix("∂ ")) for pill in pills]
    assert math.prod(numbers) == pytest.approx(x.grad, rel=1e-3)


@pytest.mark.parametrize("name", ROOTS)
def test_the_pill_of_the_step_stands_where_it_would_alone(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Alone(film_pills.Pills):
        def show(self, parts: Mapping[str, ET.Element], done: int) -> None:
            self._numbers[: done - 1] = [(None, "")] * (done - 1)
            super().show(parts, done)

    among = list(map(ET.fromstring, film.frames(ROOTS[name]())))
    monkeypatch.setattr(film, "Pills", Alone)
    for frame, other in zip(map(ET.fromstring, film.frames(ROOTS[name]())), among, strict=True):
        assert [*map(sides_of, pills_of(frame))] == [*map(sides_of, pills_of(other)[:1])]


def test_among_many_arrows_only_the_step_has_its_pill() -> None:
    x, w = Value(1.1, "x"), Value(0.9, "w")
    for count, most in ((20, 40), (21, 2)):  # x has its own in its box
        y = x
        for _ in range(count):
            y = y * w
        numbers = [len(pills_of(ET.fromstring(frame))) for frame in film.frames(y)]
        assert set(numbers[: count + 2]) == {0}
        assert set(numbers[count + 2 :]) <= {*range(1, most + 1)}
        assert (max(numbers) > 2) == (most > 2)


def test_outside_boxes_only_arrows_have_pills_that_stay() -> None:
    random.seed(1)
    model = MLP(3, [2, 1])
    *_, last = film.frames((model([Value(float(k - 1)) for k in range(3)]) - 1) ** 2)
    frame = ET.fromstring(last)
    boxes = [sides for _, sides in boxes_of(frame)]
    sides = [sides_of(pill) for pill in pills_of(frame)]
    outside = [one for one in sides if not any(left <= one[0] and one[2] <= right for left, _, right, _ in boxes)]
    assert 0 < len(outside) == sum("edge" in group.get("class", "").split() for group in frame.iter(f"{SVG}g"))


def test_a_picture_of_neurons_has_no_pills(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(film, "views_of", lambda graph, fitted: {"neurons": views_of(graph)["neurons"]})
    assert not any(pills_of(ET.fromstring(frame)) for frame in film.frames(two_layers()))


def test_a_number_stays_in_its_box() -> None:
    for frame in map(ET.fromstring, film.frames(EXAMPLES["layers"].build())):
        for group, (_, _, right, _) in boxes_of(frame):
            for text in group.findall(f"{SVG}text"):
                end = float(text.get("x", "")) + text_width((text.text or "").rstrip()) * scale_of(text)
                assert end <= right, text.text


@pytest.mark.parametrize("name", ROOTS)
def test_equations_have_letters_of_one_size_that_can_be_read_in_lines_that_fit(name: str) -> None:
    frames = list(map(ET.fromstring, film.frames(ROOTS[name]())))
    lines = [text for frame in frames for text in list(frame)[-1]]
    (size,) = {float(text.get("font-size", "")) for text in lines}
    (box,) = {frame.get("viewBox", "") for frame in frames}
    width, height = map(float, box.split()[2:])
    assert 12 <= size <= 16
    assert all(14 + 0.62 * size * len(text.text or "") <= width for text in lines)
    assert max(float(text.get("y", "")) for text in lines) <= height - size / 2


def test_an_equation_is_broken_before_a_term_and_within_a_long_one_before_a_factor() -> None:
    text = "w.grad += z.grad · (1 + a) = 0.5 · 2 · 3"
    (lines,), size = film._equations([text], 250)
    assert (lines, size) == (["w.grad", "+= z.grad · (1 + a)", "= 0.5 · 2 · 3"], 16)
    (lines,), size = film._equations([text], 150)
    assert (lines[:4], size >= 12) == (["w.grad", "+= z.grad", "· (1 + a)", "= 0.5 · 2 · 3"], True)
    assert film._equations(["", text], 100_000) == ([[], [text]], 16)


def test_another_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"\.gif, \.svg"):
        save_steps(Value(1.0) * 2, tmp_path / "pass.mp4")


def test_without_cairosvg_an_animation_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(film, "find_cairosvg", lambda: None)
    with pytest.raises(ProviderError, match=r"pip install cairosvg.*as \.svg"):
        save_steps(Value(1.0) * 2, tmp_path / "pass.gif")


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), 201])
def test_a_duration_of_no_sense_is_refused(seconds: float, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="seconds, of a step, are above 0 and at most 200, got"):
        save_steps(Value(1.0) * 2, tmp_path / "pass.svg", seconds=seconds)
    assert not any(tmp_path.iterdir())
