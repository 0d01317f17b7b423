"""Pictures: what is done to Graphviz's SVG, how it looks light and dark, and how files are written."""

import os
import re
import stat
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import graphviz
import pytest

from microgradnet import Value, draw, parameter
from microgradnet._shared.files import write_atomically
from microgradnet._shared.webpage import INDICES
from microgradnet.drawing import provider, svg
from microgradnet.drawing.escape import escape_tooltip
from microgradnet.drawing.picture import Picture
from microgradnet.drawing.svg import dress, find_cairosvg
from microgradnet.drawing.theme import DARK, FONT_STACK, LIGHT, Paint, dark_css
from microgradnet.errors import ProviderError

SVG = "{http://www.w3.org/2000/svg}"
DOT = """digraph neuron {
  graph [rankdir=LR, tooltip="z = w·x", fontname="Courier"]
  node [shape=record, fontname="Courier", style=filled]
  n0 [label="{x|data 2}", class="leaf input", tooltip="data 2.0\\ngrad <none> & \\"more\\""]
  n1 [label="{z = w·x|grad —}", class="operation root", tooltip=" "]
  n0 -> n1 [label="[0.5] -> {x}", tooltip="∂z/∂x", class="edge"]
  n0:f -> n1
  subgraph cluster_0 { label="layer"; n1 }
}"""


def read(picture: Picture) -> ET.Element:
    return ET.fromstring(picture.svg)


def group(svg: ET.Element, *classes: str) -> ET.Element:
    return next(g for g in svg.iter(SVG + "g") if g.get("class", "").split() == list(classes))


def titles(svg: ET.Element) -> list[str]:
    return [title.text or "" for title in svg.iter(SVG + "title")]


def test_the_svg_can_stand_inside_a_page() -> None:
    svg = Picture(DOT).svg
    assert svg.startswith("<svg ")
    assert svg.endswith("</svg>")
    assert not re.search(r"<\?|<!|xlink|ns0:|<a\b", svg)
    root = ET.fromstring(svg)
    assert root.tag == SVG + "svg"
    assert all(re.fullmatch(r"[\d.]+pt", root.attrib[side]) for side in ("width", "height"))
    assert [element.get("font-family") for element in root.iter() if "font-family" in element.attrib] == ["monospace"]
    assert not any("style" in element.attrib for element in root.iter())


def test_tooltips_are_titles_and_names_of_nodes_are_not() -> None:
    svg = read(Picture(DOT))
    assert sorted(titles(svg)) == ['data 2.0\ngrad <none> & "more"', "∂z/∂x"]
    tooltip = group(svg, "node", "leaf", "input")[0]
    assert tooltip.tag == SVG + "title"  # a browser shows a title only where it is the first child


def test_drawn_text_is_untouched() -> None:
    texts = [text.text for text in read(Picture(DOT)).iter(SVG + "text")]
    assert sorted(filter(None, texts)) == sorted(["layer", "x", "data 2", "z = w·x", "grad —", "[0.5] -> {x}"])


@pytest.mark.parametrize(
    ("dot", "title", "label"),
    [
        (DOT, "", "z = w·x"),
        (DOT, "A neuron", "A neuron"),
        ("digraph neuron { a }", "", "neuron"),
        ("digraph { a }", "", "computation graph"),
        ("digraph { a }", '"><script>\x00', '"><script>\ufffd'),
    ],
)
def test_it_says_what_it_shows(dot: str, title: str, label: str) -> None:
    svg = read(Picture(dot, title))
    assert (svg.get("role"), svg.get("aria-label")) == ("img", label)


def test_hostile_text_stays_text() -> None:
    hostile = "</title><script>alert(1)</script>"
    svg = read(Picture(f'digraph {{ a [tooltip="{escape_tooltip(hostile)}", label="</svg>"] }}', hostile))
    assert titles(svg) == [hostile]
    assert not list(svg.iter(SVG + "script"))


