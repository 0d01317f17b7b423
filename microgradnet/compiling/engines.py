"""Engines run a program. NumPy replays it directly; the others are made from it on first use."""

from collections.abc import Iterable, Sequence
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from microgradnet._shared.arguments import as_count, one_of
from microgradnet.compiling.compiled_program import CompiledProgram
from microgradnet.compiling.portable import Portable, refuse_unsupported
from microgradnet.compiling.program import Program, Result
from microgradnet.compiling.tape import Tape

ENGINES = ("numpy", "numba", "fused", "auto", "jax", "torch")
UNROLLED = ("numba",)
"""The engines for which loops are captured row by row."""
DTYPES = ("float64", "float32")
SINGLE = ("fused", "jax", "torch")
"""The engines that compute in float32, too."""
NAMESPACES = {"jax": "jax.numpy", "torch": "torch"}
LIBRARIES = {"numba": "numba", "fused": "llvmlite", "jax": "jax", "torch": "torch"}
INSTALL = {
    **dict.fromkeys(("numba", "fused"), "pip install 'microgradnet[fast]'"),
    "jax": "pip install jax",
    "torch": "pip install torch",
}
LANES, FUSED_READS = 8, 1_000
"""Samples that the fused engine computes at once (4 of 4 or fewer), and the numbers read per array instruction beyond
which fewer samples are faster in NumPy."""
TAPE_READS = 400
"""Numbers read per array instruction below which the tape is faster: a NumPy call takes about 0.7 µs, the
tape about 1.5 ns for each number that a scalar reads, forward and backward (`python -m tests.benchmarks.compiled`)."""


class OnLibrary(Portable):
    """A program that another library runs; arguments and results are NumPy arrays."""

    def run(self, theta: Any, arguments: Sequence[Any], size: int, weight: float) -> Result:
        """As `CompiledProgram.run`.

        Raises:
            FloatingPointError: a number that was computed is not finite.
        """
        (outputs, gradient), check = self._run(theta, arguments, size, weight)
        arrays = [np.asarray(on_host(array), np.float64) for array in (check, gradient, *outputs)]
        if not are_finite(arrays):
            raise FloatingPointError(f"an operation of {self.namespace.__name__} has no finite result")
        return Result(arrays[2:], arrays[1])


class OnDevices(OnLibrary):
    """A program that JAX runs on several devices: each has its share of the samples, and all parameters.

    JAX adds up the gradients of the shares. A batch that the devices cannot share equally is computed whole by each.

    Args:
        program: the instructions.
        dtype: the dtype to compute in.
        devices: JAX's devices, of other processes too, or a mesh of them.
    """

    def __init__(self, program: Program, dtype: str, devices: Any) -> None:
        jax = import_module("jax")
        super().__init__(program, jax.numpy, getattr(jax.numpy, dtype))
        mesh = jax.sharding.Mesh(np.array(devices), ("samples",)) if isinstance(devices, list) else devices
        self._count = mesh.size
        self._whole, self._shares = (
            jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec(*axes)) for axes in ((), (mesh.axis_names,))
        )
        self._put = jax.device_put
        self._function = jax.jit(self._result, static_argnames=("size", "dtype", "device"), out_shardings=self._whole)

    def run(self, theta: Any, arguments: Sequence[Any], size: int, weight: float) -> Result:
        """As `CompiledProgram.run`."""
        sharding = self._whole if size % self._count else self._shares
        shares = [self._put(np.asarray(argument, self.dtype), sharding) for argument in arguments]
        return super().run(theta, shares, size, weight)


Engine: TypeAlias = CompiledProgram | Tape | OnLibrary
"""Its `run` computes a batch."""


class Ready(NamedTuple):
    """What calls with arrays of these shapes need.

    Attributes:
        shapes: of the arrays.
        key: the shapes of a sample's.
        program: that for a sample.
        name, engine: the engine's name when it was asked for, and what runs the program for a batch of this size.
    """

    shapes: list[tuple[int, ...]]
    key: tuple[tuple[int, ...], ...]
    program: CompiledProgram
    name: str
    engine: Engine
    size: int


