"""Clicking through the page as a reader would, and comparing what it shows with what Python computes."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from microgradnet import MLP, Value, page, parameter, sigmoid, softmax
from microgradnet.graph import topological_order
from microgradnet.notation.names import Namer, number
from microgradnet.stepping.tracing import trace_source
from microgradnet.teach.examples import EXAMPLES
from microgradnet.teach.examples.learning import error, learn, network
from tests.browser import picture
from tests.browser.conftest import Open
from tests.drawing.test_escape import HOSTILE

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

each_example = pytest.mark.parametrize("name", EXAMPLES)


def learning() -> Value:
    return error(network())


def exact(tab: "Page") -> dict[str, tuple[float | None, float | None]]:
    """Data and gradient of each value now, by its name, as the tooltips have them."""
    titles = tab.eval_on_selector_all(
        ".view:not([hidden]) .node > title", "titles => titles.map(title => title.textContent)"
    )
    found: dict[str, tuple[float | None, float | None]] = {}
    for title in titles:
        lines = title.split("\n")
        told = dict(line.split(" ", 1) for line in lines[1:] if line.startswith(("data ", "grad ")))
        numbers = [None if text is None or text[0] == "n" else float(text) for text in (told["data"], told.get("grad"))]
        found[lines[0].partition(" = ")[0]] = (numbers[0], numbers[1])
    return found


def agrees(tab: "Page", root: Value) -> bool:
    """Whether the page, at its end, has Python's numbers for every labelled value."""
    root.zero_grad()
    root.backward()
    shown = exact(tab)
    order = topological_order(root)
    labelled, namer = [node for node in order if node.label], Namer(order)
    return bool(labelled) and all(
        math.isclose(got or 0.0, wanted, rel_tol=1e-12, abs_tol=1e-15)
        for node in labelled
        for got, wanted in zip(shown[namer.name(node)], (node.data, node.grad), strict=True)
    )


def leaf(tab: "Page", name: str) -> Any:
    """The field in which the number of a leaf is typed."""
    return tab.locator("#leaves .leaf").filter(has_text=name).locator("input[type=text]")


def until(tab: "Page", holds: Callable[[], bool]) -> None:
    """Wait until it holds, as the page forbids Playwright's own way, which evaluates text."""
    for _ in range(300):
        if holds():
            return
        tab.wait_for_timeout(50)
    raise AssertionError("it did not come about in 15 seconds")


def is_in_pane(box: "Locator") -> bool:
    """Whether all of a box can be seen in the pane."""
    found: bool = box.evaluate(
        """(box) => {
            const inner = box.getBoundingClientRect(), outer = at("pane").getBoundingClientRect();
            const isAcross = outer.left <= inner.left && inner.right <= outer.right;
            return isAcross && outer.top <= inner.top && inner.bottom <= outer.bottom;
        }"""
    )
    return found


def place(tab: "Page") -> tuple[int, int]:
    done, _, of = tab.inner_text("#place").partition(" of ")
    return int(done), int(of)


@each_example
def test_every_example_plays_to_pythons_numbers(opened: Open, name: str) -> None:
    root = EXAMPLES[name].build()
    tab = opened(root)
    assert place(tab)[0] == 0
    assert all(grad is None for _, grad in exact(tab).values())
    tab.click("#end")
    assert agrees(tab, root)


def test_a_wrong_number_would_be_seen(opened: Open) -> None:
    tab = opened(learning())
    tab.click("#end")
    assert not agrees(tab, error(network(w2=0.46)))


def test_step_by_step_it_tells_the_equations_of_python(opened: Open) -> None:
    root = learning()
    tab = opened(root)
    told = []
    for _ in range(place(tab)[1]):
        tab.click("#step")
        told.append((tab.inner_text("#phase"), tab.inner_text("#equation")))
    forward = [("Forward propagation", step.text) for step in root.forward_steps()]
    backward = [("Backward propagation", step.text.partition(", and ")[0]) for step in root.backward_steps()]
    assert told == [*forward, ("Backward propagation", "E.grad = ∂E/∂E = 1"), *backward]


def test_gradients_appear_as_they_are_made_and_add_up(opened: Open) -> None:
    a = Value(3.0, "a")
    b = a * a
    b.label = "b"
    c = b + a
    c.label = "c"
    tab = opened(c)
    tab.click("#end")
    assert "contribution 3 of 3 to a.grad: 4 + 3 = 7" in tab.inner_text("#detail")
    assert "operand 2 of a·a" in tab.inner_text("#equation")
    tab.click("#back")
    assert "contribution 2 of 3 to a.grad: 1 + 3 = 4" in tab.inner_text("#detail")
    assert exact(tab)["a"] == (3.0, 4.0)
    tab.click("#start")
    assert exact(tab)["a"] == (3.0, None)
    assert exact(tab)["b"] == (None, None)


def test_buttons_keys_slider_and_list_move_to_the_same_places(opened: Open) -> None:
    tab = opened(learning())
    last = place(tab)[1]
    tab.keyboard.press("ArrowRight")
    tab.keyboard.press("ArrowRight")
    assert place(tab) == (2, last)
    tab.keyboard.press("ArrowLeft")
    assert place(tab)[0] == 1
    tab.keyboard.press("End")
    assert place(tab)[0] == last
    assert tab.is_disabled("#step")
    ended = tab.inner_text(".equation")
    tab.keyboard.press("ArrowRight")
    assert (place(tab)[0], tab.inner_text(".equation")) == (last, ended), "there is no further step"
    tab.keyboard.press("Home")
    assert place(tab)[0] == 0
    assert tab.is_disabled("#back")
    tab.fill("#slider", "7")
    assert place(tab)[0] == 7
    tab.click("#steps li:nth-child(12) button")
    assert place(tab)[0] == 12
    assert tab.get_attribute("#steps li:nth-child(12) button", "aria-current") == "step"
    assert tab.locator("#steps li").count() == last


def test_it_plays_and_pauses_by_click_and_by_space(opened: Open) -> None:
    tab = opened(learning())
    tab.select_option("#speed", "120")
    tab.click("#play")
    assert tab.inner_text("#play") == "Pause"
    until(tab, lambda: place(tab)[0] > 2)
    tab.locator("body").press(" ")
    assert tab.inner_text("#play") == "Play"
    here = place(tab)[0]
    tab.wait_for_timeout(400)
    assert place(tab)[0] == here
    tab.locator("body").press(" ")
    until(tab, lambda: place(tab)[0] == place(tab)[1])
    assert tab.inner_text("#play") == "Play"


