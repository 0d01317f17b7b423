"""Charts: what is drawn stays inside the plot, no text is in another's way, and what cannot be drawn is refused."""

import math
import re
import sys
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from microgradnet.drawing.axis import Axis, written
from microgradnet.drawing.chart import Chart, chart
from microgradnet.drawing.plot import FEW, HEIGHT, STYLES, WIDTH, columns, fit, width
from microgradnet.drawing.theme import FONT_STACK
from microgradnet.errors import ProviderError
from microgradnet.value import Value

SVG = "{http://www.w3.org/2000/svg}"
LARGEST, LEAST = sys.float_info.max, math.ulp(0.0)
Box = tuple[float, float, float, float]

finite = st.floats(allow_nan=False, allow_infinity=False)
above_zero = st.floats(min_value=LEAST, allow_infinity=False)
names = st.text(max_size=50) | st.sampled_from(
    ["E", "σ(z)", "</svg>", "誤差" * 30, "a\nb", "\x00\ud800", "&amp;", "]]>"]
)


def curves(y: st.SearchStrategy[float] = finite) -> st.SearchStrategy[dict[str, list[tuple[float, float]]]]:
    """Curves, some of which end at the same x, as those of a training run do."""
    loose = st.lists(st.tuples(finite, y), min_size=1, max_size=FEW + 5)
    run = st.lists(y, min_size=3, max_size=3).map(lambda heights: list(zip((0.0, 1.0, 2.0), heights, strict=True)))
    return st.dictionaries(names, loose, min_size=1, max_size=6) | st.dictionaries(names, run, min_size=1, max_size=6)


def read(drawing: Chart) -> ET.Element:
    return ET.fromstring(drawing.svg)


def numbers(path: str) -> list[float]:
    return [float(number) for number in re.findall(r"[-\d.]+", path)]


def pixels(line: str) -> list[tuple[float, float]]:
    flat = numbers(line)
    return list(zip(flat[::2], flat[1::2], strict=True))


def lines(svg: ET.Element) -> list[list[tuple[float, float]]]:
    """The points of each curve, in pixels, without its sample in the legend."""
    paths = [path.attrib["d"] for path in svg.iter(SVG + "path") if path.get("fill") == "none"]
    return [pixels(path.split("M")[1]) for path in paths]


def plot_area(svg: ET.Element) -> Box:
    """Left, top, right and bottom, from the ends of the grid's lines."""
    grid = [{side: float(line.attrib[side]) for side in ("x1", "y1", "x2", "y2")} for line in svg.iter(SVG + "line")]
    across = next(line for line in grid if line["y1"] == line["y2"])
    down = next(line for line in grid if line["x1"] == line["x2"])
    return across["x1"], down["y1"], across["x2"], down["y2"]


def text_box(text: ET.Element) -> Box:
    """About where a text is: from the height of a small letter above its line to a little below it."""
    size, x, y = (float(text.attrib[name]) for name in ("font-size", "x", "y"))
    wide = width(text.text or "", size)
    left = x - {"start": 0.0, "middle": 0.5, "end": 1.0}[text.attrib["text-anchor"]] * wide
    return left, y - 0.75 * size, left + wide, y + 0.2 * size


def overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def clashes(svg: ET.Element) -> list[str]:
    """The texts that overlap another one, lie in the plot, or are not whole on the card."""
    boxes = {text: text_box(text) for text in svg.iter(SVG + "text") if text.text}
    plot = plot_area(svg)
    found = [f"{a.text} is on {b.text}" for a, b in combinations(boxes, 2) if overlap(boxes[a], boxes[b])]
    found += [f"{text.text} is on the plot" for text, box in boxes.items() if overlap(box, plot)]
    for text, (left, top, right, bottom) in boxes.items():
        if left < 0 or top < 0 or right > WIDTH or bottom > HEIGHT:
            found.append(f"{text.text} is cut off")
    return found


def check(drawing: Chart) -> None:
    svg = read(drawing)
    left, top, right, bottom = plot_area(svg)
    drawn = lines(svg)
    assert len(drawn) == len(drawing.curves)
    for x, y in (point for line in drawn for point in line):
        assert left <= x <= right
        assert top <= y <= bottom
    assert clashes(svg) == []


