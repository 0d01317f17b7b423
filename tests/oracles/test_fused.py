"""The fused engine: it agrees with NumPy's on every operation and network; its functions are at most 2 ulp off."""

import os
from collections.abc import Callable, Iterator
from ctypes import c_int64, c_void_p
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from llvmlite import ir

from microgradnet import (
    MLP,
    DomainError,
    Value,
    compile,
    exp,
    grad,
    log,
    maximum,
    parameter,
    relu,
    sigmoid,
    tanh,
    total,
)
from microgradnet.compiling import engines
from microgradnet.compiling.compiled_program import CompiledProgram
from microgradnet.compiling.engines import engine_of, fused_or_not
from microgradnet.compiling.fused import code, functions, lanes, products
from microgradnet.compiling.fused.engine import Fused
from microgradnet.compiling.fused.machine_code import MachineCode
from microgradnet.ops import Operation
from tests import own
from tests.compiling.comparing import flat, numbers, parameters_of
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

Function = Callable[[Any], Any]


@pytest.fixture(autouse=True, scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The cache in a folder of these tests, and none that returns NumPy's program in silence."""
    with pytest.MonkeyPatch.context() as patched:
        folder = tmp_path_factory.mktemp("cache")
        patched.setenv("XDG_CACHE_HOME", str(folder))
        patched.setattr(engines, "fused_or_not", Fused)
        yield folder / "microgradnet" / "tapes"


@pytest.mark.parametrize("name", NETWORKS)
def test_networks_agree_with_numpy(name: str) -> None:
    check_network(NETWORKS[name](), "fused")


@pytest.mark.parametrize("name", NETWORKS)
def test_networks_in_float32(name: str) -> None:
    check_network(NETWORKS[name](), "fused", rtol=2e-5)
    found = compile(lambda x: x * x, engine="fused", dtype="float32")([1.1])
    assert found.dtype == np.float64
    assert found[0] == np.float32(1.1) ** 2, "it is computed in float32"


@each_row
def test_every_row(row: Operation) -> None:
    check_row(row, "fused")


@pytest.mark.parametrize("name", own.NAMES)
def test_a_users_own_operation(name: str) -> None:
    check_row(own.defined()[name], "fused")


@given(st.lists(drawn_steps, min_size=1, max_size=25), st.integers(0, 6))
@settings(max_examples=40, deadline=None)
def test_random_programs(drawn: list[tuple[str, list[int]]], used: int) -> None:
    assert_like_numpy(random_function(drawn, used), P, [numbers(2, 4), numbers(2)], "fused", 1e-11)


def test_errors_loops_and_structures() -> None:
    check_errors("fused")
    check_loops("fused")
    check_structures("fused")


def test_batches_of_any_size() -> None:
    """Lanes and blocks that are not full, one tile and several; numbers that change between calls."""
    model = MLP(3, [5, 4, 1], "tanh", seed=1)
    found, expected = [
        compile(lambda x, y: ((model(x) - y) ** 2, model(x)), model, engine=e) for e in ("fused", "numpy")
    ]
    for size in range(1, 131):
        x, y = numbers(size, 3), numbers(size)
        for ours, theirs in zip((found(x, y)), (expected(x, y)), strict=True):
            np.testing.assert_allclose(ours[0], theirs[0], rtol=1e-12, atol=1e-14)
            np.testing.assert_allclose(ours[1], theirs[1], rtol=1e-12, atol=1e-14)
        found.parameters -= 0.01 * found(x, y)[1]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_threads_agree_with_one(dtype: str) -> None:
    """Shards that are even or not, fewer than threads, or one; each output to the bit, as it is one sample's."""
    scale, model = Value(2.0), MLP(3, [5, 4, 1], "tanh", seed=1)
    shared, alone = [
        compile(lambda x, y: ((scale * model(x) - y) ** 2, model(x)), model, engine="fused", dtype=dtype, threads=n)
        for n in (3, 1)
    ]
    for size in (1, 4, 8, 9, 16, 17, 24, 63, 64, 65, 200):
        x, y = numbers(size, 3), numbers(size)
        ((loss, outputs), gradient), ((mean, expected), total) = shared(x, y), alone(x, y)
        assert outputs.tolist() == expected.tolist()
        np.testing.assert_allclose([loss, *gradient], [mean, *total], rtol=1e-12 if dtype == "float64" else 1e-5)
        again = shared(x, y)
        assert (again[0][0], *again[1]) == (loss, *gradient), "added in the same order each time"
        scale.data += 0.1
        shared.parameters -= 0.01 * gradient
        assert engine_of(shared.program(x, y), "fused", dtype, size) is not shared.program(x, y)


def test_a_sample_without_a_value_is_named_whatever_thread_computes_it() -> None:
    f = compile(log, engine="fused", threads=3)
    for wrong in (0, 30, 59):
        x = np.linspace(1, 2, 60)
        x[wrong] = -1.0
        with pytest.raises(DomainError, match=f"sample {wrong}: "):
            f(x)
        x[wrong] = 1.0
        np.testing.assert_allclose(f(x), np.log(x), rtol=1e-14)


def test_a_number_too_large_for_float32_is_no_warning_in_any_thread() -> None:
    f = compile(lambda x: exp(x * 1e-300), engine="fused", dtype="float32", threads=3)
    for large in (0, 30, 59):
        x = np.zeros(60)
        x[large] = 1e300
        np.testing.assert_allclose(f(x), np.exp(x * 1e-300), rtol=1e-6)


def test_derivatives_of_derivatives() -> None:
    w = parameters_of(4)

    def loss(x: Any) -> Any:
        y = sigmoid(tanh(x * w[0]) * w[1] + exp(x * w[2]) / (w[3] * w[3] + 1.0))
        return grad(grad(y, x, create_graph=True), x, create_graph=True) ** 2 + y

    assert_like_numpy(loss, w, [numbers(4)], "fused", 1e-11)


def test_products_of_any_shape() -> None:
    """Rows that are no multiple of those computed together in registers; weights shared by many columns."""
    for rows, terms, columns in ((1, 1, 1), (2, 3, 1), (7, 9, 1), (13, 5, 1), (6, 17, 3), (11, 10, 4)):
        weights = parameters_of(rows, terms)

        def loss(x: Any, weights: Any = weights) -> Any:
            return total([relu(sum(a * b for a, b in zip(w, column, strict=True))) for w in weights for column in x])

        assert_like_numpy(loss, flat(weights), [numbers(3, columns, terms)], "fused", 1e-12)


def test_a_loop_ends_where_a_row_reads_anothers_result() -> None:
    """A result that all rows read, and results in the opposite order."""
    w = parameters_of(5)

    def shared(x: Any) -> Any:
        y = [tanh(weight * x) for weight in w]
        return total([tanh(y[0] * each) for each in y])

    def reversed_(x: Any) -> Any:
        y = [tanh(weight * x) for weight in w]
        return total([tanh(a * b) for a, b in zip(y, y[::-1], strict=True)])

    for function in (shared, reversed_):
        assert_like_numpy(function, w, [numbers(3)], "fused", 1e-12)


def test_an_infinity_on_the_way_is_refused() -> None:
    """As by NumPy, also where the result does not show it; one that is put in stays."""
    w = parameter(1.0)
    hidden: dict[str, Function] = {
        "1 / e^1000": lambda x: w / exp(x * 1000.0),
        "tanh(e^1000)": lambda x: tanh(exp(x * 1000.0) * w),
        "max(-e^1000, 0)": lambda x: maximum(-exp(x * 1000.0) * w, 0.0),
        "log(0)": lambda x: tanh(log(x - 1.0) * w),
    }
    for function in hidden.values():
        good = 1.1 if function is hidden["log(0)"] else 0.5
        for engine in ("numpy", "fused"):
            with pytest.raises(DomainError, match="sample 1"):
                compile(function, engine=engine)([good, 1.0, good])  # capture runs the first and the last
    found = compile(lambda x: relu(x * w), engine="fused")([1.0, np.inf, -np.inf])
    assert found.tolist() == [1.0, np.inf, 0.0]


# --- functions ---


def applied(name: str) -> Callable[[Any], Any]:
    """A function of `functions` on an array whose size is a multiple of the number of lanes."""
    module, kind = ir.Module(), lanes.kind_of("float64", few=False)
    pointer, integer = lanes.DOUBLE.as_pointer(), lanes.INTEGER
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), [pointer, pointer, integer]), "run")
    before, body, after = [function.append_basic_block() for _ in range(3)]
    ir.IRBuilder(before).branch(body)
    builder = ir.IRBuilder(body)
    index = builder.phi(integer)
    index.add_incoming(integer(0), before)
    source, into = [
        builder.bitcast(builder.gep(array, [index]), kind.vector.as_pointer()) for array in function.args[:2]
    ]
    found = functions.call(name, [lanes.Numbers(builder, builder.load(source, align=8))])
    builder.store(found.value, into, align=8)
    following = builder.add(index, integer(kind.lanes))
    index.add_incoming(following, body)
    builder.cbranch(builder.icmp_signed("<", following, function.args[2]), body, after)
    ir.IRBuilder(after).ret_void()
    compiled = MachineCode(str(module), None, c_void_p, c_void_p, c_int64)

    def call(x: Any) -> Any:
        result = np.empty_like(x)
        compiled.run(x.ctypes.data, result.ctypes.data, len(x))
        return result

    return call


