"""Steps as data: every operation of a forward pass, every application of the chain rule of a backward pass.

A step holds numbers; its text and its LaTeX are written on first access.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from microgradnet.backward import refuse_stale
from microgradnet.graph import Graph, topological_order
from microgradnet.notation import typography
from microgradnet.notation.latex import (
    latex_expression,
    latex_factor,
    latex_fraction,
    latex_in_brackets,
    latex_name,
    latex_number,
    latex_signed,
)
from microgradnet.notation.names import Namer, as_factor, in_brackets, number, signed
from microgradnet.notation.symbols import Symbol, Symbols, Term
from microgradnet.notation.typography import ATOM, Formatted
from microgradnet.notation.writers import LATEX, TEXT, Notation
from microgradnet.ops import CONSTANT, Operation
from microgradnet.stepping.applications import Application, backward_applications

if TYPE_CHECKING:
    from microgradnet.value import Value

_OF_APPLICATION = {*Application._fields, "operand", "contribution", "after"}
LATEX_GRAD = r"\mathrm{.grad}"
MOST_WRITTEN = 120  # characters; the formula of a local derivative that is longer is omitted


@dataclass(frozen=True)
class ForwardStep:
    """One operation of forward propagation: node = op(operands).

    Attributes:
        number: 1 for the first.
        node: the value it computes.
        namer: the names of values.
        numbers: the data of the node and of its operands, as of the step.
    """

    number: int
    node: "Value"
    namer: Namer = field(repr=False, compare=False)
    numbers: tuple[float, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "numbers", numbers_of(self.node))

    @property
    def operation(self) -> Operation:
        """The operation of the node."""
        return self.node.op

    @property
    def text(self) -> str:
        """The equation with its numbers: "z = w·x + b = 2·3 + 1 = 7"."""
        parts = [self.namer.name(self.node), self.namer.expression(self.node), self._with_numbers()]
        return " = ".join(dict.fromkeys([*filter(None, parts), number(self.numbers[0])]))

    @property
    def latex(self) -> str:
        """The same as LaTeX."""
        numbers = [latex_signed(x) for x in self.numbers[1:]]
        parts = [latex_name(self.node, self.namer)[0], latex_expression(self.node, self.namer)]
        if not self.namer.is_long(self.node):
            parts.append(typography.write_latex(self.operation, numbers))
        return " = ".join(dict.fromkeys([*parts, latex_number(self.numbers[0])]))

    def _with_numbers(self) -> str:
        if self.namer.is_long(self.node):
            return ""
        return typography.write(self.operation, [signed(x) for x in self.numbers[1:]])

    def __str__(self) -> str:
        return self.text

    def _repr_latex_(self) -> str:
        return f"$$ {self.latex} $$"


@dataclass(frozen=True)
class BackwardStep:
    """One application of the chain rule, with its text and LaTeX: operand.grad += upstream · local_derivative.

    Attributes:
        number: 1 for the first.
        application: the record, whose fields are also attributes of the step (`node`, `upstream`, …).
        namer: the names of values.
        numbers: the data of the node and of its operands, as of the step.
    """

    number: int
    application: Application
    namer: Namer = field(repr=False, compare=False)
    numbers: tuple[float, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "numbers", numbers_of(self.node))

    def __getattr__(self, name: str) -> Any:
        if name in _OF_APPLICATION:
            return getattr(self.application, name)
        raise AttributeError(f"a BackwardStep has no {name!r}")

    @property
    def operation(self) -> Operation:
        """The operation of the node."""
        return self.application.node.op

    @property
    def formula(self) -> str:
        """The local derivative as the operation's formula: "x", "a·(1 − a)"; "" if the rule takes numbers only."""
        return self._formula[0]

    @property
    def local_text(self) -> str:
        """The local derivative with its formula and numbers: "∂a/∂z = a·(1 − a) = 0.6·(1 − 0.6) = 0.24"."""
        with_numbers, _ = derivative(self.node, self.position, TEXT, [signed(x) for x in self.numbers])
        parts = [self._partial(), self.formula, with_numbers if self.formula else "", number(self.local_derivative)]
        return " = ".join(dict.fromkeys(filter(None, parts)))

    @property
    def local_latex(self) -> str:
        r"""The same as LaTeX: "\frac{\partial a}{\partial z} = a \cdot (1 - a) = 0.24"."""
        names = [latex_name(value, self.namer) for value in self._values()]
        formula, _ = derivative(self.node, self.position, LATEX, names)
        parts = [self._latex_partial(), formula if self.formula else "", latex_number(self.local_derivative)]
        return " = ".join(dict.fromkeys(filter(None, parts)))

    @property
    def text(self) -> str:
        """The equation with its numbers: "w.grad += z.grad · ∂z/∂w = 0.5 · x = 0.5 · 3 = 1.5"."""
        operand, node = (in_brackets(self.namer.written(value)) for value in (self.operand, self.node))
        upstream, local = as_factor(signed(self.upstream)), as_factor(signed(self.local_derivative))
        parts = [f"{node}.grad · {self._partial()}", f"{upstream} · {local}", number(self.contribution)]
        if self.formula:
            parts.insert(1, f"{upstream} · {as_factor(self._formula)}")
        text = f"{operand}.grad += " + " = ".join(dict.fromkeys(parts))
        if self.before != 0.0:
            text += f", and {number(self.before)} + {as_factor(signed(self.contribution))} = {number(self.after)}"
        if self.node.operands.count(self.operand) > 1:
            text += f" (operand {self.position + 1} of {self.namer.expression(self.node)})"
        return text

    @property
    def latex(self) -> str:
        """The same as LaTeX."""
        operand, node = (latex_in_brackets(latex_name(v, self.namer)) for v in (self.operand, self.node))
        upstream, factor = (latex_factor(x) for x in (self.upstream, self.local_derivative))
        text = (
            rf"{operand}{LATEX_GRAD} \mathrel{{+}}= {node}{LATEX_GRAD} \cdot {self._latex_partial()} = "
            rf"{upstream} \cdot {factor} = {latex_number(self.contribution)}"
        )
        if self.before != 0.0:
            after = latex_number(self.after)
            text += rf", \quad {latex_number(self.before)} + {latex_factor(self.contribution)} = {after}"
        return text

    def __str__(self) -> str:
        return self.text

    def _repr_latex_(self) -> str:
        return f"$$ {self.latex} $$"

    def _values(self) -> list["Value"]:
        return [self.node, *self.node.operands]

    def _partial(self) -> str:
        node, operand = (in_brackets(self.namer.written(value)) for value in (self.node, self.operand))
        return f"∂{node}/∂{operand}"

    def _latex_partial(self) -> str:
        return latex_fraction(latex_name(self.node, self.namer), latex_name(self.operand, self.namer))

    @cached_property
    def _formula(self) -> Formatted:
        names = [self.namer.written(value) for value in self._values()]
        formula = derivative(self.node, self.position, TEXT, names)
        return ("", ATOM) if self.namer.is_long(self.node) and len(formula[0]) > MOST_WRITTEN else formula


