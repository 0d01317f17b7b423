"""Charts: curves go through their points, no text is in another's way, light and dark, and what is refused."""

import importlib
import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from microgradnet.drawing.chart import FEW, LARGEST, chart
from microgradnet.drawing.figure import Figure
from microgradnet.drawing.figure_style import COLOURS
from microgradnet.drawing.theme import BY_COLOUR, LIGHT
from microgradnet.value import Value

SVG = "{http://www.w3.org/2000/svg}"
finite = st.floats(-LARGEST, LARGEST)
Points = list[tuple[float, float]]


def read(figure: Figure) -> ET.Element:
    return ET.fromstring(figure.svg)


def axes_of(figure: Figure) -> Any:
    return figure.axes[0]


def colours(svg: ET.Element) -> set[str]:
    """Those that are drawn, whatever CSS makes of them."""
    return {
        colour for part in svg.iter() for name in ("fill", "stroke") if (colour := part.get(name, "")).startswith("#")
    }


def drawn(figure: Figure, colour: str) -> list[tuple[float, float]]:
    """The points, in pixels of the SVG, of the longest line that has this colour."""
    paths = [
        path.attrib["d"]
        for path in read(figure).iter(SVG + "path")
        if (path.get("stroke"), path.get("fill")) == (colour, "none")
    ]
    flat = list(map(float, re.findall(r"[-\d.]+", max(paths, key=len))))
    return list(zip(flat[::2], flat[1::2], strict=True))


def clashes(figure: Figure) -> list[str]:
    """The texts that overlap another one, or are not whole in the figure."""
    figure.draw_without_rendering()
    axes = axes_of(figure)
    x, y = ([tick.label1 for tick in axis.get_major_ticks()] for axis in (axes.xaxis, axes.yaxis))
    inside = [(label, axes.xaxis) for label in x] + [(label, axes.yaxis) for label in y]
    texts = [axes.title, axes.xaxis.label, axes.yaxis.label]
    for label, axis in inside:
        low, high = sorted(axis.get_view_interval())
        texts += [label] if low <= label.get_position()[axis is axes.yaxis] <= high else []
    boxes = {text: text.get_window_extent() for text in texts if text.get_text()}
    whole = figure.bbox.padded(1.5)
    found = [f"{a.get_text()} is on {b.get_text()}" for a, b in combinations(boxes, 2) if boxes[a].overlaps(boxes[b])]
    return found + [
        f"{text.get_text()} is cut off"
        for text, box in boxes.items()
        if not (whole.contains(box.x0, box.y0) and whole.contains(box.x1, box.y1))
    ]


def test_a_curve_goes_through_its_points_and_has_its_kinks() -> None:
    relu = [(-2.0, 0.0), (-1.0, 0.0), (0.0, 0.0), (1.0, 1.0), (2.0, 2.0)]
    figure = chart({"relu": relu})
    axes = axes_of(figure)
    assert axes.lines[0].get_xydata().tolist() == [list(point) for point in relu]
    pixels = drawn(figure, COLOURS[0])
    (left, low), kink, (right, high) = pixels[0], pixels[2], pixels[4]
    assert kink == pytest.approx(((left + right) / 2, low), abs=0.01), "flat up to 0, then straight up"
    assert low - high > 100


def test_points_in_any_order_are_joined_in_theirs() -> None:
    back = [(0.0, 0.0), (2.0, 1.0), (1.0, 2.0)]
    assert axes_of(chart({"a": back})).lines[0].get_xydata().tolist() == [list(point) for point in back]


def test_many_points_are_few_bytes_and_no_peak_is_lost() -> None:
    run = [(float(i), math.sin(i / 1e4)) for i in range(100_000)]
    run[55_555] = (55_555.0, 7.0)
    figure = chart({"a": run})
    assert len(figure.svg) < 100_000
    heights = [y for _, y in drawn(figure, COLOURS[0])]
    height = axes_of(figure).get_position().height * figure.get_figheight() * 72
    assert (max(heights) - min(heights)) / height == pytest.approx(8 / 8.8, rel=0.01), (
        "from −1 to 7, and 5% on either side"
    )


def test_axes_and_title_are_named_letter_by_letter() -> None:
    names = {"$a$ & <b>": [(0, 0), (1, 1)], "_hidden": [(0, 1)], "two\nlines": [(1, 0)]}
    figure = chart(names, title="costs $5, or $6", x="x_1", y="</text>")
    texts = [text.text for text in read(figure).iter(SVG + "text")]
    assert {"$a$ & <b>", "_hidden", "two lines", "costs $5, or $6", "x_1", "</text>"} <= set(texts)


