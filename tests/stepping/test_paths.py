"""`explain`: its paths against all ways found by brute force, its count where nobody could list them, its picture."""

import math
import re
import sys
from itertools import pairwise

import pytest
from hypothesis import given, settings

from microgradnet import MLP, DomainError, StaleGraphError, Value, explain, total
from microgradnet.drawing import Picture
from microgradnet.graph import topological_order
from microgradnet.notation.names import number
from microgradnet.ops import CONSTANT
from microgradnet.stepping.paths import MOST_FACTORS
from tests.strategies import Program, programs

Way = tuple[tuple[Value, int], ...]


def ways(value: Value, node: Value) -> list[Way]:
    """All ways from node down to value, by recursion over every slot."""
    if node is value:
        return [()]
    return [
        ((node, position), *rest)
        for position, operand in enumerate(node.operands[: len(node.operands) - node.op.constants])
        for rest in ways(value, operand)
    ]


def ladder(rungs: int) -> tuple[Value, Value]:
    """A graph with 2**rungs paths, its numbers all 1."""
    bottom = top = Value(1.0, "x")
    for _ in range(rungs):
        top = (top + top) / 2
    return bottom, top


@settings(max_examples=60)
@given(programs(most_steps=4))
def test_paths_are_all_ways_and_their_contributions_add_up(program: Program) -> None:
    leaves = [Value(x) for x in program.point]
    root = program.record(leaves)
    before = [node.grad for node in topological_order(root)]
    order = topological_order(root)
    for value in [node for node in order if node.op is not CONSTANT][:: 1 + len(order) // 6]:
        expected = ways(value, root)
        if not expected:
            continue
        found = explain(value, root, max_paths=10_000)
        assert found.count == len(expected)
        listed = [tuple(zip(path.nodes[:-1], path.positions, strict=True)) for path in found.paths]
        assert len(listed) == len(expected)
        assert set(listed) == set(expected)
        sizes = [abs(path.contribution) for path in found.paths]
        assert all(after <= before * (1 + 1e-5) for before, after in pairwise(sizes)), "the largest first"
        assert all(path.nodes[0] is root and path.nodes[-1] is value for path in found.paths)
        scale = math.fsum(abs(path.contribution) for path in found.paths)
        assert math.fsum(path.contribution for path in found.paths) == pytest.approx(
            found.total, rel=1e-9, abs=1e-12 * scale
        )
    assert all(node.grad is g for node, g in zip(order, before, strict=True))
    root.backward()
    for leaf in leaves:
        if ways(leaf, root):
            assert explain(leaf, root).total == leaf.grad


def test_a_missing_or_wrong_path_would_be_seen() -> None:
    a = Value(3.0, "a")
    c = a * a + a
    assert len(ways(a, c)) == 3
    assert ways(a, c)[0] != ways(a, c)[1], "the two slots of a·a are two ways"
    found = explain(a, c)
    assert sum(path.contribution for path in found.paths[1:]) != found.total


@pytest.mark.parametrize("rungs", [0, 1, 20, 60, 5000])
def test_the_count_is_exact_and_the_list_capped(rungs: int) -> None:
    bottom, top = ladder(rungs)
    found = explain(bottom, top, max_paths=3)
    assert found.count == 2**rungs
    assert len(found.paths) == min(3, 2**rungs)
    assert found.total == 1.0
    text = str(found)
    first = text.splitlines()[0]
    assert ("of which 3 are listed" in first) == (2**rungs > 3)
    assert ("sum: " in text) == (rungs == 1)
    assert found.latex.count(r"+ \cdots") == (2 if 2**rungs > 3 else 0)
    assert text.count("\npath ") == len(found.paths)
    assert len(text) < 2000


@pytest.mark.parametrize(
    ("rungs", "said"), [(0, "1 path "), (20, "1,048,576 paths "), (60, "about 10^18.1 paths "), (5000, "10^1505.1 ")]
)
def test_the_count_is_said_in_words(rungs: int, said: str) -> None:
    assert said in str(explain(*ladder(rungs), max_paths=1)).splitlines()[0]


def test_ten_paths_are_listed_unless_more_are_asked_for() -> None:
    bottom, top = ladder(4)
    assert len(explain(bottom, top).paths) == 10
    assert len(explain(bottom, top, max_paths=100).paths) == 16


def test_a_root_is_one_path_from_itself() -> None:
    x = Value(3.0, "x")
    y = x * x
    y.label = "y"
    for value in (x, y):
        found = explain(value, value)
        assert (found.count, found.total, found.paths[0].contribution) == (1, 1.0, 1.0)
        assert (found.paths[0].nodes, found.paths[0].positions, found.paths[0].factors) == ((value,), (), ())
        assert str(found).startswith(f"∂{value.label}/∂{value.label} = 1: 1 path from ")
        assert str(found).endswith("\n  = 1")
        assert found.latex.endswith("= 1")


def test_what_cannot_be_explained_is_refused() -> None:
    x, other = Value(3.0, "x"), Value(1.0, "other")
    y = x**2
    for value in (other, y * 2, y.operands[1]):
        with pytest.raises(ValueError, match=r"was not computed from .*pass a value that it was computed from"):
            explain(value, y)
    with pytest.raises(TypeError, match=r"explain takes two Values, got 3\.0"):
        explain(3.0, y)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="explain takes two Values, got 'y'"):
        explain(x, "y")  # type: ignore[arg-type]
    for wrong in (0, -1, 1.5, True):
        with pytest.raises(ValueError, match="max_paths must be a whole number of at least 1"):
            explain(x, y, max_paths=wrong)  # type: ignore[arg-type]
    root = Value(0.0, "zero").sqrt()
    with pytest.raises(DomainError):
        explain(root.operands[0], root)
    x.data = 4.0
    with pytest.raises(StaleGraphError):
        explain(x, y)


