"""What a random program gives, eagerly and on each engine, and whether the two agree within rounding.

Programs may be ill-conditioned: an engine that adds in another order is then right with other digits. Where numbers
differ by more than a few roundings, the program is run eagerly again with every operation off by a few units in the
last place, and the engine may differ as far as these runs differ among themselves.
"""

import re
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from functools import partial
from math import isfinite
from operator import mul
from typing import Any, NamedTuple

import numpy as np

from microgradnet import DomainError, Value, compile, grad, ops
from microgradnet.chain_rule import local_derivatives
from microgradnet.compiling.loops import Loop
from microgradnet.compiling.scalars import ScalarProgram
from microgradnet.ops import floats
from microgradnet.recording import Hook
from tests.compiling.comparing import samples
from tests.compiling.programs import Call, Program, run

RTOL = 1e-12
"""The difference that needs no explanation, relative to the sum of the absolute contributions of all samples."""
NOISE = 2e-15
"""How far each operation of a run with noise is off: about eight units in the last place."""
RUNS = 6
TINY = 1e-290
"""What is below is 0: some libraries flush numbers that are nearly too small."""
SUMS = (ops.add, ops.subtract, ops.total, ops.weighted_sum)
"""Operations whose operands an engine may add in another order."""
OVERFLOW = "a sum over the samples is too large"
"""How the error begins that a compiled function raises for a sum of results that eager evaluation has."""


class Numbers(NamedTuple):
    """All numbers that a call returns, in order, and for each the sum of its absolute contributions."""

    found: np.ndarray[Any, Any]
    scale: np.ndarray[Any, Any]


Outcome = Numbers | str
"""The numbers, or the DomainError's message."""