def test_a_typed_number_changes_everything_and_undo_takes_it_back(opened: Open) -> None:
    tab = opened(learning())
    tab.click("#end")
    leaf(tab, "w₂").fill("-1.5")
    assert agrees(tab, error(network(w2=-1.5)))
    tab.click("#undo")
    assert agrees(tab, learning())
    assert tab.is_disabled("#undo")


@pytest.mark.parametrize(
    ("written", "w2"),
    [("1/3", 1 / 3), ("-1/4", -0.25), ("−0.5", -0.5), ("0,5", 0.5), ("1e-3", 1e-3), (".5", 0.5), (" 2 ", 2.0)],
)
def test_a_number_is_read_as_it_is_written(written: str, w2: float, opened: Open) -> None:
    tab = opened(learning())
    tab.click("#end")
    field = leaf(tab, "w₂")
    field.click()
    tab.keyboard.type(written)
    assert field.input_value() == written
    assert agrees(tab, error(network(w2=w2)))
    field.blur()
    assert field.input_value() == str(float(f"{w2:.6g}")).removesuffix(".0").replace("-", "−")
    assert tab.inner_text("#message") == ""


def test_what_is_no_number_is_said_and_changes_nothing(opened: Open) -> None:
    tab = opened(learning())
    tab.click("#end")
    field = leaf(tab, "w₂")
    refusals = {
        written: f"“{written}” is no number; write it as 0.25, −3 or 1/3"
        for written in ("abc", "-", "1/0", "1/2/3", "1e999", "0x10")
    }
    refusals |= {
        "": "its field is empty; write it as 0.25, −3 or 1/3",
        "1,000": "“1,000” is ambiguous: write 1000 or 1.000",
    }
    for written, said in refusals.items():
        field.click()
        field.fill("")
        field.press_sequentially(written)
        field.press("Enter")
        assert f"w₂: {said}. It is still " in tab.inner_text("#message")
        assert (field.input_value(), field.get_attribute("aria-invalid")) == (written, "true")
        field.blur()
        assert field.input_value() == written, "to be put right"
        field.fill("0.45")
        assert (tab.inner_text("#message"), field.get_attribute("aria-invalid")) == ("", None)
    assert agrees(tab, learning())
    for written in ("low", "1e999"):
        tab.fill("#target", written)
        tab.click("#run")
        assert f"Run stops below a number, and its field holds {written}" in tab.inner_text("#moved")
    for written in ("", "-1"):
        said = f"the learning rate η must be a number of at least 0, and its field holds {written or 'none'}"
        tab.fill("#eta", written)
        tab.press("#eta", "Enter")
        assert said in tab.inner_text("#moved")
        assert tab.get_attribute("#eta", "aria-invalid") == "true"
        tab.click("#learn")
        assert said in tab.inner_text("#moved")
    tab.fill("#eta", "0,2")
    tab.press("#eta", "Enter")
    assert "for every parameter" in tab.inner_text("#moved")
    assert tab.get_attribute("#eta", "aria-invalid") is None


def test_a_refusal_does_not_go_with_the_field_of_the_parameter_before(opened: Open) -> None:
    model = MLP(2, [8, 8, 1], seed=1)
    tab = opened((model([1.0, 2.0]) - 1) ** 2)
    first, second = tab.locator("#leaves .cell").nth(3), tab.locator("#leaves .cell").nth(4)
    first.click()
    tab.keyboard.type("abc\n")
    assert "“abc” is no number" in tab.inner_text("#message")
    second.click()
    assert tab.inner_text("#message") == ""
    tab.keyboard.type("0.7\n")
    assert second.locator(".data").inner_text() == "0.7"


def test_the_current_step_stays_in_its_list_when_the_curve_takes_room(opened: Open) -> None:
    tab = opened(learning(), viewport={"width": 1280, "height": 720})
    tab.click("#end")
    tab.click("#learn")
    seen = """() => {
        const of = (one) => one.getBoundingClientRect(), list = of(at("steps"));
        const now = of(at("steps").querySelector("[aria-current]"));
        return list.top - 1 <= now.top && now.bottom <= list.bottom + 1;
    }"""
    tab.wait_for_function(seen)
    tab.select_option("#over", index=1)
    tab.wait_for_function(seen)


def test_a_slider_and_a_dragged_box_change_a_number_with_one_undo_each(opened: Open) -> None:
    tab = opened(learning())
    tab.click("#end")
    slider = tab.get_by_label("slider of w₁")
    slider.focus()
    slider.press("ArrowRight")
    after_slider = exact(tab)["w₁"][0]
    assert after_slider != 0.15
    tab.locator(".view:visible .leaf-box", has_text="b₂").scroll_into_view_if_needed()
    box = tab.locator(".view:visible .leaf-box", has_text="b₂").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    tab.mouse.move(x, y)
    tab.mouse.down()
    for dx in (10, 20, 30):
        tab.mouse.move(x + dx, y)
    tab.mouse.up()
    b2 = exact(tab)["b₂"][0]
    assert b2 == pytest.approx(0.65 + 30 * 0.002)
    net = network(b2=b2 or 0.0)
    net.w1.data = after_slider or 0.0
    assert agrees(tab, error(net))
    tab.click("#undo")
    assert exact(tab)["b₂"][0] == 0.65
    tab.click("#undo")
    assert agrees(tab, learning())


def test_clicking_a_leaf_leads_to_its_number(opened: Open) -> None:
    tab = opened(learning())
    tab.locator(".view:visible .leaf-box", has_text="w₁").first.click()
    tab.keyboard.type("2")
    tab.click("#end")
    assert exact(tab)["w₁"][0] == 2.0


def test_gradient_steps_are_those_of_python(opened: Open) -> None:
    tab = opened(learning())
    tab.click("#end")
    tab.fill("#eta", "0.4")
    net = network()
    for _ in range(3):
        tab.click("#learn")
        for p in net:
            p.grad = 0.0
        error(net).backward()
        for p in net:
            p.data -= 0.4 * p.grad
    assert agrees(tab, error(net))
    assert tab.inner_text("#moved").endswith(f"→ {number(error(net).data)}")
    for _ in range(3):
        tab.click("#undo")
    assert agrees(tab, learning())


