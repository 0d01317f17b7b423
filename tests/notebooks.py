"""Runs a notebook from a clean kernel, and says how two runs of it differ in what should not change.

tests/regenerate.py writes with it and tests/test_notebooks.py checks with it; neither knows what outputs are.
"""

import difflib
import html
import os
import re
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

from tests import ROOT
from tests.svg import words

NOTEBOOKS = ROOT / "notebooks"
NEED_EXTRAS = ("colour", "digits", "handwriting", "speech", "translation")
"""Those that need more than the test suite does: tests/oracles runs them."""
TIMEOUT = 120  # seconds for one cell
QUIET = ["--IPKernelApp.log_level=ERROR"]  # else the kernel tells the terminal how it is connected

BITMAP = re.compile(r"(?<=data:image/png;base64,)[\w+/=]+")  # in a page's frame
ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,}\b")

Cell = Any  # nbformat's cells are dictionaries with attributes, and untyped
Shown = tuple[str, str]  # where an output appears (stdout, or its media type) and what stands there


def execute(text: str) -> str:
    """The notebook `text` with the outputs of a fresh run, and nothing in it that varies from run to run.

    The kernel starts in an empty folder and with empty settings, and imports the tree.
    A cell that raises does not stop the run: its error is an output, and `faults` names it.
    """
    notebook = nbformat.reads(text, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        settings = Path(folder, "settings")
        work = Path(folder, "work")
        work.mkdir()
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "IPYTHONDIR": str(settings),
            "JUPYTER_CONFIG_DIR": str(settings),
            "OPENBLAS_NUM_THREADS": "1",  # the gallery's products are small, and threads wait for each other
        }
        client = NotebookClient(
            notebook,
            timeout=TIMEOUT,
            kernel_name="python3",
            allow_errors=True,
            coalesce_streams=True,
            record_timing=False,
            extra_arguments=list(QUIET),  # nbclient appends to it
            resources={"metadata": {"path": str(work)}},
        )
        client.execute(env=environment)
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }
    )
    for position, cell in enumerate(notebook.cells, start=1):
        cell.id = f"cell-{position}"
        cell.metadata = nbformat.from_dict({})
    return str(nbformat.writes(notebook)) + "\n"


def differences(committed: str, fresh: str) -> list[str]:
    """Each cell whose outputs are not those of the fresh run, and each fault of the fresh run, in words."""
    before, after = (nbformat.reads(text, as_version=4) for text in (committed, fresh))
    found = faults(after)
    found += [f"committed: {fault}" for fault in faults(before) if fault not in found]
    if [cell.source for cell in before.cells] != [cell.source for cell in after.cells]:
        return [*found, "the cells themselves differ"]
    for name, old, new in zip(_names(before), before.cells, after.cells, strict=True):
        was, now = (list(map(_line, _shown(cell))) for cell in (old, new))
        if was != now:
            diff = difflib.unified_diff(was, now, "committed", "run", "", "", 1, "")
            found.append("\n".join([f"{name}: its output differs", *diff]))
    return found


def faults(notebook: Any) -> list[str]:
    """What is wrong with a run whatever it printed: errors, stderr, cells not run once each from the top."""
    found = []
    count = 0
    for name, cell in zip(_names(notebook), notebook.cells, strict=True):
        if cell.cell_type != "code":
            continue
        count += 1
        if cell.execution_count != count:
            found.append(f"{name}: its number is {cell.execution_count}, not {count}: run the notebook from the top")
        for output in cell.outputs:
            if output.output_type == "error":
                found.append(f"{name}: raised {output.ename}: {output.evalue}")
            elif output.output_type == "stream" and output.name == "stderr":
                found.append(f"{name}: wrote to stderr: {output.text.strip()}")
    return found


def _names(notebook: Any) -> list[str]:
    """How a message names each cell: its place from 1, and its first line."""
    return [f"cell {i} ({(cell.source.splitlines() or [''])[0]})" for i, cell in enumerate(notebook.cells, start=1)]


def _shown(cell: Cell) -> list[Shown]:
    """What a reader sees under the cell, line by line, without what may vary."""
    shown: list[Shown] = []
    for output in cell.get("outputs", []):
        if output.output_type == "stream":
            shown += _lines(output.name, output.text)
        elif output.output_type == "error":
            shown.append(("error", f"{output.ename}: {output.evalue}"))
        else:
            for media, content in sorted(output.data.items()):
                shown += _media_lines(media, content)
    return shown


def _media_lines(media: str, content: Any) -> list[Shown]:
    """A picture counts by the words in it, since its geometry is the renderer's; a bitmap by being there."""
    content = BITMAP.sub("(a bitmap)", content) if isinstance(content, str) else content
    if media == "image/svg+xml":
        return [(media, word) for word in words(content)]
    if media.startswith("image/"):
        return [(media, "(a bitmap)")]
    if media == "text/html" and "srcdoc=" in content:  # a page in a frame
        content = html.unescape(content)
    if media == "text/html" and "<svg" in content:
        pictures = re.findall(r"<svg.*?</svg>", content, re.DOTALL)
        around = re.sub(r"<svg.*?</svg>", "(a picture)", content, flags=re.DOTALL)
        return _lines(media, around) + [shown for svg in pictures for shown in _media_lines("image/svg+xml", svg)]
    return _lines(media, content if isinstance(content, str) else repr(content))


def _lines(where: str, text: str) -> list[Shown]:
    return [(where, ADDRESS.sub("0x…", line.rstrip())) for line in text.rstrip().splitlines()]


def _line(shown: Shown) -> str:
    return f"{shown[0]}: {shown[1]}"
