"""Writes what is made from other files: parts of README and of the book, the pictures, the notebooks' outputs.

`python -m tests.regenerate` writes it all, `python -m tests.regenerate documents pictures` some of it, and
`--check` writes nothing and says which are out of date (the test suite does the same).
To generate something more, add a function to one of the three tables below.
"""

import argparse
import ast
import difflib
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from tests import ROOT, captures
from tests.documents import DOCUMENTS, generated_parts, with_generated
from tests.motion import moving, neuron
from tests.svg import words
from tests.test_layout import ENGINE, MODULES, PACKAGE

PICTURES_FOLDER = ROOT / "notebooks" / "pictures"


def text_differences(committed: str, fresh: str) -> list[str]:
    """A diff, when the two texts are not the same."""
    lines = difflib.unified_diff(committed.splitlines(), fresh.splitlines(), "committed", "generated", "", "", 1, "")
    return ["\n".join(lines)] if committed != fresh else []


def picture_differences(committed: str, fresh: str) -> list[str]:
    """A diff of what two SVGs say; where they put it is their renderer's matter."""
    return text_differences("\n".join(words(committed)), "\n".join(words(fresh)))


class Generated(NamedTuple):
    """A file, the text it should hold, and how the committed text is compared with that."""

    path: Path
    text: str
    differences: Callable[[str, str], list[str]] = text_differences


# --- README and the pages of the book: the text between `<!-- generated: NAME -->` and `<!-- end -->` ---


def core() -> list[Path]:
    """The files of the engine."""
    return [path for path in MODULES if path.relative_to(PACKAGE).parts[0].removesuffix(".py") in ENGINE]


def size() -> str:
    """README's first sentence, with the number of lines of the core."""
    lines = sum(len(path.read_text(encoding="utf-8").splitlines()) for path in core())
    return (
        f"A scalar autodiff engine whose core is {lines:,} lines, "
        "and which can draw, step through and explain every gradient."
    )


def parts_of_core() -> str:
    """What the lines of the core are: code and comments, docstrings, imports, or blank."""
    counts: Counter[str] = Counter()
    for path in core():
        text = path.read_text(encoding="utf-8")
        kinds = ["code" if line.strip() else "blank" for line in text.splitlines()]
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
                kind = "docstrings"
            elif isinstance(node, ast.Import | ast.ImportFrom):
                kind = "imports"
            else:
                continue
            lines = slice(node.lineno - 1, node.end_lineno)
            kinds[lines] = [kind] * len(kinds[lines])
        counts.update(kinds)
    return (
        f"Of the {counts.total():,} lines of the core {counts['code']:,} are code and comments, {counts['docstrings']} "
        f"docstrings, {counts['imports']} imports; {counts['blank']} are blank."
    )


def operations() -> str:
    """The table of microgradnet's own operations, with their derivatives as the rules give them."""
    from microgradnet.notation.symbols import Symbol, Symbols
    from microgradnet.notation.typography import ATOM, write
    from microgradnet.ops import BUILT_IN, TABLE

    lines = ["| operation | in Python | y = | ∂y/∂ each operand | defined for |", "|---|---|---|---|---|"]
    for op in (op for name, op in TABLE.items() if name in BUILT_IN):
        y = write(op, [(name, ATOM) for name in op.operands])
        derivatives = op.derivatives(Symbols(), Symbol("y"), *map(Symbol, op.operands))
        shown = [f"`{text}`" for text in (op.code, y)]
        written = (d if isinstance(d, Symbol) else f"{d:g}".replace("-", "−") for d in derivatives)
        shown.append(", ".join(f"`{derivative}`" for derivative in written))
        cells = [op.name.replace("_", " "), *shown, op.domain]
        lines.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    return "\n".join(lines)


def functions() -> str:
    """The reference of the public functions: operations, and what is made of them."""
    from microgradnet.functions import FUNCTIONS

    named = "\n\n".join(f".. autofunction:: {name}" for name in FUNCTIONS)
    return f"```{{eval-rst}}\n.. currentmodule:: microgradnet\n\n{named}\n```"


PARTS: dict[str, Callable[[], str]] = {
    "size": size,
    "parts": parts_of_core,
    "functions": functions,
    "operations": operations,
    "lesson": captures.lesson,
    "terminal": captures.terminal,
    "pdb": captures.pdb,
    "unrolled": captures.unrolled,
}


# --- notebooks/pictures/NAME.dot and NAME.svg ---


def example(name: str) -> Any:
    """The drawing of an example's graph: an object with `.dot` and `.svg`."""
    from microgradnet.teach.examples import EXAMPLES

    return EXAMPLES[name].draw()


def with_circles() -> Any:
    """The neuron, its operations in circles."""
    from microgradnet import draw
    from microgradnet.teach.examples import EXAMPLES

    return draw(EXAMPLES["neuron"].build(), op_nodes=True)


