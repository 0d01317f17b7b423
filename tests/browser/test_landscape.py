"""The plots of learning: the loss over parameters with the path of descent, and the decision boundary."""

import math
from typing import TYPE_CHECKING, Any

import pytest

from microgradnet import MLP, Value
from microgradnet.drawing.figure_style import COLOURS
from microgradnet.stepping import Plane
from microgradnet.teach.examples.learning import error, network
from microgradnet.value import parameter
from tests.browser.conftest import Open
from tests.browser.test_page import leaf, learning, losses, until

if TYPE_CHECKING:
    from playwright.sync_api import Page

POINTS = [(0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)]
SIDES = [0, 1, 1, 0]


def exactly(numbers: Any) -> Any:
    return pytest.approx(numbers, rel=1e-12, abs=1e-15)


def of(**numbers: float) -> float:
    """The error where the parameters of these names have these numbers."""
    net = network()
    for name, x in numbers.items():
        getattr(net, name).data = x
    return error(net).data


def plot(tab: "Page", over: str, and_: str = "alone") -> Any:
    tab.select_option("#over", label=over)
    if over.startswith("E over "):
        tab.select_option("#and", label=and_)
    return tab.evaluate("plotted")


def descend(eta: float, steps: int) -> list[dict[str, float]]:
    """The parameters before each of so many gradient steps, and after the last."""
    net, names = network(), ("w1", "b1", "w2", "b2")
    trail = [{name: getattr(net, name).data for name in names}]
    for _ in range(steps):
        for p in net:
            p.grad = 0.0
        error(net).backward()
        for p in net:
            p.data -= eta * p.grad
        trail.append({name: getattr(net, name).data for name in names})
    return trail


@pytest.mark.parametrize(("and_", "second"), [("alone", None), ("and b₂", "b2")])
def test_the_loss_over_parameters_is_pythons_and_the_others_are_as_they_are(
    opened: Open, and_: str, second: str | None
) -> None:
    tab = opened(learning())
    leaf(tab, "b₁").fill("-0.7")
    seen = plot(tab, "E over w₂", and_)
    for y, row in list(zip(seen["ys"] or [0], seen["heights"], strict=True))[::6]:
        changed = {second: y} if second else {}
        expected = [of(b1=-0.7, w2=x, **changed) for x in seen["xs"][::6]]
        assert row[::6] == exactly(expected)
    assert tab.is_hidden("#curve")
    assert tab.evaluate("graph.nodes.find((node) => node.name === 'w₂').data") == 0.45, "nothing is changed by looking"
    assert f"E = {tab.evaluate('number(pass.data[graph.root])')}" in (tab.get_attribute("#plot", "aria-label") or "")


def test_a_wrong_height_would_be_seen(opened: Open) -> None:
    tab = opened(learning())
    seen = plot(tab, "E over w₂")
    assert seen["heights"][0] != exactly([of(b2=0.66, w2=x) for x in seen["xs"]])


def test_the_path_of_descent_is_that_of_python_and_undo_shortens_it(opened: Open) -> None:
    tab = opened(learning())
    tab.fill("#eta", "0.5")
    plot(tab, "E over w₁", "and w₂")
    for _ in range(4):
        tab.click("#learn")
    expected = [[at[name] for name in ("w1", "b1", "w2", "b2")] for at in descend(0.5, 4)]
    path = tab.evaluate("trails.get(losses)")
    assert [x for at in path for x in at] == exactly([x for at in expected for x in at])
    points = "document.querySelector('#plot .path').getAttribute('points').split(' ').length"
    assert tab.evaluate(points) == 5
    tab.click("#undo")
    assert tab.evaluate(points) == 4
    leaf(tab, "w₂").fill("0.5")
    assert tab.evaluate("document.querySelector('#plot .path').getAttribute('points')") == ""


