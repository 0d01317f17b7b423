"""The committed notebooks say what a run from a clean kernel says, and a notebook that does not is seen."""

import base64
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tests.notebooks import NEED_EXTRAS, NOTEBOOKS, differences, execute

COMMITTED = sorted(path for path in NOTEBOOKS.glob("*.ipynb") if path.stem not in NEED_EXTRAS)
SVG = '<svg xmlns="http://www.w3.org/2000/svg"><text x="{x}">z = {z}</text></svg>'
FRAME = '<iframe srcdoc="page"><img src="data:image/png;base64,{}" alt=""></iframe>'
MOST_BYTES = 14_200_000


@pytest.mark.parametrize(
    "path",
    sorted(NOTEBOOKS.glob("*.ipynb")),
    ids=lambda path: path.stem,
)
def test_each_picture_and_page_is_a_bitmap_too(path: Path) -> None:
    """Untrusted notebooks show neither SVG nor pages, and LaTeX has neither."""
    cells = nbformat.read(path, as_version=4).cells
    for data in (output.data for cell in cells for output in cell.get("outputs", []) if "data" in output):
        if {"image/svg+xml", "text/html"} & set(data):
            assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")
        if "text/html" in data:
            image = "".join(data["image/png"].split())
            assert f'<img src="data:image/png;base64,{image}" alt=' in data["text/html"]


def test_the_notebooks_are_no_burden_to_a_clone() -> None:
    assert sum(path.stat().st_size for path in NOTEBOOKS.rglob("*") if path.is_file()) < MOST_BYTES


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: path.stem)
def test_a_committed_notebook_says_what_a_fresh_run_says(path: Path) -> None:
    committed = path.read_text(encoding="utf-8")
    fresh = execute(committed)
    assert not (found := differences(committed, fresh)), "\n\n".join(found)


def test_every_example_has_its_notebook() -> None:
    from microgradnet.teach.examples import EXAMPLES

    assert {path.stem for path in COMMITTED} >= set(EXAMPLES)


def notebook(*cells: Any) -> str:
    """A notebook of these cells, numbered from the top."""
    for number, cell in enumerate((c for c in cells if c.cell_type == "code"), start=1):
        cell.execution_count = number
        for output in cell.outputs:
            if output.output_type == "execute_result":
                output.execution_count = number
    return str(nbformat.writes(new_notebook(cells=list(cells))))


def printing(text: str, name: str = "stdout") -> Any:
    return new_code_cell("print(z)", outputs=[new_output("stream", name=name, text=text)])


def showing(**data: str) -> Any:
    media = {name.replace("__", "+").replace("_", "/"): content for name, content in data.items()}
    return new_code_cell("z", outputs=[new_output("execute_result", data=media)])


RAISED = new_code_cell("1 / 0", outputs=[new_output("error", ename="ZeroDivisionError", evalue="by zero")])


@pytest.mark.parametrize(
    ("committed", "fresh"),
    [
        (printing("z = 0.415\n"), printing("z = 0.415  \n\n")),
        (showing(text_plain="<Value at 0x7f12ab34cd56>"), showing(text_plain="<Value at 0x7f00000000aa>")),
        (showing(image_svg__xml=SVG.format(x=1, z=2)), showing(image_svg__xml=SVG.format(x=7, z=2))),
        (showing(image_png="AAAA"), showing(image_png="BBBB")),
        (showing(text_html=FRAME.format("AAAA")), showing(text_html=FRAME.format("BBBB"))),
    ],
    ids=["trailing blanks", "memory address", "geometry", "bitmap", "bitmap of a page"],
)
def test_what_may_vary_is_no_difference(committed: Any, fresh: Any) -> None:
    assert differences(notebook(committed), notebook(fresh)) == []


@pytest.mark.parametrize(
    ("committed", "fresh", "words"),
    [
        (printing("z = 0.415"), printing("z = 0.416"), "+stdout: z = 0.416"),
        (showing(text_plain="0.415"), showing(text_plain="0.41500001"), "+text/plain: 0.41500001"),
        (printing("z = 0.415"), new_code_cell("print(z)"), "-stdout: z = 0.415"),
        (new_code_cell("z"), showing(text_plain="0.415"), "+text/plain: 0.415"),
        (showing(image_svg__xml=SVG.format(x=1, z=2)), showing(image_svg__xml=SVG.format(x=1, z=3)), "z = 3"),
        (showing(image_png="AAAA"), showing(text_plain="0.415"), "-image/png: (a bitmap)"),
        (RAISED, RAISED, "cell 1 (1 / 0): raised ZeroDivisionError: by zero"),
        (printing("look out", "stderr"), printing("look out", "stderr"), "wrote to stderr: look out"),
        (new_code_cell("z"), new_code_cell("y"), "the cells themselves differ"),
    ],
    ids=["printed", "shown", "missing", "new", "words", "picture", "raised", "stderr", "source"],
)
def test_what_must_not_change_is_named(committed: Any, fresh: Any, words: str) -> None:
    assert words in "\n".join(differences(notebook(committed), notebook(fresh)))


def test_a_notebook_not_run_from_the_top_is_a_fault() -> None:
    skipped = nbformat.reads(notebook(new_code_cell("1"), new_code_cell("2")), as_version=4)
    skipped.cells[1].execution_count = 5
    text = nbformat.writes(skipped)
    assert "cell 2 (2): its number is 5, not 2" in "\n".join(differences(text, text))


def test_a_run_is_repeatable_starts_clean_and_leaves_nothing_behind(tmp_path: Path) -> None:
    source = notebook(
        new_markdown_cell("# A toy"),
        new_code_cell("from pathlib import Path\nimport microgradnet\nPath('written.txt').write_text('5')"),
        new_code_cell("import sys\nprint(sorted(p.name for p in Path().iterdir()), 'numpy' in sys.modules)"),
        new_code_cell("print('first', flush=True); print('second')\nobject()"),
        new_code_cell("1 / 0"),
        new_code_cell("print('look out', file=sys.stderr)"),
    )
    once, twice = execute(source), execute(source)
    run = nbformat.reads(once, as_version=4)
    assert run.cells[2].outputs[0].text == "['written.txt'] False\n"
    assert run.cells[3].outputs[0].text == "first\nsecond\n"
    assert [difference.split(":")[0] for difference in differences(once, twice)] == [
        "cell 5 (1 / 0)",
        "cell 6 (print('look out', file=sys.stderr))",
    ]
    assert list(tmp_path.iterdir()) == []
    assert "iopub" not in once  # when each cell ran