def with_local_derivatives() -> Any:
    """The neuron, with the local derivative on each arrow."""
    from microgradnet import draw
    from microgradnet.teach.examples import EXAMPLES

    return draw(EXAMPLES["neuron"].build(), local_derivatives=True)


def network() -> Any:
    """The network of the example `layers`."""
    from microgradnet.teach.examples import EXAMPLES

    return EXAMPLES["layers"].pictures()["network"]


def demo_layers() -> Any:
    """The loss of micrograd's demo, layer by layer."""
    from microgradnet import MLP, Value, draw
    from tests.benchmarks.eager import Library, demo_loss, moons

    loss = demo_loss(Library(Value, MLP), MLP(2, [16, 16, 1], seed=1337), moons(100))
    loss.label = "loss"
    loss.backward()
    return draw(loss, view="layers")


def lstm() -> Any:
    """A step of an LSTM, its gates as neurons."""
    from microgradnet import Value, draw
    from microgradnet.layers import LSTM

    h, _ = (layer := LSTM(1, 1, seed=1)).step(layer.start(), [Value(1.0, "x")])
    h[0].label = "h"
    h[0].backward()
    return draw(h[0], view="neurons", title="One step of an LSTM")


def blanks() -> Any:
    """A worksheet of the example `two-inputs`."""
    from microgradnet.teach.examples import EXAMPLES
    from microgradnet.teach.worksheets import worksheet

    return worksheet(EXAMPLES["two-inputs"].build(), seed=3).picture()


PICTURES: dict[str, Callable[[], Any]] = {
    "neuron": lambda: example("neuron"),
    "neuron-operations": with_circles,
    "two-neurons": lambda: example("two-neurons"),
    "learning": lambda: example("learning"),
    "local-derivatives": with_local_derivatives,
    "network": network,
    "demo-layers": demo_layers,
    "lstm": lstm,
    "worksheet": blanks,
}


# --- what is generated, and from what ---


def documents() -> Iterator[Generated]:
    """README and the pages of the book that have generated parts, with these made again."""
    for document in DOCUMENTS:
        text = document.read_text(encoding="utf-8")
        names = generated_parts(text)
        for name in names:
            text = with_generated(text, name, PARTS[name]().rstrip("\n") + "\n")
        if names:
            yield Generated(document, text)


def pictures() -> Iterator[Generated]:
    """Each picture twice: its DOT text, which must be the same, and its SVG, which must say the same; one in motion."""
    for name, picture in PICTURES.items():
        drawing = picture()
        yield Generated(PICTURES_FOLDER / f"{name}.dot", drawing.dot)
        yield Generated(PICTURES_FOLDER / f"{name}.svg", drawing.svg, picture_differences)
    yield Generated(PICTURES_FOLDER / "chain-rule.svg", moving(neuron()) + "\n", picture_differences)


def notebooks() -> Iterator[Generated]:
    """Each notebook with the outputs of a run from a clean kernel."""
    from tests.notebooks import NOTEBOOKS, differences, execute

    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        yield Generated(path, execute(path.read_text(encoding="utf-8")), differences)


GENERATORS: dict[str, Callable[[], Iterator[Generated]]] = {
    "documents": documents,
    "pictures": pictures,
    "notebooks": notebooks,
}


def out_of_date(generated: Generated) -> list[str]:
    """What the committed file has otherwise than it should, in words; nothing when it is up to date."""
    name = generated.path.relative_to(ROOT)
    if not generated.path.exists():
        return [f"{name} is missing"]
    committed = generated.path.read_text(encoding="utf-8")
    return [f"{name}: {difference}" for difference in generated.differences(committed, generated.text)]


def write(generated: Generated) -> None:
    """Write the file, unless it is up to date already."""
    if not generated.path.exists() or generated.path.read_text(encoding="utf-8") != generated.text:
        generated.path.parent.mkdir(parents=True, exist_ok=True)
        generated.path.write_text(generated.text, encoding="utf-8")
        print(f"wrote {generated.path.relative_to(ROOT)}")


def main(arguments: list[str] | None = None) -> int:
    """Write, or with `--check` compare; 1 when something is out of date or a notebook is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.regenerate", description=__doc__)
    parser.add_argument("what", nargs="*", help=f"{', '.join(GENERATORS)} (all of them unless named)")
    parser.add_argument("--check", action="store_true", help="write nothing; say what is out of date")
    options = parser.parse_args(arguments)
    if unknown := set(options.what) - set(GENERATORS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(GENERATORS)}")
    problems: list[str] = []
    for name in options.what or GENERATORS:
        for generated in GENERATORS[name]():
            if not options.check:
                write(generated)
            problems += out_of_date(generated)
    print(*problems, sep="\n\n", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