def test_ids_and_references_are_those_of_this_picture_alone() -> None:
    dot = 'digraph { a [style=filled, fillcolor="red:blue", id="mine"] }'
    first, second = Picture(dot), Picture(dot, "another title")
    ids = [{element.attrib["id"] for element in read(p).iter() if "id" in element.attrib} for p in (first, second)]
    assert ids[0].isdisjoint(ids[1])
    referred = set(re.findall(r"url\(#(.*?)\)", first.svg))
    assert referred
    assert referred <= ids[0]
    assert any(identifier.endswith("-mine") for identifier in ids[0])


def test_the_same_graph_gives_the_same_bytes() -> None:
    assert Picture(DOT).svg == Picture(DOT).svg
    assert Picture(DOT).svg != Picture(DOT.replace("layer", "Layer")).svg


@pytest.mark.parametrize("background", ["", "bgcolor=transparent", 'bgcolor="#000000"'])
def test_an_opaque_card_lies_under_everything(background: str) -> None:
    svg = read(Picture(f"digraph {{ {background} a [style=filled, fillcolor=red] }}"))
    first, *others = [element for element in svg.iter() if element.get("fill")]
    assert first.attrib == {"width": "100%", "height": "100%", "rx": "6", "fill": "#ffffff"}
    assert [shape.get("fill") for shape in others] == ["red"]


def test_a_caption_is_within_its_picture_in_the_font_of_browsers() -> None:
    caption = "the size of a gradient, whose sign is after it: the fullest from 3 on, each paler shade a quarter"
    svg = draw(parameter(1.0, "w"), title=caption).svg
    width = svg.partition('viewBox="')[2].split()[2]
    advance = 0.6021 * 14  # of DejaVu Sans Mono and Menlo, whose letters are wider than those of Courier
    assert len(caption) * advance + 16 <= float(width)


def test_a_label_that_begins_as_a_derivative_is_no_derivative() -> None:
    y = Value(2.0, "∂ x") * 3.0
    y.backward()
    assert draw(y).svg.count('class="local"') == 0
    assert draw(y, local_derivatives=True).svg.count('class="local"') == 2, "one on each arrow"


def test_svg_that_graphviz_did_not_write_is_refused() -> None:
    with pytest.raises(ValueError, match="it has no <g>"):
        dress(b"<svg/>", "", "scope")


def selectors(css: str) -> list[str]:
    inside = css[css.index("{") + 1 : css.rindex("}")]
    return [selector.strip() for selector in re.findall(r"([^{}]+)\{[^{}]*\}", inside)]


def leaks(css: str, scope: str) -> list[str]:
    return [one for rule in selectors(css) for one in rule.split(",") if not one.strip().startswith(f".{scope} ")]


def test_the_css_holds_for_one_picture_and_for_the_dark_only() -> None:
    svg = read(Picture(DOT))
    css, scope = svg.findtext(SVG + "style", ""), svg.attrib["class"]
    dark, layout = css.rsplit("\n", 1)
    assert dark.startswith("@media screen and (prefers-color-scheme: dark) {")
    look = f"max-width: 100%; height: auto; font-family: {FONT_STACK}"
    assert layout == f"@media all {{ {INDICES} .{scope} {{ {look} }} }}"
    assert list(LIGHT) == list(DARK)
    used = {name for group in svg.iter() for name in group.get("class", "").split()} & (
        {*DARK, "graph", "node"} - {"card", "operation"}
    )
    assert len(selectors(dark)) == 3 * len(used), "fill, line and text of each role that is in the picture"
    everything = dark_css(scope, {"graph", "node", *DARK})
    assert len(selectors(everything)) == 3 * len(DARK) - 4, "shades have no line of their own"
    assert leaks(everything, scope) == []
    assert leaks(dark, scope) == []
    assert not re.search("[<>&]", css)  # reads the same as XML and as HTML


def test_the_check_of_scopes_finds_a_leak() -> None:
    assert leaks("@media x { .s .node { fill: red } text { fill: red } .s a, b { fill: red } }", "s") == ["text", " b"]


def luminance(colour: str) -> float:
    assert re.fullmatch("#[0-9a-f]{6}", colour)
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return float(0.2126 * red + 0.7152 * green + 0.0722 * blue)


