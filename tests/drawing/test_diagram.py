"""What is told a diagram is in the DOT that it writes: colours, and room for numbers. Nothing edits it afterwards."""

import json
import re
import subprocess
import sys

import pytest

from microgradnet import Value, draw, parameter
from microgradnet.drawing.arrow import Arrow
from microgradnet.drawing.box import Box, Cell, Row
from microgradnet.drawing.diagram import Diagram
from microgradnet.drawing.ops_view import LOCAL, REPEATED
from microgradnet.drawing.theme import LIGHT, Paint


def two_boxes(**options: object) -> Diagram:
    diagram = Diagram(title="title", **options)  # type: ignore[arg-type]
    rows: list[Row] = ["y", Cell("data", "1"), "data 2", Cell("grad", "−3"), Cell("data", "1.234e−05 and more")]
    tail = diagram.add(Box([Cell("data", "0")], "constant"))
    head = diagram.add(Box(rows, "root", marked=True))
    diagram.arrows.append(Arrow(tail, head, "e", marked=True))
    return diagram


def labels(diagram: Diagram) -> list[str]:
    return re.findall(r'label="([^"]*)" class', diagram.to_dot())


def test_numbers_below_a_heading_have_room_and_nothing_else_has() -> None:
    assert labels(two_boxes()) == ["data 0", r"▶ y|data 1\l|data 2\l|grad −3\l|data 1.234e−05 and more\l"]
    padded = r"▶ y|data 1____\l|data 2\l|grad −3___\l|data 1.234e−05 and more\l".replace("_", "\u00a0")
    assert labels(two_boxes(room=5)) == ["data 0", padded]


def test_every_colour_is_one_of_the_theme() -> None:
    theme = {role: Paint(f"#f{i:05}", f"#c{i:05}", f"#a{i:05}") for i, role in enumerate(LIGHT)}
    colours = {colour for paint in theme.values() for colour in (paint.fill, paint.line, paint.text)}
    for direction in ("LR", "TB"):
        found = set(re.findall("#[0-9a-f]{6}", two_boxes(theme=theme, direction=direction).to_dot()))
        assert found <= colours
        for role in ("card", "constant", "highlight", "edge"):
            assert theme[role].text in found


def test_graphviz_is_imported_when_the_first_diagram_is_written() -> None:
    code = (
        "import sys, json\n"
        "from microgradnet import Value, draw\nfrom microgradnet.drawing.diagram import Diagram\n"
        "x = Value(1.0); found = ['graphviz' in sys.modules]\n"
        "draw(x); found.append('graphviz' in sys.modules); print(json.dumps(found))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert json.loads(done.stdout) == [False, True]


def test_a_label_that_looks_like_html_or_a_keyword_is_text() -> None:
    dot = draw([Value(1.0, "<b>x</b>"), Value(1.0, "node"), Value(1.0, 'say "hi\\')]).dot
    assert r"\<b\>x\</b\>" in dot
    assert "label=<" not in dot
    assert "tooltip=<" not in dot


def test_a_box_is_as_wide_as_its_widest_row_on_any_renderer() -> None:
    """A renderer of its own accord may take a `σ` for two characters and a `₂` for three."""

    def drawn(name: str) -> tuple[float, float]:
        points = re.search(r'<polygon[^>]* points="([^"]*)"', draw(Value(1.0, name) + 1.0).svg)
        assert points is not None
        xs, ys = zip(*(map(float, point.split(",")) for point in points[1].split()), strict=True)
        return max(xs) - min(xs), max(ys) - min(ys)

    width, height = drawn("an ordinary name")
    assert drawn("σ₁·(w₂ − ∂z₃)² ≈") == (width, height)
    assert width == pytest.approx(0.6 * 13 * len("t₁ = (an ordinary name) + 1") + 23, abs=1)
    assert drawn("漢字の名前") == drawn("ten_letter")


def test_captions_are_lines_below_the_boxes_with_no_blank_line_between() -> None:
    w = parameter(2.0, "w")
    for title in ("", "two\nlines"):
        dot = draw(w * Value(3.0, "x") + w, leaves="chips", local_derivatives=True, title=title).dot
        (label,) = re.findall(r' label="([^"]*)" labeljust', dot)
        lines = label.removesuffix(r"\l").split(r"\l")
        assert [line for line in lines if line] == [*title.split(), LOCAL, REPEATED]
        assert lines.count("") == 1, "between boxes and text"