@given(curves(), names, names, names)
@example({"a": [(-LARGEST, LARGEST), (LARGEST, -LARGEST)]}, "", "", "")
@example({"a": [(LEAST, 1.0), (2 * LEAST, math.nextafter(1.0, 2.0))]}, "t" * 99, "x" * 99, "y" * 99)
@example({f"a name of {i} letters": [(0.0, float(i)), (1.0, 0.0)] for i in range(6)}, "t", "x", "y")
@example({f"{i}": [(0.0, 1e-3 * i), (1.0, 1.0 - 0.05 * i)] for i in range(6)}, "t", "x" * 99, "")
def test_points_are_inside_the_plot_and_texts_are_whole_and_apart(
    given_curves: dict[str, list[tuple[float, float]]], title: str, x: str, y: str
) -> None:
    check(chart(given_curves, title=title, x=x, y=y))


@given(curves(above_zero))
@example({"a": [(0.0, 1e300), (1.0, math.nextafter(1e300, LARGEST))]})
@example({"a": [(0.0, LEAST), (1.0, LARGEST)]})
def test_so_they_are_on_a_logarithmic_axis(given_curves: dict[str, list[tuple[float, float]]]) -> None:
    check(chart(given_curves, log_y=True))


def test_the_check_of_texts_finds_what_is_in_the_way() -> None:
    svg = read(chart({"E": [(0, 0), (1, 1)]}))
    texts = {text.text: text for text in svg.iter(SVG + "text")}
    texts["E"].attrib.update(x="550", y="100")
    assert clashes(svg) == []
    texts["E"].set("x", "555")
    assert clashes(svg) == ["E is cut off"]
    texts["E"].attrib.update(x="200", y="100")
    assert clashes(svg) == ["E is on the plot"]
    texts["E"].attrib.update({name: texts["0.4"].attrib[name] for name in ("x", "y", "text-anchor")})
    assert clashes(svg) == ["0.4 is on E"]


@given(st.lists(finite, min_size=1), st.booleans(), st.integers(3, 9))
def test_ticks_are_inside_the_range_rising_and_told_apart(given_numbers: list[float], log: bool, most: int) -> None:
    assume(not log or min(given_numbers) > 0)
    axis = Axis(given_numbers, log=log)
    ticks = axis.ticks(most)
    assert 1 <= len(ticks) <= most + 1
    assert axis.low <= ticks[0]
    assert ticks[-1] <= axis.high
    assert all(low < high for low, high in pairwise(ticks))
    assert len(set(written(ticks))) == len(ticks)
    assert all(0 <= axis.part(number) <= 1 for number in given_numbers)


@given(st.integers(-300, 300), st.floats(1.0, 10.0, exclude_max=True))
def test_steps_are_1_2_or_5_times_a_power_of_ten(power: int, digits: float) -> None:
    ticks = Axis([0.0, digits * 10.0**power]).ticks()
    step = ticks[1]
    assert re.fullmatch(r"[125]\.0+e.*", f"{step:.9e}")
    assert all(math.isclose(tick, i * step) for i, tick in enumerate(ticks))


@pytest.mark.parametrize(
    ("given_numbers", "log", "ticks"),
    [
        ([0.0003, 0.9997], False, [0, 0.2, 0.4, 0.6, 0.8, 1]),  # begins at 0, and ends at the 1 it nearly reaches
        ([-0.999, 0.999], False, [-1, -0.5, 0, 0.5, 1]),
        ([100.0, 104.0], False, [100, 101, 102, 103, 104]),
        ([0.25], False, [0, 0.1, 0.2, 0.3]),
        ([0.0], False, [-1, -0.5, 0, 0.5, 1]),
        ([0.02, 30.0], True, [0.03, 0.1, 0.3, 1, 3, 10, 30]),
        ([1e-30, 1.0], True, [1e-30, 1e-25, 1e-20, 1e-15, 1e-10, 1e-5, 1]),
        ([2.0, 4.0], True, [2, 2.5, 3, 3.5, 4]),
    ],
)
def test_ticks(given_numbers: list[float], log: bool, ticks: list[float]) -> None:
    assert Axis(given_numbers, log=log, rounded=True).ticks() == ticks


