"""The moving picture shows each number of the two passes, at its time, and stands still where motion is not wanted."""

import re
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


def test_a_number_with_two_contributions_is_refused() -> None:
    a = Value(2.0, "a")
    y = a * a
    y.label = "y"
    with pytest.raises(ValueError, match="appears in two scenes"):
        moving(y)
