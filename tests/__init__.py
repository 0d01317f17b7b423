"""The tests of microgradnet, and what keeps its generated files, its README and its book true."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