def test_the_curve_comes_back_and_one_parameter_has_one_axis(opened: Open) -> None:
    tab = opened(learning())
    assert tab.is_hidden("#curve")
    tab.click("#learn")
    plot(tab, "E over w₁", "and w₂")
    tab.select_option("#over", "")
    assert (tab.is_visible("#curve"), tab.is_visible("#plot"), tab.is_visible("#and")) == (True, False, False)
    offered = "document.querySelector('#and').textContent"
    assert "w₂" in tab.evaluate(offered)
    tab.select_option("#over", label="E over w₂")
    assert "w₂" not in tab.evaluate(offered)
    assert tab.evaluate("plotted.ys") is None


def test_ten_steps_at_once_bring_the_error_of_learning_below_a_thousandth(opened: Open) -> None:
    tab = opened(learning())
    plot(tab, "E over w₂")
    tab.select_option("#pace", "10")
    tab.click("#run")
    until(tab, lambda: bool(losses(tab)) and losses(tab)[-1] < 0.001)
    tab.click("#run")
    steps = len(losses(tab)) - 1
    assert losses(tab)[-1] == exactly(of(**descend(0.1, steps)[-1]))


def xor() -> tuple[Value, Plane, Any]:
    """A loss over four samples, a plane with the inputs of the second, and the network."""
    model: Any = MLP(2, [3, 1], "tanh", seed=3)
    inputs = [[Value(x, f"x{k}") for k, x in enumerate(point, 1)] for point in POINTS]
    outputs = [model(row) for row in inputs]
    loss: Any = sum(((out - (2 * side - 1)) ** 2 for out, side in zip(outputs, SIDES, strict=True)), Value(0.0))
    return loss, Plane(inputs[1], outputs[1], POINTS, SIDES, border=0.0), model


def test_the_boundary_is_pythons_over_the_samples_that_the_page_carries(opened: Open) -> None:
    loss, plane, model = xor()
    tab = opened(loss, plane=plane)
    assert tab.input_value("#over") == "plane"
    seen = tab.evaluate("plotted")
    for y, row in list(zip(seen["ys"], seen["heights"], strict=True))[::5]:
        assert row[::5] == exactly([model([x, y]).data for x in seen["xs"][::5]])
    right = sum((model([*point]).data > 0) == bool(side) for point, side in zip(POINTS, SIDES, strict=True))
    assert f"{right} of 4 samples" in (tab.get_attribute("#plot", "aria-label") or "")
    assert tab.locator("#plot-marks text", has_text=f"{right} of 4 right").count() == 1
    assert [tab.locator(f"#plot .sample.class-{side}").count() for side in (0, 1)] == [2, 2]
    tab.select_option("#pace", "10")
    tab.click("#run")
    until(tab, lambda: "4 of 4 samples" in (tab.get_attribute("#plot", "aria-label") or ""))
    tab.click("#run")
    places = tab.eval_on_selector_all("#plot .sample", "all => all.map((one) => one.tagName)")
    assert places == ["circle", "rect", "rect", "circle"]


def test_the_boundary_comes_back_after_a_surface(opened: Open) -> None:
    loss, plane, _ = xor()
    tab = opened(loss, plane=plane)
    before = tab.evaluate("plotted")
    tab.select_option("#over", index=1)
    tab.select_option("#and", index=2)
    assert tab.evaluate("plotted") != before
    tab.select_option("#over", "plane")
    assert tab.evaluate("plotted") == before
    assert not tab.is_visible("#and")


def test_without_a_plane_there_is_no_boundary_to_choose(opened: Open) -> None:
    tab = opened(learning())
    assert tab.locator("#over option", has_text="boundary").count() == 0


def lines(tab: "Page") -> list[list[tuple[float, float]]]:
    """The ends of the pieces of each contour, as numbers of the axes."""
    found: list[list[tuple[float, float]]] = tab.evaluate("""() => {
        const ends = (axis) => [axis[0] - (axis[1] - axis[0]) / 2, axis.at(-1) + (axis[1] - axis[0]) / 2];
        const [a, b] = ends(plotted.xs), [c, d] = ends(plotted.ys), { left, right, top, bottom } = PLOT;
        const endsOf = (line) => line.getAttribute("d").split(/[ML]/).slice(1).map((end) => end.split(",").map(Number));
        const across = (x) => a + (b - a) * (x - left) / (right - left);
        const numbersOf = ([x, y]) => [across(x), c + (d - c) * (bottom - y) / (bottom - top)];
        return [...document.querySelectorAll("#plot .contour")].map((line) => endsOf(line).map(numbersOf));
    }""")
    return found