def test_a_gradient_step_is_written_out_for_the_parameter_that_moved_most(opened: Open) -> None:
    tab = opened(learning())
    tab.fill("#eta", "0.5")
    tab.click("#learn")
    net = network()
    error(net).backward()
    grad = net.b2.grad
    assert max(net, key=lambda p: abs(p.grad)) is net.b2
    after = number(0.65 - 0.5 * grad)
    assert tab.inner_text("#update") == f"b₂ ← b₂ − η·grad = 0.65 − 0.5·{number(grad)} = {after}"
    assert tab.inner_text("#moved").startswith("E: 0.1082 → ")


def losses(tab: "Page") -> list[float]:
    found: list[float] = tab.evaluate("losses")
    return found


@pytest.mark.parametrize(("eta", "pace", "motion"), [("0.1", "10", None), ("0.4", "1", None), ("0.4", "10", "reduce")])
def test_a_run_learns_as_python_does_and_is_one_undo(opened: Open, eta: str, pace: str, motion: Any) -> None:
    tab = opened(learning(), reduced_motion=motion)
    tab.click("#end")
    tab.fill("#eta", eta)
    tab.select_option("#pace", pace)
    tab.click("#run")
    assert tab.inner_text("#run") == "Stop"
    assert tab.get_attribute("#spoken", "aria-live") == "off"
    until(tab, lambda: losses(tab)[-1:] < [0.001] and bool(losses(tab)))
    tab.click("#run")
    assert tab.inner_text("#run") == "Run"
    assert tab.get_attribute("#spoken", "aria-live") == "polite"
    steps, net = len(losses(tab)) - 1, network()
    for _ in range(steps):
        for p in net:
            p.grad = 0.0
        error(net).backward()
        for p in net:
            p.data -= float(eta) * p.grad
    assert agrees(tab, error(net))
    assert tab.inner_text("#moved") == f"Stopped. E: 0.1082 → {number(error(net).data)} in {steps} gradient steps"
    assert tab.get_attribute("#curve", "aria-label") == (
        f"E over {steps} gradient steps: from 0.1082 to {number(error(net).data)}"
    )
    tab.click("#undo")
    assert agrees(tab, learning())
    assert losses(tab) == []
    assert tab.is_hidden("#curve")


def test_undo_takes_back_the_last_point_of_the_curve_and_a_typed_number_begins_anew(opened: Open) -> None:
    tab = opened(learning())
    tab.click("#learn")
    tab.click("#learn")
    first, second, _ = losses(tab)
    tab.click("#undo")
    assert losses(tab) == [first, second]
    leaf(tab, "w₂").fill("0.5")
    assert losses(tab) == []
    tab.click("#undo")
    assert losses(tab) == [first, second]


@pytest.mark.parametrize(
    ("loss", "eta", "says"),
    [
        (lambda w: (w - 3) ** 2, "0.5", "y no longer changes. y: 1 → 0 in 2 gradient steps"),
        (lambda w: (w - 3) ** 4, "1", "has no finite value"),
        (lambda w: w * 1e300, "1e300", "y is −inf: a smaller η may help. y: 2e+300 → −inf in 1 gradient step"),
        (lambda w: w.log(), "5", "log(x) has no finite value at w = -0.5"),
    ],
)
def test_a_run_stops_by_itself_and_says_why(opened: Open, loss: Any, eta: str, says: str) -> None:
    y = loss(parameter(2.0, "w"))
    y.label = "y"
    tab = opened(y)
    tab.fill("#eta", eta)
    tab.click("#run")
    until(tab, lambda: tab.inner_text("#run") == "Run")
    assert says in tab.inner_text("#moved")


def test_a_run_stops_where_the_loss_is_small_enough(opened: Open) -> None:
    tab = opened(learning())
    tab.fill("#eta", "0.4")
    tab.fill("#target", "0.001")
    tab.click("#run")
    until(tab, lambda: tab.inner_text("#run") == "Run")
    *_, before, last = losses(tab)
    assert last < 0.001 <= before
    assert len(losses(tab)) == len(learn(network())), "as the lesson's loop"
    assert tab.inner_text("#moved").startswith("E is below 0.001. E: 0.1082 → ")
    tab.click("#run")
    assert tab.inner_text("#moved").endswith(" is already below 0.001: no step was taken")
    assert losses(tab)[-1] == last


@pytest.mark.parametrize(
    ("loss", "says"),
    [
        (lambda w: (w - 3) ** 2 + 1, "y no longer changes and is not below −1. y: 2 → 1 in "),
        (
            lambda w: (w - 3.03).relu() + (3.03 - w).relu(),
            "y was no lower in 1000 steps and is not below −1: a smaller",
        ),
        (lambda w: (-w).exp(), "10000 steps, y still changes and is not below −1: press Run to go on. y: 0.1353 → "),
    ],
)
def test_a_run_whose_aim_is_never_reached_ends(opened: Open, loss: Any, says: str) -> None:
    y = loss(parameter(2.0, "w"))
    y.label = "y"
    tab = opened(y, reduced_motion="reduce")  # without ten thousand pictures
    tab.fill("#target", "-1")
    tab.select_option("#pace", "10")
    tab.evaluate("() => { requestAnimationFrame = (frame) => scheduler.postTask(frame); }")
    tab.click("#run")
    until(tab, lambda: tab.inner_text("#run") == "Run")
    assert says in tab.inner_text("#moved")


def test_keys_step_after_a_click_until_a_number_is_typed(opened: Open) -> None:
    tab = opened(learning())

    def stepped(key: str = "ArrowRight") -> int:
        before = int(tab.inner_text("#place").split()[0])
        tab.keyboard.press(key)
        return int(tab.inner_text("#place").split()[0]) - before

    tab.locator("#leaves input[type=range]").first.click()
    assert [stepped(), stepped(), stepped("ArrowLeft")] == [1, 1, -1]
    tab.locator(".view:visible .leaf-box").first.click()
    assert [stepped(), stepped()] == [1, 1]
    tab.keyboard.type("0.5")
    assert stepped("ArrowLeft") == 0, "the number is edited"
    tab.keyboard.press("Tab")
    tab.keyboard.press("Shift+Tab")
    tab.keyboard.press("Shift+Tab")
    assert tab.evaluate("document.activeElement.type") == "range"
    assert stepped() == 0, "a slider that Tab reaches has its keys"
    tab.locator("#leaves input[type=text]").first.click()
    assert stepped() == 0, "nor after a click into the number itself"


