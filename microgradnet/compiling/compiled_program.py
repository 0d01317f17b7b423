"""`CompiledProgram`: a program that NumPy runs, and that can be printed and drawn."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from microgradnet.compiling.capturing import Capture
from microgradnet.compiling.listing import Listing
from microgradnet.compiling.picture import draw_program
from microgradnet.compiling.program import Array, Program, Result
from microgradnet.compiling.replay import Replay
from microgradnet.drawing.diagram import Diagram
from microgradnet.value import Value

CACHE = 1 << 20  # bytes: a batch whose rows take more is replayed in pieces that fit into the cache
LEAST_PIECE = 256  # samples in a piece, for matrix products to be efficient
MOST_SIZES = 4  # sizes of batches for which the arrays are kept


class CompiledProgram(Program):
    """A program that NumPy runs, as `Compiled.program` returns it. `print` lists it, `draw` draws it."""

    def __init__(self, captured: Capture, parameters: Sequence[Value], trained: bool) -> None:
        super().__init__(captured, parameters, trained)
        self._root_is_fixed = self.root is not None and not self.root.storage.batched
        self._replays: dict[int, Replay] = {}
        rows = sum(height for storage, height in self.heights.items() if storage.batched)
        self._piece = max(LEAST_PIECE, CACHE // (8 * rows)) if rows else LEAST_PIECE  # samples per piece

    def __str__(self) -> str:
        return str(Listing(self))

    def draw_into(self, diagram: Diagram, max_nodes: int) -> str:
        """Draw the program for `draw(program)`; return the title of the picture."""
        draw_program(self, max_nodes, diagram)
        return f"array program of {', '.join(self.captured.names) or 'no arguments'}"

    def run(self, theta: Array, arguments: Sequence[Array], size: int, weight: float) -> Result:
        """The outputs for a batch of `size` samples, and the gradient of the first, with this weight for each sample.

        The next run may overwrite the arrays.
        """
        if size <= self._piece:
            return self._run_piece(theta, arguments, size, weight)
        pieces = -(-size // self._piece)
        bounds = [size * i // pieces for i in range(pieces + 1)]
        parts: list[list[Array]] = []
        gradient = np.zeros(len(theta))
        for begin, end in pairwise(bounds):
            result = self._run_piece(theta, [argument[begin:end] for argument in arguments], end - begin, weight)
            parts.append([np.broadcast_to(output, end - begin).copy() for output in result.outputs])
            gradient += result.gradient
        return Result([np.concatenate(part) for part in zip(*parts, strict=True)], gradient)

    def _run_piece(self, theta: Array, arguments: Sequence[Array], size: int, weight: float) -> Result:
        replay = self._replays.get(size) or self._replay(size)
        return replay.run(theta, arguments, weight * size if self._root_is_fixed else weight)

    def _replay(self, size: int) -> Replay:
        """The arrays and calls for a batch of a new size; those of the oldest sizes are dropped."""
        if len(self._replays) == MOST_SIZES:
            del self._replays[next(iter(self._replays))]
        self._replays[size] = Replay(self, size)
        return self._replays[size]
