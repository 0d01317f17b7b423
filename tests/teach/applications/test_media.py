"""Pictures, sounds and players: what is written is read again by other programs' readers."""

import io
import struct
import wave
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from microgradnet.teach.applications.media.audio import read_wav, wav
from microgradnet.teach.applications.media.figures import tiles
from microgradnet.teach.applications.media.images import png
from microgradnet.teach.applications.media.player import Film, Player
from microgradnet.teach.applications.media.svg import moving


def test_a_png_has_the_pixels() -> None:
    image = Image.open(io.BytesIO(png([[0.0, 1.0], [2.0, -1.0]])))
    assert np.asarray(image).tolist() == [[0, 255], [255, 0]]


@pytest.mark.parametrize("image", [[0.0], [[float("nan")]], np.zeros((2, 2, 4)), [[]]])
def test_what_is_no_image_is_refused(image: object) -> None:
    with pytest.raises(ValueError, match="image"):
        png(image)  # type: ignore[arg-type]


def test_a_moving_picture_has_its_frames_and_is_still_where_motion_is_not_wanted() -> None:
    svg = moving(["<circle r='1'/>", "<text>2</text>", "<circle r='3'/>"], 2, (40, 30), "A & B", "<path/>", still=1)
    root = ET.fromstring(svg)
    frames = root.findall("{*}g")
    assert [frame.get("style") for frame in frames] == [
        f"animation-delay:{second}s" for second in ("-1.5", "-1", "-0.5")
    ]
    assert [frame.get("visibility") for frame in frames] == ["hidden", None, "hidden"]
    assert [frame.get("display") for frame in frames] == ["none", None, "none"]
    assert root.get("aria-label") == "A & B"
    still, animated = svg.split("@media (prefers-reduced-motion:no-preference)")
    assert "animation:" not in still
    assert "1.5s step-end infinite" in animated
    assert "prefers-color-scheme:dark" in still
    other = moving(["<circle r='2'/>"], 2, (40, 30), "A & B")
    assert ET.fromstring(other).get("class") != root.get("class"), "two on a page do not share their rules"
    with pytest.raises(ValueError, match="at least one frame"):
        moving([], 10, (1, 1), "")


def test_a_sound_is_read_as_it_was_written(tmp_path: Path) -> None:
    sound = np.sin(np.linspace(0, 20, 500))
    (tmp_path / "a.wav").write_bytes(wav(sound, 8000))
    read, rate = read_wav(tmp_path / "a.wav")
    assert rate == 8000
    assert np.abs(read - sound).max() < 1 / 32767
    with wave.open(str(tmp_path / "a.wav")) as file:
        assert (file.getnframes(), file.getsampwidth()) == (500, 2)


def test_channels_are_averaged_and_8_bits_read() -> None:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setparams((2, 1, 8000, 0, "NONE", ""))
        file.writeframes(struct.pack("4B", 128, 0, 255, 255))
    assert read_wav(buffer.getvalue())[0].tolist() == [-0.5, 127 / 128]


@pytest.mark.parametrize("data", [b"", b"RIFF", b"ID3 an MP3", wav([0.0] * 9, 8000)[:-1], wav([0.0] * 9, 8000)[:-6]])
def test_another_file_is_refused(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(data)
    with pytest.raises(ValueError, match="no WAV file"):
        read_wav(tmp_path / "a.wav")


def test_a_player_needs_frames_and_escapes_its_texts() -> None:
    for films in ([], [Film("a", [], 25)]):
        with pytest.raises(ValueError, match="at least one"):
            Player("t", films, (10, 10))
    page = Player("<b>&", [Film("</script>", ["<circle r='1'/>"], 25, wav([0.0], 8000))], (10, 10), about="<i>").html
    assert "<b>&" not in page
    assert "</script><" not in page.replace("</script>\n<script>", "").replace("</script>\n</body>", "")
    assert "media-src data:" in page
    assert "&lt;i&gt;" in page


def test_tiles_need_a_caption_each() -> None:
    assert "<svg" in tiles([np.eye(3)], ["one"], "tiles").svg
    with pytest.raises(ValueError, match="a caption for each"):
        tiles([np.eye(3)], [], "tiles")


def test_photographs_are_grey_and_have_no_scale_of_weights() -> None:
    assert "weight of a pixel" in tiles([np.eye(3)], ["one"], "tiles").svg
    assert "weight of a pixel" not in tiles([np.eye(3)], ["one"], "tiles", grey=True).svg
