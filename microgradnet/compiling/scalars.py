"""The scalar program: the values that were captured, and the passes that make fewer and larger operations of them.

Each pass is a function from program to program. A program's values can be printed, drawn and stepped through as any;
where a pass changes nothing it gives back the program it was given.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import reduce
from types import MappingProxyType

from microgradnet.graph import walk
from microgradnet.notation.names import Namer
from microgradnet.ops import ADD, CONSTANT, MULTIPLY, TOTAL, WEIGHTED_SUM, Operation
from microgradnet.value import Value, constant

Operands = tuple[Value, ...]
MANY = 4  # addends, from which on a sum is one operation: fewer are found in many places and in as many numbers
Rule = Callable[[Value, Operation, Operands], Value | None]
"""What takes the place of a value, given its operands as they are now; None to leave it as it is."""


class ScalarProgram:
    """The values that `outputs` are computed from.

    Attributes:
        outputs: the results.
        inputs: the leaves that hold an argument's numbers.
        leaves, nodes: all leaves; the computed values, each after its operands.
        varying: what depends on an input, and so differs from sample to sample: inputs and computed values.
    """

    def __init__(self, outputs: Sequence[Value], inputs: Iterable[Value], frozen: Iterable[Value] = ()) -> None:
        self.outputs = list(outputs)
        self.inputs = list(inputs)
        self.frozen = frozenset(frozen)
        self.leaves, self.nodes = walk(*self.outputs)
        self.varying = set(self.inputs)
        for node in self.nodes:
            if not self.varying.isdisjoint(node.operands):
                self.varying.add(node)

    def __str__(self) -> str:
        namer = Namer([*self.leaves, *self.nodes], for_equations=True)
        return "\n".join(namer.heading(node) for node in self.nodes)

    def rewritten(self, rule: Rule, leaves: Mapping[Value, Value] = MappingProxyType({})) -> "ScalarProgram":
        """This program with the rule applied to each computed value, in order, after `leaves` were replaced."""
        replaced = dict(leaves)
        for node in self.nodes:
            operands = node.operands
            if replaced and not replaced.keys().isdisjoint(operands):
                operands = tuple([replaced.get(operand, operand) for operand in operands])
            new = rule(node, node.op, operands)
            if new is None and operands is not node.operands:
                new = remade(node, node.op, operands)
            if new is not None:
                replaced[node] = new
                if node in self.varying:
                    self.varying.add(new)  # for the rule to know, where it is an operand
        if not replaced:
            return self
        return ScalarProgram([replaced.get(v, v) for v in self.outputs], self.inputs, self.frozen)


def remade(node: Value, op: Operation, operands: Operands) -> Value:
    """A value that stands for `node`, with the same number and label, computed in another way."""
    new = constant(node._data)
    new.op, new.operands, new.label = op, operands, node.label
    return new


def fold(program: ScalarProgram) -> ScalarProgram:
    """Constants folded: what is computed from constants alone is a constant.

    A constant is a number in an expression or a leaf that was made while the function ran.
    """
    folded = set(program.frozen)

    def rule(node: Value, op: Operation, operands: Operands) -> Value | None:
        if not all(operand.op is CONSTANT or operand in folded for operand in operands):
            return None
        number = constant(node._data)
        folded.add(number)
        return number

    return program.rewritten(rule)


def share(program: ScalarProgram) -> ScalarProgram:
    """Common subexpressions shared: of two values with the same operation and operands the first serves for both."""
    seen: dict[tuple[Operation, Operands], Value] = {}
    numbers: dict[str, Value] = {}
    same = {
        leaf: numbers.setdefault(leaf._data.hex(), leaf)
        for leaf in program.leaves
        if leaf.op is CONSTANT or leaf in program.frozen
    }

    def rule(node: Value, op: Operation, operands: Operands) -> Value | None:
        first = seen.setdefault((op, operands), node)
        return None if first is node else first

    return program.rewritten(rule, {leaf: first for leaf, first in same.items() if leaf is not first})


def gather(program: ScalarProgram) -> ScalarProgram:
    """Chains of + and × gathered: b + w₁·x₁ + w₂·x₂ + … is one weighted sum, a + b + c + … one sum."""
    if not any(
        node.op in (ADD, TOTAL) and any(operand.op in (ADD, TOTAL, MULTIPLY) for operand in node.operands)
        for node in program.nodes
    ):
        return program
    uses = Counter(operand for node in program.nodes for operand in node.operands) + Counter(program.outputs)
    users = {operand: node for node in program.nodes for operand in node.operands}
    inside = {
        node
        for node in program.nodes
        if node.op in (ADD, TOTAL) and uses[node] == 1 and node in users and users[node].op in (ADD, TOTAL)
    }

    def rule(node: Value, op: Operation, operands: Operands) -> Value | None:
        if op not in (ADD, TOTAL) or node in inside:
            if operands is node.operands:
                return None
            new = remade(node, op, operands)
            uses[new] = uses[node]
            if node in inside:
                inside.add(new)
            return new
        return _gathered(node, operands, addends(operands), program, uses)

    def addends(operands: Operands) -> list[Value]:
        found: list[Value] = []
        ahead = list(reversed(operands))
        while ahead:
            operand = ahead.pop()
            if operand in inside:
                ahead.extend(reversed(operand.operands))
            else:
                found.append(operand)
        return found

    return program.rewritten(rule)


def _gathered(
    node: Value, operands: Operands, addends: list[Value], program: ScalarProgram, uses: Counter[Value]
) -> Value | None:
    products = [v for v in addends if v.op is MULTIPLY and uses[v] == 1]
    rest = [v for v in addends if not (v.op is MULTIPLY and uses[v] == 1)]
    if len(products) > 1:
        pairs = [_oriented(product.operands, program) for product in products]
        weights, inputs = [w for w, _ in pairs], [x for _, x in pairs]
        if len(rest) == 1:
            return remade(node, WEIGHTED_SUM, (*weights, *inputs, *rest))
        summed = remade(node, WEIGHTED_SUM, (*weights, *inputs))
        if not rest:
            return summed
        summed._data = reduce(lambda total, product: total + product._data, products, 0.0)
        return remade(node, TOTAL, (summed, *rest))
    return remade(node, TOTAL, tuple(addends)) if len(addends) > max(MANY, len(operands)) else None


def _oriented(operands: Operands, program: ScalarProgram) -> Operands:
    """A product's two operands, the one that is the same for all samples first: the weight."""
    a, b = operands
    return (b, a) if a in program.varying and b not in program.varying else (a, b)


def split_bias(program: ScalarProgram) -> ScalarProgram:
    """A weighted sum whose last addend differs from sample to sample made a sum: only a fixed one is a bias."""

    def rule(node: Value, op: Operation, operands: Operands) -> Value | None:
        if op is not WEIGHTED_SUM or len(operands) % 2 == 0 or operands[-1] not in program.varying:
            return None
        products = remade(node, WEIGHTED_SUM, operands[:-1])
        products._data -= operands[-1]._data
        return remade(node, ADD, (products, operands[-1]))

    return program.rewritten(rule)


PASSES = (fold, share, gather, split_bias)
"""The passes, in the order in which they are applied. What no output depends on any longer drops out by itself."""
