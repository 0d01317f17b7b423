"""`save_steps`: a picture of each step, whose numbers, marks and equation are those of the step."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from microgradnet import Value, sigmoid
from microgradnet.drawing.box import text_width
from microgradnet.drawing.theme import LIGHT, dark_css
from microgradnet.errors import ProviderError
from microgradnet.notation.names import number
from microgradnet.stepping import film, save_steps
from microgradnet.stepping.steps import BackwardStep
from microgradnet.stepping.timeline import Timeline
from microgradnet.teach.examples import EXAMPLES

SVG = "{http://www.w3.org/2000/svg}"


def texts(part: ET.Element) -> list[str]:
    return [(text.text or "").replace("\u00a0", " ").strip() for text in part.iter(f"{SVG}text")]


def test_each_step_is_a_picture_with_its_equation(tmp_path: Path) -> None:
    root = EXAMPLES["learning"].build()
    files = save_steps(root, tmp_path / "pass.svg")
    frames = [ET.parse(file).getroot() for file in files]
    timeline = Timeline(root)
    steps = [step.text for step in timeline.steps]
    seed = timeline.start + 1
    steps.insert(timeline.start, "E.grad = ∂E/∂E = 1")
    assert [texts(frame)[-1] for frame in frames] == ["", *steps]
    assert [texts(frame)[-2].split()[0] for frame in frames[1:]] == [
        *["Forward"] * timeline.start,
        *["Backward"] * (len(steps) - timeline.start),
    ]
    known = [{text for text in texts(frame) if text.startswith("grad")} for frame in frames[: seed + 1]]
    assert known == [{"grad —"}] * seed + [{"grad —", "grad 1"}]
    assert texts(frames[0])[-2] == "Start"
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
    for name, example in EXAMPLES.items():
        root = example.build()
        timeline = Timeline(root)
        drawn = list(film.frames(root))[timeline.start + 2 :]
        for step, frame in zip(timeline.steps[timeline.start :], map(ET.fromstring, drawn), strict=True):
            pills = [g for g in frame.iter(f"{SVG}g") if "pill" in g.get("class", "").split()]
            assert isinstance(step, BackwardStep)
            local = number(step.local_derivative)
            assert any(f"∂ {local}" in texts(pill)[0] for pill in pills), f"{name}: {step}"
            letters = [text for g in frame.iter(f"{SVG}g") if g not in pills for text in g.findall(f"{SVG}text")]
            for pill in pills:
                left, top, wide, high = (float(pill[0].get(side, "")) for side in ("x", "y", "width", "height"))
                for text in letters:
                    x, y = (float(text.get(at, "")) for at in ("x", "y"))
                    width = text_width((text.text or "").rstrip())
                    x -= width / 2 * (text.get("text-anchor") == "middle")
                    is_apart = x + width <= left or left + wide <= x or y <= top or top + high <= y - 9
                    assert is_apart, f"{name}: {texts(pill)} on {text.text}"


def test_the_equation_is_as_large_as_the_heading() -> None:
    for frame in map(ET.fromstring, film.frames(EXAMPLES["learning"].build())):
        heading, equation = [text.get("font-size") for text in frame.iter(f"{SVG}text")][-2:]
        assert heading == equation


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
