"""README and the book are true: their Python prints what they say, CI runs their commands, their links exist."""

import ast
import doctest
import re
from pathlib import Path
from typing import Any

import pytest

from tests import ROOT
from tests.documents import BOOK, DOCUMENTS, README, Block, blocks, commands, file_map
from tests.regenerate import core
from tests.test_layout import ENGINE, nodes_of

INSTALL = "python3 -m venv .venv && . .venv/bin/activate && pip install "
MOST_LINES = 150
# By these .ci/run knows the commands that it runs, and the benchmarks. A new kind needs a line there too.
RUN_BY_CI = (
    "python3 -m venv ", "pip install '.[book]' && ", "microgradnet ", "python -m microgradnet", "uv run ",
    "python -m tests.",
)  # fmt: skip


def name(document: Path) -> str:
    return document.relative_to(ROOT).as_posix()


def text(document: Path) -> str:
    return document.read_text(encoding="utf-8")


WITH_PYTHON = [document for document in DOCUMENTS if blocks(text(document), "python")]


@pytest.mark.parametrize("document", WITH_PYTHON, ids=name)
def test_the_python_of_a_document_runs_and_prints_what_it_says(document: Path) -> None:
    """All blocks in one namespace, as a reader would type them; with `>>>` a doctest, else just executed."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    for block in blocks(text(document), "python"):
        run(block, namespace, name(document))


def run(block: Block, namespace: dict[str, Any], document: str) -> None:
    """Run a block; what fails is reported with its line in the document."""
    if ">>>" not in block.text:
        tree = ast.parse(block.text, document)
        exec(compile(ast.increment_lineno(tree, block.line - 1), document, "exec"), namespace)
        return
    parser = doctest.DocTestParser()
    test = parser.get_doctest(block.text, namespace, document, document, block.line - 1)
    test.globs = namespace  # not the copy that get_doctest makes: the next block goes on from here
    report: list[str] = []
    doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=report.append, clear_globs=False)
    assert not report, "".join(report)


def test_a_wrong_number_in_a_block_is_seen() -> None:
    namespace: dict[str, Any] = {}
    run(Block("python", ">>> x = 2\n>>> x\n2\n", 7), namespace, "page.md")
    run(Block("python", "y = x + 1\n", 20), namespace, "page.md")
    assert namespace["y"] == 3
    with pytest.raises(AssertionError, match=r'(?s)"page.md", line 30.*Expected:\s+4\s+Got:\s+3'):
        run(Block("python", ">>> y\n4\n", 30), namespace, "page.md")


def test_readme_is_short_and_shows_python() -> None:
    assert README in WITH_PYTHON
    assert len(text(README).splitlines()) <= MOST_LINES


def test_the_first_two_commands_are_the_run_and_the_tests() -> None:
    first, second = commands(text(README))[:2]
    assert first == f"{INSTALL}. && microgradnet run"
    assert second == f"{INSTALL}'.[test]' && pytest -n auto"


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_ci_runs_every_command(document: Path) -> None:
    unknown = [command for command in commands(text(document)) if not command.startswith(RUN_BY_CI)]
    assert not unknown, f"teach .ci/run to run these, and RUN_BY_CI above to know them: {unknown}"
    installing = {command for command in commands(text(document)) if command.startswith(INSTALL)}
    assert installing <= set(commands(text(README))), "CI runs those of README"


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_pictures_and_links_into_the_tree_lead_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)", text(document)) + re.findall(
        r"(?:src|srcset|href)=\"([^\"]+)\"", text(document)
    )
    inside = [link.split("#")[0] for link in links if not re.match(r"[a-z]+:|#|playground/|live/", link)]
    assert [link for link in inside if not (document.parent / link).exists()] == []


def test_the_files_that_the_guide_for_contributors_names_exist() -> None:
    guide = (ROOT / ".github" / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = re.findall(r"\b(?:microgradnet|tests|notebooks)/[\w/.-]*\w", guide)
    assert len(named) > 20
    assert [path for path in named if "NAME" not in path and not (ROOT / path).exists()] == []


def test_every_page_and_notebook_is_a_chapter() -> None:
    """Sphinx says so too, where it is installed."""
    named = set()
    for document in DOCUMENTS[1:]:
        for tree in re.findall(r"```\{toctree\}\n(.*?)```", text(document), re.DOTALL):
            lines = (line for line in tree.splitlines() if not line.startswith(":"))
            named |= {(document.parent / line).relative_to(BOOK).as_posix() for line in lines}
    chapters = [path for pattern in ("*.md", "*.ipynb") for path in BOOK.rglob(pattern)]
    chapters = [path for path in chapters if not any(part.startswith(".") for part in path.parts)]
    assert named | {"index"} == {path.relative_to(BOOK).with_suffix("").as_posix() for path in chapters}


def test_the_api_reference_names_everything_public() -> None:
    import microgradnet

    reference = "\n".join(map(text, (BOOK / "api").glob("*.md")))
    named = set(re.findall(r"^\.\. auto(?:class|function|exception):: (\w+)$", reference, re.MULTILINE))
    assert sorted(set(microgradnet.__all__) - named) == []


DOORS = {("value", "microgradnet.stepping.steps")}
"""Imports inside a function of the core, for `Value.backward_steps` and `Value.forward_steps`."""


def test_the_core_imports_nothing_else_of_the_package() -> None:
    """The number of lines that README gives is therefore that of everything needed to compute gradients."""
    imports = {(path.stem, name) for path in core() for name in imported(path.read_text(encoding="utf-8"))}
    assert {(module, name) for module, name in imports if ENGINE.isdisjoint(name.split(".")[1:2])} == DOORS


def imported(module: str) -> set[str]:
    """The names of microgradnet that a module imports, wherever in it, but for those of type hints."""
    names = set()
    for node in nodes_of(ast.parse(module), with_hints=False):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            whole = node.module == "microgradnet"
            names |= {f"microgradnet.{alias.name}" for alias in node.names} if whole else {node.module or "."}
    return {name for name in names if name.startswith(("microgradnet", "."))}


def test_imports_of_the_core_are_read_wherever_they_stand() -> None:
    module = """
if TYPE_CHECKING:
    from microgradnet.value import Value
import math, microgradnet.train
from microgradnet import ops, nn
from . import data
def f():
    from microgradnet.drawing import draw
"""
    assert imported(module) == {f"microgradnet.{name}" for name in ("train", "ops", "nn", "drawing")} | {"."}


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
