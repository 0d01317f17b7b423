"""Progress display for training: a bar in a terminal or notebook, a few lines in a log."""

import shutil
import sys
import time
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any

LINES = 10  # in a log, plus one for the last epoch
ROOMY = 120  # columns for a bar, its times and four numbers
SECONDS = 1.0  # least time between two lines of a log


class Progress:
    """Display the number of epochs done and the numbers of the latest; the `with` statement closes it.

    Args:
        total: the number of epochs.
        done: the number of epochs before a resume.
        shown: False shows nothing; else a bar, or lines where the output is not a terminal or notebook.
    """

    def __init__(self, total: int, done: int = 0, shown: bool | None = None) -> None:
        self._total = total
        self._bar: Any = None
        self._every = 0  # epochs between two lines of a log
        self._waiting = ""  # a line of the log, written only if it is the last
        if shown is False or sys.stderr is None:
            return
        if _in_notebook() or sys.stderr.isatty():
            widgets = _in_notebook() and find_spec("ipywidgets")
            bar = import_module("tqdm.notebook" if widgets else "tqdm.std").tqdm
            self._bar = bar(total=total, initial=done, unit="epoch", dynamic_ncols=True, bar_format=_format())
        else:
            self._every = -(-total // LINES)
            self._latest = -SECONDS

    def show(self, epoch: int, numbers: Mapping[str, float]) -> None:
        """Display the numbers after this epoch, counted from 1."""
        texts = {name.replace("_", " "): f"{number:.4g}" for name, number in numbers.items()}
        if self._bar is not None:
            short = {name.replace("validation", "val"): text for name, text in texts.items()}
            self._bar.set_postfix(short, refresh=False)
            self._bar.update()
        elif self._every:
            self._waiting = f"epoch {epoch}/{self._total}: " + ", ".join(f"{name} {x}" for name, x in texts.items())
            now = time.monotonic()
            if epoch % self._every == 0 and now - self._latest >= SECONDS:
                self._latest = now
                self._write()

    def _write(self) -> None:
        print(self._waiting, file=sys.stderr, flush=True)
        self._waiting = ""

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *exception: object) -> None:
        if self._bar is not None:
            self._bar.close()
        if self._waiting:
            self._write()


def _format() -> str | None:
    """A bar that puts the numbers first in narrow terminals."""
    if _in_notebook() or shutil.get_terminal_size().columns > ROOMY:
        return None
    return "{n_fmt}/{total_fmt}{postfix} |{bar}|"


def _in_notebook() -> bool:
    """Whether this runs in a Jupyter kernel."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return type(shell).__name__ == "ZMQInteractiveShell"
