"""`import microgradnet` has no side effects, and imports nothing heavy until something needs it.

How long it takes is shown by `python -m tests.benchmarks.import_time`: a test never asserts a time.
"""

import json
import subprocess
import sys

HEAVY = {
    "asyncio", "cairosvg", "concurrent", "email", "graphviz", "http", "importlib.metadata", "IPython",
    "logging", "matplotlib", "multiprocessing", "numpy", "socket", "ssl", "subprocess", "tqdm", "unittest", "xml",
}  # fmt: skip

WATCH = """
import builtins, gc, json, locale, logging, os, random, signal, sys, threading, warnings

def state():
    root = logging.getLogger()
    return {
        "logging": repr((root.handlers, root.level, root.filters, logging.root.manager.disable)),
        "recursion limit": sys.getrecursionlimit(),
        "stack size": threading.stack_size(),
        "threads": threading.active_count(),
        "warnings": repr(warnings.filters),
        "random": repr(random.getstate()),
        "gc": repr((gc.isenabled(), gc.get_threshold(), gc.get_debug(), gc.callbacks)),
        "hooks": repr((sys.excepthook, sys.displayhook, sys.breakpointhook, sys.gettrace())),
        "signals": repr([signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]),
        "environment": dict(os.environ),
        "path": list(sys.path),
        "builtins": sorted(vars(builtins)),
        "locale": locale.setlocale(locale.LC_ALL),
        "folder": os.listdir(),
    }

logging.getLogger().addHandler(logging.NullHandler())
before = state()
import microgradnet
after = state()
print(json.dumps([name for name in before if before[name] != after[name]]))
"""


def printed_by(code: str) -> list[str]:
    """What a fresh interpreter prints for `code`, as JSON; nothing may come out on stderr."""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    found: list[str] = json.loads(done.stdout)
    return found


def test_importing_leaves_the_process_as_it_was() -> None:
    assert printed_by(WATCH) == []


def test_a_side_effect_would_be_seen() -> None:
    worse = WATCH.replace(
        "import microgradnet",
        "logging.basicConfig(force=1); random.seed(); sys.setrecursionlimit(99); warnings.resetwarnings()",
    )
    assert printed_by(worse) == ["logging", "recursion limit", "warnings", "random"]


def test_importing_imports_nothing_heavy() -> None:
    code = "import sys, json; old = set(sys.modules); import {}; print(json.dumps([*set(sys.modules) - old]))"
    assert HEAVY.isdisjoint(printed_by(code.format("microgradnet")))
    assert not HEAVY.isdisjoint(printed_by(code.format("graphviz")))
    late = "microgradnet.drawing.chart, microgradnet.train.plotting, microgradnet.teach.examples"
    assert {"matplotlib", "tqdm", "graphviz"}.isdisjoint(printed_by(code.format(late)))


def test_importing_leaves_the_loggers_of_a_program_alone() -> None:
    """Importing wipes the root logger's handlers."""
    code = "import logging, json; logging.basicConfig(); n = len(logging.root.handlers); import microgradnet;"
    done = subprocess.run([sys.executable, "-c", code + "print(json.dumps([n, len(logging.root.handlers)]))"],
                          capture_output=True, text=True, check=True)  # fmt: skip
    assert json.loads(done.stdout) == [1, 1]