def test_between_whole_numbers_there_are_no_ticks_if_those_are_asked_for() -> None:
    assert Axis([0.0, 3.0]).ticks() == [0, 0.5, 1, 1.5, 2, 2.5, 3]
    assert Axis([0.0, 3.0], whole=True).ticks() == [0, 1, 2, 3]
    assert Axis([0.0, 2.5], whole=True).ticks() == Axis([0.0, 2.5]).ticks()


def test_a_line_goes_through_its_points() -> None:
    svg = read(chart({"a": [(0, 0), (1, 10), (2, 5)]}))
    left, top, right, bottom = plot_area(svg)
    middle = (left + right) / 2
    expected = [(left + 6, bottom - 6), (middle, top + 6), (right - 6, (top + bottom) / 2)]
    for drawn, point in zip(lines(svg)[0], expected, strict=True):
        assert drawn == pytest.approx(point, abs=0.011)
    assert all(re.fullmatch(r"[-\d]+(\.\d{1,2})?", n) for n in re.findall(r"[-\d.]+", svg[4][1].attrib["d"]))


def test_many_points_are_few_bytes_and_no_peak_is_lost() -> None:
    run = [(float(i), math.sin(i / 1e4)) for i in range(100_000)]
    run[55_555] = (55_555.0, 7.0)
    drawing = chart({"a": run})
    assert len(drawing.svg) < 40_000
    svg = read(drawing)
    assert min(y for _, y in lines(svg)[0]) == pytest.approx(plot_area(svg)[1] + 6, abs=0.011)


def shown(svg: ET.Element, role: str) -> ET.Element:
    return next(g for g in svg.iter(SVG + "g") if g.get("class") == role and g.find(SVG + "title") is not None)


def test_curves_are_told_apart_without_colour() -> None:
    assert all(len({style[i] for style in STYLES}) == len(STYLES) for i in range(3))
    svg = read(chart({style.role: [(0, i), (1, i)] for i, style in enumerate(STYLES)}))
    for style in STYLES:
        curve = shown(svg, style.role)
        line, markers = curve.findall(SVG + "path")
        assert curve.findtext(SVG + "title") == style.role
        assert line.get("stroke-dasharray") == style.dashes
        assert markers.attrib["d"].count(style.marker) == 2


@pytest.mark.parametrize("count", [1, FEW, FEW + 1])
def test_few_points_are_marked(count: int) -> None:
    svg = read(chart({"a": [(i, i * i) for i in range(count)]}))
    assert len(shown(svg, "input").findall(SVG + "path")) == (2 if count <= FEW else 1)


def has_legend(drawing: Chart) -> bool:
    return any(
        path.attrib["d"].count("M") > 1 for path in read(drawing).iter(SVG + "path") if path.get("fill") == "none"
    )


def test_names_stand_at_the_ends_or_in_a_row() -> None:
    apart = {"train": [(0.0, 1.0), (1.0, 0.2)], "test": [(0.0, 1.0), (1.0, 0.4)]}
    assert not has_legend(chart(apart))
    assert not has_legend(chart({"train": apart["train"], "test": [(1.0, 0.24)]}))  # one is moved a little
    assert has_legend(chart({"train": apart["train"], "test": [(0.0, 1.0), (1.0, 0.2)]}))
    assert has_legend(chart({"train": apart["train"], "test": [(0.0, 0.0), (0.5, 1.0)]}))
    assert has_legend(chart({"a name with no room at the end": apart["train"]}))


def test_it_says_what_it_shows() -> None:
    svg = read(chart({"σ(z)": [(-8, 0), (8, 1)]}, title="The <sigmoid>", x="z"))
    assert svg.get("role") == "img"
    assert svg.get("aria-label") == "The <sigmoid>: σ(z); z from −8 to 8, y from 0 to 1"
    assert read(chart({"": [(0, 0)]})).get("aria-label") == "chart: a curve; x from −1 to 1, y from −1 to 1"


