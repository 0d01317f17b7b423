"""The name of a value in a picture, a table or an equation: its label, its number, or its expression."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from microgradnet._shared.text import one_line, shorten
from microgradnet.backward import NoGradient
from microgradnet.notation import typography
from microgradnet.notation.neurons import neuron_names, subscript
from microgradnet.notation.typography import ATOM, BRACKETS, LOOSE, SIGN, SUM, Formatted
from microgradnet.ops import CONSTANT

if TYPE_CHECKING:
    from microgradnet.value import Value

SHORT = 14  # an expression up to this length stands for its unlabelled value inside another
INLINE = 26  # characters of an expression that stands for a name, in titles and in boxes
MOST_OPERANDS = 8  # of a sum of more, only the first term and the last are written
_ATOMIC = re.compile(r"(?:[^\s+\-−*·×/÷^<>=,|&]|(?<=[₀₁₂₃₄₅₆₇₈₉]),(?=[₀₁₂₃₄₅₆₇₈₉]))+")


def number(x: float, digits: int = 4) -> str:
    """A number in four significant digits, as a picture shows it; the exact one is in the tooltip.

    >>> number(0.41500000000000004), number(1e-06), number(-3.0)
    ('0.415', '1e-06', '−3')
    """
    text = f"{x + 0.0:.{digits}g}"  # − 0 is 0
    return "−" + text[1:] if text[0] == "-" else text  # a true minus; the exponent keeps its hyphen


def in_brackets(formatted: Formatted, brackets: str = BRACKETS) -> str:
    """An expression to stand after ∂ or before `.grad`: in brackets unless it is a single name.

    >>> in_brackets(("a + b", 1)), in_brackets(("a", 5))
    ('(a + b)', 'a')
    """
    text, precedence = formatted
    return text if precedence == ATOM else brackets.format(text)


def as_factor(formatted: Formatted, brackets: str = BRACKETS) -> str:
    """An expression to stand after a dot: in brackets if it is a sum or begins with a sign.

    >>> as_factor(("2·x", 2)), as_factor(("−2", 3))
    ('2·x', '(−2)')
    """
    text, precedence = formatted
    return brackets.format(text) if precedence in {LOOSE, SUM, SIGN} else text


def signed(x: float) -> Formatted:
    """A number and its precedence: a negative one has that of its sign."""
    return number(x), SIGN if x < 0 else ATOM


def gradient(value: Value) -> str:
    """The gradient as a picture shows it: a dash until a backward pass has computed it."""
    return "—" if isinstance(value.grad, NoGradient | None) else number(value.grad)


def role(value: Value, roots: Iterable[Value] = ()) -> str:
    """The role of a value in the graph: "root", "operation", "parameter", "constant" or "input"."""
    if not value.operands:
        return value.op.name
    return "root" if value in roots else "operation"


class Namer:
    """Names for the values of one graph: every value has one, and none is long.

    Constants are their numbers; no two other values have one name. The name of a labelled value is its label; values of
    a network's neurons have the names of mathematics, z⁽¹⁾₂ (see `neuron_names`). Where several values have one label,
    w, they are w, w#2, w#3, …. An unlabelled result is its expression if that is short, else t₁, t₂, …; an unlabelled
    input or parameter v₁, v₂, ….

    Args:
        nodes: all values of the graph in topological order, in which names are numbered. A picture of part of a graph
            needs all of them, too: a value has the same name there as in the steps.

    >>> from microgradnet import Value
    >>> x, w, b = Value(2.0, "x"), Value(3.0, "w"), Value(1.0, "b")
    >>> Namer().heading(w * x + b), Namer().heading(w * x + Value(0.5))
    ('w·x + b', 'w·x + v₁')
    >>> y = w * x + Value(5.0, "w"); Namer().heading(y)
    'w·x + w#2'
    """

    def __init__(self, nodes: Iterable[Value] = ()) -> None:
        self._unnamed = [*nodes]
        self._written: dict[Value, Formatted] = {}
        self._labels: dict[Value, str] = {}
        self._taken: set[str] = set()
        self._counts = Counter[str]()
        self._of_neurons = neuron_names(self._unnamed)
        self._give_labels(self._unnamed)

    def name(self, value: Value) -> str:
        """The name of `value` in the expressions that use it."""
        return self.written(value)[0]

    def expression(self, value: Value) -> str:
        """The operation that computed `value`, on its operands' names; "" for a leaf."""
        return self._expression(value)[0] if value.operands else ""

    def heading(self, value: Value) -> str:
        """The first line of its box: "name = expression", or whichever of them it has."""
        expression, name = self.expression(value), self.written(value)[0]
        if (label := self._given(value)) and not expression:
            return label if name == self._shown(label) else name
        if not expression:
            return "" if value.op is CONSTANT else name
        return expression if name == expression else f"{name} = {expression}"

    def title(self, value: Value) -> str:
        """What a title calls it: its name; of an unlabelled value that has a short expression, both."""
        heading = self.heading(value)
        return heading if heading and not self._given(value) and len(heading) <= INLINE else self.name(value)

    def operands(self, value: Value) -> list[Formatted]:
        """The names of its operands in its expression, with their precedences."""
        return [self.written(operand) for operand in value.operands]

    def is_long(self, value: Value) -> bool:
        """Whether it has too many operands to write all."""
        return value.op.variadic and len(value.operands) > MOST_OPERANDS

    def namesake(self, value: Value) -> str:
        """What the number in its name says, where several have one label: "number 2 of those named w"; else ""."""
        label, name = self._shown(self._given(value)), self.written(value)[0]
        return f"number {name.removeprefix(label + '#')} of those named {label}" if name.startswith(f"{label}#") else ""

    def legend(self, text: str | None = None) -> str:
        """What # says in names, by the first such name, or the first that stands in a text; "" if there is none."""
        names = ((self.name(value), self.namesake(value)) for value in [*self._labels])
        shown = (f"{name} is {about}" for name, about in names if about and (text is None or name in text))
        return next(shown, "")

    def _expression(self, value: Value) -> Formatted:
        operands = self.operands(value)
        if self.is_long(value):
            operands = typography.abridged(value.op, operands)
        return typography.write(value.op, operands), typography.precedence_of(value.op)

    def written(self, value: Value) -> Formatted:
        """Its name and the precedence of that. Names are given from the operands up, without recursion.

        All are named at once, in their order: t₁ does not depend on which name is asked for first.
        """
        if value in self._written:
            return self._written[value]
        stack = [value, *reversed(self._unnamed)]
        self._unnamed = []
        while stack:
            node = stack[-1]
            if node in self._written:
                stack.pop()
                continue
            waiting = [o for o in node.operands if o not in self._written]
            if waiting and not self._is_named(node):
                stack.extend(reversed(waiting))
            else:
                self._written[node] = self._new_name(node)
        return self._written[value]

    def _is_named(self, value: Value) -> bool:
        return bool(self._given(value)) or not value.operands

    def _new_name(self, value: Value) -> Formatted:
        if self._given(value):
            label = self._label(value)
            return label, ATOM if _ATOMIC.fullmatch(label) else LOOSE
        if not value.operands:
            return signed(value.data) if value.op is CONSTANT else (self._next("v"), ATOM)
        if not self.is_long(value):
            text, precedence = self._expression(value)
            if len(text) <= SHORT and text not in self._taken:
                self._taken.add(text)
                return text, precedence
        return self._next("t"), ATOM

    def _given(self, value: Value) -> str:
        """The name that it has of its own or as part of a neuron; "" for none."""
        return self._of_neurons.get(value, value.label)

    def _label(self, value: Value) -> str:
        """Its label, numbered where another value has the same."""
        if value not in self._labels:
            self._give_labels([value])
        return self._labels[value]

    def _give_labels(self, values: Iterable[Value]) -> None:
        """Number equal labels in the order of `values`; no numbered label is one that another value has."""
        labels = {value: self._shown(label) for value in values if (label := self._given(value))}
        given = set(self._labels.values())
        self._taken.update(labels.values())
        for value, label in labels.items():
            name = self._next(f"{label}#") if label in given else label
            given.add(name)
            self._taken.add(name)
            self._labels[value] = name

    def _shown(self, label: str) -> str:
        return shorten(one_line(label) or "␣")

    def _next(self, stem: str) -> str:
        """The next free name of a series: t₁, t₂, …; of a label w#2, w#3, …."""
        while True:
            self._counts[stem] += 1
            number = self._counts[stem]
            name = f"{stem}{number + 1}" if stem[-1] == "#" else stem + subscript(number)
            if name not in self._taken:
                return name