def test_names_are_shortened_to_their_room() -> None:
    figure = chart({"n" * 99: [(0, 0)]}, title="t" * 99, x="x" * 99, y="y" * 99)
    (name,) = axes_of(figure).get_legend().get_texts()
    assert re.fullmatch("n+…n+", name.get_text())
    assert not [words for words in clashes(figure) if "y" not in words]


def test_without_a_name_there_is_no_legend() -> None:
    assert axes_of(chart({"": [(0, 0)]})).get_legend() is None


@pytest.mark.parametrize("rising", [True, False])
def test_the_legend_is_where_the_curve_is_not(rising: bool) -> None:
    points = [(k / 50, (k / 50) ** 3 if rising else (1 - k / 50) ** 3) for k in range(51)]
    figure = chart({"a": points, "b": points})
    figure.draw_without_rendering()
    axes = axes_of(figure)
    box = axes.get_legend().get_window_extent()
    assert not any(box.contains(*pixel) for pixel in axes.transData.transform(points))


def test_curves_are_told_apart_without_colour() -> None:
    figure = chart({str(k): [(0, k), (1, k)] for k in range(len(COLOURS))})
    dashes = {
        path.get("stroke-dasharray") for path in read(figure).iter(SVG + "path") if path.get("stroke-width") == "2"
    }
    assert len(dashes) == len({line.get_marker() for line in axes_of(figure).lines}) == len(COLOURS)


@pytest.mark.parametrize("count", [1, FEW, FEW + 1])
def test_few_points_are_marked(count: int) -> None:
    (line,) = axes_of(chart({"a": [(i, i * i) for i in range(count)]})).lines
    assert (line.get_marker() != "") == (count <= FEW)


def test_between_whole_numbers_there_are_no_ticks_where_all_x_are_whole() -> None:
    def whole(last: float) -> bool:
        figure = chart({"a": [(0.0, 0.0), (last, 1.0)]})
        return all(tick == round(tick) for tick in axes_of(figure).get_xticks())

    assert whole(3.0)
    assert not whole(2.5)


@settings(deadline=None, max_examples=8)
@given(st.lists(st.tuples(finite, finite), min_size=1, max_size=8), st.booleans())
@example([(-LARGEST, LARGEST), (LARGEST, -LARGEST)], False)
@example([(0.0, 1 / LARGEST), (1.0, LARGEST)], True)
@example([(0.0, 5e-324), (5e-324, 1e-323)], False)
@example([(1.0, 1.0), (math.nextafter(1.0, 2.0), math.nextafter(1.0, 2.0))], False)
def test_any_range_is_drawn_with_its_texts_whole_and_apart(points: Points, log_y: bool) -> None:
    if log_y:
        points = [(x, max(abs(y), 1 / LARGEST)) for x, y in points]
    figure = chart({"a": points}, title="title", x="iteration", y="error", log_y=log_y)
    assert clashes(figure) == []
    assert "NaN" not in figure.svg
    assert "nan" not in figure.svg


def test_the_check_of_texts_finds_what_is_in_the_way() -> None:
    figure = chart({"E": [(0, 0), (1, 1)]}, title="title")
    assert clashes(figure) == []
    figure.set_layout_engine("none")
    axes_of(figure).set_xticks([0.99, 1.0], ["a long name", "and another"])
    assert clashes(figure) == ["a long name is on and another", "and another is cut off"]
    axes_of(figure).set_xticks([])
    axes_of(figure).set_title("w" * 200)
    assert clashes(figure) == [f"{'w' * 200} is cut off"]


def test_each_colour_is_recoloured_in_the_dark_the_card_too() -> None:
    figure = chart({str(k): [(0, k), (1, k)] for k in range(len(COLOURS))}, title="t", x="x", y="y")
    svg = read(figure)
    css = svg.findtext(SVG + "style", "")
    assert css.startswith("@media screen and (prefers-color-scheme: dark) {")
    assert colours(svg) >= {*COLOURS, LIGHT["card"].fill, LIGHT["card"].text}
    scope = svg.attrib["class"]
    for colour in colours(svg):
        for name in ("fill", "stroke"):
            assert f'.{scope} [{name}="{colour}"] {{ {name}: {BY_COLOUR[colour]} }}' in css, colour
    assert not [part for part in svg.iter() if "style" in part.attrib], "CSS cannot override those"
    black = [part for part in svg.iter(SVG + "text") if "fill" not in part.attrib]
    assert not black, "text without a colour is black, in the dark too"


