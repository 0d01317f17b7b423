"""An oracle is a heavy package, or needs one of the system's: its tests are collected where it works, as in .ci/run."""

from importlib import import_module
from importlib.util import find_spec


def works(name: str) -> bool:
    """Whether it can be imported: cairosvg, say, may be there without the cairo library."""
    try:
        return find_spec(name) is not None and bool(import_module(name))
    except OSError:
        return False


collect_ignore = [f"test_{name}.py" for name in ("torch", "cairosvg") if not works(name)]