def test_numbers_are_listed_as_inputs_and_parameters_layer_by_layer(opened: Open) -> None:
    def listed(tab: "Page") -> str:
        return " ".join(tab.eval_on_selector_all("#leaves > h3, #leaves .name", "all => all.map(e => e.textContent)"))

    assert listed(opened(learning())) == "inputs x₁ T parameters w₁ b₁ w₂ b₂"
    scores = [Value(x, f"z{k}") for k, x in enumerate([1.0, 2.0, 0.5], 8)]
    assert listed(opened(-softmax(scores)[1].log())) == "inputs z8 z9 z10", "of these, z9 is used first"
    names = listed(network_page(opened)[0]).split()
    layers = ["¹²³".index(name[2]) for name in names if name[0] in "wb"]
    assert names[:4] == ["inputs", "x₁", "x₂", "parameters"]
    assert layers == sorted(layers)
    assert set(layers) == {0, 1, 2}


def test_without_parameters_there_is_nothing_to_learn(opened: Open) -> None:
    tab = opened(Value(2.0, "x") * 3)
    assert tab.is_disabled("#learn")
    assert "parameter(" in (tab.get_attribute("#learn", "title") or "")


def test_outside_a_domain_it_says_where_and_comes_back(opened: Open) -> None:
    x = parameter(2.0, "x")
    y = x.log() * 3 + x
    y.label = "y"
    tab = opened(y)
    tab.click("#end")
    tab.locator("#leaves input[type=text]").fill("-1")
    assert "log(x) has no finite value at x = -1 (defined for x > 0, in the range of a float)" in tab.inner_text(
        "#message"
    )
    tab.locator("#leaves input[type=text]").fill("3")
    assert tab.inner_text("#message") == ""
    assert tab.is_disabled("#end"), "it is where it was"
    x.data = 3.0
    again = x.log() * 3 + x
    again.label = "y"
    assert agrees(tab, again)


def test_a_single_value_has_its_own_gradient_and_a_word_on_what_to_draw(opened: Open) -> None:
    a = Value(2.0, "a")
    tab = opened(a)
    assert "a is not computed from other values" in tab.inner_text("#equation")
    assert "y = a * 2" in tab.inner_text("#equation")
    tab.click("#end")
    assert place(tab) == (1, 1)
    assert tab.inner_text("#equation") == "a.grad = ∂a/∂a = 1"
    assert agrees(tab, a)


def test_infinite_numbers_that_were_put_in_are_played_as_python_computes_them(opened: Open) -> None:
    a, b = Value(-math.inf, "a"), parameter(2.0, "b")
    y = a * b + 1.0
    y.label = "y"
    tab = opened(y)
    assert tab.inner_text("#message") == ""
    tab.click("#end")
    assert place(tab) == (6, 6)
    assert agrees(tab, y)
    field = tab.locator("#leaves input[type=text]").first
    assert (field.input_value(), field.get_attribute("placeholder")) == ("", "−inf")
    tab.click("#learn")
    assert tab.inner_text("#moved") == "b.grad is −inf: no step was taken"
    field.fill("3")
    tab.click("#learn")
    assert tab.inner_text("#message") == ""
    assert tab.inner_text("#moved") == "y: 7 → 6.1"
    tab.click("#undo")
    tab.click("#undo")
    assert agrees(tab, y)


def test_the_current_node_is_marked_and_followed_when_the_picture_is_large(opened: Open) -> None:
    z = Value(1.0, "x")
    for i in range(40):
        z = sigmoid(z)
        z.label = f"a{i}"
    tab = opened(z)
    for where in ("#end", "#start", "#step"):
        tab.click(where)
        tab.evaluate(SCROLLED)
    for _ in range(30):
        tab.keyboard.press("ArrowRight")
    tab.evaluate(SCROLLED)
    assert is_in_pane(tab.locator(".node.now"))
    assert tab.locator(".node.partner").count() == 1
    assert tab.locator(".edge.now").count() == 1


# Of the current step: the boxes that change and that send, by the first words of their texts; the box near which the
# arrowhead is; what travels, from which box to which, and for how long.
DIRECTION = """() => {
    const box = (kind) => [...document.querySelectorAll(`.view:not([hidden]) .node.${kind}`)].map((node) =>
        node.querySelector("text").textContent.split(/[ \u00a0]/)[0]);
    const step = timeline[position - 1], head = document.querySelector(".edge.now > polygon");
    const middle = (element) => {
        const { left, right, top, bottom } = element.getBoundingClientRect();
        return { x: (left + right) / 2, y: (top + bottom) / 2 };
    };
    const far = (a, b) => Math.hypot(a.x - b.x, a.y - b.y);
    const node = graph.nodes[step.node], result = current.boxes[step.node];
    const operand = current.boxes[node.operands[step.positions[0]]];
    const nearest = (point) => (far(point, middle(operand)) < far(point, middle(result)) ? "operand" : "result");
    const labels = [...document.querySelectorAll(".travelling")];
    const travelling = labels.map((label, i) => {
        const [animation] = label.getAnimations(), { duration } = animation.effect.getTiming();
        animation.pause();
        const [first, last] = [0, duration - 0.01].map((time) => {
            animation.currentTime = time;
            return middle(label);
        });
        animation.play();
        const texts = [...label.children].map((one) => one.textContent).join(" → ");
        const [from, to] = [result, current.boxes[node.operands[step.positions[i]]]].map(middle);
        const isBack = (last.x - first.x) * (to.x - from.x) + (last.y - first.y) * (to.y - from.y) > 0;
        return [texts, isBack ? "operand" : "result", duration];
    });
    return { changing: box("now"), sending: box("partner"), points: nearest(middle(head)), travelling };
}"""


