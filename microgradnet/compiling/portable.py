"""`Portable`: a program on the arrays of another library: JAX, PyTorch, or any that implements the array API."""

from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from typing import Any

import numpy as np

from microgradnet.compiling.assignment import Assignment, Functions
from microgradnet.compiling.numbered_arrays import Array
from microgradnet.compiling.program import Program, Result


def _library(namespace: Any) -> tuple[Functions, Callable[..., Any] | None]:
    """A library's functions that deviate from the array API, and its function that compiles others, if any."""
    library = namespace.__name__.split(".")[0]
    if library == "jax":
        special = import_module("jax.scipy.special")
        take = partial(namespace.take, axis=0, mode="clip")  # every index is valid: no check needed
        return {"take": take, "erf": special.erf, "erfc": special.erfc}, import_module("jax").jit
    if library == "torch":
        return {
            "take": lambda array, rows: namespace.index_select(array, 0, namespace.asarray(rows, device=array.device)),
            "max": namespace.amax,
        }, None
    return {"take": lambda array, rows: namespace.take(array, namespace.asarray(rows), axis=0)}, None


def refuse_unsupported(namespace: Any, dtype: Any) -> None:
    """Raise a ValueError if the library does not compute in this dtype, as JAX in float64 unless that is enabled."""
    inspected = getattr(namespace, "__array_namespace_info__", None)
    if inspected and dtype not in inspected().dtypes().values():
        raise ValueError(
            f"{namespace.__name__} does not compute in {getattr(dtype, '__name__', dtype)}: compile with "
            "dtype='float32', or first enable JAX's float64 by the line "
            'import jax; jax.config.update("jax_enable_x64", True)'
        )


class Portable:
    """A program on the arrays of another library.

    It is a pure function of arrays, which the library can trace and differentiate.

    Args:
        program: the instructions.
        namespace: the library's array API namespace: `jax.numpy`, `torch`, ….
        dtype: the dtype to compute in; None for that of the library's arrays among the arguments, float64 if none are.

    Raises:
        NotImplementedError: the library lacks a function that the program needs.
    """

    def __init__(self, program: Program, namespace: Any, dtype: Any = None) -> None:
        self.program = program
        self.namespace = namespace
        self.dtype = dtype
        functions, jit = _library(namespace)
        self._assigned = Assignment(program, namespace, functions)
        self._is_traced = jit is not None
        self._function = jit(self._result, static_argnames=("size", "dtype", "device")) if jit else self._result

    def run(self, theta: Array, arguments: Sequence[Array], size: int, weight: float) -> Result:
        """As `CompiledProgram.run`, with arrays of the library, or NumPy's. An infinity or NaN is no error.

        Raises:
            ValueError: the library does not support the dtype.
        """
        return self._run(theta, arguments, size, weight)[0]

    def _run(self, theta: Array, arguments: Sequence[Array], size: int, weight: float) -> tuple[Result, Array]:
        """The result, and a check: a number that is finite if all on the way was, or it is to be seen in the result."""
        given = [array for array in (theta, *arguments) if not isinstance(array, np.ndarray)]
        floating = [array.dtype for array in given if "float" in str(array.dtype)]
        dtype = self.dtype or (floating[0] if floating else self.namespace.float64)
        device = given[0].device if given and not self._is_traced else None  # a traced array has none
        theta, others = [np.array(a) if isinstance(a, np.ndarray) else a for a in (theta, self.program.others.array)]
        found: tuple[Result, Array] = self._function(
            theta, others, list(arguments), weight, size=size, dtype=dtype, device=device
        )
        return found

    def _result(
        self, theta: Array, others: Array, arguments: Sequence[Array], weight: Any, size: int, dtype: Any, device: Any
    ) -> tuple[Result, Array]:
        xp, root = self.namespace, self.program.root
        refuse_unsupported(xp, dtype)

        def array(given: Array) -> Array:
            ours = hasattr(given, "dtype") and not isinstance(given, np.ndarray) and given.dtype == dtype
            return given if ours else xp.asarray(given, dtype=dtype, device=device)

        upstream = weight if root and root.storage.batched else weight * size
        ones = [xp.ones((1, count), dtype=dtype, device=device) for count in (1, size)]
        columns = [xp.reshape(array(a), (-1, 1)) for a in (upstream, theta, others, self._assigned.constants)]
        rows = [xp.reshape(array(argument), (size, -1)).T for argument in arguments]
        *found, check = self._assigned.computed([*ones, *columns, *rows])
        gradient = found.pop() if root else xp.zeros_like(columns[1])
        return Result([output[0, :] * 1 for output in found], gradient[:, 0] * 1), check  # arrays of their own
