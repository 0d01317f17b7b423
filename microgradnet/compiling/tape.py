"""`Tape`: a scalar program replayed node by node, sample by sample, by an interpreter that numba compiles.

It suits irregular graphs and batches of a few samples, for which array operations are too coarse. The nodes are
ordered in long runs of one operation, so that the interpreter branches once per run instead of once per node.
"""

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from hashlib import sha256
from importlib import import_module
from itertools import chain
from pathlib import Path
from shutil import rmtree
from types import ModuleType
from typing import Any, TypeAlias

import numpy as np

from microgradnet._shared.files import write_atomically
from microgradnet.compiling.observing import ABOVE, NOT_BELOW
from microgradnet.compiling.program import Program, Result
from microgradnet.compiling.scalars import LARGEST
from microgradnet.compiling.tape_source import Case, case_of, cases, is_listed, source
from microgradnet.ops import BUILT_IN, TABLE, Operation, logsumexp
from microgradnet.value import Value

Array = np.ndarray[Any, Any]
Run: TypeAlias = tuple[Case, bool, list[Value]]
"""Consecutive nodes of one case, and whether their gradients are passed back."""
INDEX = np.uint32  # unsigned: numba then does not check for negative indices


class Tape:
    """A scalar program as a tape that numba runs node by node, sample by sample.

    Each scalar has a slot in an array of numbers: first the scalars that are the same for all samples (parameters,
    other leaves, values computed from those alone), then inputs and the values that depend on them.

    Attributes:
        runs: the nodes, in the order in which they are computed.

    Raises:
        ImportError: numba is not installed.
    """

    def __init__(self, program: Program) -> None:
        scalars, varying = program.scalars, program.scalars.varying
        own = [op for op in TABLE.values() if op.name in BUILT_IN and op is not logsumexp]  # a program has its powers
        operations = tuple(dict.fromkeys([*own, ABOVE, NOT_BELOW, LARGEST, *[node.op for node in scalars.nodes]]))
        self._interpreter = interpreter(operations)
        self._others = program.others
        backward = program.plan.needs if program.root else set[Value]()
        fixed_runs = schedule([node for node in scalars.nodes if node not in varying], backward)
        varying_runs = schedule([node for node in scalars.nodes if node in varying], backward)
        self.runs = [*fixed_runs, *varying_runs]

        leaves = [*program.parameters, *program.others.values, *[v for v in scalars.leaves if v not in varying]]
        inputs = list(chain.from_iterable(program.captured.inputs))
        fixed = list(dict.fromkeys([*leaves, *_nodes(fixed_runs)]))
        slots = {value: slot for slot, value in enumerate([*fixed, *inputs, *_nodes(varying_runs)])}
        self._values = np.array([value._data for value in slots])
        self._gradients = np.zeros(len(slots))
        self._parameters, self._inputs, self._outputs = len(program.parameters), len(inputs), len(scalars.outputs)
        self._tape = (
            _run_table(fixed_runs, slots, operations),
            _run_table(varying_runs, slots, operations),
            *_operand_tables(slots),
            np.array([slots[output] for output in scalars.outputs], INDEX),
            len(program.parameters),
            len(fixed),
            slots[scalars.outputs[0]] if backward else -1,
        )

    def run(self, theta: Array, arguments: Sequence[Array], size: int, weight: float) -> Result:
        """The outputs for a batch of `size` samples, and the gradient of the first, with this weight for each sample.

        Raises:
            FloatingPointError: an operation on finite numbers is not finite, and `np.errstate` raises such errors.
        """
        known = self._parameters
        self._values[:known] = theta
        if len(self._others):
            self._values[known : known + len(self._others)] = self._others.array
        inputs = np.empty((size, self._inputs))
        if arguments:
            np.concatenate([argument.reshape(size, -1) for argument in arguments], axis=1, out=inputs)
        outputs = np.empty((self._outputs, size))
        good = self._interpreter(inputs, outputs, self._values, self._gradients, *self._tape, weight)
        gradient = self._gradients[:known].copy()
        if not good and "raise" in np.geterr().values():
            raise FloatingPointError("an operation of a tape has no finite result")
        return Result(list(outputs), gradient)


