"""The moving picture shows each number of the two passes, at its time, and stands still where motion is not wanted."""

import re
from itertools import pairwise
from typing import TypeAlias
from xml.etree import ElementTree

import pytest

from microgradnet import Value
from tests.motion import moving, neuron, scenes


def test_its_scenes_are_the_steps_of_both_passes() -> None:
    played = scenes(neuron())
    assert [scene.text for scene in played[:4]] == [
        "forward: w·x = 0.15·0.1 = 0.015",
        "forward: z = w·x + b = 0.015 + 0.4 = 0.415",
        "forward: a = σ(z) = σ(0.415) = 0.6023",
        "backward: a.grad = ∂a/∂a = 1",
    ]
    fresh = neuron()
    assert [scene.text for scene in played[4:]] == [step.text for step in fresh.backward_steps()]


def test_each_number_waits_for_its_scene_in_the_box_it_belongs_to() -> None:
    svg = ElementTree.fromstring(moving(neuron()))
    shown: dict[str, tuple[str | None, str | None]] = {}
    for box in svg.findall(".//{*}g"):
        texts = box.findall("{*}text")
        shown |= {text.get("class", ""): (texts[0].text, text.text) for text in texts if text.get("class")}
    assert shown["from1"] == ("z = w·x + b", "data 0.415")
    assert shown["until1"] == ("z = w·x + b", "data —")
    assert shown["from4"] == ("z = w·x + b", "grad 0.2395")
    assert shown["from7"] == ("w", "grad 0.02395")
    assert len([name for name in shown if name.startswith("from")]) == len(scenes(neuron()))


def test_a_local_derivative_waits_for_the_step_that_takes_it() -> None:
    svg = ElementTree.fromstring(moving(neuron()))
    since = {
        group.get("class", "").split()[-1]: group.findtext(".//{*}text") for group in svg.findall(".//{*}g[@class]")
    }
    assert since["since4"] == "∂ 0.2395"  # of σ, in the first step after the seed
    assert {name for name in since if name.startswith("since")} == {f"since{i}" for i in range(4, 9)}


def test_without_motion_it_shows_the_whole() -> None:
    still = re.sub(r"@media \(prefers-reduced-motion: no-preference\) \{.*?\n\}", "", moving(neuron()), flags=re.DOTALL)
    assert "animation" not in still
    assert re.search(r"\[class\*=during\], \S+ \[class\*=until\], \S+ \.carried g \{ opacity: 0 \}", still)


def test_a_gradient_travels_is_multiplied_and_turns_the_arrowhead() -> None:
    picture = moving(neuron())
    for text in ("1 × 0.2395", "0.2395 × 0.1", "0.02395"):
        assert f">{text}</text>" in picture
    turned = re.findall(r'class="during\d+" transform="translate\(\S+ \S+\) rotate', picture)
    assert len(turned) == 5, "of each arrow"


def test_what_travels_covers_neither_a_box_nor_a_pill_that_is_seen() -> None:
    svg = ElementTree.fromstring(moving(neuron()))
    boxes = [_extent(box) for box in svg.findall(".//{*}g[@class]") if "node" in box.get("class", "").split()]
    pills = {
        int(found[1]): _rectangle(pill.find(".//{*}rect"))
        for pill in svg.findall(".//{*}g[@class]")
        if (found := re.search(r"since(\d+)", pill.get("class", "")))
    }
    carried = svg.findall(".//{*}g[@class='carried']")
    assert len(carried) == 10, "along each arrow, forward and backward"
    for label in carried:
        motion, *texts = label
        scene = int(re.findall(r"\d+$", texts[0].get("class", ""))[0])
        seen = [pill for since, pill in pills.items() if since <= scene]
        values = [tuple(map(float, value.split(","))) for value in motion.get("values", "").split(";")][1:-1]
        for text, ends in zip(texts, pairwise(values), strict=True):
            left, top, right, bottom = _rectangle(text.find("{*}rect"))
            for x, y in ends:
                moved = (left + x, top + y, right + x, bottom + y)
                assert not any(_meet(moved, other) for other in [*boxes, *seen] if other), text.findtext("{*}text")


Extent: TypeAlias = tuple[float, float, float, float]


def _extent(box: ElementTree.Element) -> Extent | None:
    shape = next((part for part in box if part.tag.rpartition("}")[2] in {"path", "polygon"}), None)
    if shape is None:
        return None
    numbers = [float(number) for number in re.findall(r"-?[\d.]+", shape.get("d", shape.get("points", "")))]
    return min(numbers[::2]), min(numbers[1::2]), max(numbers[::2]), max(numbers[1::2])


def _rectangle(shape: ElementTree.Element | None) -> Extent:
    assert shape is not None
    x, y, width, height = (float(shape.get(name, "")) for name in ("x", "y", "width", "height"))
    return x, y, x + width, y + height


def _meet(a: Extent, b: Extent) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def test_a_number_with_two_contributions_is_refused() -> None:
    a = Value(2.0, "a")
    y = a * a
    y.label = "y"
    with pytest.raises(ValueError, match="appears in two scenes"):
        moving(y)