@pytest.mark.parametrize("name", functions.LONG)
def test_functions_are_at_most_two_ulp_off(name: str) -> None:
    rng, count = np.random.default_rng(0), 1 << 14
    size = np.exp(rng.uniform(-744.0, 709.0, count))
    edges = [
        0.0,
        -0.0,
        np.inf,
        -np.inf,
        np.nan,
        5e-324,
        -5e-324,
        1e-310,
        709.7,
        709.8,
        -745.0,
        -746.0,
        1.0,
        -1.0,
        2.0,
        -2.0,
    ]
    x = np.concatenate(
        [edges, size, -size, rng.normal(size=count), 20.0 * rng.normal(size=count), rng.uniform(0.4, 2.5, count),
         rng.uniform(-745.0, 710.0, count), rng.uniform(-1.0, 1.0, count)]
    )  # fmt: skip
    if np.finfo(np.longdouble).nmant < 60:
        pytest.skip("long doubles are no longer than doubles here")
    with np.errstate(all="ignore"):
        exact = getattr(np, name)(x.astype(np.longdouble))
        expected = exact.astype(float)
        found = applied(name)(x)
        finite = np.isfinite(expected)
        np.testing.assert_array_equal(found[~finite], expected[~finite])
        off = np.abs(found - exact)[finite] / np.spacing(np.abs(expected[finite]))
    assert off.max() <= 2.0, (x[finite][off.argmax()], off.max())


