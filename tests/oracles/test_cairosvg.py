"""PNG and PDF as the real cairosvg paints them, from our SVG."""

import io
from pathlib import Path

import cairosvg
import pytest
from PIL import Image

from microgradnet import Value, draw
from microgradnet.drawing import Picture
from microgradnet.drawing.chart import chart
from microgradnet.drawing.figure import Figure
from microgradnet.stepping import save_steps


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
        assert getattr(film, "n_frames", 1) == 4
        assert film.info["duration"] == 500
