"""Steps as data: every operation of a forward pass, every application of the chain rule of a backward pass.

A step holds numbers; how it is written, as text or LaTeX, is worked out when it is asked for.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from microgradnet import backward
from microgradnet.graph import topological_order, walk
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
from microgradnet.notation.writers import LATEX, TEXT, Notation
from microgradnet.ops import CONSTANT, Operation
from microgradnet.ops.operation import ATOM, Written

if TYPE_CHECKING:
    from microgradnet.value import Value

LATEX_GRAD = r"\mathrm{.grad}"
MOST_WRITTEN = 120  # characters of the local derivative of a value with many operands; a longer one is left out


@dataclass(frozen=True)
class ForwardStep:
    """One operation of forward propagation: node = op(operands).

    Attributes:
        number: 1 for the first.
        node: the value it computed.
        namer: what values are called.
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
        """The row of the table."""
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
            parts.append(self.operation.write_latex(numbers))
        return " = ".join(dict.fromkeys([*parts, latex_number(self.numbers[0])]))

    def _with_numbers(self) -> str:
        if self.namer.is_long(self.node):
            return ""
        return self.operation.write([signed(x) for x in self.numbers[1:]])

    def __str__(self) -> str:
        return self.text

    def _repr_latex_(self) -> str:
        return f"$$ {self.latex} $$"


@dataclass(frozen=True)
class BackwardStep:
    """One application of the chain rule: operand.grad += upstream · local_derivative.

    Attributes:
        number: 1 for the first.
        root: the result that the pass started from.
        node: the value whose gradient is passed back.
        position: which of its operands it is passed to, from 0; `x * x` has two.
        upstream: the node's gradient: d(root)/d(node), if the pass started from 1.
        local_derivative: ∂node/∂operand.
        before: the operand's gradient before; `after` is the one it has then.
        namer: what values are called.
        numbers: the data of the node and of its operands, as of the step.
    """

    number: int
    root: "Value"
    node: "Value"
    position: int
    upstream: float
    local_derivative: float
    before: float
    namer: Namer = field(repr=False, compare=False)
    numbers: tuple[float, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "numbers", numbers_of(self.node))

    @property
    def operand(self) -> "Value":
        """The value that the gradient is passed to."""
        return self.node.operands[self.position]

    @property
    def operation(self) -> Operation:
        """The row of the table."""
        return self.node.op

    @property
    def contribution(self) -> float:
        """What is added: upstream · local_derivative."""
        return self.upstream * self.local_derivative

    @property
    def after(self) -> float:
        """The operand's gradient after the step."""
        return self.before + self.contribution

    @property
    def formula(self) -> str:
        """The local derivative as the rule of the operation has it: "x", "a·(1 − a)"; "" if it cannot be read."""
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
    def _formula(self) -> Written:
        names = [self.namer.written(value) for value in self._values()]
        formula = derivative(self.node, self.position, TEXT, names)
        return ("", ATOM) if self.namer.is_long(self.node) and len(formula[0]) > MOST_WRITTEN else formula


def forward_steps(root: "Value") -> Iterator[ForwardStep]:
    """See `Value.forward_steps`."""
    leaves, computed = walk(root)
    backward.refuse_stale(leaves, computed)
    namer = Namer(leaves + computed, for_equations=True)
    for index, node in enumerate(computed, start=1):
        yield ForwardStep(index, node, namer)


def backward_steps(root: "Value", seed: float = 1.0) -> Iterator[BackwardStep]:
    """See `Value.backward_steps`. What is passed to a constant, as the 2 in 2·x, is no step, as nobody asks for it."""
    namer = Namer(topological_order(root), for_equations=True)
    index = 0
    for application in backward.backward_steps(root, seed):
        if application.operand.op is not CONSTANT:
            index += 1
            yield BackwardStep(index, *application, namer)


def numbers_of(node: "Value") -> tuple[float, ...]:
    """The data of a node and of its operands."""
    return tuple([value.data for value in (node, *node.operands)])


def derivative(node: "Value", position: int, notation: Notation, names: Sequence[Written]) -> Written:
    """The formula of ∂node/∂operand, by reading the rule with symbols; "" for a rule that cannot be read so.

    Args:
        node: a computed value.
        position: which operand.
        notation: how the formula is written.
        names: what the node, and then each of its operands, is called in it.
    """
    terms, symbols = _read(node, notation, names)
    return _write(terms[position], symbols, notation, names) if terms else ("", ATOM)


def derivatives(node: "Value", notation: Notation, names: Sequence[Written]) -> list[Written]:
    """The formulas for all operands; none for a rule that cannot be read so."""
    terms, symbols = _read(node, notation, names)
    return [_write(term, symbols, notation, names) for term in terms]


def _read(node: "Value", notation: Notation, names: Sequence[Written]) -> tuple[Sequence[Term], list[Term]]:
    """What the rule gives for symbols of these names, and the symbols; constants are their numbers."""
    texts = [notation.brackets.format(text) if binding < ATOM else text for text, binding in names]
    symbols: list[Term] = list(map(Symbol, texts))
    for i in range(len(symbols) - node.op.constants, len(symbols)):
        symbols[i] = node.operands[i - 1].data
    try:
        return node.op.derivatives(Symbols(), *symbols), symbols
    except (TypeError, AttributeError, ArithmeticError, ValueError):  # a rule of the user's own, on numbers only
        return (), symbols


def _write(term: Term, symbols: list[Term], notation: Notation, names: Sequence[Written]) -> Written:
    return names[symbols.index(term)] if term in symbols else notation.written(term)
