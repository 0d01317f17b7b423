"""The interpreter of tapes as Python source for numba: one branch per operation, generated from its rules.

A rule applied to symbols gives an expression, and the expression is written in Python: the mathematics is defined by
the operation alone. Operations of any number of operands need loops, which are defined here.
"""

import inspect
from collections.abc import Iterator, Sequence
from textwrap import indent
from typing import TypeAlias

from microgradnet import ops
from microgradnet.compiling.scalars import LARGEST
from microgradnet.notation.symbols import Symbol, Symbols, Term
from microgradnet.notation.writers import PYTHON
from microgradnet.ops import Operation, floats
from microgradnet.value import Value

Case: TypeAlias = tuple[Operation, tuple[float, ...]]
"""A branch: an operation, and the constants to which it applies; () for all."""

FIRST = (ops.add, ops.multiply, ops.weighted_sum)
KNOWN = {ops.power: ((2.0,), (0.0,))}
"""Constants with a branch of their own: x² is a product, and the rule asks whether an exponent is 0."""
HELPERS = (floats.maximum, floats.minimum, floats.sign, floats.sigmoid)
"""The functions used in rules that `math` lacks."""

LOOPS = {
    ops.total: (
        """\
total = values[many[first[i]]]
for j in range(first[i] + 1, second[i]):
    total += values[many[j]]
values[i] = total
""",
        """\
for j in range(first[i], second[i]):
    gradients[many[j]] += upstream
""",
    ),
    ops.weighted_sum: (
        """\
start, count = first[i], (second[i] - first[i]) // 2
total = 0.0
for j in range(start, start + count):
    total += values[many[j]] * values[many[j + count]]
if start + 2 * count < second[i]:
    total += values[many[start + 2 * count]]
values[i] = total
""",
        """\
start, count = first[i], (second[i] - first[i]) // 2
for j in range(start, start + count):
    w, x = many[j], many[j + count]
    gradients[w] += upstream * values[x]
    gradients[x] += upstream * values[w]
if start + 2 * count < second[i]:
    gradients[many[start + 2 * count]] += upstream
""",
    ),
    LARGEST: (
        """\
top = values[many[first[i]]]
for j in range(first[i] + 1, second[i]):
    top = maximum(top, values[many[j]])
values[i] = top
""",
        "pass\n",
    ),
}
"""For an operation of any number of operands, the code that computes node i and passes its gradient `upstream` back."""

MODULE = '''\
"""The interpreter of tapes, written by microgradnet.compiling.tape_source; kept for numba's cache beside it."""

from math import *

from numba import njit

compiled = njit(error_model="numpy")


{helpers}


@compiled
def forward(values, runs, first, second, many):
    """Compute the nodes of these runs."""
    for r in range(len(runs)):
        case, start, stop = runs[r, 0], runs[r, 1], runs[r, 2]
{forward}

@compiled
def backward(values, gradients, runs, first, second, many):
    """Pass the gradients of the nodes of these runs on to their operands."""
    for r in range(len(runs) - 1, -1, -1):
        if not runs[r, 3]:
            continue
        case, start, stop = runs[r, 0], runs[r, 1], runs[r, 2]
{backward}

@compiled
def failed(values, runs, first, second, many):
    """Whether a node of these runs is infinite though its operands are finite, or NaN though none of them is."""
    unusual = 0
    if len(runs):
        for i in range(runs[0, 1], runs[-1, 2]):
            unusual += not abs(values[i]) < inf
    if not unusual:
        return False
    for r in range(len(runs)):
        for i in range(runs[r, 1], runs[r, 2]):
            if abs(values[i]) < inf:
                continue
            finite, nan = True, False
            for j in range(second[i] - first[i] if runs[r, 4] else 2):
                x = values[many[first[i] + j] if runs[r, 4] else second[i] if j else first[i]]
                finite &= abs(x) < inf
                nan |= x != x
            if finite or (values[i] != values[i] and not nan):
                return True
    return False


@njit(
    "b1(f8[:, ::1], f8[:, ::1], f8[::1], f8[::1], i8[:, ::1], i8[:, ::1], "
    "u4[::1], u4[::1], u4[::1], u4[::1], i8, i8, i8, f8)",
    error_model="numpy",
    cache=CACHED,
)
def run(
    inputs, outputs, values, gradients, fixed_runs, runs,
    first, second, many, results, parameters, fixed, root, weight,
):
    """Replay a tape for each sample; whether no operation failed.

    Args:
        inputs, outputs: a row for each sample; a row for each output.
        values, gradients: the numbers of the slots. First come the parameters, as many as `parameters` says; up to the
            slot `fixed` what is the same for all samples; then inputs, and what differs from sample to sample.
        fixed_runs, runs: a row for each run of the nodes that are the same for all samples, and of the others: (case,
            first slot, slot after the last, whether gradients go back, whether operands are in `many`).
        first, second, many: the slots of each node's operands, or where in `many` these begin and end.
        results: the slots of the outputs.
        root: the slot whose gradient is `weight` for each sample; -1 if no gradient is wanted.
    """
    size, width = inputs.shape
    forward(values, fixed_runs, first, second, many)
    good = not failed(values, fixed_runs, first, second, many)
    for i in range(fixed):
        gradients[i] = 0.0
    for sample in range(size):
        for i in range(width):
            values[fixed + i] = inputs[sample, i]
        forward(values, runs, first, second, many)
        good &= not failed(values, runs, first, second, many)
        for i in range(len(results)):
            outputs[i, sample] = values[results[i]]
        if root >= 0:
            for i in range(fixed, len(gradients)):
                gradients[i] = 0.0
            gradients[root] += weight
            backward(values, gradients, runs, first, second, many)
    if root >= 0:
        backward(values, gradients, fixed_runs, first, second, many)
    for i in range(parameters):
        good &= abs(gradients[i]) < inf
    return good
'''


