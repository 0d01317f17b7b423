"""What holds for every test: an empty folder to run in, the tree for subprocesses, a steady hypothesis."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

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


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Surroundings())