def contrast(one: str, other: str) -> float:
    """WCAG 2.2: the ratio of relative luminances, from 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def contrast_faults(theme: dict[str, Paint]) -> list[str]:
    card = theme["card"].fill
    faults = []
    for role, paint in theme.items():
        grounds = {card} if role in {"card", "edge", "pixel"} else {card, paint.fill}
        faults += [f"{role} text" for ground in grounds if contrast(paint.text, ground) < 7]
        faults += [f"{role} line"] if role != "card" and paint.line and contrast(paint.line, card) < 3 else []
    return faults


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_text_and_lines_have_contrast(theme: dict[str, Paint]) -> None:
    assert contrast_faults(theme) == []


def test_the_check_of_contrast_rejects_grey_on_white() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)
    grey = {"card": LIGHT["card"], "input": Paint(fill="#ffffff", line="#bbbbbb", text="#777777")}
    assert set(contrast_faults(grey)) == {"input text", "input line"}


def test_it_is_drawn_once_and_only_when_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def render(dot: str, format: str) -> bytes:
        asked.append(format)
        return provider.render(dot, format)

    monkeypatch.setattr("microgradnet.drawing.picture.render", render)
    picture = Picture(DOT, counts=(2, 1))
    assert repr(picture) == "<Picture '': 2 nodes, 1 edge>"
    assert repr(Picture(DOT, "one")) == "<Picture 'one'>"
    assert asked == []
    assert picture._repr_svg_() == picture.svg
    assert asked == ["svg"]


@pytest.fixture
def without_cairo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cairosvg", None)  # `import cairosvg` raises ImportError


@pytest.mark.usefixtures("without_cairo")
def test_it_is_saved_by_suffix(tmp_path: Path) -> None:
    picture = Picture(DOT)
    for name in ("a.svg", "a.SVG", "a.png", "a.dot", "a.gv"):
        assert picture.save(tmp_path / name) == tmp_path / name
    assert (tmp_path / "a.svg").read_text("utf-8") == picture.svg + "\n"
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "a.dot").read_text("utf-8") == (tmp_path / "a.gv").read_text("utf-8") == DOT
    assert len(list(tmp_path.iterdir())) == 5


@pytest.mark.parametrize(("name", "told"), [("a.gif", "is .gif"), ("a", "is missing"), (".svg", "is missing")])
def test_another_suffix_is_refused(name: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=rf"{told}; give a name that ends in one of \.svg, \.png, \.pdf, \.dot, \.gv"):
        Picture(DOT).save(tmp_path / name)


def test_cairosvg_paints_where_it_is_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple[str, dict[str, object]]] = []

    def paint(svg: bytes, **options: object) -> bytes:
        calls.append((svg.decode(), options))
        return b"painted"

    monkeypatch.setitem(sys.modules, "cairosvg", SimpleNamespace(svg2png=paint, svg2pdf=paint))
    for name in ("a.png", "a.pdf"):
        assert Picture(DOT).save(tmp_path / name).read_bytes() == b"painted"
    white = {"background_color": "#ffffff"}
    assert [options for _, options in calls] == [{"scale": 2, **white}, white]
    assert {svg for svg, _ in calls} == {Picture(DOT).svg}


@pytest.mark.usefixtures("without_cairo")
def test_without_cairosvg_the_provider_paints_or_tells_why_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def render(dot: str, format: str) -> bytes:
        raise ProviderError(f"no {format} here")

    monkeypatch.setattr("microgradnet.drawing.picture.render", render)
    with pytest.raises(ProviderError, match="no pdf here"):
        Picture(DOT).save(tmp_path / "a.pdf")
    assert list(tmp_path.iterdir()) == []


def test_it_has_the_names_of_a_digraph(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    picture = Picture(DOT)
    assert picture.source == picture.dot == DOT
    assert picture.format == "svg"
    assert picture.render() == "Digraph.gv.svg"
    assert Path("Digraph.gv").read_text("utf-8") == DOT
    assert Path("Digraph.gv.svg").read_text("utf-8") == picture.svg + "\n"
    picture.format = "PNG"
    assert picture.format == "png"
    assert picture.render("gout") == "gout.png"
    assert Path("gout").read_text("utf-8") == DOT
    assert Path("gout.png").read_bytes() == picture.pipe() == picture.save("saved.png").read_bytes()


def test_it_is_rendered_where_a_digraph_would_be(tmp_path: Path) -> None:
    picture, folder = Picture(DOT), tmp_path / "new" / "folder"
    assert picture.render("g", folder, format="svg", cleanup=True, quiet=True) == str(folder / "g.svg")
    assert [path.name for path in folder.iterdir()] == ["g.svg"]
    assert picture.render(outfile=folder / "other.PNG") == str(folder / "other.PNG")
    assert (folder / "other.PNG").read_bytes().startswith(b"\x89PNG")
    assert (folder / "other.gv").read_text("utf-8") == DOT
    assert picture.render("text", directory=str(folder), format="dot", cleanup=True) == str(folder / "text.dot")
    assert (folder / "text.dot").read_text("utf-8") == DOT
    assert picture.format == "svg"


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"filename": "gout"},
        {"filename": "x.gv", "format": "png", "directory": "a/b"},
        {"cleanup": True},
        {"outfile": "out.svg"},
        {"outfile": "out.png", "directory": "a", "filename": "gout"},
    ],
    ids=str,
)
def test_it_writes_the_files_that_a_digraph_writes(
    options: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graphviz.backend.dot_command.DOT_BINARY", provider.find_program())
    theirs = graphviz.Digraph(format="svg", body=["a -> b\n"])
    ours = Picture(theirs.source)
    written = []
    for drawn in (theirs, ours):
        folder = tmp_path / type(drawn).__name__
        folder.mkdir()
        monkeypatch.chdir(folder)
        path = drawn.render(**options)
        files = {str(file.relative_to(folder)): file for file in folder.rglob("*") if file.is_file()}
        written.append(
            (path, {name: file.suffix in {".svg", ".png"} or file.read_text() for name, file in files.items()})
        )
    assert written[0] == written[1]


def test_pipe_gives_bytes_or_text() -> None:
    picture = Picture(DOT)
    assert picture.pipe() == (picture.svg + "\n").encode()
    assert picture.pipe("svg", encoding="utf-8", quiet=True) == picture.svg + "\n"
    assert picture.pipe("gv") == picture.pipe("dot") == DOT.encode()


def test_view_opens_what_it_renders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[tuple[str, bool]] = []

    def opener(path: str, quiet: bool) -> None:
        assert Path(path).is_file()
        opened.append((path, quiet))

    monkeypatch.setattr("graphviz.view", opener)
    picture = Picture(DOT)
    assert picture.view("a", tmp_path) == str(tmp_path / "a.svg")
    picture.render("b", tmp_path, quiet_view=True)
    picture.render("c", tmp_path)
    assert opened == [(str(tmp_path / "a.svg"), False), (str(tmp_path / "b.svg"), True)]


def test_where_nothing_can_open_it_the_drawing_is_there_and_the_message_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def opener(path: str, quiet: bool) -> None:
        raise FileNotFoundError("no xdg-open")

    monkeypatch.setattr("graphviz.view", opener)
    with pytest.raises(ProviderError, match=r"a\.svg is written, but .*no xdg-open.*leave `view` out"):
        Picture(DOT).view("a", tmp_path)
    assert (tmp_path / "a.svg").is_file()


def test_an_unknown_format_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    picture = Picture(DOT)
    calls: list[Callable[[], object]] = [
        lambda: setattr(picture, "format", "gif"),
        lambda: setattr(picture, "format", None),
        lambda: picture.pipe("gif"),
        lambda: picture.render("a", tmp_path, format="gif"),
        lambda: picture.render(outfile=tmp_path / "a"),
        lambda: picture.render(outfile=tmp_path / "a.gif"),
    ]
    for call in calls:
        with pytest.raises(ValueError, match=r"unknown format .*: it must be one of svg, png, pdf, dot, gv"):
            call()
    assert picture.format == "svg"
    assert list(tmp_path.iterdir()) == []


def test_a_notebook_gets_it_as_wide_as_its_column() -> None:
    wide = Picture("digraph { rankdir=LR; " + " -> ".join(f"node_number_{i}" for i in range(6)) + " }")
    own, shown = (ET.fromstring(svg) for svg in (wide.svg, wide._repr_svg_()))
    width, height = (float(own.attrib[side].removesuffix("pt")) for side in ("width", "height"))
    assert 640 < width < 2 * 640
    assert shown.get("width") == "640pt"
    assert float(shown.attrib["height"].removesuffix("pt")) == pytest.approx(height * 640 / width, abs=0.01)
    assert shown.get("viewBox") == own.get("viewBox")
    very = Picture("digraph { rankdir=LR; " + " -> ".join(f"node_number_{i}" for i in range(40)) + " }")
    widths = [float(ET.fromstring(svg).attrib["width"].removesuffix("pt")) for svg in (very.svg, very._repr_svg_())]
    assert widths[1] == pytest.approx(widths[0] / 2)  # but never less than half of its own size


def test_a_notebook_gets_a_bitmap_too_unless_painting_it_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    painted = Picture(DOT)._repr_png_()
    assert painted
    assert painted.startswith(b"\x89PNG")
    assert painted == Picture(DOT)._repr_png_()
    assert len(painted) < len(Picture(DOT).pipe("png"))
    if cairosvg := find_cairosvg():  # a program's own fonts may lack ₁
        assert painted == svg.paint(cairosvg, Picture(DOT)._repr_svg_(), "png", scale=1)
    monkeypatch.setattr("microgradnet.drawing.picture.MOST_PAINTED", len(DOT) - 1)
    assert Picture(DOT)._repr_png_() is None


def test_without_a_program_the_svg_alone_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: Any, **__: Any) -> bytes:
        raise ProviderError("install one")

    monkeypatch.setattr("microgradnet.drawing.picture.render", missing)
    assert Picture(DOT)._repr_png_() is None
    with pytest.raises(ProviderError, match="install one"):
        Picture(DOT)._repr_svg_()


def test_a_new_file_has_the_permissions_of_any_other(tmp_path: Path) -> None:
    old = os.umask(0o027)
    try:
        path = write_atomically(tmp_path / "a", b"x")
    finally:
        os.umask(old)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_home_is_expanded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, str(tmp_path))
    assert Picture(DOT).save("~/a.dot") == tmp_path / "a.dot"
    assert (tmp_path / "a.dot").read_text("utf-8") == DOT
    assert Picture(DOT).render("~/b/c", format="dot") == str(tmp_path / "b" / "c.dot")
    assert (tmp_path / "b" / "c").read_text("utf-8") == DOT


def test_text_is_written_as_utf_8_with_its_own_line_ends_under_any_name(tmp_path: Path) -> None:
    assert write_atomically(str(tmp_path / ("n" * 255)), "σ\n\r\n").read_bytes() == b"\xcf\x83\n\r\n"


def test_a_symbolic_link_stays_and_its_target_is_written(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "there" / "target")
    for text in ("first", "second"):
        assert write_atomically(tmp_path / "link", text) == tmp_path / "link"
        assert (tmp_path / "there" / "target").read_text("utf-8") == text
    assert (tmp_path / "link").is_symlink()


@pytest.mark.parametrize(
    ("name", "error", "told"),
    [
        ("nowhere/a.svg", FileNotFoundError, "no directory .*nowhere; make it first"),
        (".", IsADirectoryError, "it is a directory"),
    ],
)
def test_where_no_file_can_be_the_message_says_so(name: str, error: type[OSError], told: str, tmp_path: Path) -> None:
    with pytest.raises(error, match=told):
        write_atomically(tmp_path / name, "x")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_is_not_replaced(tmp_path: Path) -> None:
    """Nor is a device, which no test may touch."""
    os.mkfifo(tmp_path / "pipe.svg")
    with pytest.raises(FileExistsError, match="no ordinary file"):
        Picture(DOT).save("pipe.svg")
    assert [path.is_fifo() for path in tmp_path.iterdir()] == [True]


@pytest.mark.parametrize("failure", [OSError("disk full"), KeyboardInterrupt()])
def test_a_failure_leaves_the_old_file_and_nothing_else(
    failure: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_atomically(tmp_path / "a", "old")

    def replace(*_: object) -> None:
        raise failure

    monkeypatch.setattr(os, "replace", replace)
    with pytest.raises(type(failure)):
        write_atomically(path, "new")
    assert path.read_text("utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]