def schedule(nodes: Sequence[Value], backward: set[Value]) -> list[Run]:
    """The nodes in runs of one case, each node after its operands.

    A run takes all nodes that are ready, including those that the run itself makes ready; the next run is of the case
    that has waited longest, to collect as many nodes as possible.
    """
    waiting: dict[Value, int] = {}
    users: dict[Value, list[Value]] = {node: [] for node in nodes}
    ready: dict[tuple[Case, bool], list[Value]] = {}
    keys = {node: (case_of(node), node in backward) for node in nodes}
    for node in nodes:
        computed = users.keys() & node.operands
        waiting[node] = len(computed)
        for operand in computed:
            users[operand].append(node)
        if not computed:
            ready.setdefault(keys[node], []).append(node)
    runs: list[Run] = []
    while ready:
        key = next(iter(ready))
        run = ready.pop(key)
        for node in run:  # grows during the loop
            for user in users[node]:
                waiting[user] -= 1
                if not waiting[user]:
                    (run if keys[user] == key else ready.setdefault(keys[user], [])).append(user)
        runs.append((*key, run))
    return runs


def _nodes(runs: Iterable[Run]) -> Iterable[Value]:
    return chain.from_iterable(nodes for _, _, nodes in runs)


def _run_table(runs: Sequence[Run], slots: dict[Value, int], operations: Sequence[Operation]) -> Array:
    """The interpreter's table of runs, one line per run."""
    numbers = {case: number for number, case in enumerate(cases(operations))}
    table = [
        (numbers[case], slots[nodes[0]], slots[nodes[-1]] + 1, backward, is_listed(case[0]))
        for case, backward, nodes in runs
    ]
    return np.array(table, np.int64).reshape(-1, 5)


def _operand_tables(slots: dict[Value, int]) -> tuple[Array, Array, Array]:
    """The slots of each value's operands as the interpreter's three arrays: first, second, many."""
    first, second = np.zeros((2, len(slots)), INDEX)
    many: list[int] = []
    for node, slot in slots.items():
        places = [slots[operand] for operand in node.operands]
        if is_listed(node.op):
            first[slot], second[slot] = len(many), len(many) + len(places)
            many += places
        elif places:
            first[slot], second[slot] = places[0], places[-1]
    return first, second, np.array(many, INDEX)


@cache
def interpreter(operations: tuple[Operation, ...]) -> Callable[..., bool]:
    """The interpreter of tapes of these operations; numba compiles it once and caches it in the user's directory."""
    try:
        import_module("numba")
    except ImportError as error:
        raise ImportError("the numba engine needs numba: pip install 'microgradnet[fast]'") from error
    text = source(operations)
    name = f"microgradnet_tape_{sha256(text.encode()).hexdigest()[:16]}"  # numba takes functions by name for the same
    path = _kept(name, text)
    if path:
        try:
            return _made(name, text, path)
        except Exception:  # numba trusts its cache: a corrupt file can raise any exception
            rmtree(path.with_name("__pycache__"), ignore_errors=True)
    return _made(name, text, None)


def _made(name: str, text: str, path: Path | None) -> Callable[..., bool]:
    """The interpreter of this text; numba loads it from the cache beside the file, or compiles it."""
    module: Any = ModuleType(name)
    module.CACHED = path is not None
    sys.modules[name] = module  # numba looks up cached functions by module
    exec(compile(text, path or "<tape>", "exec"), module.__dict__)
    run: Callable[..., bool] = module.run
    return run


def _kept(name: str, text: str) -> Path | None:
    """A file of this name and text, as the key of numba's cache; None if it cannot be kept."""
    folder = cache_folder()
    try:
        path = folder and folder / f"{name}.py"
        if path and not path.exists():  # numba compiles anew for a file that is newer than its cache
            write_atomically(path, text)
        return path
    except OSError:
        return None


def cache_folder() -> Path | None:
    """The folder for compiled code; None if it is not writable, or others can write to it.

    Code in it is executed, so only the user may be able to write to the folder.
    """
    try:
        folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "microgradnet", "tapes")
        folder.mkdir(0o700, parents=True, exist_ok=True)
        state = folder.stat()
        if hasattr(os, "geteuid") and (state.st_uid != os.geteuid() or state.st_mode & 0o022):
            return None
        return folder if os.access(folder, os.W_OK) else None
    except (OSError, RuntimeError):  # no home directory is a RuntimeError
        return None
