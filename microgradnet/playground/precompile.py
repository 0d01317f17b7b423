"""`precompile`: add the compiled code of the modules that a start needs to the archives of a static playground.

Python in a browser has no cache of them: it would compile a hundred files each time that it starts, for seconds.
"""

import marshal
import sys
from collections.abc import Iterator
from importlib.util import MAGIC_NUMBER, cache_from_source, source_hash
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

UNCHECKED = (1).to_bytes(4, "little")  # the code is of the source with this hash, and nobody needs to look again


def precompile(archive: Path, inside: str, is_cached: bool) -> None:
    """Add the compiled code of each module that is loaded from an archive to it.

    Args:
        archive: a ZIP file of sources.
        inside: where they are for Python: the archive itself, or the folder that it was unpacked to.
        is_cached: the code stands in `__pycache__`, as Python wants it in a folder, not beside the source.
    """
    with ZipFile(archive, "a", ZIP_DEFLATED) as file:
        for source, code in sorted(_compiled(inside)):
            name = cache_from_source(source) if is_cached else f"{source}c"
            file.writestr(ZipInfo(name.removeprefix(f"{inside}/")), code, ZIP_DEFLATED)


def _compiled(inside: str) -> Iterator[tuple[str, bytes]]:
    """The source file of each module that is loaded from there, and the contents of its compiled file."""
    for module in [*sys.modules.values()]:
        loader: Any = getattr(getattr(module, "__spec__", None), "loader", None)
        source = getattr(module, "__file__", None) or ""
        if source.startswith(f"{inside}/") and hasattr(loader, "get_data"):  # not one that Python is built with
            text = loader.get_data(source)
            code = compile(text, source, "exec", dont_inherit=True)
            yield source, MAGIC_NUMBER + UNCHECKED + source_hash(text) + marshal.dumps(code)
