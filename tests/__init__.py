"""The tests of microgradnet, and what keeps its generated files and its README true."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
