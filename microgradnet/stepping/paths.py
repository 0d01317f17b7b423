"""`explain(x, loss)`: every path from a value to the loss, and how their contributions add up to the gradient.

The chain rule, read as a sum over paths: d(loss)/d(x) is the sum, over all paths, of the product of the local
derivatives along each path.
"""

import heapq
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count, islice, pairwise
from typing import Any

from microgradnet._shared.arguments import as_count
from microgradnet.chain_rule import local_derivatives
from microgradnet.drawing import Picture, draw
from microgradnet.gradients import grad
from microgradnet.graph import Graph
from microgradnet.notation.latex import latex_factor, latex_number
from microgradnet.notation.names import Namer, as_factor, number, signed
from microgradnet.recording import unobserved
from microgradnet.stepping.steps import equation, name_in_brackets, partial_latex, partial_text, which_operand
from microgradnet.value import Value

MOST_FACTORS = 12  # of a longer path only the beginning and the end are written
SMALL = 40  # values: the derivatives of more would take the room that their boxes need


@dataclass(frozen=True)
class Path:
    """One path from the loss down to a value.

    Attributes:
        nodes: the values on the path, the loss first.
        positions: which operand of each node the next one is.
        factors: ∂nodes[i]/∂nodes[i + 1].
    """

    nodes: tuple[Value, ...]
    positions: tuple[int, ...]
    factors: tuple[float, ...]

    @property
    def contribution(self) -> float:
        """The contribution of the path to the gradient: the product of its factors."""
        return math.prod(self.factors)


@dataclass(frozen=True, repr=False)
class Explanation:
    """d(root)/d(value) as a sum over paths. It is printed as text and displayed in a notebook as LaTeX.

    Attributes:
        value, root: the ends of every path.
        total: d(root)/d(value).
        count: the exact number of paths.
        paths: the paths that are listed, the largest contribution first.
    """

    value: Value
    root: Value
    total: float
    count: int
    paths: tuple[Path, ...]
    namer: Namer = field(repr=False, compare=False)

    def draw(self, **options: object) -> Picture:
        """The graph with the listed paths marked; a small one has its local derivatives. Options are those of `draw`.

        Where that is too large to read, of terms that are alike, such as those of a loss over samples, the one with the
        largest contribution is drawn, and the others are counted; `view="ops"` draws them all.
        """
        marks = [pair for path in self.paths for pair in zip(path.nodes, path.positions, strict=False)]
        usual = {"mark": [*marks, self.value], "local_derivatives": len(Graph(self.root)) <= SMALL}
        return draw(self.root, **usual | options)  # type: ignore[arg-type]

    def __repr__(self) -> str:
        by, of = (name_in_brackets(value, self.namer) for value in (self.value, self.root))
        heading = f"∂{of}/∂{by} = {number(self.total)}: {_paths(self.count)} from {by} to {of}"
        if len(self.paths) < self.count:
            heading += f", of which {len(self.paths)} are listed"
        lines = [heading]
        for index, path in enumerate(self.paths, start=1):
            names = [self.namer.name(node) for node in path.nodes]
            partials = [partial_text(of, by, self.namer) for of, by in pairwise(path.nodes)]
            factors = [as_factor(signed(factor)) for factor in path.factors]
            steps = zip(path.nodes, path.positions, strict=False)
            uses = [text for step in steps if (text := which_operand(*step, self.namer))][::-1]
            operands = f" ({'; '.join([*uses[:3], '…'] if len(uses) > 3 else uses)})" if uses else ""
            lines += ["", f"path {index}: {' → '.join(_cut(names[::-1]))}{operands}"]
            if partials:
                lines += [f"    {' · '.join(_cut(partials))}", f"  = {' · '.join(_cut(factors))}"]
            lines.append(f"  = {number(path.contribution)}")
        if 1 < self.count == len(self.paths):
            contributions = [as_factor(signed(path.contribution)) for path in self.paths]
            lines += ["", f"sum: {' + '.join(contributions)} = {number(self.total)}"]
        return "\n".join(lines)

    @cached_property
    def latex(self) -> str:
        """The sum over the listed paths as LaTeX."""
        fractions = [[partial_latex(of, by, self.namer) for of, by in pairwise(path.nodes)] for path in self.paths]
        factors = [[latex_factor(factor) for factor in path.factors] for path in self.paths]
        products = [" ".join(_cut(parts, r"\cdots")) or "1" for parts in fractions]
        contributions = [r" \cdot ".join(_cut(parts, r"\cdots")) or "1" for parts in factors]
        more = [r"\cdots"] if len(self.paths) < self.count else []
        return equation(
            partial_latex(self.root, self.value, self.namer),
            " + ".join([*products, *more]),
            " + ".join([*contributions, *more]),
            latex_number(self.total),
        )

    def _repr_latex_(self) -> str:
        return f"$$ {self.latex} $$"


