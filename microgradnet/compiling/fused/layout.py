"""`Layout`: where the numbers of a program are in the memory of the fused engine."""

from typing import Any

import numpy as np

from microgradnet.compiling.fused.lanes import Kind
from microgradnet.compiling.instructions import Storage
from microgradnet.compiling.program import Program

CACHE = 1 << 19
"""Bytes of a tile's rows, which should fit into the second-level cache."""
MOST_BLOCKS = 8
"""Blocks in a tile: more make sums over samples faster, but leave the cache."""
Array = np.ndarray[Any, Any]


class Layout:
    """Where the numbers of a program are in memory, counted in numbers.

    Args:
        program: the instructions.
        kind: of the numbers.

    Attributes:
        start: where each storage begins: in memory or, for one with a column for each sample, in a block.
        fixed, block, blocks: the size of what is the same for all samples, the size of a block, and their number.
        size: of all.
    """

    def __init__(self, program: Program, kind: Kind) -> None:
        self.kind = kind
        self.start: dict[Storage, int] = {}
        ends = {False: 0, True: 0}
        for storage, height in program.heights.items():
            self.start[storage] = ends[storage.batched]
            ends[storage.batched] += height * kind.lanes if storage.batched else height + -height % kind.lanes
        self.fixed, self.block = ends[False], ends[True]
        self.blocks = max(2, min(MOST_BLOCKS, CACHE // (kind.bytes * max(self.block, 1))))
        self.size = self.fixed + self.block * self.blocks

    def width(self, storage: Storage) -> int:
        """The numbers in a row: of a block, or one."""
        return self.kind.lanes if storage.batched else 1

    def place(self, storage: Storage, row: int) -> int:
        """Where a row begins, of the first block."""
        return self.start[storage] + row * self.width(storage) + (self.fixed if storage.batched else 0)

    def column(self, memory: Array, storage: Storage) -> Array:
        """The numbers of a storage: one for each row, or for each block, row and lane."""
        start = self.start[storage]
        if not storage.batched:
            return memory[start : self.fixed]
        return (
            memory[self.fixed :].reshape(self.blocks, self.block)[:, start:].reshape(self.blocks, -1, self.kind.lanes)
        )