def test_a_chain_longer_than_pythons_stack() -> None:
    y = x = Value(1.0, "x")
    for _ in range(100_000):
        y = -y
    assert sys.getrecursionlimit() < 100_000
    found = explain(x, y)
    assert (found.count, found.total, len(found.paths[0].factors)) == (1, 1.0, 100_000)
    text = str(found).splitlines()
    assert len(text) == 6
    assert all(line.count("…") == 1 for line in text[2:5] if "→" in line or "·" in line)
    assert text[4].count("(−1)") == MOST_FACTORS


def test_text_and_latex_of_a_small_graph() -> None:
    a = Value(3.0, "a")
    b = a * a
    b.label = "b"
    c = b - a
    c.label = "c"
    found = explain(a, c)
    assert str(found) == (
        "∂c/∂a = 5: 3 paths from a to c\n\n"
        "path 1: a → b → c (operand 1 of a·a)\n    ∂c/∂b · ∂b/∂a\n  = 1 · 3\n  = 3\n\n"
        "path 2: a → b → c (operand 2 of a·a)\n    ∂c/∂b · ∂b/∂a\n  = 1 · 3\n  = 3\n\n"
        "path 3: a → c\n    ∂c/∂a\n  = (−1)\n  = −1\n\n"
        "sum: 3 + 3 + (−1) = 5"
    )
    by_b = r"\frac{\partial c}{\partial b} \frac{\partial b}{\partial a}"
    assert found._repr_latex_() == (
        rf"$$ \frac{{\partial c}}{{\partial a}} = {by_b} + {by_b} + \frac{{\partial c}}{{\partial a}} = "
        r"1 \cdot 3 + 1 \cdot 3 + \left(-1\right) = 5 $$"
    )


def test_the_picture_marks_what_is_on_the_paths() -> None:
    a, b, other = Value(3.0, "a"), Value(2.0, "b"), Value(5.0, "other")
    h = a * b
    h.label = "h"
    y = total([h, other, other * b])
    y.label = "y"
    marked = [line for line in explain(a, y).draw(direction="TB").dot.splitlines() if "highlight" in line]
    boxes = [line for line in marked if " -> " not in line]
    arrows = [line for line in marked if " -> " in line]
    assert [any(f"▶ {name}" in box for box in boxes) for name in ("a", "h", "y", "b", "other")] == [
        True, True, True, False, False,
    ]  # fmt: skip
    assert (len(boxes), len(arrows)) == (3, 2)
    assert "rankdir=TB" in explain(a, y).draw(direction="TB").dot
    lone = [line for line in explain(a, a).draw().dot.splitlines() if "highlight" in line]
    assert len(lone) == 1


def test_the_largest_of_very_many_paths_are_found_first() -> None:
    x = y = Value(1.0, "x")
    for _ in range(60):
        y = total([y * 2.0, y * 0.5, -y])
    found = explain(x, y, max_paths=3)
    assert found.count == 3**60
    assert [path.contribution for path in found.paths] == pytest.approx([2.0**60, -(2.0**59), -(2.0**59)])


def test_a_picture_that_is_too_large_shows_the_term_of_the_largest_contribution() -> None:
    model = MLP(2, [4, 1], "tanh", seed=0)
    points = [((0, 0), 0), ((0, 1), 1), ((1, 0), 1), ((1, 1), 0)]
    loss = total([(output - y) ** 2 for x, y in points if isinstance(output := model(x), Value)])
    found = explain(model.parameters()[0], loss)
    sizes = [abs(path.contribution) for path in found.paths]
    assert sizes == sorted(sizes, reverse=True)
    picture = found.draw()
    assert "of 4 terms alike the first that is marked is drawn" in picture.dot
    term = found.paths[0].nodes[1]
    assert abs(term.data) < max(abs(other.data) for other in loss.operands), "not the largest term"
    assert number(term.data) in picture.dot
    assert tall(picture) < tall(found.draw(view="ops")) / 2


def tall(picture: Picture) -> float:
    return float(re.findall(r'viewBox="[-\d.]+ [-\d.]+ [-\d.]+ ([\d.]+)"', picture.svg)[0])


def test_ways_that_lead_nowhere_are_not_walked() -> None:
    x, (_, elsewhere) = Value(2.0, "x"), ladder(100)
    found = explain(x, elsewhere * x)
    assert (found.count, found.total) == (1, 1.0)


def test_more_paths_than_an_integer_may_have_digits() -> None:
    a = y = Value(1.0, "a")
    for _ in range(15_000):
        y = (y + y) / 2
    assert "10^4515.4 paths" in repr(explain(a, y, 1))


def test_a_small_picture_of_paths_has_the_local_derivatives() -> None:
    x = Value(3.0, "x")
    y = x * 2.0 + x
    assert "∂ 2" in explain(x, y).draw().dot
    assert "∂ 2" not in explain(x, y).draw(local_derivatives=False).dot