def explain(value: Value, root: Value, max_paths: int = 10) -> Explanation:
    """Every path from `value` to `root`, as the product of its local derivatives, and their sum: the gradient.

    The largest contributions are listed first.
    It changes no gradient in the graph and needs no earlier backward pass.

    Args:
        value: any value that the root was computed from.
        root: the result, as a loss.
        max_paths: how many paths are listed at most; the count is exact in any case.

    Raises:
        ValueError: the root was not computed from the value.
        DomainError, StaleGraphError: as `Value.backward`.

    >>> a = Value(3.0, "a"); b = a * a; b.label = "b"; c = b + a; c.label = "c"
    >>> print(explain(a, c))
    ∂c/∂a = 7: 3 paths from a to c
    <BLANKLINE>
    path 1: a → b → c (operand 1 of a·a)
        ∂c/∂b · ∂b/∂a
      = 1 · 3
      = 3
    <BLANKLINE>
    path 2: a → b → c (operand 2 of a·a)
        ∂c/∂b · ∂b/∂a
      = 1 · 3
      = 3
    <BLANKLINE>
    path 3: a → c
        ∂c/∂a
      = 1
      = 1
    <BLANKLINE>
    sum: 3 + 3 + 1 = 7
    """
    for given in (value, root):
        if not isinstance(given, Value):
            raise TypeError(f"explain takes two Values, got {given!r}")
    as_count(max_paths, "max_paths")
    order = Graph(root).nodes
    ways = _ways(value, order)
    if not ways.get(root):
        name = Namer(Graph(root, value).nodes).name
        raise ValueError(
            f"{name(root)} was not computed from {name(value)}: pass a value that it was computed from first, "
            "and about the loss second"
        )
    paths = tuple(islice(_paths_from(root, value, order, ways), max_paths))
    with unobserved():
        slope = grad(root, value)
    return Explanation(value, root, slope, ways[root], paths, Namer(order))


def _ways(value: Value, order: list[Value]) -> dict[Value, int]:
    """How many paths lead from each node down to `value`."""
    ways: dict[Value, int] = {}
    for node in order:
        used = node.operands[: len(node.operands) - node.op.constants]
        ways[node] = 1 if node is value else sum(ways[operand] for operand in used)
    return ways


def _paths_from(root: Value, value: Value, order: list[Value], ways: dict[Value, int]) -> Iterator[Path]:
    """All paths, the largest contributions first: a best-first search, whose bound is the best that can still follow.

    Sizes are logarithms, rounded for equal ones to stay equal. Of equal ones the latest goes on first, depth first, so
    that no more ways wait than a path has branches.
    """
    ahead = {value: 0.0}  # the logarithm of the largest product of derivatives from a node to the value
    for node in order:
        if node is not value and ways[node]:
            ahead[node] = max(size + ahead[operand] for operand, _, _, size in _uses(node, root, ahead))
    turns = count(0, -1)
    heap: list[tuple[float, int, float, Value, Any]] = [(0.0, next(turns), 0.0, root, None)]
    while heap:
        _, _, done, node, way = heapq.heappop(heap)
        if node is value:
            yield _path(value, way)
            continue
        for operand, position, factor, size in reversed(_uses(node, root, ahead)):
            bound = -round(done + size + ahead[operand], 6)
            heapq.heappush(heap, (bound, next(turns), done + size, operand, (way, (node, position, factor))))


def _uses(node: Value, root: Value, ahead: dict[Value, float]) -> list[tuple[Value, int, float, float]]:
    """The operands of a node from which a way leads on: each with its position, its derivative and the size of this."""
    factors = enumerate(zip(node.operands, local_derivatives(node, root), strict=False))
    return [(operand, i, x, math.log(abs(x)) if x else -math.inf) for i, (operand, x) in factors if operand in ahead]


def _path(value: Value, way: Any) -> Path:
    """The path of a way, which is the way before and the last step."""
    steps = []
    while way:
        way, step = way
        steps.append(step)
    nodes, positions, factors = zip(*reversed(steps), strict=True) if steps else ((), (), ())
    return Path((*nodes, value), positions, factors)


def _paths(count: int) -> str:
    if count == 1:
        return "1 path"
    if count < 10**15:
        return f"{count:,} paths"
    return f"about 10^{math.log10(count):.1f} paths"


def _cut(parts: list[str], ellipsis: str = "…") -> list[str]:
    half = MOST_FACTORS // 2
    return parts if len(parts) <= MOST_FACTORS else [*parts[:half], ellipsis, *parts[-half:]]