def test_the_output_crosses_the_border_on_the_line_of_the_boundary_and_classes_have_the_colours_of_figures(
    opened: Open,
) -> None:
    loss, plane, model = xor()
    tab = opened(loss, plane=plane)
    (line,) = lines(tab)
    assert len(line) > 20
    assert max(abs(model([*end]).data) for end in line) < 0.03 < tab.evaluate("Math.max(...plotted.heights.flat())")
    fills = tab.eval_on_selector_all("#plot .sample", "all => all.map((one) => getComputedStyle(one).fill)")
    expected = [tuple(bytes.fromhex(COLOURS[side].strip("#"))) for side in SIDES]
    assert fills == [f"rgb{colour}" for colour in expected]


def test_the_loss_over_two_parameters_has_contours_with_their_numbers(opened: Open) -> None:
    tab = opened(learning())
    plot(tab, "E over w₁", "and w₂")
    numbers = [float(text) for text in tab.locator("#plot .level").all_text_contents()]
    assert 3 <= len(numbers) <= 5
    levels = sorted(numbers)
    assert numbers == levels
    for line, level in zip(lines(tab), levels, strict=True):
        assert max(abs(of(w1=x, w2=y) - level) for x, y in line) < 0.001


TICKS = """() => [...at("plot-marks").querySelectorAll("text")]
    .map((text) => Number(text.textContent.replace("−", "-") || NaN)).filter(Number.isFinite)"""
MEET = """() => {
    const texts = [...at("plot-marks").querySelectorAll("text")].filter((text) => text.textContent);
    const boxes = texts.map((text) => text.getBoundingClientRect());
    return boxes.some((a, i) => boxes.slice(i + 1).some((b) =>
        a.left < b.right && b.left < a.right && a.top + 2 < b.bottom && b.top + 2 < a.bottom));
}"""


@pytest.mark.parametrize("and_", ["alone", "and b₂"])
def test_the_axes_have_a_few_round_numbers_that_do_not_meet_their_names(opened: Open, and_: str) -> None:
    tab = opened(learning())
    plot(tab, "E over w₁", and_)
    ticks = tab.evaluate(TICKS)
    assert 4 <= len(ticks) <= 12
    assert all(len(f"{tick:g}".strip("-").replace(".", "").lstrip("0")) <= 2 for tick in ticks), "round"
    assert not tab.evaluate(MEET)


@pytest.mark.parametrize(("size", "ticks"), [(1234567.0, 3), (100000.25, 3), (-math.inf, 0)])
def test_the_numbers_of_an_axis_stand_where_they_are_however_large(opened: Open, size: float, ticks: int) -> None:
    tab = opened((parameter(size, "w") * 1e-6 - 0.5).tanh())
    tab.select_option("#over", index=1)
    told = tab.evaluate("""[...at("plot-marks").querySelectorAll("text[text-anchor=middle]")]
        .map((text) => [Number(text.textContent.replace("−", "-")), Number(text.getAttribute("x"))])""")
    low, high = tab.evaluate("[plotted.xs[0], plotted.xs.at(-1)]")
    assert len(told) == ticks
    assert all(x == pytest.approx(52 + 260 * (tick - low) / (high - low), abs=0.1) for tick, x in told), told
    assert not tab.evaluate(MEET)


def test_the_path_of_descent_is_within_the_axes(opened: Open) -> None:
    tab = opened(learning())
    tab.fill("#eta", "40")  # so large that the other parameters change the loss more than this one does
    for _ in range(4):
        tab.click("#learn")
    plot(tab, "E over w₁")
    frame, path = (tab.locator(one).bounding_box() for one in ("#plot > path", "#plot .path"))
    assert frame
    assert path
    assert path["y"] >= frame["y"] - 2
    assert path["y"] + path["height"] <= frame["y"] + frame["height"] + 2
    assert tab.evaluate("!document.querySelector('#plot clipPath')"), "nothing is cut"