def test_backward_is_seen_backward(opened: Open) -> None:
    tab = opened(learning())
    a1_to_product, back = 3, 18  # w₂·a₁, and a₁.grad
    tab.fill("#slider", str(a1_to_product))
    tab.click("#step")
    seen = tab.evaluate(DIRECTION)
    assert seen["changing"] == ["w₂·a₁"]
    assert sorted(seen["sending"]) == ["a₁", "w₂"]
    assert seen["points"] == "result"
    assert sorted(travelling[:2] for travelling in seen["travelling"]) == [["0.45", "result"], ["0.6023", "result"]]
    tab.fill("#slider", str(back))
    tab.click("#step")
    seen = tab.evaluate(DIRECTION)
    assert (seen["changing"], seen["sending"], seen["points"]) == (["a₁"], ["w₂·a₁"], "operand")
    ((carried, to, duration),) = seen["travelling"]
    assert (carried, to) == ("0.09476 → 0.09476 × 0.45 → 0.04264", "operand")
    assert 0 < duration < 1200
    until(tab, lambda: tab.locator(".travelling").count() == 0)
    tab.fill("#slider", str(a1_to_product + 1))
    assert tab.locator(".edge > polygon[transform]").count() == 0
    assert tab.locator(".travelling").count() == 0, "a jump is no step"


def test_a_gradient_meets_the_local_derivative_on_its_way(opened: Open) -> None:
    tab = opened(learning())
    tab.fill("#slider", "18")
    tab.click("#step")
    seen = tab.evaluate(
        """() => [0.1, 0.5, 0.9].map((part) => {
            const animations = document.getAnimations().filter(({ effect }) => effect.target.closest(".travelling"));
            for (const animation of animations) {
                animation.pause();
                animation.currentTime = part * animation.effect.getTiming().duration;
            }
            return [...document.querySelectorAll(".travelling > g")]
                .filter((one) => getComputedStyle(one).opacity === "1").map((one) => one.textContent);
        })"""
    )
    assert seen == [["0.09476"], ["0.09476 × 0.45"], ["0.04264"]]


@pytest.mark.parametrize("speed", ["2400", "1200", "500", "120"])
def test_a_number_arrives_before_the_next_step_of_play(opened: Open, speed: str) -> None:
    tab = opened(learning())
    tab.select_option("#speed", speed)
    tab.click("#play")
    took = tab.evaluate("document.querySelector('.travelling').getAnimations()[0].effect.getTiming().duration")
    assert 0 < took < int(speed)


def test_with_reduced_motion_nothing_travels_and_the_direction_is_still_seen(opened: Open) -> None:
    tab = opened(learning(), reduced_motion="reduce")
    tab.fill("#slider", "18")
    tab.click("#step")
    seen = tab.evaluate(DIRECTION)
    assert (seen["changing"], seen["sending"], seen["points"]) == (["a₁"], ["w₂·a₁"], "operand")
    assert seen["travelling"] == []


DESKTOP = {"width": 1366, "height": 768}
PHONE = {"width": 390, "height": 844}

# Waits until the picture, which scrolls smoothly, stands still.
SCROLLED = """async () => {
    const pane = document.getElementById("pane"), frame = () => new Promise(requestAnimationFrame);
    for (let still = 0, was = ""; still < 8; await frame()) {
        const now = `${pane.scrollLeft} ${pane.scrollTop}`;
        still = now === was ? still + 1 : 0;
        was = now;
    }
}"""

# Of the current step: the visible share of the box that changes, the least of all boxes, and whether all fit.
IN_VIEW = """() => {
    const pane = document.getElementById("pane"), boxOf = (i, use) => current.chips[use] ?? current.boxes[i];
    const { whose, node, positions, use } = timeline[position - 1], { left, top } = pane.getBoundingClientRect();
    const operands = positions.map((slot) => boxOf(graph.nodes[node].operands[slot], `${node},${slot}`));
    const boxes = [boxOf(whose, use), current.boxes[node], ...operands]
        .map((box) => box?.getBoundingClientRect()).filter(Boolean);
    const right = Math.min(left + pane.clientWidth, innerWidth);
    const bottom = Math.min(top + pane.clientHeight, innerHeight);
    const shares = boxes.map((box) =>
        Math.max(0, Math.min(box.right, right) - Math.max(box.left, left)) / box.width *
        Math.max(0, Math.min(box.bottom, bottom) - Math.max(box.top, top)) / box.height);
    const most = (side, sign) => sign * Math.max(...boxes.map((box) => sign * box[side]));
    const extent = (low, high) => most(high, 1) - most(low, -1);
    const fit = extent("left", "right") < pane.clientWidth - 24 && extent("top", "bottom") < pane.clientHeight - 24;
    return { first: shares[0], all: Math.min(...shares), fit };
}"""


@pytest.mark.parametrize(
    ("name", "viewport", "enlarged"),
    [
        ("learning", DESKTOP, 0),
        ("learning", DESKTOP, 3),
        ("learning", PHONE, 0),
        ("layers", DESKTOP, 0),
        ("layers", PHONE, 0),
    ],
)
def test_the_box_that_changes_is_in_view_after_every_step_and_the_others_where_there_is_room(
    opened: Open, name: str, viewport: dict[str, int], enlarged: int
) -> None:
    tab = opened(EXAMPLES[name].build(), viewport=viewport)
    for _ in range(enlarged):
        tab.click("#larger")
    for step in range(1, place(tab)[1] + 1):
        tab.keyboard.press("ArrowRight")
        tab.evaluate(SCROLLED)
        seen = tab.evaluate(IN_VIEW)
        assert seen["first"] > 0.999, f"step {step}"
        assert seen["all"] > 0.999 or not seen["fit"], f"step {step}"


@pytest.mark.parametrize("name", ["learning", "layers"])
def test_the_picture_stays_in_place_whatever_the_length_of_the_equation(opened: Open, name: str) -> None:
    tab = opened(EXAMPLES[name].build(), viewport={"width": 1280, "height": 720})
    heights = set()
    for _ in range(place(tab)[1]):
        tab.keyboard.press("ArrowRight")
        heights.add(tab.evaluate("document.getElementById('pane').clientHeight"))
        assert tab.evaluate("document.getElementById('spoken').scrollHeight <= spoken.clientHeight")
    assert len(heights) == 1


