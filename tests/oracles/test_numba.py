"""The numba tape: it agrees with NumPy's engine on networks, rows, and graphs without any regularity."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microgradnet import MLP, CaptureError, Value, compile, exp, log, parameter
from microgradnet.compiling import engines, tape, tape_source
from microgradnet.compiling.engines import engine_of, is_small
from microgradnet.compiling.program import Program
from microgradnet.compiling.scalars import LARGEST
from microgradnet.compiling.tape import Tape
from microgradnet.ops import Operation
from tests import ROOT, own
from tests.benchmarks.compiled import irregular_compiled
from tests.compiling.comparing import numbers
from tests.compiling.test_agreement import P, random_function
from tests.compiling.test_agreement import steps as drawn_steps
from tests.oracles.engines import (
    assert_like_numpy,
    assert_same,
    check_errors,
    check_loops,
    check_network,
    check_row,
    check_structures,
)
from tests.oracles.networks import NETWORKS
from tests.strategies import each_row


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An interpreter that knows only the rows of the program, which numba compiles sooner; kept in tmp_path."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(tape, "TABLE", {})
    tape.interpreter.cache_clear()
    yield
    tape.interpreter.cache_clear()


@pytest.mark.parametrize("name", NETWORKS)
def test_networks_agree_with_numpy(name: str) -> None:
    check_network(NETWORKS[name](), "numba")


@each_row
def test_every_row(row: Operation) -> None:
    """Also those whose loops are written out in `tape_source`: they compute what the table's rules say."""
    check_row(row, "numba")


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("name", own.NAMES)
def test_a_users_own_operation(name: str) -> None:
    check_row(own.defined()[name], "numba")


@given(st.lists(drawn_steps, min_size=1, max_size=25), st.integers(0, 6))
@settings(max_examples=60, deadline=None)
def test_random_programs(drawn: list[tuple[str, list[int]]], used: int) -> None:
    assert_like_numpy(random_function(drawn, used), P, [numbers(2, 4), numbers(2)], "numba", 1e-11)


@pytest.mark.parametrize("operations", ["+-*/r", "+*r"])
def test_an_irregular_graph(operations: str) -> None:
    found = []
    for engine in ("numpy", "numba"):
        runner = irregular_compiled(3_000, operations, engine)
        found.append((runner.step(), runner.gradients()))
    assert_same(found[1], found[0], 1e-11)


def test_errors_and_structures() -> None:
    check_errors("numba")
    check_structures("numba")


def test_auto_takes_the_tape_for_little_work_and_numpy_for_much(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no fused engine."""
    monkeypatch.setattr(engines, "fused_or_not", lambda program, *options: program)
    model = MLP(2, [16, 16, 1], seed=1)
    program = compile(lambda x, y: (model(x) - y) ** 2, model).program([[0.0, 0.0]], [0.0])
    assert isinstance(engine_of(program, "auto", "float64", 1), Tape)
    assert isinstance(engine_of(program, "auto", "float64", 1000), Program)
    assert is_small(program, 1)
    assert not is_small(program, 1000)
    found = [compile(lambda x, y: (model(x) - y) ** 2, model, engine=e)([[0.5, 1.0]], [1.0]) for e in ("auto", "numpy")]
    assert_same(found[0], found[1], 1e-12)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("row", [row for row in tape_source.LOOPS if row is not LARGEST], ids=lambda row: row.name)
def test_a_wrong_loop_is_seen(row: Operation, monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison notices a formula of the tape's own that is not the table's."""
    forward, backward = tape_source.LOOPS[row]
    monkeypatch.setitem(tape_source.LOOPS, row, (forward, f"upstream *= 1.001\n{backward}"))
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        check_row(row, "numba")


def line() -> Any:
    w = parameter(2.0)
    tape.interpreter.cache_clear()
    return compile(lambda x: x * w + Value(1.0), w, engine="numba")([3.0])


LINE = (7.0, np.array([3.0]))


def test_other_processes_find_it_in_the_cache(tmp_path: Path) -> None:
    """Two that compile at the same time do no harm; a third takes what they have compiled."""
    program = """
from microgradnet import compile, tanh
from microgradnet.compiling import tape
tape.TABLE = {}
print(compile(lambda x: tanh(x), engine='numba')([0.0, 1.0]))
"""
    surroundings = {**os.environ, "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(tmp_path)}

    def started() -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", program], env=surroundings, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )

    said = [process.communicate() for process in [started(), started()]]
    (kept,) = tmp_path.rglob("*.nbc")
    written = kept.stat().st_mtime_ns
    said += [started().communicate()]
    assert said == [("[0.         0.76159416]\n", "")] * 3
    assert kept.stat().st_mtime_ns == written


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("state", ["a folder", "a file in its place", "not to be written to", "a folder for all"])
def test_wherever_the_cache_is_it_works(state: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where others can write nothing is kept, and nothing read: numba would run it."""
    place = tmp_path / "cache"
    if state == "a file in its place":
        place.write_text("no folder")
    elif state == "not to be written to":
        place.touch()
        place = place / "below a file"
    elif state == "a folder for all":
        folder = place / "microgradnet" / "tapes"
        folder.mkdir(parents=True)
        folder.chmod(0o777)
    monkeypatch.setenv("XDG_CACHE_HOME", str(place))
    assert line() == LINE
    assert (state == "a folder") == (place.is_dir() and any(place.rglob("microgradnet_tape_*.py")))


@pytest.mark.usefixtures("small")
def test_a_damaged_cache_is_compiled_anew(tmp_path: Path) -> None:
    for suffix, garbage in (("nbi", b""), ("nbc", b"garbage")):
        line()
        (damaged,) = tmp_path.rglob(f"*.{suffix}")
        damaged.write_bytes(garbage)
        assert line() == LINE
        assert not damaged.exists(), "thrown away, so that the next process can keep its own"


def test_loops_row_by_row() -> None:
    check_loops("numba")


def test_a_domain_error_that_the_function_catches() -> None:
    w = parameter(0.5, "w")

    def function(x: Value) -> Value:
        try:
            return exp(log(x)) * w
        except ArithmeticError:
            return w * 5.0

    with pytest.raises(CaptureError, match="catching the DomainError of 'log'"):
        compile(function, w, engine="numba")([1.0, 0.0, 2.0])
