"""`Program`: what a function computes from arguments of certain shapes, as array instructions; it runs and prints."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import chain, pairwise
from typing import Any, NamedTuple

import numpy as np

from microgradnet.compiling.blocks import Plan
from microgradnet.compiling.capturing import Capture
from microgradnet.compiling.differentiation import Backward
from microgradnet.compiling.emitter import Emitter
from microgradnet.compiling.instructions import FIXED, VALUES, Instruction, Rows, Storage, row_range
from microgradnet.compiling.listing import Listing
from microgradnet.compiling.lowering import lower_forward
from microgradnet.compiling.picture import draw_program
from microgradnet.compiling.replay import Array, Replay
from microgradnet.compiling.scalars import PASSES, ScalarProgram
from microgradnet.drawing.diagram import Diagram
from microgradnet.ops import CONSTANT
from microgradnet.optim.parameter_vector import ParameterVector
from microgradnet.value import Value

CACHE = 1 << 20  # bytes: a batch whose rows take more is replayed in pieces that fit, so that they stay in the cache
FEWEST = 256  # samples in a piece, so that a matrix product has something to do
MOST_SIZES = 4  # of batches, for each of which the arrays are kept


class Result(NamedTuple):
    """What a program computed.

    Attributes:
        outputs: for each output its numbers for the samples, or a single one if it is the same for all.
        gradient: the sum over the samples of the gradients of the first.
    """

    outputs: list[Array]
    gradient: Array


class Program:
    """The array program of what was captured.

    Args:
        captured: the scalars.
        parameters: what the gradient is by.
        trained: whether a gradient is wanted.

    Attributes:
        captured: the scalars as they were captured.
        scalars: the scalar program that was made of them.
        forward, backward: the instructions.
        engines: what else runs it, by name.
    """

    def __init__(self, captured: Capture, parameters: Sequence[Value], trained: bool) -> None:
        self.captured = captured
        frozen = [value for value in captured.made if not value.operands]
        scalars = ScalarProgram(captured.outputs, chain.from_iterable(captured.inputs), frozen)
        for simplified in PASSES:
            scalars = simplified(scalars)
        self.scalars = scalars
        self.plan = Plan(scalars, captured.inputs, parameters, trained)
        known = {*parameters, *frozen}
        self.others = ParameterVector(v for v in self.plan.fixed if v not in known and v.op is not CONSTANT)
        emitter = Emitter(self.plan.heights)
        lower_forward(self.plan, emitter)
        self.forward: list[Instruction] = emitter.instructions
        emitter.instructions = []
        self.root: Rows | None = None
        self.row_of_gradient: dict[Storage, list[int]] = {}
        if trained and scalars.outputs[0] in self.plan.needs:
            backward = Backward(self.plan, emitter, self.plan.place[scalars.outputs[0]])
            backward.lower()
            self.root = backward.root
            self.row_of_gradient = backward.row_of_gradient
        self._root_is_fixed = self.root is not None and not self.root.storage.batched
        self.backward = emitter.instructions
        self.heights = emitter.heights
        self.parameters = tuple(parameters)
        self.engines: dict[str, Any] = {}
        self._replays: dict[int, Replay] = {}

    def __str__(self) -> str:
        return str(Listing(self))

    def __repr__(self) -> str:
        names, count = ", ".join(self.captured.names), len(self.forward) + len(self.backward)
        return f"Program(({names}), {len(self.scalars.nodes)} scalar operations as {count} array instructions)"

    def draw_into(self, diagram: Diagram, max_nodes: int) -> str:
        """What `draw(program)` draws; the title of the picture."""
        draw_program(self, max_nodes, diagram)
        return f"array program of {', '.join(self.captured.names) or 'no arguments'}"

    @cached_property
    def _piece(self) -> int:
        """How many samples are replayed at once."""
        rows = sum(height for storage, height in self.heights.items() if storage.batched)
        return max(FEWEST, CACHE // (8 * rows)) if rows else FEWEST

    def reads(self, size: int) -> int:
        """How many numbers the scalars read for a batch of this size."""
        once, for_each_sample = self._reads
        return once + for_each_sample * size

    @cached_property
    def _reads(self) -> tuple[int, int]:
        """How many numbers are read but once, as they are the same for all samples, and how many for each sample."""
        nodes, varying = self.scalars.nodes, self.scalars.varying
        for_each_sample = sum(len(node.operands) for node in nodes if node in varying)
        return sum(len(node.operands) for node in nodes) - for_each_sample, for_each_sample

    @cached_property
    def outputs(self) -> list[Rows]:
        """Where the outputs are."""
        places = [self.plan.place[output] for output in self.scalars.outputs]
        return [row_range(VALUES, row, 1) if row >= 0 else row_range(FIXED, ~row, 1) for row in places]

    def run(self, theta: Array, arguments: Sequence[Array], size: int, share: float) -> Result:
        """The outputs for a batch of `size` samples, and the gradient of the first, where each counts `share`.

        The arrays may be those that the next run writes to.
        """
        if size <= self._piece:
            return self._run_piece(theta, arguments, size, share)
        pieces = -(-size // self._piece)
        bounds = [size * i // pieces for i in range(pieces + 1)]
        parts: list[list[Array]] = []
        gradient = np.zeros(len(theta))
        for begin, end in pairwise(bounds):
            result = self._run_piece(theta, [argument[begin:end] for argument in arguments], end - begin, share)
            parts.append([np.broadcast_to(output, end - begin).copy() for output in result.outputs])
            gradient += result.gradient
        return Result([np.concatenate(part) for part in zip(*parts, strict=True)], gradient)

    def _run_piece(self, theta: Array, arguments: Sequence[Array], size: int, share: float) -> Result:
        replay = self._replays.get(size) or self._replay(size)
        replay.run(theta, arguments, share * size if self._root_is_fixed else share)
        return Result(replay.outputs, replay.gradient)

    def _replay(self, size: int) -> Replay:
        """The arrays and calls for a batch of a new size; those of the sizes met first are dropped."""
        if len(self._replays) == MOST_SIZES:
            del self._replays[next(iter(self._replays))]
        self._replays[size] = Replay(self, size)
        return self._replays[size]

    def instruction_of(self, value: Value) -> Instruction | None:
        """The instruction that computes a value of the scalar program; None for a leaf."""
        for instruction in reversed(self.forward):
            if value in instruction.nodes and instruction.out.storage in (VALUES, FIXED):
                return instruction
        return None

    def __iter__(self) -> Iterator[Instruction]:
        return iter([*self.forward, *self.backward])