def test_a_step_whose_box_is_still_in_view_stops_the_scrolling_to_another(opened: Open) -> None:
    tab = opened(learning(), viewport=PHONE)
    for step in ("1", "10", "1"):
        tab.fill("#slider", step)
    tab.evaluate(SCROLLED)
    assert tab.evaluate(IN_VIEW)["first"] > 0.999


def test_it_opens_with_the_whole_graph_where_that_can_be_read(opened: Open) -> None:
    tab = opened(learning(), viewport={"width": 1280, "height": 850})
    assert all(map(is_in_pane, tab.locator(".view:visible .node").all()))


def test_a_shadow_tells_that_there_is_more(opened: Open) -> None:
    tab = opened(EXAMPLES["layers"].build(), viewport=PHONE)
    tab.click("button[data-view=operations]")
    for _ in range(3):
        tab.click("#larger")

    def edge(where: str, side: str) -> bytes:
        box = tab.locator(where).bounding_box()
        assert box is not None
        x = box["x"] + 2 if side == "left" else box["x"] + box["width"] - 6
        y = box["y"] + box["height"] - 6 if side == "bottom" else box["y"] + 6
        taken: bytes = tab.screenshot(clip={"x": x, "y": y, "width": 4, "height": 4})
        return taken

    tab.evaluate("document.getElementById('pane').scrollTo({left: 0, top: 0, behavior: 'instant'})")
    nothing_before, more_after = edge("#pane", "left"), edge("#pane", "right")
    assert nothing_before != more_after
    tab.evaluate("document.getElementById('pane').scrollTo({left: 1e6, behavior: 'instant'})")
    assert edge("#pane", "right") == nothing_before
    assert edge("#pane", "left") != nothing_before


@pytest.mark.parametrize("name", ["learning", "layers"])
def test_all_numbers_stand_in_rows_of_one_form(opened: Open, name: str) -> None:
    tab = opened(EXAMPLES[name].build())
    forms = tab.eval_on_selector_all(
        "#leaves .leaf",
        """leaves => leaves.map((leaf) => {
            const [label, ...inputs] = [...leaf.querySelectorAll("label, input")].map((e) => e.getBoundingClientRect());
            const form = (box) => [box.left - label.left, box.width, box.top - label.top].map(Math.round);
            return inputs.map(form).join(" ");
        })""",
    )
    assert len(set(forms)) == 1


def test_zooming(opened: Open) -> None:
    tab = opened(learning())
    width = "document.querySelector('.view:not([hidden]) svg').getBoundingClientRect().width"
    before = tab.evaluate(width)
    tab.click("#larger")
    assert tab.evaluate(width) == pytest.approx(before * 1.25, rel=0.01)
    tab.keyboard.press("-")
    assert tab.evaluate(width) == pytest.approx(before, rel=0.01)
    tab.click("#larger")
    tab.click("#fit")
    assert tab.evaluate(width) <= tab.evaluate("document.getElementById('pane').clientWidth")
    tab.mouse.move(500, 400)
    tab.keyboard.down("Control")
    fitted = tab.evaluate(width)
    tab.mouse.wheel(0, -100)
    until(tab, lambda: tab.evaluate(width) > fitted * 1.1)
    tab.keyboard.up("Control")


def test_the_picture_can_be_dragged(opened: Open) -> None:
    tab = opened(learning())
    for _ in range(7):
        tab.click("#larger")
    tab.evaluate("document.getElementById('pane').scrollLeft = 300")
    pane = tab.locator("#pane").bounding_box()
    assert pane is not None
    bare = pane["y"] + pane["height"] - 12  # below all boxes
    tab.mouse.move(pane["x"] + 200, bare)
    tab.mouse.down()
    tab.mouse.move(pane["x"] + 100, bare, steps=4)
    tab.mouse.up()
    assert tab.evaluate("document.getElementById('pane').scrollLeft") == pytest.approx(400, abs=2)


def network_page(opened: Open) -> tuple["Page", Value]:
    root = EXAMPLES["layers"].build()
    return opened(root), root


def test_views_show_the_same_moment(opened: Open) -> None:
    tab, root = network_page(opened)
    tab.click("#end")
    for view in ("neurons", "layers"):
        tab.click(f"[data-view={view}]:is(button)")
        assert tab.get_attribute(f"button[data-view={view}]", "aria-pressed") == "true"
        assert tab.locator(".view:visible").count() == 1
        assert tab.locator(".view:visible .node.now").count() == 1
    tab.click("button[data-view=neurons]")
    text = tab.locator(".view:visible .node", has_text="a⁽³⁾₁").text_content() or ""
    root.zero_grad()
    root.backward()
    assert f"a {number(root.data)}" in text
    leaf(tab, "x₁").fill("2")
    assert f"a {number(root.data)}" not in (tab.locator(".view:visible .node", has_text="a⁽³⁾₁").text_content() or "")


def test_a_chip_is_dragged_clicked_and_marked_as_a_leafs_box_is(opened: Open) -> None:
    tab, _ = network_page(opened)
    chip = tab.locator(".view:visible .leaf-box", has_text="w⁽¹⁾₁₁").first
    before = exact(tab)["w⁽¹⁾₁₁"][0]
    box = chip.bounding_box()
    assert box is not None
    tab.mouse.move(box["x"] + 9, box["y"] + 9)
    tab.mouse.down()
    tab.mouse.move(box["x"] + 60, box["y"] + 9, steps=4)
    tab.mouse.up()
    after = exact(tab)["w⁽¹⁾₁₁"][0]
    assert before is not None
    assert after is not None
    assert after > before
    assert f"w⁽¹⁾₁₁ {number(after)}" in (chip.text_content() or "").replace("\u00a0", " ")
    chip.click()
    assert tab.evaluate("document.activeElement.type") == "text"
    tab.evaluate("document.activeElement.blur()")
    tab.click("#start") if tab.is_enabled("#start") else None
    tab.click("#step")
    assert tab.locator(".view:visible .leaf-box.partner", has_text="w⁽¹⁾₁₁").count() == 1


def test_a_layer_opens_among_the_operations(opened: Open) -> None:
    tab, _ = network_page(opened)
    tab.click("button[data-view=layers]")
    tab.locator(".view:visible .node", has_text="layer 2").click()
    assert tab.get_attribute("button[data-view=operations]", "aria-pressed") == "true"
    assert tab.locator(".view:visible .found", has_text="z⁽²⁾₂ = ").is_visible()


