"""A trained network, for the tests of what `train` has written and of what `predict` makes of it."""

from pathlib import Path

import pytest

from microgradnet.cli.main import main


@pytest.fixture(scope="package")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("moons")
    assert main(["train", "moons", "--hidden", "8,8", "--epochs", "20", "--out", str(out), "--quiet"]) == 0
    return out
