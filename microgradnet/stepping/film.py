"""`save_steps(loss, "pass.gif")`: both passes as an animation, or as a picture of each step."""

import io
import os
import re
import xml.etree.ElementTree as ET
from collections.abc import Collection, Iterator, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

from microgradnet._shared.files import format_of, write_atomically
from microgradnet.drawing.box import TEXT_SIZE, WIDEST_FONT, text_width
from microgradnet.drawing.curves import Extent, name_of
from microgradnet.drawing.provider import GET_CAIRO
from microgradnet.drawing.svg import find_cairosvg, paint
from microgradnet.drawing.theme import LIGHT, dark_css
from microgradnet.errors import ProviderError
from microgradnet.notation.names import number
from microgradnet.ops.floats import as_float
from microgradnet.stepping.film_pills import SVG, Pills, narrow
from microgradnet.stepping.page_layout import View, views_of
from microgradnet.stepping.steps import partial_text
from microgradnet.stepping.timeline import Step, Timeline
from microgradnet.value import Value

WIDEST = 1000  # pixels of an animation
COLOURS = 64
SECONDS = 1.2  # that a step is shown
LAST = 3.0  # times as long as another step is
MOST_SECONDS = 200.0  # a GIF has at most 655 for one picture
LARGE, SMALL = 16.0, 12.0  # the size of the equation's letters, in a picture's units
LINE = 1.5  # of an equation, in sizes of its letters
MARGIN = 14.0  # on either side of an equation
BREAKS = ("=", "+=", "→", "←", "+", "−")


def save_steps(root: Value, path: str | os.PathLike[str], *, seconds: float = SECONDS) -> list[Path]:
    """Save forward and backward propagation step by step: each with its boxes marked and its equation below.

    The steps are those of `page`: backward propagation starts with "y.grad = ∂y/∂y = 1".

    Args:
        root: the result, as a loss.
        path: "pass.gif" for one animation, or "pass.svg" for pass-00.svg, pass-01.svg, …, one for each step.
        seconds: the duration of a step in the animation, above 0 and at most 200.

    Returns:
        The paths of the files.

    Raises:
        TypeError: `root` is not a Value.
        ValueError: the name ends neither in .gif nor in .svg, or a step has no such duration.
        StaleGraphError: a number was changed after something had been computed from it.
        ProviderError: no program to lay out the picture is installed, or for a .gif, no cairosvg.

    >>> import tempfile
    >>> x, w = Value(3.0, "x"), Value(2.0, "w"); y = w * x
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     [path.name for path in save_steps(y, Path(folder, "pass.svg"))]
    ['pass-00.svg', 'pass-01.svg', 'pass-02.svg', 'pass-03.svg', 'pass-04.svg']
    """
    kind = format_of(path, ("gif", "svg"), "the steps of a pass")
    if not 0.0 < as_float(seconds) <= MOST_SECONDS:
        raise ValueError(f"seconds, of a step, are above 0 and at most {MOST_SECONDS:g}, got {seconds!r}")
    cairosvg = find_cairosvg()
    if kind == "gif" and cairosvg is None:
        raise ProviderError(f"an animation needs cairosvg: {GET_CAIRO}; or save the steps as .svg")
    drawn = list(frames(root))
    if cairosvg is not None and kind == "gif":
        return [write_atomically(path, _animation([paint(cairosvg, svg, "png") for svg in drawn], seconds))]
    name, digits = Path(path), len(str(len(drawn) - 1))
    named = [name.with_name(f"{name.stem}-{i:0{max(2, digits)}}{name.suffix}") for i in range(len(drawn))]
    return [write_atomically(file, svg + "\n") for file, svg in zip(named, drawn, strict=True)]


def _animation(pictures: list[bytes], seconds: float) -> bytes:
    from PIL import Image

    images: list[Any] = [Image.open(io.BytesIO(png)).convert("RGB") for png in pictures]
    for image in images:
        image.thumbnail((WIDEST, WIDEST))
    images = [image.quantize(COLOURS, dither=Image.Dither.NONE) for image in images]
    buffer = io.BytesIO()
    each = durations(len(images), seconds)
    images[0].save(buffer, "gif", save_all=True, append_images=images[1:], loop=0, duration=each)
    return buffer.getvalue()


def durations(count: int, seconds: float = SECONDS) -> list[int]:
    """How long each of the pictures of an animation stands, in milliseconds.

    >>> durations(3)
    [1200, 1200, 3600]
    """
    return [round(1000 * seconds * (LAST if left == 1 else 1)) for left in range(count, 0, -1)]


def frames(root: Value) -> Iterator[str]:
    """The picture before the first step, and after each of the page's steps, as SVG.

    The page has one step more than the timeline: backward propagation starts with the result's own gradient, 1.
    """
    timeline = Timeline(root)
    name, seed = timeline.name(root), timeline.start + 1
    kind, view = next(iter(views_of(timeline.graph, fitted=True).items()))
    ET.register_namespace("", SVG)
    empty = ET.fromstring(view.picture.svg)
    ET.SubElement(empty, f"{{{SVG}}}style").text = dark_css(empty.get("class", ""), {"highlight"})
    texts = ["", *(step.text for step in timeline.steps)]
    texts.insert(seed, f"{name}.grad = {partial_text(root, root, timeline.namer)} = 1")
    equations, size = _equations(texts, float(empty.attrib["viewBox"].split()[2]))
    groups = _groups(empty)
    has_pills = kind.startswith("operations")  # elsewhere an arrow stands for several operations in turn
    pills = Pills(view, timeline.steps, groups, _extent(empty, groups)) if has_pills else None
    for moment, equation in enumerate(equations):
        is_backward = moment >= seed
        timeline.position = moment - is_backward
        frame = deepcopy(empty)
        parts = _groups(frame)
        _write_numbers(parts, view, timeline, is_backward)
        if moment == seed:
            _fill(parts, {view.boxes.get(root)} - {None})
        elif timeline.step:
            _mark(parts, view, timeline.step)
            if is_backward and pills:
                pills.show(parts, moment - seed)
        phase = f"{'Backward' if is_backward else 'Forward'} propagation" if moment else "Start"
        _write_below(frame, [phase, *equation], size, 1 + max(map(len, equations)))
        yield ET.tostring(frame, encoding="unicode")