def test_a_large_graph_says_why_it_shows_neurons_and_one_opens(opened: Open) -> None:
    model = MLP(2, [24, 24, 1], "tanh", seed=1)
    loss = sum((model([x, 1.0]) - 1) ** 2 for x in range(8))
    assert isinstance(loss, Value)
    loss.label = "loss"
    tab = opened(loss)
    assert "too many for a box each" in tab.inner_text("#note")
    tab.click("#end")
    tab.click("button[data-view=neurons]")
    tab.locator(".view:visible .node", has_text="a⁽²⁾₂").first.click()
    assert tab.locator(".view:visible .leaf-box", has_text="w⁽²⁾₂").count() == 16
    assert tab.locator("#steps li").count() == 400
    assert tab.inner_text("#window").startswith("Steps ")
    text = tab.locator(".view:visible .node", has_text="loss").last.text_content() or ""
    assert f"data {number(loss.data)}" in text


def test_tooltips_tell_exact_numbers_and_the_line_of_the_program(opened: Open) -> None:
    with trace_source():
        tab = opened(learning())
    tab.click("#end")
    titles = tab.eval_on_selector_all(".view .node > title", "all => all.map(title => title.textContent)")
    z1 = next(title for title in titles if title.startswith("z₁ = "))
    assert "data 0.415" in z1
    assert "made at learning.py:" in z1
    tab.click("#step") if tab.is_enabled("#step") else tab.click("#back")
    assert "made at learning.py:" in tab.inner_text("#detail")


def test_it_can_be_used_with_the_keyboard_and_a_screen_reader(opened: Open) -> None:
    tab, _ = network_page(opened)
    assert tab.get_attribute(".equation", "aria-live") == "polite"
    nameless = tab.evaluate(
        """() => [...document.querySelectorAll('button, input, select, [role=button]')].filter((e) =>
            !(e.getAttribute('aria-label') || e.textContent.trim() || (e.labels && e.labels.length))).length"""
    )
    assert nameless == 0
    not_reached = tab.evaluate("() => document.querySelectorAll('[role=button]:not([tabindex=\"0\"])').length")
    assert not_reached == 0
    tab.locator(".view:visible .leaf-box").first.focus()
    tab.keyboard.press("Enter")
    assert tab.evaluate("document.activeElement.type") == "text"
    tab.locator("#step").focus()
    tab.keyboard.press(" ")
    assert place(tab)[0] == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_cut_off_or_too_pale(opened: Open, scheme: str) -> None:
    tab = opened(learning(), color_scheme=scheme)
    tab.click("#end")
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    cut = tab.evaluate(
        """() => [...document.querySelectorAll('button, .equation p, h1, label')].filter((e) =>
            e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== 'inline' && e.clientWidth).length"""
    )
    assert cut == 0
    wide = tab.evaluate(
        """() => [...document.querySelectorAll('.view:not([hidden]) .node')].filter((node) => {
            const box = node.querySelector('polygon, path').getBoundingClientRect();
            return [...node.querySelectorAll('text')].some((t) => t.getBoundingClientRect().right > box.right + 1);
        }).length"""
    )
    assert wide == 0


def test_on_a_phone_nothing_needs_scrolling_sideways(opened: Open) -> None:
    tab = opened(learning(), viewport={"width": 390, "height": 800})
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")


FITS = """() => {
    const pane = document.getElementById("pane"), { width, height } = current.svg.getBoundingClientRect();
    return [width / pane.clientWidth, height / pane.clientHeight];
}"""


@pytest.mark.parametrize("allowed", [True, False])
@pytest.mark.parametrize("viewport", [{"width": 1280, "height": 720}, {"width": 1920, "height": 1080}])
def test_presenting_shows_the_picture_and_a_large_equation_and_obeys_a_clicker(
    opened: Open, viewport: dict[str, int], allowed: bool
) -> None:
    tab = opened(learning(), viewport=viewport)
    if not allowed:
        tab.evaluate("() => { Element.prototype.requestFullscreen = () => Promise.reject(new TypeError()); }")
    before = tab.evaluate(FITS)
    tab.keyboard.press("p")
    until(tab, lambda: tab.evaluate("Boolean(document.fullscreenElement)") is allowed)
    assert all(tab.is_hidden(panel) for panel in ("aside", "header", "footer", "#viewing"))
    for key, there in [
        ("PageDown", 1),
        ("ArrowRight", 2),
        ("PageUp", 1),
        ("ArrowLeft", 0),
        ("End", 24),
        ("PageUp", 23),
    ]:
        tab.keyboard.press(key)
        assert place(tab)[0] == there
    until(tab, lambda: 0.9 < max(tab.evaluate(FITS)) <= 1 or tab.evaluate("current.zoom === SCALES.presented"))
    sizes = "['equation', 'phase'].map((id) => parseFloat(getComputedStyle(document.getElementById(id)).fontSize))"
    assert tab.evaluate(sizes)[0] >= 24
    assert tab.evaluate(sizes)[1] >= 18
    assert tab.evaluate("document.documentElement.scrollHeight <= innerHeight")
    heights = set()
    for _ in range(place(tab)[1]):
        tab.keyboard.press("PageUp")
        heights.add(tab.evaluate("document.getElementById('pane').clientHeight"))
    assert len(heights) == 1, "the picture does not jump"
    tab.keyboard.press(" ")
    assert tab.inner_text("#play") == "Pause"
    tab.evaluate("document.exitFullscreen()") if allowed else tab.keyboard.press("Escape")
    until(tab, lambda: tab.is_visible("aside"))
    assert tab.inner_text("#present") == "Present"
    until(tab, lambda: tab.evaluate(FITS) == pytest.approx(before, rel=0.02))
    here = place(tab)[0]
    tab.keyboard.press("PageUp")
    tab.keyboard.press("Escape")
    assert place(tab)[0] >= here, "a clicker's keys step only while presenting"
    assert tab.is_visible("aside")


def test_presenting_is_left_by_its_button(opened: Open) -> None:
    tab = opened(learning())
    tab.click("#present")
    assert tab.is_hidden("aside")
    tab.click("#present")
    assert tab.is_visible("aside")
    until(tab, lambda: not tab.evaluate("Boolean(document.fullscreenElement)"))


