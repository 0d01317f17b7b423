"""Steps as data: every operation of a forward pass, every application of the chain rule of a backward pass.

A step holds numbers; its text and its LaTeX are written when they are read.
"""

from collections.abc import Callable, Iterator, Sequence
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
    latex_name,
    latex_number,
    latex_signed,
)
from microgradnet.notation.names import Namer, as_factor, in_brackets, number, signed
from microgradnet.notation.symbols import Symbol, Symbols, Term
from microgradnet.notation.typography import ATOM, LATEX_BRACKETS, Formatted
from microgradnet.notation.writers import LATEX, TEXT, Notation
from microgradnet.ops import CONSTANT, Operation
from microgradnet.stepping.applications import Application, backward_applications

if TYPE_CHECKING:
    from microgradnet.value import Value

_OF_APPLICATION = {*Application._fields, "operand", "contribution", "after"}
LATEX_GRAD = r"\mathrm{.grad}"
MOST_WRITTEN = 120  # characters; the formula of a local derivative that is longer is omitted


class _Step:
    """What steps of both passes have in common; `numbers` are kept when a step is made."""

    if TYPE_CHECKING:
        node: Value
        text: property
        latex: property

    def __post_init__(self) -> None:
        numbers = tuple([value.data for value in (self.node, *self.node.operands)])
        object.__setattr__(self, "numbers", numbers)

    @property
    def operation(self) -> Operation:
        """The operation of the node."""
        return self.node.op

    def __str__(self) -> str:
        return f"{self.text}"

    def _repr_latex_(self) -> str:
        return f"$$ {self.latex} $$"


@dataclass(frozen=True)
class ForwardStep(_Step):
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

    @property
    def text(self) -> str:
        """The equation with its numbers: "z = w·x + b = 2·3 + 1 = 7"."""
        result, *operands = self.numbers
        numbers = "" if self._is_long else typography.write(self.operation, [signed(x) for x in operands])
        return equation(self.namer.name(self.node), self.namer.expression(self.node), numbers, number(result))

    @property
    def latex(self) -> str:
        """The same as LaTeX."""
        result, *operands = self.numbers
        numbers = "" if self._is_long else typography.write_latex(self.operation, [latex_signed(x) for x in operands])
        name, _ = latex_name(self.node, self.namer)
        return equation(name, latex_expression(self.node, self.namer), numbers, latex_number(result))

    @property
    def _is_long(self) -> bool:
        return self.namer.is_long(self.node)


@dataclass(frozen=True)
class BackwardStep(_Step):
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

    def __getattr__(self, name: str) -> Any:
        if name in _OF_APPLICATION:
            return getattr(self.application, name)
        raise AttributeError(f"a BackwardStep has no {name!r}")

    @property
    def formula(self) -> str:
        """The local derivative as the operation's formula: "x", "a·(1 − a)"; "" if the rule takes numbers only."""
        return self._formula[0]

    @property
    def local_text(self) -> str:
        """The local derivative with its formula and numbers: "∂a/∂z = a·(1 − a) = 0.6·(1 − 0.6) = 0.24"."""
        numbers, _ = derivative(self.node, self.position, TEXT, [signed(x) for x in self.numbers])
        partial = partial_text(self.node, self.operand, self.namer)
        return equation(partial, self.formula, numbers if self.formula else "", number(self.local_derivative))

    @property
    def local_latex(self) -> str:
        r"""The same as LaTeX: "\frac{\partial a}{\partial z} = a \cdot (1 - a) = 0.24"."""
        names = [latex_name(value, self.namer) for value in (self.node, *self.node.operands)]
        formula, _ = derivative(self.node, self.position, LATEX, names)
        partial = partial_latex(self.node, self.operand, self.namer)
        return equation(partial, formula if self.formula else "", latex_number(self.local_derivative))

    @property
    def text(self) -> str:
        """The equation with its numbers: "w.grad += z.grad · ∂z/∂w = 0.5 · x = 0.5 · 3 = 1.5"."""
        upstream, local = as_factor(signed(self.upstream)), as_factor(signed(self.local_derivative))
        text = f"{name_in_brackets(self.operand, self.namer)}.grad += " + equation(
            f"{name_in_brackets(self.node, self.namer)}.grad · {partial_text(self.node, self.operand, self.namer)}",
            f"{upstream} · {as_factor(self._formula)}" if self.formula else "",
            f"{upstream} · {local}",
            number(self.contribution),
        )
        if self.before != 0.0:
            text += f", and {number(self.before)} + {as_factor(signed(self.contribution))} = {number(self.after)}"
        which = which_operand(self.node, self.position, self.namer)
        return f"{text} ({which})" if which else text

    @property
    def latex(self) -> str:
        """The same as LaTeX."""
        operand, node = (in_brackets(latex_name(v, self.namer), LATEX_BRACKETS) for v in (self.operand, self.node))
        text = (
            rf"{operand}{LATEX_GRAD} \mathrel{{+}}= "
            rf"{node}{LATEX_GRAD} \cdot {partial_latex(self.node, self.operand, self.namer)} = "
            rf"{latex_factor(self.upstream)} \cdot {latex_factor(self.local_derivative)} = "
            rf"{latex_number(self.contribution)}"
        )
        if self.before != 0.0:
            after = latex_number(self.after)
            text += rf", \quad {latex_number(self.before)} + {latex_factor(self.contribution)} = {after}"
        return text

    @cached_property
    def _formula(self) -> Formatted:
        return local_formula(self.node, self.position, self.namer)