def _groups(frame: ET.Element) -> dict[str, ET.Element]:
    """Its boxes and arrows by their names."""
    return {name_of(part): part for part in frame.iter(f"{{{SVG}}}g")}


def _write_numbers(parts: dict[str, ET.Element], view: View, timeline: Timeline, is_backward: bool) -> None:
    for box, row, what, value, word in view.rows:
        gradient = timeline.gradient(value) if is_backward else None
        shown = gradient if what == "grad" else value.data if timeline.is_computed(value) else None
        text = parts[f"n{box}"].findall(f"{{{SVG}}}text")[row]
        room = text_width(text.text or "")
        text.text = f"{word} {'—' if shown is None else number(shown)}".strip()
        narrow(text, room)


def _mark(parts: dict[str, ET.Element], view: View, step: Step) -> None:
    """Fill the box that changes; dash the border of those that its number comes from; draw their arrows in colour."""
    node, position = step.node, getattr(step, "position", None)
    uses = [(node, k) for k in range(len(node.operands))] if position is None else [(node, position)]
    operands = {view.chips.get(use, view.boxes.get(node.operands[use[1]])) for use in uses} - {None}
    result = {view.boxes.get(node)} - {None}
    changing, senders = (result, operands) if position is None else (operands, result)
    paint = LIGHT["highlight"]
    for box in senders - changing:
        _shape(parts[f"n{box}"]).attrib |= {"stroke": paint.line, "stroke-width": "3", "stroke-dasharray": "7 4"}
    _fill(parts, changing)
    for arrow in {view.arrows[use] for use in uses if use in view.arrows}:
        for shape in _highlighted(parts[arrow]):
            shape.attrib |= {"stroke": paint.line} | ({"fill": paint.line} if shape.tag.endswith("polygon") else {})


def _fill(parts: dict[str, ET.Element], changing: set[int | None]) -> None:
    paint = LIGHT["highlight"]
    for box in changing:
        _shape(_highlighted(parts[f"n{box}"])).attrib |= {"stroke": paint.line, "stroke-width": "4", "fill": paint.fill}


def _highlighted(group: ET.Element) -> ET.Element:
    """A box or an arrow, which has the current step's colours where the reader prefers dark, too."""
    group.set("class", group.get("class", "") + " highlight")
    return group


def _shape(group: ET.Element) -> ET.Element:
    return next(part for part in group if part.tag.rpartition("}")[2] in {"path", "polygon", "ellipse"})


def _extent(frame: ET.Element, parts: dict[str, ET.Element]) -> Extent:
    """Of the picture, in the units of its boxes, which Graphviz moves and does not scale."""
    _, _, width, height = map(float, frame.attrib["viewBox"].split())
    x, y = map(float, re.findall(r"-?[\d.]+", parts["graph0"].attrib["transform"].partition("translate")[2]))
    return Extent(-x, -y, width - x, height - y)


def _equations(texts: Sequence[str], width: float) -> tuple[list[list[str]], float]:
    """The lines of each text, and the one size of the letters with which they fit the picture's width.

    A line ends before = or a term; before · only within a term that is longer than a line of small letters.
    """
    room = (width - 2 * MARGIN) * TEXT_SIZE / WIDEST_FONT  # for letters of size 1
    broken = [
        [
            part
            for term in _parts(text, BREAKS)
            for part in (_parts(term, "·") if text_width(term) > room / SMALL else [term])
        ]
        for text in texts
    ]
    size = min(LARGE, room / max(text_width(part) for parts in broken for part in parts))
    return [_lines(parts, room / size) for parts in broken], size


def _parts(text: str, breaks: Collection[str]) -> list[str]:
    """The text, cut before each of these words that is not within brackets."""
    parts, depth = list[str](), 0
    for word in text.split():
        if not parts or (not depth and word in breaks):
            parts.append(word)
        else:
            parts[-1] += f" {word}"
        depth += word.count("(") - word.count(")")
    return parts


def _lines(parts: Sequence[str], room: float) -> list[str]:
    lines = list[str]()
    for part in parts:
        if lines and text_width(f"{lines[-1]} {part}") <= room:
            lines[-1] += f" {part}"
        else:
            lines.append(part)
    return lines


def _write_below(frame: ET.Element, lines: Sequence[str], size: float, most: int) -> None:
    """Lines below the picture, with room for the most lines that any frame has."""
    _, _, width, height = map(float, frame.attrib["viewBox"].split())
    whole = height + LINE * size * (most + 0.5)
    frame.attrib |= {"viewBox": f"0 0 {width:g} {whole:g}", "width": f"{width:g}", "height": f"{whole:g}"}
    group = ET.SubElement(frame, f"{{{SVG}}}g", {"class": "graph"})  # a style that prefers dark recolours it
    for i, text in enumerate(lines, 1):
        place = {"x": f"{MARGIN:g}", "y": f"{height + LINE * size * i:g}", "font-size": f"{size:.4g}"}
        ET.SubElement(group, f"{{{SVG}}}text", place | {"fill": LIGHT["card"].text}).text = text