class Noise(Hook):
    """Every operation that rounds is off by a few units in the last place; what is computed twice is off by the same.

    A sum is off by that of its largest addend, as it may be added in another order.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        super().__init__()

    def noisy(self, x: float, largest: float | None = None) -> float:
        if abs(x) < sys.float_info.min and self.seed % 2:
            return 0.0  # as JAX does
        noise = (x if largest is None else largest) * NOISE * (hash((self.seed, x)) % 2001 / 1000.0 - 1.0)
        return x + noise if isfinite(noise) else x

    def created(self, node: Value) -> None:
        addends = [operand._data for operand in node.operands]
        if node.op is ops.weighted_sum:
            half = len(addends) // 2
            addends = [*map(mul, addends[:half], addends[half:]), *addends[2 * half :]]
        sizes = [*map(abs, addends)]
        if node.op in SUMS:
            node._data = self.noisy(node._data, max(sizes))
        elif node.operands and abs(node._data) not in sizes:
            node._data = self.noisy(node._data)

    def propagate(self, computed: list[Value], m: Any, read: Callable[[Value], Any]) -> bool:
        if m is not floats:
            return False
        for node in reversed(computed):
            upstream = node.grad
            for operand, derivative in zip(node.operands, local_derivatives(node), strict=False):
                operand.grad += self.noisy(upstream * derivative)
        return True


def eager(program: Program, names: dict[str, Any], call: Call, is_lenient: bool = False) -> Outcome:
    """The outcome of running the function sample by sample.

    A lenient run computes no derivative but those that a parameter needs, as compiled programs do and `backward()`
    does not.
    """
    function, parameters = names["f"], names["parameters"]
    results, gradients = [], []
    weight = 1.0 / len(call.arguments[0]) if program.reduction == "mean" else 1.0
    try:
        for arguments in samples(call.arguments):
            result = function(*arguments)
            if parameters:
                loss = result[0] if isinstance(result, tuple) else result
                loss = loss if isinstance(loss, Value) else Value(loss)
                if is_lenient:
                    gradients.append(grad(loss * weight, parameters))
                else:
                    for p in parameters:
                        p.zero_grad()
                    loss.backward(weight)
                    gradients.append([p.grad for p in parameters])
            results.append([v.data if isinstance(v, Value) else float(v) for v in leaves(result)])
    except DomainError as error:
        return f"sample {len(results)}: {error}"
    table = np.array(results)
    with np.errstate(all="ignore"):
        if program.reduction == "none":
            return Numbers(table.ravel(), abs(table.ravel()))
        if not parameters:
            return reduced(table * weight)
        parts = [reduced(table[:, :1] * weight), reduced(np.array(gradients))]
        rest = table[:, 1:].ravel()
        return Numbers(*[np.concatenate(p) for p in zip(*parts, (rest, abs(rest)), strict=True)])


def reduced(table: np.ndarray[Any, Any]) -> Numbers:
    """The sum over the samples."""
    return Numbers(table.sum(0), abs(table).sum(0))


def compiled(program: Program, step: Any, call: Call) -> Outcome:
    """The outcome of a compiled function."""
    try:
        result = step(*call.arguments)
    except DomainError as error:
        return str(error)
    if program.parameters:
        value, gradient = result
        first, *rest = value if isinstance(value, tuple) else (value,)
        found = [np.array([first]), gradient, np.array(rest).T.ravel()]
    elif program.reduction == "none":
        found = [np.array([list(leaves(of_sample(result, i))) for i in range(len(call.arguments[0]))]).ravel()]
    else:
        found = [np.array([*leaves(result)])]
    numbers = np.concatenate(found)
    return Numbers(numbers, abs(numbers))


def of_sample(result: Any, number: int) -> Any:
    """The numbers of one sample, in the structure in which the function returned them."""
    if isinstance(result, np.ndarray):
        return result[number].tolist()
    if isinstance(result, dict):
        return {key: of_sample(item, number) for key, item in result.items()}
    return [of_sample(item, number) for item in result]


def leaves(nested: Any) -> Iterator[Any]:
    """The leaves of nested lists, tuples, arrays and dicts."""
    if isinstance(nested, dict):
        nested = list(nested.values())
    if isinstance(nested, list | tuple | np.ndarray):
        for item in nested:
            yield from leaves(item)
    else:
        yield nested


def is_close(found: Numbers, expected: Numbers) -> bool:
    """Whether numbers agree within a few roundings, infinities and NaNs among them."""
    if len(found.found) != len(expected.found):
        return False
    a, b = found.found, expected.found
    with np.errstate(all="ignore"):
        close = abs(a - b) <= RTOL * expected.scale + TINY
    return bool(np.where(np.isfinite(a) & np.isfinite(b), close, (a == b) | (np.isnan(a) & np.isnan(b))).all())


def are_alike(found: Outcome, expected: Outcome) -> bool:
    """Whether two outcomes are the same error, or numbers that are close."""
    if isinstance(found, str) or isinstance(expected, str):
        return isinstance(found, str) and found == expected
    return is_close(found, expected)


def is_between(found: Numbers, runs: Sequence[Numbers]) -> bool:
    """Whether each number is about where those of the runs are, or of a kind (infinity, NaN) that one of them is."""
    table = np.array([each.found for each in runs])
    a = found.found
    if table.shape[1:] != a.shape:
        return False
    with np.errstate(all="ignore"):
        low = np.min(np.where(np.isfinite(table), table, np.inf), 0)
        high = np.max(np.where(np.isfinite(table), table, -np.inf), 0)
        scale = np.max([each.scale for each in runs], 0)
        margin = (
            10.0 * (high - low)
            + RTOL * scale
            + 1e-15 * max(1.0, float(np.max(scale, initial=0.0, where=np.isfinite(scale))))
        )
        near = (a >= low - margin) & (a <= high + margin)
    same = (table == a).any(0) | (np.isnan(a) & np.isnan(table).any(0))
    return bool((same | (np.isfinite(a) & near)).all())


def judged(
    found: Outcome, expected: Outcome, again: Callable[[bool], Outcome], operations: Callable[[], set[str]]
) -> str:
    """How an engine's outcome agrees with eager evaluation: a word; "" if it does not.

    Args:
        found: the engine's outcome.
        expected: that of eager evaluation.
        again: runs the program eagerly again, leniently or not.
        operations: the names of the operations in the compiled program.
    """
    if are_alike(found, expected):
        return "the same error" if isinstance(found, str) else "equal"
    if isinstance(found, str) and found.startswith(OVERFLOW):
        return "an overflow of a sum"
    if isinstance(found, Numbers) and isinstance(expected, Numbers) and not np.isfinite(expected.found).all():
        nans = np.isnan(found.found)
        if is_close(found._replace(found=np.where(nans, expected.found, found.found)), expected):
            return "further NaNs, beside those of eager evaluation"  # 0 times NaN, where eager passes nothing back
        zeros = (found.found == 0.0) & np.isnan(expected.found)
        if is_close(found._replace(found=np.where(zeros, expected.found, found.found)), expected):
            return "0, where eager evaluation has NaN"  # NaN times a derivative that is 0
    is_lenient = isinstance(expected, str)
    if is_lenient:
        expected = again(True)
        if are_alike(found, expected):
            return "without a derivative that no parameter needs"
        failing = re.search(r"\(operation '(\w+)'", expected) if isinstance(expected, str) else None
        if isinstance(found, Numbers) and failing and failing[1] not in operations():
            return "without a value that no output needs"
        if (
            isinstance(found, Numbers)
            and failing
            and failing[1] in ("add", "total")
            and is_sum_of_floats(str(expected))
        ):
            return "a sum that overflows in one order of its addends, and not in another"
    runs = [expected]
    for seed in range(RUNS):
        with Noise(seed):
            runs.append(again(is_lenient))
    numbers = [each for each in runs if isinstance(each, Numbers)]
    if 0 < len(numbers) < len(runs):  # rounding decides whether there is an error
        return "within rounding"
    return "within rounding" if isinstance(found, Numbers) and numbers and is_between(found, numbers) else ""


def is_sum_of_floats(error: str) -> bool:
    """Whether the operands in the message of a sum without a finite value have one: partial sums overflowed alone."""
    addends = [float(number) for number in re.findall(r" = (-?[\d.]+(?:e[+-]\d+)?)", error)]
    return "…" not in error and abs(sum(map(Fraction, addends), Fraction())) <= sys.float_info.max


def names_in(step: Any, call: Call) -> set[str]:
    """The names of the operations that a compiled function applies to compute its outputs."""
    program = step.program(*call.arguments)
    inputs = [value for values in program.captured.inputs for value in values]
    return operations_of(program.scalars) & operations_of(ScalarProgram(program.captured.outputs, inputs))


def operations_of(program: ScalarProgram) -> set[str]:
    """The names of the operations of a program and of its loops."""
    found = set()
    for node in program.nodes:
        found.add(node.op.name)
        if isinstance(node.op, Loop):
            body = node.op.body
            found |= operations_of(ScalarProgram([*body.outputs, *body.last], body.inputs))
    return found


class Disagreement(NamedTuple):
    """What an engine computes otherwise than eager evaluation."""

    program: Program
    engine: str
    call: int
    found: Any
    expected: Outcome

    @property
    def kind(self) -> list[str]:
        """Numbers or the beginning of an error, for both."""
        return [x.partition(":")[0] if isinstance(x, str) else "numbers" for x in (self.found, self.expected)]

    def __str__(self) -> str:
        parts = [x if isinstance(x, str) else getattr(x, "found", x) for x in (self.found, self.expected)]
        return f"{self.program}\n# call {self.call} on {self.engine}: {parts[0]}\n# eager: {parts[1]}"


def disagreements(program: Program, engines: Sequence[str], counts: Counter[tuple[str, str]]) -> list[Disagreement]:
    """Run a program eagerly and on each engine; count the ways in which they agree by (engine, way)."""
    names = program.made()
    function, parameters = names["f"], names["parameters"] or None
    steps = {engine: compile(function, parameters, reduction=program.reduction, engine=engine) for engine in engines}
    found: list[Disagreement] = []
    for number, call in enumerate(program.calls):
        run(call.changes, names)
        again = partial(eager, program, names, call)
        try:
            expected = again()
        except ArithmeticError:  # of Python, on plain numbers in the state of a scan
            return found
        for engine, step in steps.items():
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                try:
                    outcome = compiled(program, step, call)
                except Exception as error:
                    found.append(Disagreement(program, engine, number, f"{type(error).__name__}: {error}", expected))
                    continue
            word = judged(outcome, expected, again, partial(names_in, step, call))
            counts[engine, word or "otherwise"] += 1
            if not word:
                found.append(Disagreement(program, engine, number, outcome, expected))
    return found


def minimised(disagreement: Disagreement) -> Disagreement:
    """The smallest program that can be made of this one, and disagrees on the same engine."""
    best = disagreement
    progress = True
    while progress:
        progress = False
        for program in best.program.smaller():
            try:
                found = disagreements(program, [best.engine], Counter())
            except Exception:  # no program at all
                continue
            if found and found[0].kind == best.kind:
                best, progress = found[0], True
                break
    return best
