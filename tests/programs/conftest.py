"""What holds for these programs: a switch that one of them leaves on is not on for the next."""

from collections.abc import Iterator

import pytest

from microgradnet import recording


@pytest.fixture(autouse=True)
def _switches() -> Iterator[None]:
    before = dict(vars(recording))
    yield
    vars(recording).update(before)
