"""PNG and PDF as the real cairosvg paints them, from our SVG."""

from pathlib import Path

import pytest

from microgradnet import Value, draw
from microgradnet.drawing.chart import chart
from microgradnet.drawing.picture import Drawing


@pytest.mark.parametrize("drawing", [chart({"a": [(0, 0), (1, 1)]}), draw(Value(0.1, "x₁") * 2)], ids=repr)
def test_cairosvg_paints_charts_and_graphs(drawing: Drawing, tmp_path: Path) -> None:
    assert drawing.save(tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    assert drawing.save(tmp_path / "a.pdf").read_bytes().startswith(b"%PDF")
