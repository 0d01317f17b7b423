"""The tree has its shape: small files that say what they are for, nothing astray, and a map that is true."""

import ast
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests import ROOT
from tests.readme import README, file_map

PACKAGE = ROOT / "microgradnet"
MODULES = sorted(PACKAGE.rglob("*.py"))
LONGEST = 300  # lines
TOP_LEVEL = {"pyproject.toml", "README.md", "LICENSE", "microgradnet", "tests", "notebooks"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_file_is_short_and_says_what_it_is_for(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LONGEST, "can its job be split?"
    assert ast.get_docstring(ast.parse(text)), "it opens with a docstring that says what it is for"


def test_the_top_level_holds_nothing_else() -> None:
    left_behind = [line.strip("/") for line in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()]
    names = {
        path.name
        for path in ROOT.iterdir()
        if not path.name.startswith(".") and not any(fnmatch(path.name, pattern) for pattern in left_behind)
    }
    assert names == TOP_LEVEL


def test_the_map_names_every_module_and_nothing_that_does_not_exist() -> None:
    assert wrong_in_map(file_map(README.read_text(encoding="utf-8")), MODULES) == []


def wrong_in_map(named: set[str], modules: list[Path]) -> list[str]:
    """What the map has otherwise than the tree.

    A folder named without any of its files stands for all of them; `__init__.py` goes without saying.
    """
    opened = {str(Path(name).parent) + "/" for name in named}
    wrong = [f"{name} does not exist" for name in sorted(named) if not (ROOT / name).exists()]
    for module in modules:
        path = module.relative_to(ROOT)
        folders = [f"{folder}/" for folder in path.parents]
        closed = any(folder in named - opened for folder in folders)
        if path.name != "__init__.py" and str(path) not in named and not closed:
            wrong.append(f"{path} is not in the map")
    return wrong


def test_the_map_is_held_against_the_tree() -> None:
    modules = [PACKAGE / "__main__.py", PACKAGE / "ops" / "__init__.py", PACKAGE / "ops" / "table.py"]
    every = {"microgradnet/", "microgradnet/__main__.py"}
    assert wrong_in_map({*every, "microgradnet/ops/"}, modules) == []
    assert wrong_in_map(every, modules) == ["microgradnet/ops/table.py is not in the map"]
    assert wrong_in_map({*every, "microgradnet/ops/", "microgradnet/gone.py"}, modules) == [
        "microgradnet/gone.py does not exist"
    ]
