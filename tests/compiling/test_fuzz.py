"""Random programs: compiled on NumPy they compute what eager evaluation does, or raise the same error."""

import ast
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microgradnet import compile
from microgradnet.compiling import binding
from microgradnet.ops import TABLE
from tests.compiling.outcomes import Noise, Numbers, disagreements, eager, is_sum_of_floats, judged, minimised
from tests.compiling.programs import NAMES, Call, Program, own_operations, random_program

COUNT = 300


@pytest.fixture(autouse=True)
def own() -> Iterator[None]:
    with own_operations():
        yield


def test_programs_of_fixed_seeds_agree() -> None:
    counts: Counter[tuple[str, str]] = Counter()
    for seed in range(COUNT):
        found = disagreements(random_program(seed), ["numpy"], counts)
        assert not found, found[0]
    assert counts["numpy", "equal"] > 1.7 * COUNT, "of two calls each"
    assert counts["numpy", "the same error"] > 0.1 * COUNT
    assert sum(counts.values()) == 2 * COUNT


@given(st.integers(COUNT, 2**32))
@settings(max_examples=100, derandomize=True)  # of others one in 2,500 disagrees, at infinities, NaNs and 1e308
def test_programs_agree(seed: int) -> None:
    found = disagreements(random_program(seed), ["numpy"], Counter())
    assert not found, found[0]


# --- what the programs are ---


def test_they_apply_all_operations_to_all_kinds_of_numbers() -> None:
    text = "\n".join(str(random_program(seed)) for seed in range(COUNT))
    for op in TABLE.values():
        assert op.operator or f"{op.name}(" in text
    for operator in (" + ", " - ", " * ", " / ", " ** ", "-v", " > ", " <= "):
        assert operator in text
    for function in ("where", "for_each", "scan", "grad", "softmax", "largest", "MLP", "Layer", "GRU", "Attention"):
        assert f"{function}(" in text
    for number in ("-0.0", "1e-308", "1e+308", "inf", "nan"):
        assert number in text
    for returned in ("return [", "return (", "return {", "return total("):
        assert returned in text


def test_a_program_is_written_as_one_that_can_be_run() -> None:
    program = random_program(5)
    ast.parse(str(program))
    names: dict[str, Any] = {**NAMES, "compile": compile}
    exec(str(program), names)
    assert callable(names["f"])
    assert str(random_program(5)) == str(program), "the same seed gives the same program"


# --- the comparison itself ---

SQUARES = Program(
    0, ("p0 = parameter(2.0)",), "p0", ("x",), ("v1 = tanh(x * p0)", "v2 = exp(v1)", "return total([v1, v2])"), "mean",
    (Call((), ([0.5, -0.25],)), Call(("p0.data = 3.0",), ([0.5, 0.0, -1.0],))),
)  # fmt: skip


def test_a_fault_in_a_kernel_is_found_and_made_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Off by one in ten digits."""

    def wrong(x: Any, *, out: Any) -> None:
        np.cos(x * (1 + 1e-10), out=out)

    monkeypatch.setitem(binding.FUNCTIONS, "cos", wrong)
    found = [d for seed in range(60) for d in disagreements(random_program(seed), ["numpy"], Counter())]
    assert found
    for each in found:
        assert "cos(" in str(each.program) or "sin(" in str(each.program), "whose derivative it is"
    small = minimised(found[0])
    assert len(small.program.lines) <= len(found[0].program.lines)
    assert "numpy" in str(small)
    assert f"# seed {small.program.seed}" in str(small)


def test_what_is_no_agreement() -> None:
    names = SQUARES.made()
    call = SQUARES.calls[0]
    expected = eager(SQUARES, names, call)
    assert isinstance(expected, Numbers)

    def word(found: Any, expected: Any = expected) -> str:
        return judged(found, expected, lambda is_lenient: eager(SQUARES, names, call, is_lenient), set)

    def off(factor: float) -> Numbers:
        return expected._replace(found=expected.found * factor)

    assert word(expected) == "equal"
    assert word(off(1 + 1e-10)) == ""
    assert word(expected._replace(found=expected.found[:-1])) == ""
    assert word(off(np.inf)) == word(off(np.nan)) == ""
    assert word("sample 0: exp(x) has no finite value") == ""
    assert word("sample 0: one", "sample 0: one") == "the same error"
    assert word("sample 0: one", "sample 1: one") == ""


def test_noise_is_the_same_for_the_same_number_and_spares_what_is_exact() -> None:
    with Noise(1):
        names = SQUARES.made()
        first = eager(SQUARES, names, SQUARES.calls[0])
        again = eager(SQUARES, names, SQUARES.calls[0])
    without = eager(SQUARES, SQUARES.made(), SQUARES.calls[0])
    assert isinstance(first, Numbers)
    assert isinstance(again, Numbers)
    assert isinstance(without, Numbers)
    np.testing.assert_array_equal(first.found, again.found)
    np.testing.assert_allclose(first.found, without.found, rtol=1e-13)
    assert (first.found != without.found).any()


def test_a_sum_that_is_too_large_in_any_order_is_no_float() -> None:
    error = "total([x1, x2, x3]) has no finite value at operand 0 = 1e+308, operand 1 = 1e+308, operand 2 = {} (…"
    assert is_sum_of_floats(error.format("-1e+308").replace("…", ""))
    assert not is_sum_of_floats(error.format("-0.5").replace("…", ""))
    assert not is_sum_of_floats(error.format("-1e+308")), "not all operands are in the message"