# --- the cache ---


def line() -> Any:
    w = parameter(2.0)
    return compile(lambda x: x * w + 1.0, w, engine="fused")([3.0])


def test_machine_code_is_kept_and_a_damaged_file_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert_same(line(), (7.0, np.array([3.0])), 1e-15)
    (kept,) = tmp_path.rglob("fused_*.o")
    written = kept.stat().st_mtime_ns, kept.read_bytes()
    line()
    assert (kept.stat().st_mtime_ns, kept.read_bytes()) == written
    for garbage in (b"", b"garbage", written[1][:-1], written[1].replace(b"\n", b"\n0", 1)):
        kept.write_bytes(garbage)
        assert_same(line(), (7.0, np.array([3.0])), 1e-15)
        assert kept.read_bytes() == written[1]


def test_nothing_is_kept_where_others_can_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "microgradnet" / "tapes"
    folder.mkdir(parents=True)
    folder.chmod(0o777)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert_same(line(), (7.0, np.array([3.0])), 1e-15)
    assert os.listdir(folder) == []


def test_auto_is_fused_where_that_pays() -> None:
    small, large = MLP(2, [16, 1], seed=1), MLP(200, [100, 1], seed=1)
    for model, few in ((small, Fused), (large, CompiledProgram)):
        program = compile(model, engine="auto").program(numbers(2, len(model.layers[0].neurons[0].w)))
        assert isinstance(engine_of(program, "auto", "float64", 7), few)
        assert isinstance(engine_of(program, "auto", "float64", 8), Fused)


def test_a_large_program_is_numpys(monkeypatch: pytest.MonkeyPatch) -> None:
    program = compile(lambda x: x * 2.0).program([1.0])
    assert isinstance(fused_or_not(program), Fused)
    monkeypatch.setattr(code, "MOST", 0)
    assert fused_or_not(program) is program
    monkeypatch.undo()
    monkeypatch.setattr(products, "MOST_WEIGHTS", 11)
    for width in (2, 3):
        model = MLP(3, [width, 1], seed=1)  # 4 · width weights and biases in its first layer
        program = compile(model, engine="numpy").program(numbers(2, 3))
        assert (fused_or_not(program) is program) == (width == 3)
