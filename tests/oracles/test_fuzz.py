"""Random programs on the other engines: each computes what eager evaluation does, or raises the same error."""

from collections import Counter
from importlib import import_module

import pytest

from microgradnet.compiling.fused import rolling
from tests.compiling.outcomes import disagreements
from tests.compiling.programs import own_operations, random_program

PROGRAMS = {"numba": 300, "fused": 100, "torch": 150, "jax": 10}


@pytest.mark.parametrize("engine", PROGRAMS)
def test_programs_agree(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rolling, "LEAST_SAVED", 2)  # of the fused engine: what repeats becomes a loop, however short
    if engine == "jax":
        import_module("jax").config.update("jax_enable_x64", True)
    counts: Counter[tuple[str, str]] = Counter()
    with own_operations():
        for seed in range(PROGRAMS[engine]):
            found = disagreements(random_program(seed), [engine], counts)
            assert not found, found[0]
    assert counts[engine, "equal"] > PROGRAMS[engine], "of two calls each"