def cases(operations: Sequence[Operation]) -> list[Case]:
    """The branches for these operations, the most frequent first."""
    ordered = [*FIRST, *[op for op in operations if op not in FIRST]]
    return [(op, constants) for op in ordered for constants in (*KNOWN.get(op, ()), ())]


def case_of(node: Value) -> Case:
    """The branch that computes the node."""
    op = node.op
    if op not in KNOWN:
        return op, ()
    constants = tuple([operand.data for operand in node.operands[len(node.operands) - op.constants :]])
    return op, constants if constants in KNOWN[op] else ()


def is_listed(op: Operation) -> bool:
    """Whether the slots of a node's operands are in `many`, because there can be more than two."""
    return op.variadic or len(op.operands) > 2


def source(operations: Sequence[Operation]) -> str:
    """The source of a module that interprets tapes of these operations.

    Raises:
        TypeError: one takes any number of operands, and there is no loop for it here.
    """
    for op in operations:
        if op.variadic and op not in LOOPS:
            raise TypeError(f"the tape has no loop for {op!r}, which takes any number of operands: use engine 'numpy'")
    branches = cases(operations)
    return MODULE.format(
        helpers="\n\n".join("@njit\n" + inspect.getsource(helper) for helper in HELPERS),
        forward=_switch([_forward(*case) for case in branches], branches),
        backward=_switch([_backward(*case) for case in branches], branches),
    )


def _switch(bodies: Sequence[str], branches: Sequence[Case]) -> str:
    lines = [
        f"{'el' if number else ''}if case == {number}:  # {op.name}{list(constants) or ''}\n{indent(body, '    ')}"
        for number, (body, (op, constants)) in enumerate(zip(bodies, branches, strict=True))
    ]
    return indent("".join(lines), " " * 8)


def _forward(op: Operation, constants: tuple[float, ...]) -> str:
    """The loop that computes the nodes of a run."""
    if op in LOOPS:
        body = LOOPS[op][0]
    else:
        operands = _operands(op, constants)
        definitions, (value,) = PYTHON.write_all([op.value(Symbols(), *operands)], shared="t")
        body = "\n".join([*_read(op, operands), *definitions, f"values[i] = {value}\n"])
    return "for i in range(start, stop):\n" + indent(body, "    ")


def _backward(op: Operation, constants: tuple[float, ...]) -> str:
    """The loop that applies the chain rule to the nodes of a run: upstream · local derivative.

    >>> from microgradnet.ops import divide
    >>> print(_backward(divide, ()), end="")
    for i in range(stop - 1, start - 1, -1):
        upstream = gradients[i]
        y = values[i]
        k0 = first[i]
        x0 = values[k0]
        k1 = second[i]
        x1 = values[k1]
        gradients[k0] += upstream * (1.0 / x1)
        gradients[k1] += upstream * (-y / x1)
    """
    if op in LOOPS:
        body = LOOPS[op][1]
    else:
        operands = _operands(op, constants)
        upstream = Symbol("upstream")
        derivatives = op.derivatives(Symbols(), Symbol("y"), *operands)
        contributions = [upstream * derivative for derivative in derivatives[: len(op.operands) - op.constants]]
        definitions, written = PYTHON.write_all(contributions, shared="t")
        passed = [f"gradients[k{i}] += {contribution}" for i, contribution in enumerate(written)]
        body = "\n".join(["y = values[i]", *_read(op, operands), *definitions, *passed, ""])
    return "for i in range(stop - 1, start - 1, -1):\n    upstream = gradients[i]\n" + indent(body, "    ")


def _operands(op: Operation, constants: tuple[float, ...]) -> list[Term]:
    """The arguments of a rule: symbols, and the known constants."""
    return [*[Symbol(f"x{i}") for i in range(len(op.operands) - len(constants))], *constants]


def _read(op: Operation, operands: Sequence[Term]) -> Iterator[str]:
    """Lines that read the numbers of the operands."""
    for i, operand in enumerate(operands):
        if isinstance(operand, Symbol):
            place = f"many[first[i] + {i}]" if is_listed(op) else ("first[i]", "second[i]")[i]
            yield f"k{i} = {place}"
            yield f"{operand} = values[k{i}]"
