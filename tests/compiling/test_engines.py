"""Engines of `compile`, as far as NumPy alone can tell: what is refused, and who is taken for what."""

from typing import Any

import numpy as np
import pytest

from microgradnet import Value, compile, parameter, tanh
from microgradnet.compiling import engines


@pytest.mark.parametrize("engine", ["", "Numpy", "cuda", None])
def test_an_unknown_engine_is_refused(engine: str) -> None:
    with pytest.raises(ValueError, match=f"^unknown engine {engine!r}: it must be one of numpy, numba, fused, auto"):
        compile(lambda x: x, engine=engine)


@pytest.mark.parametrize(("engine", "dtype"), [("numpy", "float32"), ("auto", "float32"), ("numpy", "float16")])
def test_what_an_engine_does_not_compute_in_is_refused(engine: str, dtype: str) -> None:
    with pytest.raises(ValueError, match=f"^engine {engine!r} does not support {dtype!r}"):
        compile(lambda x: x, engine=engine, dtype=dtype)


@pytest.mark.parametrize("engine", ["numba", "fused", "jax", "torch"])
def test_a_library_that_is_not_there_is_named_with_the_command(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "find_spec", lambda name: None)
    with pytest.raises(ImportError, match=f"^engine {engine!r} needs a library that is not installed: pip install "):
        compile(lambda x: x, engine=engine)


def test_auto_without_libraries_is_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "is_installed", lambda library: False)
    w = parameter(2.0)
    step = compile(lambda x: x * w, w, engine="auto")
    assert step([1.0, 2.0]) == (3.0, np.array([1.5]))
    program = step.program([1.0])
    assert engines.engine_of(program, "auto", "float64", 1) is program


def test_the_rule_of_auto() -> None:
    """Numbers read, times samples, for each array instruction."""
    w = parameter(2.0)
    program = compile(lambda x: x * w, w).program([1.0])
    assert program.reads(1) == 2
    instructions = len(list(program))
    assert engines.is_small(program, engines.FEW * instructions // 2 - 1)
    assert not engines.is_small(program, engines.FEW * instructions // 2)


def test_the_rule_counts_once_what_is_the_same_for_all_samples() -> None:
    """A long chain of the parameter alone makes no batch large."""
    w = parameter(0.5)

    def chain(start: Value) -> Value:
        for _ in range(100):
            start = tanh(start)
        return start

    alone, varying = (compile(f, w).program([1.0]) for f in (lambda x: chain(w) * x, lambda x: chain(w * x)))
    assert alone.reads(1) == varying.reads(1)
    assert engines.is_small(alone, 10_000)
    assert not engines.is_small(varying, 10_000)


def test_an_array_on_an_accelerator_is_copied_to_the_host_before_numpy_reads_it() -> None:
    class OnAccelerator:  # as a torch tensor on a GPU
        def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
            raise TypeError("can't convert a cuda tensor to numpy")

        def cpu(self) -> Any:
            return np.ones(2)

    with pytest.raises(TypeError):
        np.asarray(OnAccelerator())
    assert np.asarray(engines.on_host(OnAccelerator())).tolist() == [1.0, 1.0]
    assert engines.on_host(array := np.zeros(3)) is array