def check(engine: str, dtype: str, devices: Any) -> Any:
    """Check that an engine is known, supports the dtype and is installed; return its devices, None for one.

    Raises:
        ValueError: it is unknown, does not support the dtype (JAX not float64, unless that is enabled) or several
            devices, or there are not as many.
        ImportError: its library is not installed.
    """
    one_of(ENGINES, engine, "engine")
    if dtype not in DTYPES or (dtype != "float64" and engine not in SINGLE):
        names = ", ".join(SINGLE)
        raise ValueError(f"engine {engine!r} does not support {dtype!r}: use float64, or float32 for {names}")
    if engine in LIBRARIES and not find_spec(LIBRARIES[engine]):
        raise ImportError(f"engine {engine!r} needs a library that is not installed: {INSTALL[engine]}")
    if engine == "jax":
        namespace = import_module(NAMESPACES[engine])
        refuse_unsupported(namespace, getattr(namespace, dtype))
    if devices is None:
        return None
    if engine != "jax":
        raise ValueError(f"devices are for engine='jax', which shares a batch among them; got engine={engine!r}")
    if isinstance(devices, list | tuple) and devices:
        return [*devices]
    if hasattr(devices, "axis_names"):  # a mesh
        return devices
    devices, found = (
        as_count(devices, "devices, unless it is a list or mesh of JAX's devices,"),
        import_module("jax").devices(),
    )
    if not 1 <= devices <= len(found):
        raise ValueError(
            f"devices={devices}, but JAX finds {len(found)} ({', '.join(map(str, found))}); a CPU counts as several "
            "with XLA_FLAGS=--xla_force_host_platform_device_count=4 set before JAX is imported"
        )
    return found[:devices]


def check_threads(engine: str, threads: Any) -> int:
    """Check that an engine can share a batch among so many threads; return their number.

    Raises:
        ValueError: it cannot, or they are none.
    """
    count = as_count(threads, "threads")
    if count > 1 and engine not in ("fused", "auto"):
        raise ValueError(
            f"threads={count} are for engine='fused' or 'auto', got engine={engine!r}: other libraries have their own "
            "settings, such as OMP_NUM_THREADS=1 in the environment and torch.set_num_threads(1)"
        )
    return count


def engine_of(
    program: CompiledProgram, engine: str, dtype: str, size: int, devices: Any = None, threads: int = 1
) -> Engine:
    """The engine that runs a program for a batch of this size."""
    if engine == "auto":
        engine = chosen(program, size, threads)
    if engine == "numpy":
        return program
    if engine == "fused":
        return fused(program, dtype, size, threads)
    if engine not in program.engines:
        if engine == "numba":
            program.engines[engine] = Tape(program)
        elif devices is not None:
            program.engines[engine] = OnDevices(program, dtype, devices)
        else:
            namespace = import_module(NAMESPACES[engine])
            program.engines[engine] = OnLibrary(program, namespace, getattr(namespace, dtype))
    return program.engines[engine]  # type: ignore[no-any-return]


def on_host(array: Any) -> Any:
    """An array that NumPy can read: torch copies one from an accelerator only when asked."""
    return array.cpu() if hasattr(array, "cpu") else array


def are_finite(arrays: Iterable[Any]) -> bool:
    """Whether no number in arrays is infinite or NaN."""
    return all(np.isfinite(array).all() for array in arrays)


def fused_or_not(program: CompiledProgram, dtype: str = "float64", few: bool = False) -> Any:
    """One compiled function; NumPy for programs that take too long to compile, or that NumPy computes faster."""
    try:
        return import_module("microgradnet.compiling.fused.engine").Fused(program, dtype, few)
    except NotImplementedError:
        return program


def fused(program: CompiledProgram, dtype: str, size: int, threads: int = 1) -> Engine:
    """The fused program for a batch of this size, made on first use; or the program itself."""
    few = size <= LANES // 2
    name = "fused for few" if few else "fused"
    if name not in program.engines:
        found = fused_or_not(program, dtype, few)
        if threads > 1 and found is not program:
            found = import_module("microgradnet.compiling.fused.shards").Shards(found, threads)
        program.engines[name] = found
    return program.engines[name]  # type: ignore[no-any-return]


def chosen(program: CompiledProgram, size: int, threads: int = 1) -> str:
    """What "auto" is for a batch of this size: see `compile`."""
    pays = size >= LANES or program.reads(size) <= FUSED_READS * (len(program.forward) + len(program.backward))
    if pays and is_installed("llvmlite") and fused(program, "float64", size, threads) is not program:
        return "fused"
    return "numba" if is_small(program, size) and not program.plan.bodies and is_installed("numba") else "numpy"


@cache
def is_installed(library: str) -> bool:
    """Whether a library is there; cached, as a failing search takes longer than a small replay."""
    return find_spec(library) is not None


def is_small(program: Program, size: int) -> bool:
    """Whether array instructions process so few numbers that the tape is faster."""
    return program.reads(size) < TAPE_READS * (len(program.forward) + len(program.backward))
