"""The book's settings: `python -m sphinx -W -b html notebooks OUT`, after `pip install '.[book]'`.

With `-t playground`, and npm, the static playground stands in the book too. Nothing in the book asks another server:
formulas are MathML, which browsers draw themselves, and the pages of the examples are written here.
"""

import json
import re
import xml.etree.ElementTree as ET
from html import escape, unescape
from inspect import getdoc
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx
from sphinx.ext.napoleon import GoogleDocstring

import microgradnet
from microgradnet import page
from microgradnet.ops.operation import Operation
from microgradnet.playground.programs import PROGRAMS
from microgradnet.playground.site import build
from microgradnet.stepping.tracing import trace_source
from microgradnet.teach.examples import EXAMPLES
from microgradnet.teach.story import story

project = "microgradnet"
author = "microgradnet contributors"
release = version = microgradnet.__version__
html_show_copyright = False

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode"]
nb_execution_mode = "off"  # the kept outputs are shown; the tests compare them with a run
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
exclude_patterns = ["**.ipynb_checkpoints"]
default_role = "code"  # docstrings write `code` in single backticks
add_module_names = False
autodoc_member_order = "bysource"
autodoc_typehints = "none"  # what an argument may be stands in the docstring, in words
autodoc_preserve_defaults = True
python_maximum_signature_line_length = 88
napoleon_use_ivar = True

html_theme = "furo"
html_title = "microgradnet"
html_favicon = "_static/icon.svg"
html_static_path = ["_static"]
html_css_files = ["book.css"]
html_js_files = ["book.js"]
html_copy_source = False
html_math_renderer = "mathml"

FRAME = """## Live

Step through it, drag a number, take a gradient step. To see it in a window of its own:
<a href="live/{name}.html">open the page</a>.

```{{raw}} html
<iframe class="live" src="live/{name}.html" title="{title}" loading="lazy"
  sandbox="allow-scripts allow-downloads"></iframe>
```"""
"""The live page of an example, which stands at the end of its chapter."""

DOORS = {name: name for name in [*EXAMPLES, "colour", "driving", "sound", "speech", "handwriting"]} | {
    "translation": "attention", "language-model": "attention", "digits": "softmax",
    "exercises": "Exercises", "misconceptions": "Misconceptions",
}  # fmt: skip
"""Of a chapter, the name of its program in the playground, or their group."""

FROM_BOOK = """
  <a href="../index.html">The book</a>
  <script>
    function follow() {
      const { theme } = localStorage; // the reader's choice in the book
      wear(theme === "dark" || (theme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches));
    }
    try { follow(); addEventListener("storage", follow); } catch { /* a browser that keeps nothing */ }
  </script>"""
"""What the playground in the book has after its heading: the way back, and the book's light or dark."""

MATHML = "http://www.w3.org/1998/Math/MathML"
ET.register_namespace("", MATHML)
LATEX = {
    r"\\[bB]igg?(?![a-zA-Z])": "",
    r"frac(\d)(\d)": r"frac{\1}{\2}",
    r"\\mathrel\{\+\}=": "+=",
    r"\\mathrm\{\.": r"\\text{.",
    r"\\ln (?=[a-zA-Z])": r"\\ln\\,",
}


def setup(app: Sphinx) -> dict[str, Any]:
    """What the book adds to Sphinx: formulas as MathML, the pages of the examples, the playground."""
    app.add_html_math_renderer("mathml", (_inline_formula, None), (_formula, None))
    app.connect("source-read", _with_page)
    app.connect("autodoc-process-docstring", _as_rst)
    app.connect("autodoc-process-signature", _operands)
    app.connect("html-page-context", _without_stills)
    app.connect("build-finished", _write_pages)
    return {"parallel_read_safe": True}


def _mathml(tex: str, block: bool) -> str:
    """A formula as MathML, where brackets grow by themselves; for LaTeX that docutils lacks, or spaces otherwise."""
    for pattern, replacement in LATEX.items():
        tex = re.sub(pattern, replacement, tex)
    written = re.sub(r"&(?!lt;|gt;|amp;)\w+;", lambda entity: unescape(entity[0]), tex2mathml(tex, as_block=block))
    mathml = ET.fromstring(written)
    for index in mathml.iter(f"{{{MATHML}}}msub"):
        if index[0].tag == f"{{{MATHML}}}munder":  # the words below a brace
            index.tag = index[0].tag
    return re.sub(r"<mo>\+</mo>\s*<mo>=</mo>", "<mo>+=</mo>", ET.tostring(mathml, encoding="unicode"))


def _inline_formula(translator: Any, node: nodes.math) -> None:
    translator.body.append(_mathml(node.astext(), block=False))
    raise nodes.SkipNode


def _formula(translator: Any, node: nodes.math_block) -> None:
    translator.body.append(f'<div class="math">{_mathml(node.astext(), block=True)}</div>')
    raise nodes.SkipNode


def _with_page(app: Sphinx, name: str, source: list[str]) -> None:
    """The notebook of a chapter, with the live page of its example and its programs in the playground at the end."""
    if name not in DOORS or app.builder.format != "html":
        return
    ends = {}
    if name in EXAMPLES:
        ends["live"] = FRAME.format(name=name, title=EXAMPLES[name].title)
    if app.tags.has("playground"):
        programs = [program for program in PROGRAMS if DOORS[name] in {program["name"], program["group"]}]
        ends["programs"] = "Change it in the playground: " + ", ".join(
            f'<a class="open" href="playground/index.html#{program["name"]}">{escape(program["title"])}</a>'
            for program in programs
        )
    notebook = json.loads(source[0])
    notebook["cells"] += [
        {"id": id_, "cell_type": "markdown", "metadata": {}, "source": end} for id_, end in ends.items()
    ]
    source[0] = json.dumps(notebook)


def _as_rst(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Docstrings are plain text: nothing in them but backticks, sections and examples is markup.

    Of a property's first line napoleon makes a type and a text where it has a colon; here it is a sentence.
    """
    if what == "property":
        lines[:] = GoogleDocstring(getdoc(obj) or "", app.config, app, "method", name).lines()
    for i, line in enumerate(lines):
        if not line.lstrip().startswith((">>>", "...")):
            lines[i] = re.sub(r"(?<!`)[|*]|(?<=\w)_(?!\w)", r"\\\g<0>", line)


def _operands(app: Sphinx, what: str, name: str, obj: Any, *rest: Any) -> tuple[str, str] | None:
    """The signature of an operation: `exp(x)`, as its table entry has it."""
    return (obj.code[obj.code.index("(") :], "") if isinstance(obj, Operation) else None


def _without_stills(app: Sphinx, name: str, template: str, context: dict[str, Any], document: Any) -> None:
    """Of a page in a frame, without the image for untrusted notebooks: the search would quote it, as text."""
    if "body" in context:
        frame = r'(<iframe class="microgradnet-page"[^>]*>)<img [^>]*>'
        context["body"] = re.sub(frame, r"\1", context["body"])


def _write_pages(app: Sphinx, error: Exception | None) -> None:
    if error or app.builder.format != "html":
        return
    folder = Path(app.outdir, "live")
    folder.mkdir(exist_ok=True)
    with trace_source():
        for name, example in EXAMPLES.items():
            page(example.build(), title=example.title).save(folder / f"{name}.html")
    story().save(folder / "story.html")
    if app.tags.has("playground"):
        build(Path(app.outdir, "playground"), door=FROM_BOOK)
