"""Engines run a program. NumPy replays it directly; the others are made from it on first use."""

from collections.abc import Sequence
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any, TypeAlias

import numpy as np

from microgradnet.compiling.compiled_program import CompiledProgram
from microgradnet.compiling.portable import Portable
from microgradnet.compiling.program import Program, Result
from microgradnet.compiling.tape import Tape

ENGINES = ("numpy", "numba", "auto", "jax", "torch")
DTYPES = ("float64", "float32")
NAMESPACES = {"jax": "jax.numpy", "torch": "torch"}
INSTALL = {"numba": "pip install 'microgradnet[fast]'", "jax": "pip install jax", "torch": "pip install torch"}
FEW = 400
"""Numbers read per array instruction below which the tape is faster: a NumPy call takes about 0.7 µs, the
tape about 1.5 ns for each number that a scalar reads, forward and backward (`python -m tests.benchmarks.compiled`)."""


class OnLibrary(Portable):
    """A program that another library runs; arguments and results are NumPy arrays."""

    def run(self, theta: Any, arguments: Sequence[Any], size: int, weight: float) -> Result:
        """As `CompiledProgram.run`."""
        outputs, gradient = super().run(theta, arguments, size, weight)
        return Result([np.asarray(output, np.float64) for output in outputs], np.asarray(gradient, np.float64))


Engine: TypeAlias = CompiledProgram | Tape | OnLibrary
"""Its `run` computes a batch."""


def check(engine: str, dtype: str) -> None:
    """Check that an engine is known, supports the dtype and is installed.

    Raises:
        ValueError: it is unknown, or does not support the dtype.
        ImportError: its library is not installed.
    """
    if engine not in ENGINES:
        raise ValueError(f"unknown engine {engine!r}: it must be one of {', '.join(ENGINES)}")
    if dtype not in DTYPES or (dtype != "float64" and engine not in NAMESPACES):
        raise ValueError(f"engine {engine!r} does not support {dtype!r}: use float64, or float32 for jax and torch")
    if engine in INSTALL and not find_spec(engine):
        raise ImportError(f"engine {engine!r} needs a library that is not installed: {INSTALL[engine]}")


def engine_of(program: CompiledProgram, engine: str, dtype: str, size: int) -> Engine:
    """The engine that runs a program for a batch of this size."""
    if engine == "auto":
        engine = "numba" if is_small(program, size) and not program.plan.bodies and has_numba() else "numpy"
    if engine == "numpy":
        return program
    if engine not in program.engines:
        if engine == "numba":
            program.engines[engine] = Tape(program)
        else:
            namespace = import_module(NAMESPACES[engine])
            program.engines[engine] = OnLibrary(program, namespace, getattr(namespace, dtype))
    return program.engines[engine]  # type: ignore[no-any-return]


@cache
def has_numba() -> bool:
    """Whether numba is installed; cached, as a failing search takes longer than a small replay."""
    return find_spec("numba") is not None


def is_small(program: Program, size: int) -> bool:
    """Whether array instructions process so few numbers that the tape is faster."""
    return program.reads(size) < FEW * (len(program.forward) + len(program.backward))
