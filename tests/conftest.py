"""What holds for every test: an empty folder to run in, the tree for subprocesses, Ctrl-C, a steady hypothesis."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from microgradnet.ops import TABLE
from tests import ROOT

# A deadline would assert a time; in CI the same examples are drawn every time.
settings.register_profile("microgradnet", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("microgradnet")


class Surroundings:
    """A plugin rather than fixtures of this file, so that the doctests of microgradnet/ have it too."""

    @pytest.fixture(autouse=True)
    def surroundings(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Nothing is written into the tree, and a subprocess imports the tree, not an installed copy."""
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("PYTHONPATH", str(ROOT))

    @pytest.fixture(autouse=True)
    def ctrl_c(self) -> Iterator[None]:
        """Ctrl-C interrupts a test and its subprocesses, also in a background job, which a shell makes deaf to it."""
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        yield
        signal.signal(signal.SIGINT, before)

    @pytest.fixture(autouse=True)
    def table(self) -> Iterator[None]:
        """An operation that a test defines is gone after it."""
        before = dict(TABLE)
        yield
        TABLE.clear()
        TABLE.update(before)


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Surroundings())
