"""A trained network, for the tests of `train` and of `predict`; and a browser that is never opened."""

import webbrowser
from pathlib import Path

import pytest

from microgradnet.cli.main import main


@pytest.fixture(scope="package")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("moons")
    assert main(["train", "moons", "--hidden", "8,8", "--epochs", "20", "--out", str(out), "--quiet"]) == 0
    return out


@pytest.fixture(autouse=True)
def visited(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that would have been opened in the browser."""
    addresses: list[str] = []

    def visit(address: str) -> bool:
        addresses.append(address)
        return True

    monkeypatch.setattr(webbrowser, "open", visit)
    return addresses
