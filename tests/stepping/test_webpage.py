"""The page as a file: self-contained, small, safe whatever a label holds, and never half-written."""

import base64
import hashlib
import html
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from microgradnet import MLP, Value, page, parameter
from microgradnet import functions as f
from microgradnet._shared.text import one_line, shorten
from microgradnet._shared.webpage import asset, fill
from microgradnet.drawing.box import TEXT_SIZE
from microgradnet.graph import Graph, topological_order
from microgradnet.stepping import webpage
from microgradnet.stepping.page_layout import MOST_VALUES, TIGHT, views_of
from microgradnet.stepping.tracing import trace_source
from microgradnet.teach.examples import EXAMPLES
from tests.drawing.test_escape import HOSTILE

each_example = pytest.mark.parametrize("name", EXAMPLES)


class Seen(HTMLParser):
    """The tags of a page with their attributes, and the text inside each script."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "script":
            self.scripts.append("")

    def handle_data(self, data: str) -> None:
        if self.cdata_elem == "script":
            self.scripts[-1] += data


def graph_of(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Seen(text).scripts[0])
    return found


def dangers(text: str) -> list[str]:
    """What a label could have put into a page: more scripts, handlers, links, tags that load something."""
    seen = Seen(text)
    found = [f"{len(seen.scripts)} scripts"] if len(seen.scripts) != 2 else []
    for tag, attributes in seen.tags:
        if tag in {"img", "iframe", "object", "embed", "link", "base", "a", "form", "foreignobject", "b"}:
            found.append(tag)
        found += [
            f"{tag} {name}" for name in attributes if name.startswith("on") or name in {"href", "src", "xlink:href"}
        ]
    return found


def test_the_style_of_a_page_is_that_of_its_file_without_comments() -> None:
    style = page(Value(1.0, "x") * 2).html.partition("<style>")[2].partition("</style>")[0]
    written = asset(webpage.__file__, "page.css")
    assert "/*" in written
    assert "/*" not in style
    assert all(rule in style for rule in re.findall(r"^[^/\s].*}$", written, re.MULTILINE) if "/*" not in rule)


@each_example
def test_a_worked_example_is_one_small_file_without_a_network(name: str) -> None:
    with trace_source():
        text = page(EXAMPLES[name].build()).html
    assert len(text.encode()) < 200_000
    assert set(re.findall(r"https?://[^\s\"'<>)]+", text)) <= {"http://www.w3.org/2000/svg"}
    assert "%" + "graph%" not in text
    assert dangers(text) == []


def test_only_the_script_of_the_page_may_run() -> None:
    text = page(EXAMPLES["neuron"].build()).html
    policy = next(a["content"] for _, a in Seen(text).tags if a.get("http-equiv") == "Content-Security-Policy")
    digest = base64.b64encode(hashlib.sha256(Seen(text).scripts[1].encode()).digest()).decode()
    assert policy == f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; " + (
        "base-uri 'none'; form-action 'none'"
    )


def labelled(label: str) -> Value:
    x, y = Value(2.0, label), Value(3.0, f"{label}2")
    z = x * y + x
    z.label = label
    return z


def test_hostile_labels_stay_text() -> None:
    labels = [label for label, _ in HOSTILE if label] + [
        "</script><script>window.pwned=1</script>", "<!--<script>", "<img src=x onerror=pwned=1>", "'\"><svg onload=x>",
        "%graph%", "%script%", "{{constructor}}", "\u2028\u2029", "javascript:alert(1)", "\ud800", "\x00\x1b[31m",
        "x" * 9999,
    ]  # fmt: skip
    assert len(labels) >= 25
    for label in labels:
        text = page(labelled(label)).html
        assert dangers(text) == [], label
        text.encode()  # no half of a character
        names = {node["name"] for node in graph_of(text)["nodes"]}
        assert shorten(one_line(label) or "␣") in names, label


def test_what_a_label_could_put_in_would_be_seen() -> None:
    text = page(labelled("x")).html
    assert dangers(text.replace("<h1>", "<h1><script>1</script>")) == ["3 scripts"]
    assert dangers(text.replace("<h1>", '<h1 onclick="x">')) == ["h1 onclick"]
    assert dangers(text.replace("<h1>", '<h1><img src="x">')) == ["img", "img src"]


def test_an_unnamed_result_has_in_the_title_the_name_that_it_has_in_the_steps() -> None:
    cubes = [x * x * x for x in [Value(float(i), f"x{i}") for i in range(6)]]
    made = page(sum(cubes[1:], cubes[0]))
    graph = graph_of(made.html)
    assert re.fullmatch("t[₀-₉]+", name := graph["nodes"][graph["root"]]["name"])
    assert made.title == f"Backpropagation through {name}", "its sum is too long for a title"
    short = page(cubes[0] + cubes[1])
    assert short.title == f"Backpropagation through {graph_of(short.html)['nodes'][-1]['heading']}"


def test_a_hostile_title_stays_text() -> None:
    text = page(labelled("x"), title="</title><script>1</script>\n%script%").html
    assert dangers(text) == []
    assert html.escape("</title><script>1</script> %script%") in text


def test_a_part_that_looks_like_a_name_is_left_alone() -> None:
    assert fill("%a% %b% 100%", {"a": "%b%", "b": "c"}) == "%b% c 100%"


def test_a_page_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    y = labelled("y")
    file = tmp_path / "out.html"
    assert page(y, file).html == file.read_text("utf-8")
    with pytest.raises(ValueError, match=r"out\.svg.*\.html"):
        page(y, tmp_path / "out.svg")
    with pytest.raises(FileNotFoundError, match="no directory"):
        page(y, tmp_path / "none" / "out.html")
    assert [path.name for path in tmp_path.iterdir()] == ["out.html"]


def test_the_same_graph_gives_the_same_bytes() -> None:
    assert page(labelled("y")).html == page(labelled("y")).html


def test_in_a_notebook_it_stands_in_a_frame_that_holds_the_file() -> None:
    made = page(labelled("y"))
    (tag, attributes), (inside, image) = Seen(made._repr_html_()).tags
    assert (tag, attributes["sandbox"]) == ("iframe", "allow-scripts allow-downloads")
    assert attributes["srcdoc"] == made.html
    painted = base64.b64encode(made._repr_png_() or b"").decode()
    assert painted
    assert (inside, image) == ("img", {"src": f"data:image/png;base64,{painted}", "alt": made.title})


def test_what_cannot_be_a_page_is_refused() -> None:
    with pytest.raises(TypeError, match=r"page takes a Value.* as in page\(model\(x\)\), got MLP"):
        page(MLP(2, [1]))  # type: ignore[arg-type]
    deep = Value(0.5)
    for _ in range(30_000):
        deep = -deep
    with pytest.raises(ValueError, match=r"at most 30,000 values, this graph has 30,001"):
        page(deep)
    x = Value(2.0, "x")
    y = x * x
    x.data = 3.0
    with pytest.raises(RuntimeError, match="was changed after"):
        _ = page(y).html


def batch(sizes: list[int]) -> Value:
    """The loss of a network over eight samples."""
    model = MLP(2, sizes, "tanh", seed=1)
    loss = sum((model([x / 8, 1.0]) - 1) ** 2 for x in range(8))
    assert isinstance(loss, Value)
    return loss


def test_too_many_values_are_shown_as_neurons_and_it_says_why() -> None:
    loss = batch([24, 24, 1])
    size = len(topological_order(loss))
    assert size > MOST_VALUES
    text = page(loss).html
    graph = graph_of(text)
    assert list(graph["shown"]) == ["neurons", "layers", "layers, down"]
    assert f"{size:,} values are too many" in graph["notes"]["neurons"]
    assert len(graph["nodes"]) == size


@pytest.mark.parametrize("sizes", [[4, 1], [16, 16, 1]])
def test_of_a_loss_over_many_samples_the_operations_of_the_largest_are_drawn_and_it_says_so(sizes: list[int]) -> None:
    loss = batch(sizes)
    view = views_of(Graph(loss))["operations"]
    assert view.note.startswith("of 8 terms alike the largest is drawn")
    assert view.note in graph_of(page(loss).html)["notes"]["operations"]
    terms = [node for node in Graph(loss).nodes if node.op.name == "power"]
    drawn = [term for term in terms if term in view.boxes]
    assert len(terms) == 8
    assert drawn == [max(terms, key=lambda term: term.data)]


def test_terms_are_folded_only_where_that_leaves_out_much() -> None:
    e1, e2, e3 = (parameter(number).exp() for number in (1.0, 2.0, 0.5))
    view = views_of(Graph(probability := e1 / (e1 + e2 + e3)))["operations"]
    assert view.note == ""
    assert {*Graph(probability).nodes} == {*view.boxes} | {use[0].operands[use[1]] for use in view.chips}


def test_where_every_term_can_be_read_all_are_drawn() -> None:
    w = parameter(0.5, "w")
    loss = w**2 + (w * 2) ** 2 + (w * 3) ** 2
    views = views_of(Graph(loss))
    assert views["operations"].note == ""
    assert all(node in views["operations"].boxes for node in Graph(loss).computed)


@each_example
def test_every_value_has_a_box_and_every_use_an_arrow_or_a_chip_or_one_card(name: str) -> None:
    root = EXAMPLES[name].build()
    graph = graph_of(page(root).html)
    shown, nodes = graph["shown"]["operations"], graph["nodes"]
    changing = {i for i, node in enumerate(nodes) if "constant" not in node}
    assert {i for i, box in enumerate(shown["boxes"]) if box >= 0} == changing
    whose = {(what, node) for _, _, what, node, _ in shown["rows"]}
    assert whose == {(what, i) for i in changing for what in ("data", "grad")}
    uses = {
        f"{i},{position}": operand
        for i, node in enumerate(nodes)
        for position, operand in enumerate(node["operands"])
        if operand in changing
    }
    assert not shown["arrows"].keys() & shown["chips"].keys()
    below = [use for use in uses if use not in shown["arrows"] and use not in shown["chips"]]
    for use in below:
        assert shown["boxes"][uses[use]] < shown["boxes"][int(use.partition(",")[0])], "above it on its card"
        assert "operands" in nodes[uses[use]]
        assert nodes[uses[use]]["operands"]


@each_example
def test_boxes_touch_in_the_pictures_where_an_operand_has_no_arrow(name: str) -> None:
    graph = graph_of(page(EXAMPLES[name].build()).html)
    for shown in graph["shown"].values():
        boxes, arrows = shown["boxes"], shown["arrows"]
        docked = any(
            boxes[operand] != boxes[i] and f"{i},{position}" not in arrows
            for i, node in enumerate(graph["nodes"])
            for position, operand in enumerate(node["operands"])
            if "constant" not in graph["nodes"][operand]
        )
        assert shown.get("touching", False) == docked


def test_a_parameter_of_several_values_has_a_chip_at_each_and_all_show_its_number() -> None:
    w = parameter(2.0, "w")
    root = f.tanh(w * Value(3.0, "x") + 1.0) * f.sigmoid(w * Value(4.0, "y") + 1.0)
    shown = graph_of(page(root).html)["shown"]["operations"]
    mine = {box for use, box in shown["chips"].items() if use.endswith(",0")}
    assert len(mine) == 2
    assert {box for box, _, what, _, word in shown["rows"] if (what, word) == ("data", "w")} == mine


@each_example
def test_numbers_have_room_for_others(name: str) -> None:
    text = page(EXAMPLES[name].build())._views["operations"].picture.svg
    rows = re.findall(r"<text[^>]*>(?:data|grad)\s([^<]*)</text>", text)
    padded = [row for row in rows if "\u00a0" in row]
    assert len(padded) > 2
    assert {len(row) for row in padded} == {TIGHT}
    assert max(map(len, rows)) <= TIGHT + 3, "the page condenses those"


@pytest.mark.parametrize(("name", "pixels"), [("learning", 14), ("two-neurons", 14), ("layers", 11.4)])
def test_text_is_as_large_as_a_laptop_has_room(name: str, pixels: float) -> None:
    views = page(EXAMPLES[name].build())._views
    sizes = [re.search(r'viewBox="\S+ \S+ (\S+) (\S+)"', view.picture.svg) for view in views.values()]
    scales = [min(905 / float(size[1]), 468 / float(size[2])) for size in sizes[:2] if size]
    assert max(scales) * TEXT_SIZE > pixels - 0.1


def test_the_picture_of_a_page_runs_down_at_first_only_where_that_makes_it_narrower() -> None:
    model = MLP(2, [4, 1], "tanh", seed=1)
    xor: Any = sum((model(x) - y) ** 2 for x, y in [((0, 0), 0), ((0, 1), 1), ((1, 0), 1), ((1, 1), 0)])
    row: Any = Value(0.5, "x")
    for k in range(8):
        row = f.sigmoid(row + parameter(1.0, f"a rather long name {k}")) * row
    for root, direction in ((xor, "LR"), (row, "TB")):
        first = next(iter(views_of(Graph(root)).values()))
        assert re.findall("rankdir=(..)", first.picture.dot) == [direction]
