"""PNG and PDF as the real cairosvg paints them, from our SVG."""

from pathlib import Path

from microgradnet import Value, draw


def test_cairosvg_paints_graphs(tmp_path: Path) -> None:
    drawing = draw(Value(0.1, "x₁") * 2)
    assert drawing.save(tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    assert drawing.save(tmp_path / "a.pdf").read_bytes().startswith(b"%PDF")