def test_it_can_stand_inside_a_page() -> None:
    drawing = chart({"</style><script>": [(0, 0), (1, 1)]}, title="<!-- &", x="]]>", y='"\x00')
    svg = read(drawing)
    assert drawing.svg.startswith("<svg ")
    assert drawing.svg.endswith("</svg>")
    assert [svg.get(name) for name in ("width", "height", "viewBox")] == ["560", "320", "0 0 560 320"]
    assert svg.get("style") == "max-width: 100%; height: auto"
    assert svg.get("font-family") == FONT_STACK
    assert {"</style><script>", "<!-- &", "]]>", '"\ufffd'} <= {text.text for text in svg.iter(SVG + "text")}
    assert not list(svg.iter(SVG + "script"))
    css = svg.findtext(SVG + "style", "")
    assert svg.attrib["class"] in css
    card = next(shape for shape in svg.iter() if shape.get("fill"))
    assert card.attrib == {"width": "100%", "height": "100%", "rx": "6", "fill": "#ffffff"}


def test_the_same_curves_give_the_same_bytes() -> None:
    points = [(0.0, 0.0), (1.0, 2.0)]
    one, same, other = chart({"a": points}), chart({"a": list(points)}), chart({"b": points})
    assert one.svg == same.svg == one._repr_svg_()
    assert one.svg is one.svg
    assert read(one).get("class") != read(other).get("class")


def test_names_are_shortened_to_their_room() -> None:
    assert fit("a\n  b\tc", 9) == "a b c"
    assert columns(fit("誤" * 50, 30)) <= 30
    assert fit("x" * 99, 5) == "xx…xx"


@pytest.mark.parametrize(
    ("given_curves", "error", "told"),
    [
        ([(0, 1)], TypeError, "chart got list; give the curves by name"),
        ({}, ValueError, "nothing to draw"),
        ({"E": []}, ValueError, "curve 'E' has no points"),
        ({"E": [0.5, 0.4]}, TypeError, r"curve 'E', point 1: expected a pair \(x, y\), got 0.5; .*enumerate"),
        ({"E": [(0, 1), (1, 2, 3)]}, TypeError, "point 2: expected a pair"),
        ({"a": [(0, 1)], "E": [(0, math.nan)]}, ValueError, "curve 'E', point 1: nan is not finite; leave such"),
        ({"E": [(-math.inf, 1)]}, ValueError, "curve 'E', point 1: -inf is not finite"),
        ({"E": [(0, 10**400)]}, ValueError, "is not finite"),
        ({"E": [(0, "1")]}, TypeError, "curve 'E', point 1: expected one real number"),
        ({"E": [(0, Value(1.0))]}, TypeError, r"curve 'E', point 1: expected one real number.*\.data"),
        ({"n" * 99: [(0, math.nan)]}, ValueError, "n…n"),
        ({f"{i}": [(0, 1)] for i in range(7)}, ValueError, "cannot draw 7 curves in one chart: 6 can be told apart"),
    ],
)
def test_what_cannot_be_drawn_is_refused(given_curves: Any, error: type[Exception], told: str) -> None:
    with pytest.raises(error, match=told):
        chart(given_curves)


@pytest.mark.parametrize("y", [0.0, -0.0, -1.0])
def test_a_logarithmic_axis_has_only_numbers_above_0(y: float) -> None:
    with pytest.raises(ValueError, match=r"curve 'E', point 2: y is -?[01]\.0, and a logarithmic axis"):
        chart({"E": [(0, 1), (1, y)]}, log_y=True)


def test_points_may_be_any_numbers_in_any_sequence() -> None:
    given_curves: Mapping[str, Sequence[Any]] = {"a": ((True, Fraction(1, 2)), [2, 3])}
    assert chart(given_curves).curves == {"a": [(1.0, 0.5), (2.0, 3.0)]}
    lazy: Any = {"a": zip([0], [1], strict=True)}
    assert repr(chart(lazy, title="t" * 99)).endswith(": 1 curves, 1 points>")


def test_it_is_saved_by_suffix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawing = chart({"a": [(0, 0), (1, 1)]})
    assert drawing.save(tmp_path / "a.svg").read_text("utf-8") == drawing.svg + "\n"
    monkeypatch.setitem(sys.modules, "cairosvg", None)
    for name in ("a.png", "a.pdf"):
        with pytest.raises(ProviderError, match=r"without cairosvg. Run `pip install cairosvg`"):
            drawing.save(tmp_path / name)
    with pytest.raises(ValueError, match=r"is \.dot; give a name that ends in one of \.svg, \.png, \.pdf\."):
        drawing.save(tmp_path / "a.dot")
    assert [path.name for path in tmp_path.iterdir()] == ["a.svg"]