def forward_steps(root: "Value", namer: Namer | None = None) -> Iterator[ForwardStep]:
    """The operations that a value was computed by, in order: a `ForwardStep` each. Nothing is computed anew.

    >>> from microgradnet import Value
    >>> x = Value(3.0, "x"); y = 2 * x + 1; y.label = "y"
    >>> for step in y.forward_steps(): print(step)
    2·x = 2·3 = 6
    y = 2·x + 1 = 6 + 1 = 7
    """
    graph = Graph(root)
    refuse_stale(graph)
    namer = namer or Namer(graph.nodes)
    for index, node in enumerate(graph.computed, start=1):
        yield ForwardStep(index, node, namer)


def backward_steps(root: "Value", seed: float = 1.0, namer: Namer | None = None) -> Iterator[BackwardStep]:
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
    namer = namer or Namer(topological_order(root))
    index = 0
    for application in backward_applications(root, seed):
        if application.operand.op is not CONSTANT:
            index += 1
            yield BackwardStep(index, application, namer)


def equation(*parts: str) -> str:
    """The parts with equals signs between them, without empty and repeated ones."""
    return " = ".join(dict.fromkeys(filter(None, parts)))


def name_in_brackets(value: "Value", namer: Namer) -> str:
    """The value's name as it stands before `.grad` and after ∂."""
    return in_brackets(namer.written(value))


def partial_text(of: "Value", by: "Value", namer: Namer) -> str:
    """∂of/∂by."""
    return f"∂{name_in_brackets(of, namer)}/∂{name_in_brackets(by, namer)}"


def partial_latex(of: "Value", by: "Value", namer: Namer) -> str:
    """∂of/∂by as LaTeX."""
    return latex_fraction(latex_name(of, namer), latex_name(by, namer))


def which_operand(node: "Value", position: int, namer: Namer) -> str:
    """Which operand it is, as "operand 2 of a·a", where one value is several operands of the node; else ""."""
    if node.operands.count(node.operands[position]) == 1:
        return ""
    return f"operand {position + 1} of {namer.expression(node)}"


def local_formula(node: "Value", position: int, namer: Namer) -> Formatted:
    """The formula of ∂node/∂operand in the names of values; "" for a rule that takes numbers only, or if it is long."""
    names = [namer.written(value) for value in (node, *node.operands)]
    formula = derivative(node, position, TEXT, names)
    return ("", ATOM) if namer.is_long(node) and len(formula[0]) > MOST_WRITTEN else formula


def derivative(node: "Value", position: int, notation: Notation, names: Sequence[Formatted]) -> Formatted:
    """The formula of ∂node/∂operand, by applying the rule to symbols; "" for a rule that takes numbers only.

    Args:
        node: a computed value.
        position: which operand.
        notation: how the formula is written.
        names: the names of the node and then of each operand in the formula.
    """
    return derivatives(node, notation, names)(position)


def derivatives(node: "Value", notation: Notation, names: Sequence[Formatted]) -> Callable[[int], Formatted]:
    """The same for all operands: a function of the position. Constants are numbers."""
    texts = [notation.brackets.format(text) if precedence < ATOM else text for text, precedence in names]
    symbols: list[Term] = list(map(Symbol, texts))
    for i in range(len(symbols) - node.op.constants, len(symbols)):
        symbols[i] = node.operands[i - 1].data
    try:
        terms = node.op.derivatives(Symbols(), *symbols)
    except (TypeError, AttributeError, ArithmeticError, ValueError):  # a user's rule that takes numbers only
        return lambda position: ("", ATOM)

    def formula(position: int) -> Formatted:
        term = terms[position]
        return names[symbols.index(term)] if term in symbols else notation.written(term)

    return formula