def test_it_prints_the_picture_and_the_steps_without_the_controls(opened: Open) -> None:
    tab = opened(learning())
    tab.click("#end")
    tab.emulate_media(media="print")
    assert tab.is_hidden("#play")
    assert tab.is_visible("#steps")
    assert tab.is_visible("#equation")


def test_hostile_labels_run_nothing(opened: Open) -> None:
    labels = [label for label, _ in HOSTILE] + [
        "</script><script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "'\"><svg onload=alert(1)>",
        "<!--<script>",
    ]
    total = Value(0.0, "start")
    for i, label in enumerate(labels):
        total = total + Value(float(i), label)
        total.label = label
    tab = opened(total)
    tab.click("#end")
    shown = tab.eval_on_selector_all("#leaves .name", "all => all.map(name => name.firstChild.textContent)")
    assert len(shown) == len(labels) + 1
    assert "<img src=x onerror=alert(1)>" in shown
    assert tab.locator("script").count() == 2


def test_in_a_notebooks_frame_it_works_too(browser: Any, tmp_path: Path) -> None:
    (tmp_path / "notebook.html").write_text(f"<!doctype html><body>{page(learning())._repr_html_()}", "utf-8")
    tab = browser.new_page()
    tab.goto((tmp_path / "notebook.html").as_uri())
    frame = tab.frame_locator("iframe")
    frame.locator("#end").click()
    assert frame.locator("#place").inner_text() == "24 of 24"
    tab.close()


def test_python_and_the_page_hold_the_same_graph(opened: Open) -> None:
    root = learning()
    tab = opened(root)
    there = json.loads(tab.text_content("#data") or "")
    assert [node["data"] for node in there["nodes"]] == [node.data for node in topological_order(root)]


@pytest.mark.parametrize("path", picture.TAKEN, ids=lambda path: path.stem)
def test_pictures_are_of_these_pages(browser: Any, path: Path) -> None:
    """Other fonts and other versions of Chromium differ by some hundredths; another page, or another step, by more."""
    assert picture.difference(path.read_bytes(), picture.TAKEN[path](browser)) < 0.03


def test_a_picture_of_something_else_would_be_seen(browser: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(EXAMPLES, "learning", EXAMPLES["layers"])
    assert picture.difference(picture.PICTURE.read_bytes(), picture.take(browser)) > 0.03


def test_a_number_typed_by_way_of_one_without_a_logarithm_keeps_the_place_and_is_one_undo(opened: Open) -> None:
    x = parameter(2.0, "x")
    tab = opened(x.log() * 3)
    tab.click("#end")
    field = tab.locator("#leaves input[type=text]")
    field.fill("")
    field.press_sequentially("0.5")
    assert place(tab)[0] == place(tab)[1]
    tab.click("#undo")
    assert exact(tab)["x"][0] == 2.0
    assert tab.is_disabled("#undo")


def test_the_picture_scrolls_by_keyboard(opened: Open) -> None:
    tab = opened(learning())
    for _ in range(5):
        tab.click("#larger")
    tab.evaluate("document.getElementById('pane').scrollLeft = 0")
    tab.locator("#larger").focus()
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.id") == "pane"
    for _ in range(5):
        tab.keyboard.press("ArrowRight")
    until(tab, lambda: tab.evaluate("document.getElementById('pane').scrollLeft") > 0)
    assert place(tab)[0] == 0


def test_what_does_not_depend_on_an_undefined_number_is_still_computed(opened: Open) -> None:
    a, b = Value(2.0, "a"), Value(3.0, "b")
    difference = a - b
    difference.label = "d"
    tab = opened(a.log() + b.sqrt() + 1 / difference)
    tab.click("#end")
    leaf(tab, "b").fill("-1")
    tab.click("#end") if tab.is_enabled("#end") else None
    assert exact(tab)["d"][0] == 3.0
    assert exact(tab)["√(b)"][0] is None


def test_zooming_keeps_the_middle_in_the_middle(opened: Open) -> None:
    tab = opened(learning())
    for _ in range(14):
        tab.keyboard.press("ArrowRight")
    tab.wait_for_timeout(800)
    for _ in range(3):
        tab.click("#larger")
    now, pane = tab.locator(".node.now").bounding_box(), tab.locator("#pane").bounding_box()
    assert now is not None
    assert pane is not None
    assert pane["x"] - now["width"] < now["x"] < pane["x"] + pane["width"]
    assert pane["y"] - now["height"] < now["y"] < pane["y"] + pane["height"]


def test_without_javascript_there_is_the_picture(browser: Any, tmp_path: Path) -> None:
    page(learning(), tmp_path / "page.html")
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto((tmp_path / "page.html").as_uri())
    assert tab.locator(".view svg").first.is_visible()
    assert not tab.locator("#play").is_visible()
    context.close()


def test_the_tooltip_of_an_arrow_follows_a_changed_number_and_tells_nothing_that_is_not_computed(opened: Open) -> None:
    x, w = Value(3.0, "x"), parameter(2.0, "w")
    a = x.tanh()
    a.label = "a"
    tab = opened(a * w)

    def told() -> str:
        return tab.locator(".view:visible .edge > title", has_text="a → a·w").text_content() or ""

    assert told() == "a → a·w"
    for _ in range(3):  # a, the product, and its own gradient
        tab.click("#step")
        assert told() == "a → a·w"
    tab.click("#step")
    assert told() == "a → a·w\n∂(a·w)/∂a = 2"
    leaf(tab, "w").fill("5")
    assert told() == "a → a·w\n∂(a·w)/∂a = 5"
    tab.click("#back")
    assert told() == "a → a·w"


def test_a_number_of_many_digits_is_replaced_by_what_is_typed(opened: Open) -> None:
    tab = opened(Value(0.123456789, "x") * 2)
    tab.get_by_label("slider of x").focus()
    tab.keyboard.press("Tab")
    tab.keyboard.type("2.5")
    assert exact(tab)["x"][0] == 2.5


def test_the_hint_beside_numbers_has_one_line_where_the_page_is_narrow(opened: Open) -> None:
    tab = opened(EXAMPLES["neuron"].build(), viewport={"width": 759, "height": 650})
    heights = tab.eval_on_selector_all(".title > .hint", "all => all.map((one) => one.offsetHeight)")
    assert len(heights) == 1
    assert heights[0] < 25
