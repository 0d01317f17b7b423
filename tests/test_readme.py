"""README.md is true: its Python prints what it says, its commands are those CI runs, its pictures exist."""

import ast
import doctest
import re
from typing import Any

import pytest

from tests import ROOT
from tests.readme import README, Block, blocks, commands, file_map
from tests.regenerate import core
from tests.test_layout import ENGINE, nodes_of

VENV = "python3 -m venv .venv && . .venv/bin/activate && pip install "
# By these .ci/run knows the commands that it runs, and the benchmarks. A new kind needs a line there too.
RUN_BY_CI = ("python3 -m venv ", "microgradnet ", "python -m microgradnet", "uv run ", "python -m tests.")


@pytest.fixture
def readme() -> str:
    return README.read_text(encoding="utf-8")


def test_readmes_python_runs_and_prints_what_it_says(readme: str) -> None:
    """All blocks in one namespace, as a reader would type them; with `>>>` a doctest, else just executed."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    python = blocks(readme, "python")
    assert python, "README.md shows no Python"
    for block in python:
        run(block, namespace)


def run(block: Block, namespace: dict[str, Any]) -> None:
    """Run a block; what fails is reported with its line in README.md."""
    if ">>>" not in block.text:
        tree = ast.parse(block.text, "README.md")
        exec(compile(ast.increment_lineno(tree, block.line - 1), "README.md", "exec"), namespace)
        return
    parser = doctest.DocTestParser()
    test = parser.get_doctest(block.text, namespace, "README.md", "README.md", block.line - 1)
    test.globs = namespace  # not the copy that get_doctest makes: the next block goes on from here
    report: list[str] = []
    doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=report.append, clear_globs=False)
    assert not report, "".join(report)


def test_a_wrong_number_in_a_block_is_seen() -> None:
    namespace: dict[str, Any] = {}
    run(Block("python", ">>> x = 2\n>>> x\n2\n", 7), namespace)
    run(Block("python", "y = x + 1\n", 20), namespace)
    assert namespace["y"] == 3
    with pytest.raises(AssertionError, match=r'(?s)"README.md", line 30.*Expected:\s+4\s+Got:\s+3'):
        run(Block("python", ">>> y\n4\n", 30), namespace)


def test_the_first_two_commands_are_the_run_and_the_tests(readme: str) -> None:
    first, second = commands(readme)[:2]
    assert first == f"{VENV}. && microgradnet run"
    assert second == f"{VENV}'.[test]' && pytest"


def test_ci_runs_every_command(readme: str) -> None:
    unknown = [command for command in commands(readme) if not command.startswith(RUN_BY_CI)]
    assert not unknown, f"teach .ci/run to run these, and RUN_BY_CI above to know them: {unknown}"


def test_pictures_and_links_into_the_tree_lead_somewhere(readme: str) -> None:
    links = re.findall(r"\]\(([^)\s]+)", readme) + re.findall(r"(?:src|srcset|href)=\"([^\"]+)\"", readme)
    inside = [link.split("#")[0] for link in links if not re.match(r"[a-z]+:|#", link)]
    assert [link for link in inside if not (ROOT / link).exists()] == []


DOORS = {("value", "microgradnet.stepping.steps"), ("operation", "microgradnet.notation.typography")}
"""Imports inside a function of the core, for `Value.backward_steps`, `Value.forward_steps` and `Operation.symbol`."""


def test_the_core_imports_nothing_else_of_the_package() -> None:
    """The number of lines that README gives is therefore that of everything needed to compute gradients."""
    imports = {(path.stem, name) for path in core() for name in imported(path.read_text(encoding="utf-8"))}
    assert {(module, name) for module, name in imports if ENGINE.isdisjoint(name.split(".")[1:2])} == DOORS


def imported(text: str) -> set[str]:
    """The names of microgradnet that a module imports, wherever in it, but for those of type hints."""
    names = set()
    for node in nodes_of(ast.parse(text), with_hints=False):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            whole = node.module == "microgradnet"
            names |= {f"microgradnet.{alias.name}" for alias in node.names} if whole else {node.module or "."}
    return {name for name in names if name.startswith(("microgradnet", "."))}


def test_imports_of_the_core_are_read_wherever_they_stand() -> None:
    text = """
if TYPE_CHECKING:
    from microgradnet.value import Value
import math, microgradnet.train
from microgradnet import ops, nn
from . import data
def f():
    from microgradnet.drawing import draw
"""
    assert imported(text) == {f"microgradnet.{name}" for name in ("train", "ops", "nn", "drawing")} | {"."}


WRITTEN = """
```sh
# first
uv run microgradnet
```
```text
microgradnet/
    a.py  b.py   two files, e.g. these
    c/           words
        d.py     words
    e.py         words
tests/           words
```
"""


def test_commands_and_map_are_read_as_they_are_written() -> None:
    assert commands(WRITTEN) == ["uv run microgradnet"]
    assert file_map(WRITTEN) == {
        "microgradnet/",
        "microgradnet/a.py",
        "microgradnet/b.py",
        "microgradnet/c/",
        "microgradnet/c/d.py",
        "microgradnet/e.py",
        "tests/",
    }