def test_it_can_stand_inside_a_page() -> None:
    figure = chart({"</style><script>": [(0, 0), (1, 1)]}, title="<!-- &", x="]]>", y='"\x00')
    svg = read(figure)
    assert figure.svg.startswith("<svg ")
    assert figure.svg.endswith("</svg>")
    assert svg.get("role") == "img"
    assert ".{} {{ max-width: 100%; height: auto;".format(svg.get("class")) in svg.findtext(SVG + "style", "")
    assert {"</style><script>", "<!-- &", "]]>", '"\ufffd'} <= {text.text for text in svg.iter(SVG + "text")}
    assert not {"script", "metadata", "title"} & {part.tag.removeprefix(SVG) for part in svg.iter()}
    assert len(list(svg.iter(SVG + "style"))) == 1, "matplotlib's own would hold for the whole page"
    ids = {part.attrib["id"] for part in svg.iter() if "id" in part.attrib}
    assert all(name.startswith(svg.attrib["class"]) for name in ids)
    named = re.findall(r'(?:url\(#|href="#)([^")]+)', figure.svg)
    assert named
    assert set(named) <= ids


def test_it_says_what_it_shows() -> None:
    svg = read(chart({"σ(z)": [(-8, 0), (8, 1)]}, title="The <sigmoid>", x="z"))
    assert svg.get("aria-label") == "The <sigmoid>: σ(z); z from −8 to 8, y from 0 to 1"
    assert read(chart({"": [(0, 0)]})).get("aria-label") == "chart: a curve; x from 0 to 0, y from 0 to 0"


def test_the_same_curves_give_the_same_bytes() -> None:
    points = [(0.0, 0.0), (1.0, 2.0)]
    one, same, other = chart({"a": points}), chart({"a": list(points)}), chart({"b": points})
    assert one.svg == one.svg == same.svg == one._repr_svg_()
    assert one._repr_png_() == same._repr_png_()
    assert one.svg == same.svg, "after a PNG too"
    assert read(one).get("class") != read(other).get("class")


def test_matplotlibs_settings_are_as_they_were_and_threads_do_not_meet() -> None:
    settings = importlib.import_module("matplotlib").rcParams
    before = dict(settings)
    alone = chart({"a": [(0, 0), (1, 1)]}).svg
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(lambda _: chart({"a": [(0, 0), (1, 1)]}).svg, range(12))) == {alone}
    assert dict(settings) == before


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
        ({"E": [(0, 1), (0, -1.1e300)]}, ValueError, r"curve 'E', point 2: -1\.1e\+300 is beyond ±1e\+100"),
        ({"E": [(0, "1")]}, TypeError, "curve 'E', point 1: expected one real number"),
        ({"E": [(0, Value(1.0))]}, TypeError, r"curve 'E', point 1: expected one real number.*\.data"),
        ({"n" * 99: [(0, math.nan)]}, ValueError, "n…n"),
        ({f"{i}": [(0, 1)] for i in range(7)}, ValueError, "cannot draw 7 curves in one chart: 6 can be told apart"),
    ],
)
def test_what_cannot_be_drawn_is_refused(given_curves: Any, error: type[Exception], told: str) -> None:
    with pytest.raises(error, match=told):
        chart(given_curves)


@pytest.mark.parametrize("y", [0.0, -0.0, -1.0, 1e-101])
def test_a_logarithmic_axis_has_only_numbers_above_0(y: float) -> None:
    with pytest.raises(ValueError, match=r"curve 'E', point 2: y is -?[01][^ ]+, and a logarithmic axis"):
        chart({"E": [(0, 1), (1, y)]}, log_y=True)
    assert axes_of(chart({"E": [(0, 1), (1, 10)]}, log_y=True)).get_yscale() == "log"


def test_points_may_be_any_numbers_in_any_sequence() -> None:
    given_curves: Mapping[str, Sequence[Any]] = {"a": ((True, Fraction(1, 2)), [2, 3])}
    assert axes_of(chart(given_curves)).lines[0].get_xydata().tolist() == [[1.0, 0.5], [2.0, 3.0]]
    lazy: Any = {"a": zip([0], [1], strict=True)}
    assert axes_of(chart(lazy)).lines[0].get_xydata().tolist() == [[0.0, 1.0]]


def test_it_is_saved_by_suffix(tmp_path: Path) -> None:
    figure = chart({"a": [(0, 0), (1, 1)]})
    assert figure.save(tmp_path / "a.svg").read_text("utf-8") == figure.svg + "\n"
    assert figure.save(tmp_path / "a.PNG").read_bytes() == figure._repr_png_()
    pdf = figure.save(tmp_path / "a.pdf").read_bytes()
    assert pdf.startswith(b"%PDF")
    assert b"CreationDate" not in pdf
    for name in ("a.dot", "a"):
        with pytest.raises(ValueError, match=r"give a name that ends in one of \.svg, \.png, \.pdf"):
            figure.save(tmp_path / name)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.PNG", "a.pdf", "a.svg"]
