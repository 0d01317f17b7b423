"""Hostile names, really drawn: what the SVG says must be what was written."""

import subprocess
import xml.etree.ElementTree as ET

import pytest
from graphviz import Digraph
from hypothesis import given, settings
from hypothesis import strategies as st

from microgradnet._shared.text import clean, shorten
from microgradnet.drawing.escape import escape_label, escape_tooltip
from microgradnet.drawing.provider import find_program

SVG = "{http://www.w3.org/2000/svg}"
XLINK_TITLE = "{http://www.w3.org/1999/xlink}title"

# What is written, and what is to be read; None where that is the same.
HOSTILE: list[tuple[str, str | None]] = [
    ("\\", None),
    ("\\\\", None),
    ("ends in \\", None),
    ("C:\\new\\table", None),
    ("{", None),
    ("}", None),
    ("w{1}", None),
    ("a|b", None),
    ("|", None),
    ("<port> x", None),
    ("a < b > c", None),
    ('"', None),
    ('say "hi"', None),
    ('\\"', None),
    ("\\{\\}\\|\\<\\>", None),
    ("&", None),
    ("a & b", None),
    ("&amp;", None),
    ("&lt;b&gt;", None),
    ("&#38; &#x26; &alpha; &nbsp;", None),
    ("&amp;amp;", None),
    ("<b>x</b>", None),
    ("</svg><script>alert(1)</script>", None),
    ("]]>", None),
    ("<!-- x -->", None),
    ("]; n [label=x", None),
    ('"]; evil [label="x', None),
    ("%s %d %", None),
    ("${x} $(id) `id`", None),
    ("\\N", None),
    ("\\G \\E \\H \\T \\L", None),
    ("a\\lb\\rc\\nd", None),
    ("\\N\\\\N\\\\\\N", None),
    ("--", None),
    ("->", None),
    ("# x // y /* z */", None),
    ("x'", None),
    ("w₁ = σ(∂L/∂z) — ½ x² → −0.5 …", None),
    ("שלום עולם", None),
    ("مرحبا 123 abc", None),
    ("\u202eevil", "\ufffdevil"),
    ("😀 👩‍🔬 🇫🇷", None),
    ("日本語", None),
    ("e\u0301", None),
    ("a\u00a0\u00a0b", None),
    ("10\u202f000", None),
    ("\u200b", "\ufffd"),
    ("a" * 3000, None),
    ("", ""),
    ("   ", ""),
    ("  lead and trail  ", "lead and trail"),
    ("many    spaces", "many spaces"),
    ("tab\there", "tab here"),
    ("nul\x00bell\x07del\x7f", "nul\ufffdbell\ufffddel\ufffd"),
    ("lone \ud800 and \udfff", "lone \ufffd and \ufffd"),
    ("\ufffe\uffff", "\ufffd\ufffd"),
]
LINES = [("two\nlines", "two lines"), ("dos\r\nline", "dos line"), ("page\x0cbreak\u2028end\x85", "page break end")]


def written(kind: str, attributes: list[dict[str, str]], **node_attr: str) -> Digraph:
    """A graph with a node, an edge or a cluster for each of some attributes."""
    graph = Digraph(node_attr={"fontname": "Courier", **node_attr})
    for i, attribute in enumerate(attributes):
        if kind == "node":
            graph.node(f"n{i:05}", **attribute)
        elif kind == "edge":
            graph.edge(f"a{i:05}", f"b{i:05}", **attribute)
        else:
            with graph.subgraph(name=f"cluster{i:05}", graph_attr=attribute) as cluster:
                cluster.node(f"c{i:05}")
    return graph


