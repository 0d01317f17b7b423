"""The scalar program: the captured values, and the passes that combine them into fewer, larger operations.

Each pass is a function from program to program. A program's values can be printed, drawn and stepped through as usual;
a pass that changes nothing returns its argument.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import reduce
from itertools import chain
from types import MappingProxyType

from microgradnet import ops
from microgradnet.graph import Graph
from microgradnet.notation.names import Namer
from microgradnet.ops import CONSTANT, Operation
from microgradnet.ops.operation import Namespace, Number
from microgradnet.value import Value, constant

Operands = tuple[Value, ...]
Powers = tuple[Operands, Operands, Value]
LEAST_ADDENDS = 4  # addends from which on a sum is one operation: shorter sums rarely form a block
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
        namer = Namer([*self.leaves, *self.nodes])
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
    uses = Counter(chain(*[node.operands for node in program.nodes], program.outputs))
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
            if operands == node.operands:
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
    return remade(node, ops.total, tuple(addends)) if len(addends) > max(LEAST_ADDENDS, len(operands)) else None


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


def _largest(m: Namespace, *operands: Number) -> Number:
    return m.largest(operands)


def _no_derivatives(m: Namespace, y: Number, *operands: Number) -> tuple[Number, ...]:
    return (0.0,) * len(operands)


LARGEST = Operation(_largest, _no_derivatives, name="largest")
"""The largest of the operands, taken out of what does not depend on it: no gradient goes back through it."""


def share_powers(program: ScalarProgram) -> ScalarProgram:
    """Write logsumexp as y = m + log Σ e^(xᵢ - m), m the largest; softmax, e^(xᵢ - y) / Σ e^(xⱼ - y), has m for y.

    Their powers are then computed once, and the gradient reads them, too.
    """
    found: dict[Value, Powers] = {}  # of each y: the xᵢ, their powers and the sum of these
    softmaxes: dict[Value, dict[Value, Operands]] = {}

    def rule(node: Value, op: Operation, operands: Operands) -> Value | None:
        if op is ops.logsumexp:
            m = _computed(LARGEST, *operands)
            powers = tuple([_computed(ops.exp, _computed(ops.subtract, x, m)) for x in operands])
            whole = _computed(ops.total, *powers)
            new = remade(node, ops.add, (m, _computed(ops.log, whole)))
            found[new] = operands, powers, whole
            return new
        if op is ops.divide and found:
            part, whole = operands
            shared = softmaxes.get(whole)
            if shared is None:
                shared = softmaxes[whole] = _softmax(whole, found)
            return remade(node, op, shared[part]) if part in shared else None
        return None

    return program.rewritten(rule)


def _computed(op: Operation, *operands: Value) -> Value:
    new = constant(op.scalar(*[operand._data for operand in operands]))
    new.op, new.operands = op, operands
    return new


def _softmax(whole: Value, found: Mapping[Value, Powers]) -> dict[Value, Operands]:
    """For each e^(xᵢ - y), if `whole` is the sum of these for all xᵢ of one y: e^(xᵢ - m) and their sum."""
    exponents = [part.operands[0] for part in whole.operands if whole.op is ops.total and part.op is ops.exp]
    differences = [exponent.operands for exponent in exponents if exponent.op is ops.subtract]
    y = differences[0][1] if differences else whole
    xs, powers, total = found.get(y, ((), (), whole))
    if differences != [(x, y) for x in xs] or len(xs) != len(whole.operands):
        return {}
    return {part: (power, total) for part, power in zip(whole.operands, powers, strict=True)}


def merge_reordered(program: ScalarProgram) -> ScalarProgram:
    """Values of the same operands are merged again: sums and largest numbers of them in any order, too.

    Then no line of a table of operands is there twice.
    """
    seen: dict[tuple[Operation, tuple[int, ...]], Value] = {}

    def rule(node: Value, op: Operation, operands: Operands) -> Value | None:
        if not op.variadic or op is ops.weighted_sum:
            return None
        numbers = sorted(map(id, operands)) if op in (ops.total, LARGEST) else map(id, operands)
        first = seen.setdefault((op, tuple(numbers)), node)
        return None if first is node else first

    return program.rewritten(rule)


PASSES = (fold, merge_equal, gather, split_bias, share_powers, merge_reordered)
"""The passes, in the order in which they are applied. Values that no output depends on any more are dropped."""


def simplified(program: ScalarProgram) -> ScalarProgram:
    """The program after all passes."""
    for simplify in PASSES:
        program = simplify(program)
    return program