def forward_steps(root: "Value") -> Iterator[ForwardStep]:
    """The operations that a value was computed by, in order: a `ForwardStep` each. Nothing is computed anew.

    >>> from microgradnet import Value
    >>> x = Value(3.0, "x"); y = 2 * x + 1; y.label = "y"
    >>> for step in y.forward_steps(): print(step)
    2·x = 2·3 = 6
    y = 2·x + 1 = 6 + 1 = 7
    """
    graph = Graph(root)
    refuse_stale(graph)
    namer = Namer(graph.nodes, for_equations=True)
    for index, node in enumerate(graph.computed, start=1):
        yield ForwardStep(index, node, namer)


def backward_steps(root: "Value", seed: float = 1.0) -> Iterator[BackwardStep]:
    """`root.backward()`, paused after each application of the chain rule: a `BackwardStep` each.

    Inside the loop the gradients are as of that step. A loop that is left before its end changes nothing: all
    gradients are again what they were. Agrees with `backward()` to the bit. What is passed to a constant, as the 2 in
    2·x, is no step.

    >>> from microgradnet import Value
    >>> a = Value(3.0, "a"); y = a * a; y.label = "y"
    >>> for step in y.backward_steps(): print(step)
    a.grad += y.grad · ∂y/∂a = 1 · a = 1 · 3 = 3 (operand 1 of a·a)
    a.grad += y.grad · ∂y/∂a = 1 · a = 1 · 3 = 3, and 3 + 3 = 6 (operand 2 of a·a)
    """
    namer = Namer(topological_order(root), for_equations=True)
    index = 0
    for application in backward_applications(root, seed):
        if application.operand.op is not CONSTANT:
            index += 1
            yield BackwardStep(index, application, namer)


def numbers_of(node: "Value") -> tuple[float, ...]:
    """The data of a node and of its operands."""
    return tuple([value.data for value in (node, *node.operands)])


def derivative(node: "Value", position: int, notation: Notation, names: Sequence[Formatted]) -> Formatted:
    """The formula of ∂node/∂operand, by applying the rule to symbols; "" for a rule that takes numbers only.

    Args:
        node: a computed value.
        position: which operand.
        notation: how the formula is written.
        names: the names of the node and then of each operand in the formula.
    """
    terms, symbols = _read(node, notation, names)
    return _write(terms[position], symbols, notation, names) if terms else ("", ATOM)


def derivatives(node: "Value", notation: Notation, names: Sequence[Formatted]) -> list[Formatted]:
    """The formulas for all operands; an empty list for a rule that takes numbers only."""
    terms, symbols = _read(node, notation, names)
    return [_write(term, symbols, notation, names) for term in terms]


def _read(node: "Value", notation: Notation, names: Sequence[Formatted]) -> tuple[Sequence[Term], list[Term]]:
    """The rule applied to symbols of these names, and the symbols; constants are numbers."""
    texts = [notation.brackets.format(text) if precedence < ATOM else text for text, precedence in names]
    symbols: list[Term] = list(map(Symbol, texts))
    for i in range(len(symbols) - node.op.constants, len(symbols)):
        symbols[i] = node.operands[i - 1].data
    try:
        return node.op.derivatives(Symbols(), *symbols), symbols
    except (TypeError, AttributeError, ArithmeticError, ValueError):  # a user's rule that takes numbers only
        return (), symbols


def _write(term: Term, symbols: list[Term], notation: Notation, names: Sequence[Formatted]) -> Formatted:
    return names[symbols.index(term)] if term in symbols else notation.written(term)
