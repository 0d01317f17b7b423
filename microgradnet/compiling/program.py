"""`Program`: a function of arguments of certain shapes as array instructions."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import chain
from typing import Any, NamedTuple

import numpy as np

from microgradnet.compiling.blocks import Plan
from microgradnet.compiling.capturing import Capture
from microgradnet.compiling.differentiation import Backward
from microgradnet.compiling.emitter import Emitter
from microgradnet.compiling.instructions import FIXED, VALUES, Instruction, Rows, Storage, row_at
from microgradnet.compiling.loops import Item
from microgradnet.compiling.lowering import lower_forward
from microgradnet.compiling.scalars import ScalarProgram, simplified
from microgradnet.ops import CONSTANT
from microgradnet.optim.parameter_vector import ParameterVector
from microgradnet.value import Value

Array = np.ndarray[Any, Any]


class Result(NamedTuple):
    """The result of running a program.

    Attributes:
        outputs: for each output its numbers for the samples, or a single one if it is the same for all.
        gradient: the sum over the samples of the gradients of the first.
    """

    outputs: list[Array]
    gradient: Array


class Program:
    """The array program of a captured function, as data to print, draw and run.

    Args:
        captured: the scalars.
        parameters: the Values with respect to which to differentiate.
        trained: whether to compute a gradient.

    Attributes:
        captured: the scalars as they were captured.
        scalars: the simplified scalar program.
        others, other_rows: the Values made outside that are no parameters, and their rows of FIXED.
        forward, backward: the instructions.
        engines: other engines that run it, by name.
    """

    def __init__(self, captured: Capture, parameters: Sequence[Value], trained: bool) -> None:
        self.captured = captured
        frozen = [value for value in captured.made if not value.operands]
        scalars = simplified(ScalarProgram(captured.outputs, chain.from_iterable(captured.inputs), frozen))
        self.scalars = scalars
        self.plan = Plan(scalars, captured.inputs, parameters, parameters if trained else (), scalars.outputs[:1])
        known = {*parameters, *frozen}
        self.others = ParameterVector(v for v in self.plan.fixed if v not in known and v.op is not CONSTANT)
        self.other_rows = [~self.plan.place[value] for value in self.others.values]
        emitter = Emitter(self.plan.heights)
        lower_forward(self.plan, emitter)
        self.forward: list[Instruction] = emitter.instructions
        emitter.instructions = []
        self.root: Rows | None = None
        self.row_of_gradient: dict[Storage, list[int]] = {}
        if trained and scalars.outputs[0] in self.plan.needs:
            backward = Backward(self.plan, emitter, self.outputs[:1])
            backward.lower()
            (self.root,) = backward.roots
            self.row_of_gradient = backward.row_of_gradient
        self.backward = emitter.instructions
        self.heights = emitter.heights
        self.parameters = tuple(parameters)
        self.engines: dict[str, Any] = {}

    def __repr__(self) -> str:
        names, count = ", ".join(self.captured.names), len(self.forward) + len(self.backward)
        return f"Program(({names}), {len(self.scalars.nodes)} scalar operations as {count} array instructions)"

    def reads(self, size: int) -> int:
        """The number of operands that the scalars read for a batch of this size."""
        once, for_each_sample = self._reads
        return once + for_each_sample * size

    @cached_property
    def _reads(self) -> tuple[int, int]:
        """The number of operands read once, being the same for all samples, and the number read for each sample."""
        nodes, varying = self.scalars.nodes, self.scalars.varying
        for_each_sample = sum(len(node.operands) for node in nodes if node in varying)
        return sum(len(node.operands) for node in nodes) - for_each_sample, for_each_sample

    @cached_property
    def outputs(self) -> list[Rows]:
        """The rows of the outputs."""
        return [row_at(place) for place in self.plan.rows_of(self.scalars.outputs)]

    def instruction_of(self, value: Value) -> Instruction | None:
        """The instruction that computes a value of the scalar program; None for a leaf."""
        if isinstance(value.op, Item):
            return self.instruction_of(value.operands[0])
        for instruction in reversed(self.forward):
            if value in instruction.nodes and instruction.out.storage in (VALUES, FIXED):
                return instruction
        return None

    def __iter__(self) -> Iterator[Instruction]:
        return iter([*self.forward, *self.backward])