def draw(graph: Digraph) -> ET.Element:
    # Not `provider.render`: a program that says "bad label format" and goes on has not drawn what was written.
    done = subprocess.run([find_program(), "-Tsvg"], input=graph.source.encode(), capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr
    complaints = [line for line in done.stderr.decode().splitlines() if "width" not in line and "font" not in line]
    assert complaints == []
    return ET.fromstring(done.stdout)


def groups(svg: ET.Element, kind: str) -> list[ET.Element]:
    return [group for group in svg.iter(SVG + "g") if group.get("class") == kind]


def labels_drawn(fields: list[str]) -> list[tuple[str, ...]]:
    """The three texts in each node, drawn with `fields[i]` (escaped) between two fields that must survive."""
    svg = draw(written("node", [{"label": f"{{<in> a|{field}|b}}"} for field in fields], shape="record"))
    return [tuple(text.text or "" for text in node.iter(SVG + "text")) for node in groups(svg, "node")]


def tooltips_drawn(tooltips: list[str], kind: str = "node") -> list[str]:
    svg = draw(written(kind, [{"tooltip": tooltip} for tooltip in tooltips], shape="record"))
    links = [group.find(f".//{SVG}a") for group in groups(svg, kind)]
    return ["" if link is None else link.get(XLINK_TITLE, "") for link in links]


def plain_labels_drawn(fields: list[str], kind: str) -> list[str]:
    svg = draw(written(kind, [{"label": field + r"\l" * (kind == "cluster")} for field in fields], shape="circle"))
    drawn = [group.find(f".//{SVG}text") for group in groups(svg, kind)]
    return [" " if text is None else text.text or " " for text in drawn]


def readable(text: str) -> str:
    return text.replace("\u00a0", " ")  # Graphviz writes spaces, and an empty field, partly as U+00A0


def test_each_hostile_label_is_drawn_as_written() -> None:
    cases = [(text, text if expected is None else expected) for text, expected in HOSTILE + LINES]
    assert len(cases) >= 25
    drawn = labels_drawn([escape_label(text) for text, _ in cases])
    for (text, expected), (before, middle, after) in zip(cases, drawn, strict=True):
        assert (before, after) == ("a", "b"), text
        assert readable(middle) == (readable(expected) or " "), text


@pytest.mark.parametrize("kind", ["node", "edge", "cluster"])
def test_the_same_escapes_do_for_a_label_that_is_no_record(kind: str) -> None:
    cases = [(text, text if expected is None else expected) for text, expected in HOSTILE + LINES]
    drawn = plain_labels_drawn([escape_label(text) for text, _ in cases], kind)
    for (text, expected), label in zip(cases, drawn, strict=True):
        assert readable(label) == (readable(expected) or " "), text


@pytest.mark.parametrize("kind", ["node", "edge", "cluster"])
def test_each_hostile_tooltip_is_said_as_written(kind: str) -> None:
    lines = [("two\nlines", "two\nlines"), ("dos\r\nline\n", "dos\nline"), (" a \n\n b ", "a\n\nb"), ("\n", "")]
    cases = [(text, text if expected is None else expected) for text, expected in HOSTILE + lines]
    said = tooltips_drawn([escape_tooltip(text) for text, _ in cases], kind)
    for (text, expected), tooltip in zip(cases, said, strict=True):
        assert readable(tooltip) == readable(expected), text


KEPT_BLANKS = "\u00a0\u2007\u202f"
COLLAPSED = {code: " " for code in range(0x3001) if chr(code).isspace() and chr(code) not in KEPT_BLANKS}
MARKS = st.sampled_from('\\{}|<>"&;#amplt nNGELrl \n\t][x1σ₁\u00a0é😀\x00\ud800')
HOSTILE_TEXT = st.text(MARKS | st.characters(), max_size=20)


@settings(max_examples=30)
@given(st.lists(HOSTILE_TEXT, min_size=1, max_size=30))
def test_any_text_is_drawn_as_written(texts: list[str]) -> None:
    drawn = labels_drawn([escape_label(text) for text in texts])
    said = tooltips_drawn([escape_tooltip(text) for text in texts])
    for text, (before, middle, after), tooltip in zip(texts, drawn, said, strict=True):
        kept = clean(" ".join(part for part in text.translate(COLLAPSED).split(" ") if part))
        assert (before, readable(middle), after) == ("a", readable(kept) or " ", "b")
        assert readable(tooltip).split() == readable(kept).split()


@pytest.mark.parametrize("field", [r"\N", "a|b", "a &amp; b", "C:\\new", "many    spaces"])
def test_the_check_of_labels_rejects_text_that_was_not_escaped(field: str) -> None:
    assert [fields[1:-1] for fields in labels_drawn([field])] != [(field,)]


def test_the_check_of_labels_rejects_a_complaint_at_status_0() -> None:
    with pytest.raises(AssertionError):
        labels_drawn(["{<b>x</b>"])


def test_the_check_of_tooltips_rejects_two_backslashes_in_a_node() -> None:
    assert tooltips_drawn([r"\\N"]) != [r"\N"]


@pytest.mark.parametrize(
    ("text", "width", "short"),
    [
        ("x" * 40, 40, "x" * 40),
        ("x" * 41, 40, "x" * 20 + "…" + "x" * 19),
        ("abcdef", 5, "ab…ef"),
        ("abcdef", 4, "ab…f"),
        ("abcdef", 2, "a…"),
        ("abcdef", 1, "…"),
        ("", 1, ""),
    ],
)
def test_shorten_keeps_both_ends(text: str, width: int, short: str) -> None:
    assert shorten(text, width) == short


def test_shorten_refuses_no_width() -> None:
    with pytest.raises(ValueError, match="width 0"):
        shorten("abc", 0)
