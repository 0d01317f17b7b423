"""The scalar program: the captured values, and the passes that combine them into fewer, larger operations.

Each pass is a function from program to program. A program's values can be printed, drawn and stepped through as usual;
a pass that changes nothing returns its argument.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import reduce
from types import MappingProxyType

from microgradnet import ops
from microgradnet.graph import Graph
from microgradnet.notation.names import Namer
from microgradnet.ops import CONSTANT, Operation
from microgradnet.value import Value, constant

Operands = tuple[Value, ...]
MANY = 4  # addends from which on a sum is one operation: shorter sums rarely form a block
Rule = Callable[[Value, Operation, Operands], Value | None]
"""A rewrite rule: the replacement of a value, given its rewritten operands; None to keep it."""


class ScalarProgram:
    """The values that `outputs` are computed from.

    Attributes:
        outputs: the results.
        inputs: the leaves that hold an argument's numbers.
        leaves, nodes: all leaves; the computed values, each after its operands.
        varying: inputs and the computed values that depend on one: they vary from sample to sample.
    """

    def __init__(self, outputs: Sequence[Value], inputs: Iterable[Value], frozen: Iterable[Value] = ()) -> None:
        self.outputs = list(outputs)
        self.inputs = list(inputs)
        self.frozen = frozenset(frozen)
        graph = Graph(*self.outputs)
        self.leaves, self.nodes = graph.leaves, graph.computed
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
            changed = bool(replaced) and not replaced.keys().isdisjoint(operands)
            if changed:
                operands = tuple([replaced.get(operand, operand) for operand in operands])
            new = rule(node, node.op, operands)
            if new is None and changed:
                new = remade(node, node.op, operands)
            if new is not None:
                replaced[node] = replaced.get(new, new)
                if node in self.varying:
                    self.varying.add(new)  # for the rule, if it is an operand
        if not replaced:
            return self
        return ScalarProgram([replaced.get(v, v) for v in self.outputs], self.inputs, self.frozen)


def remade(node: Value, op: Operation, operands: Operands) -> Value:
    """A replacement for `node` with the same number and label, computed in another way."""
    new = constant(node._data)
    new.op, new.operands, new.label = op, operands, node.label
    return new


def fold(program: ScalarProgram) -> ScalarProgram:
    """Constant folding: a value computed from constants alone becomes a constant.

    A constant is a number in an expression or a leaf created while the function ran.
    """
    folded = set(program.frozen)

    def rule(node: Value, op: Operation, operands: Operands) -> Value | None:
        if node._data != node._data or not all(operand.op is CONSTANT or operand in folded for operand in operands):
            return None  # the numbers of a loop are not known
        number = constant(node._data)
        folded.add(number)
        return number

    return program.rewritten(rule)


def merge_equal(program: ScalarProgram) -> ScalarProgram:
    """Common subexpression elimination: values with the same operation and operands are replaced by the first."""
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
        node.op in (ops.add, ops.total)
        and any(operand.op in (ops.add, ops.total, ops.multiply) for operand in node.operands)
        for node in program.nodes
    ):
        return program
    uses = Counter(operand for node in program.nodes for operand in node.operands) + Counter(program.outputs)
    users = {operand: node for node in program.nodes for operand in node.operands}
    inside = {
        node
        for node in program.nodes
        if node.op in (ops.add, ops.total)
        and uses[node] == 1
        and node in users
        and users[node].op in (ops.add, ops.total)
    }

    def rule(node: Value, op: Operation, operands: Operands) -> Value | None:
        if op not in (ops.add, ops.total) or node in inside:
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
    products = [v for v in addends if v.op is ops.multiply and uses[v] == 1]
    rest = [v for v in addends if not (v.op is ops.multiply and uses[v] == 1)]
    pairs = [_oriented(product.operands, program) for product in products]
    weights, inputs = [w for w, _ in pairs], [x for _, x in pairs]
    is_gated = len(products) == 2 and program.varying.issuperset(weights)  # f·c + i·g: faster as two products
    if len(products) > 1 and not is_gated:
        if len(rest) == 1:
            return remade(node, ops.weighted_sum, (*weights, *inputs, *rest))
        summed = remade(node, ops.weighted_sum, (*weights, *inputs))
        if not rest:
            return summed
        summed._data = reduce(lambda total, product: total + product._data, products, 0.0)
        return remade(node, ops.total, (summed, *rest))
    return remade(node, ops.total, tuple(addends)) if len(addends) > max(MANY, len(operands)) else None


def _oriented(operands: Operands, program: ScalarProgram) -> Operands:
    """A product's two operands; the one that is the same for all samples, the weight, comes first."""
    a, b = operands
    return (b, a) if a in program.varying and b not in program.varying else (a, b)


def split_bias(program: ScalarProgram) -> ScalarProgram:
    """Split the last addend off a weighted sum if it varies from sample to sample: only a fixed addend is a bias."""

    def rule(node: Value, op: Operation, operands: Operands) -> Value | None:
        if op is not ops.weighted_sum or len(operands) % 2 == 0 or operands[-1] not in program.varying:
            return None
        products = remade(node, ops.weighted_sum, operands[:-1])
        products._data -= operands[-1]._data
        return remade(node, ops.add, (products, operands[-1]))

    return program.rewritten(rule)


PASSES = (fold, merge_equal, gather, split_bias)
"""The passes, in the order in which they are applied. Values that no output depends on any more are dropped."""


def simplified(program: ScalarProgram) -> ScalarProgram:
    """The program after all passes."""
    for simplify in PASSES:
        program = simplify(program)
    return program
