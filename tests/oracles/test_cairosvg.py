"""PNG and PDF as the real cairosvg paints them, from our SVG; of what moves, one frame."""

import io
import xml.etree.ElementTree as ET
from pathlib import Path

import cairosvg
import pytest
from PIL import Image

from microgradnet import Value, draw
from microgradnet.drawing import Picture
from microgradnet.drawing.chart import chart
from microgradnet.drawing.figure import Figure
from microgradnet.stepping import save_steps
from microgradnet.teach.applications.media.images import enlarged, png_url
from microgradnet.teach.applications.media.svg import card, moving, text

GALLERY = Path(__file__).parents[2] / "notebooks" / "pictures" / "gallery"


def test_cairosvg_paints_graphs(tmp_path: Path) -> None:
    drawing = draw(Value(0.1, "x₁") * 2)
    assert drawing.save(tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    assert drawing.save(tmp_path / "a.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize(
    "drawn", [draw(Value(0.1, "x₁") * 2), chart({"E": [(0, 1), (1, 2)]})], ids=["picture", "figure"]
)
def test_an_svg_that_cairosvg_opens_by_itself_is_not_blank(drawn: Picture | Figure) -> None:
    png = cairosvg.svg2png(drawn.svg.encode(), background_color="white")
    colours = Image.open(io.BytesIO(png)).convert("RGB").getcolors(1 << 24)
    assert colours is not None
    assert len(colours) > 10


def test_a_pass_is_an_animation_with_a_frame_for_each_step(tmp_path: Path) -> None:
    y = Value(3.0, "x") * Value(2.0, "w")
    (file,) = save_steps(y, tmp_path / "pass.gif", seconds=0.5)
    with Image.open(file) as film:
        assert getattr(film, "n_frames", 1) == 5  # the start; y; y.grad = 1; w.grad, x.grad
        assert film.info["duration"] == 500


def painted(svg: str) -> Image.Image:
    return Image.open(io.BytesIO(cairosvg.svg2png(svg.encode()))).convert("RGB")


def test_of_a_moving_picture_cairosvg_paints_the_still_frame_alone() -> None:
    shown = [f'<image width="40" height="40" href="{png_url([[grey]])}"/>' for grey in (0.0, 0.4, 0.8)]
    shown = [frame + text(50, 30, words, 20) for frame, words in zip(shown, ("47", "over", "69"), strict=True)]
    size, around = (120, 60), '<path d="M0 50h120" stroke="currentColor"/>'
    for still, frame in enumerate(shown):
        picture = painted(moving(shown, 2, size, "A", around, still))
        assert picture.size == size
        assert picture.tobytes() == painted(card(around + frame, size, "A")).tobytes()
        assert picture.tobytes() != painted(card(around, size, "A")).tobytes()


def test_an_enlarged_image_has_sharp_pixels() -> None:
    picture = painted(card(enlarged([[0.0, 1.0], [1.0, 0.0]], 10, 10, 40, 20), (60, 40), "A"))
    black, white = (0, 0, 0), (255, 255, 255)
    assert [picture.getpixel((x, 12)) for x in (12, 28, 31, 48)] == [black, black, white, white]
    assert [picture.getpixel((12, y)) for y in (12, 18, 21, 28)] == [black, black, white, white]


@pytest.mark.parametrize("file", sorted(GALLERY.glob("*.svg")), ids=lambda file: file.stem)
def test_a_picture_of_the_gallery_is_one_whole_frame_where_nothing_moves(file: Path) -> None:
    root = ET.parse(file).getroot()
    for hidden in [part for part in root if part.get("visibility") == "hidden"]:
        root.remove(hidden)
    assert len(root.findall("{*}g[@class='frame']")) <= 1
    picture = painted(file.read_text(encoding="utf-8"))
    assert picture.tobytes() == painted(ET.tostring(root, encoding="unicode")).tobytes()
    colours = picture.getcolors(1 << 24)
    assert colours is not None
    assert len(colours) > 100
    assert max(colours)[0] < 0.95 * picture.width * picture.height, "it is not blank"
