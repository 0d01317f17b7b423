"""The tree has its shape: small files that say what they are for, a map that is true, imports in no circle."""

import ast
from collections.abc import Iterator, Mapping
from fnmatch import fnmatch
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests import ROOT
from tests.documents import ARCHITECTURE, file_map

PACKAGE = ROOT / "microgradnet"
MODULES = sorted(PACKAGE.rglob("*.py"))
TOP_LEVEL = {"pyproject.toml", "README.md", "LICENSE", "microgradnet", "tests", "notebooks"}
ENGINE = {
    "ops", "value", "graph", "chain_rule", "backward", "by_hand", "copying", "functions", "gradients", "recording",
    "errors",
}  # fmt: skip
LATE = {
    ("microgradnet.value", "microgradnet.stepping.steps"),  # the contract in pyproject.toml allows it, too
    ("microgradnet.notation.symbols", "microgradnet.notation.writers"),
}
"""Imports inside a method, the doors from the engine and from a symbol to what shows them."""


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_file_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), "it opens with a docstring"


def test_the_top_level_holds_nothing_else() -> None:
    left_behind = [line.strip("/") for line in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()]
    names = {
        path.name
        for path in ROOT.iterdir()
        if not path.name.startswith(".") and not any(fnmatch(path.name, pattern) for pattern in left_behind)
    }
    assert names == TOP_LEVEL


def test_the_map_names_every_module_and_nothing_that_does_not_exist() -> None:
    assert wrong_in_map(file_map(ARCHITECTURE.read_text(encoding="utf-8")), MODULES) == []


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


def test_files_do_not_import_each_other_in_a_circle() -> None:
    names = {path: path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".") for path in MODULES}
    texts = {name.removesuffix(".__init__"): path.read_text(encoding="utf-8") for path, name in names.items()}
    assert circle_among(texts) == []


def circle_among(texts: Mapping[str, str]) -> list[str]:
    """The modules of a circle of imports, wherever in a file these stand; none if there is no circle.

    An import for type hints counts too, but for those of the engine.
    """
    imports: dict[str, set[str]] = {}
    for name, text in texts.items():
        nodes = list(nodes_of(ast.parse(text), with_hints=ENGINE.isdisjoint(name.split(".")[1:2])))
        found = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
        for node in nodes:
            if isinstance(node, ast.ImportFrom):
                assert node.module, f"{name}: a relative import is not followed here"
                names = [f"{node.module}.{alias.name}" for alias in node.names]
                found |= {other if other in texts else node.module for other in names}
        imports[name] = {other for other in found & texts.keys() if other != name and (name, other) not in LATE}
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        circle: list[str] = error.args[1]
        return circle
    return []


def nodes_of(tree: ast.AST, with_hints: bool) -> Iterator[ast.AST]:
    """What is in a tree; without hints nothing that stands under `if TYPE_CHECKING`."""
    for node in ast.iter_child_nodes(tree):
        if with_hints or not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"):
            yield node
            yield from nodes_of(node, with_hints)


def test_a_circle_is_seen_wherever_the_imports_stand() -> None:
    late, hint = "def f():\n    from p.{} import X\n", "if TYPE_CHECKING:\n    from p.{} import X\n"
    for closing in ("import p.{}\n", "from p import {}\n", late, hint):
        texts = {"p": "", "p.a": "from p.b import X\n", "p.b": "from p import c\n", "p.c": closing.format("a")}
        assert set(circle_among(texts)) == {"p.a", "p.b", "p.c"}
        assert circle_among({**texts, "p.c": closing.format("d"), "p.d": ""}) == []
    assert set(circle_among({"p": "from p.a import X\n", "p.a": "from p import b, X\n", "p.b": ""})) == {"p", "p.a"}
    engine = {"p.value": hint.format("a"), "p.a": "from p.value import X\n"}
    assert circle_among(engine) == []
    assert circle_among({**engine, "p.value": late.format("a")}) != []
