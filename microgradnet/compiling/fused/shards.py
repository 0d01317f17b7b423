"""`Shards`: a fused program whose batches are shared among threads, each with memory of its own."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import cache, partial
from itertools import pairwise
from threading import Lock

import numpy as np

from microgradnet.compiling.fused.engine import Array, Fused
from microgradnet.compiling.program import Result


class Shards:
    """A program that several threads compute at once: each the samples of a shard of the batch, one after another.

    The gradients of the shards are added in their order, so that the result is the same each time.

    Args:
        first: the program, for one thread.
        threads: how many threads; fewer compute a batch of few samples.
    """

    def __init__(self, first: Fused, threads: int) -> None:
        self._lanes = first.lanes
        self._parts = [(each, Lock()) for each in (first, *(first.another() for _ in range(threads - 1)))]

    def run(self, theta: Array, arguments: Sequence[Array], size: int, weight: float) -> Result:
        """As `Fused.run`."""
        blocks = -(-size // self._lanes)  # of samples that are computed together
        count = min(len(self._parts), blocks)
        bounds = [*(self._lanes * (blocks * i // count) for i in range(count)), size]

        def computed(number: int, begin: int, end: int) -> Result:
            part, lock = self._parts[number]
            with lock:  # after a Ctrl-C it may still be at work
                return part.run(theta, [argument[begin:end] for argument in arguments], end - begin, weight)

        first, *others = [(number, *ends) for number, ends in enumerate(pairwise(bounds))]
        if not others:
            return computed(*first)
        pool = _pool(len(self._parts) - 1, os.getpid())  # whose threads have NumPy's own settings, not the caller's
        later = [pool.submit(partial(copy_context().run, computed, *each)) for each in others]
        results = [computed(*first), *[each.result() for each in later]]
        outputs = [np.concatenate(each) for each in zip(*[result.outputs for result in results], strict=True)]
        return Result(outputs, np.add.reduce([result.gradient for result in results]))


@cache
def _pool(threads: int, process: int) -> ThreadPoolExecutor:
    """Threads of this process, one that was forked off included."""
    return ThreadPoolExecutor(threads, "microgradnet")
