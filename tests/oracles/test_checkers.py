"""The checks of `engines` notice an engine that is wrong. None of the libraries is needed for that."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from microgradnet.compiling import compiled
from microgradnet.compiling.compiled_program import CompiledProgram
from microgradnet.compiling.engines import are_finite
from microgradnet.compiling.program import Result
from microgradnet.ops import TABLE
from tests.oracles.engines import check_errors, check_network, check_row, check_structures
from tests.oracles.networks import NETWORKS

Change = Callable[[Result], Result]
CHECKS: dict[str, Callable[[], None]] = {
    "network": lambda: check_network(NETWORKS["MLP"](), "auto"),
    "row": lambda: check_row(TABLE["tanh"], "auto"),
    "structures": lambda: check_structures("auto"),
    "errors": lambda: check_errors("auto"),
}


class Changed:
    """NumPy's results, changed; its errors are kept to itself."""

    def __init__(self, program: CompiledProgram, change: Change) -> None:
        self._program, self._change = program, change

    def run(self, theta: Any, arguments: Sequence[Any], size: int, share: float) -> Result:
        with np.errstate(all="ignore"):
            result = self._change(self._program.run(theta, arguments, size, share))
        if not are_finite((*result.outputs, result.gradient)):
            raise FloatingPointError
        return result


def engine_that(change: Change) -> Callable[..., Any]:
    """In place of `engine_of`: of the engines that are compared with NumPy the results are changed."""
    return lambda program, engine, *_: program if engine == "numpy" else Changed(program, change)


@pytest.mark.parametrize("check", CHECKS)
def test_what_is_right_is_accepted(check: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "engine_of", engine_that(lambda result: result))
    CHECKS[check]()


@pytest.mark.parametrize(
    "change",
    [
        lambda result: Result(result.outputs, result.gradient * (1 + 1e-9)),
        lambda result: Result([output * (1 + 1e-9) for output in result.outputs], result.gradient),
    ],
    ids=["gradient", "outputs"],
)
@pytest.mark.parametrize("check", ["network", "row", "structures"])
def test_a_wrong_number_is_seen(check: str, change: Change, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "engine_of", engine_that(change))
    with pytest.raises(AssertionError):
        CHECKS[check]()


def test_an_error_that_is_missing_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def hiding(result: Result) -> Result:
        return Result([np.nan_to_num(output) for output in result.outputs], np.nan_to_num(result.gradient))

    monkeypatch.setattr(compiled, "engine_of", engine_that(hiding))
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        check_errors("auto")
