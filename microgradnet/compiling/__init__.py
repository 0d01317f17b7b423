"""Array speed: a scalar program is captured once and replayed as array operations."""

from collections.abc import Callable
from typing import Any

from microgradnet.compiling.compiled import Compiled, Parameters
from microgradnet.compiling.instructions import Instruction
from microgradnet.compiling.program import Program

__all__ = ["Compiled", "Instruction", "Program", "compile"]


def compile(
    function: Callable[..., Any],
    parameters: Parameters | None = None,
    *,
    reduction: str | None = None,
    most_programs: int = 16,
) -> Compiled:
    """A function of one sample, written with Values, made one of a whole batch, at the speed of arrays.

    At the first call it is run on one sample to see what it computes, and again only for arguments of another shape.
    """
    return Compiled(function, parameters, reduction, most_programs)
