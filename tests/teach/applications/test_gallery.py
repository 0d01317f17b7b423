"""The book's gallery says what the command line knows: names, options and seconds; its chapters and pictures exist."""

import re
from pathlib import Path

import pytest

from microgradnet.teach.applications import APPLICATIONS, load_application

ROOT = Path(__file__).parents[3]
COLUMN = 388  # CSS pixels of a picture in one of two columns, where README is 830 wide
GALLERY = ROOT / "notebooks" / "gallery.md"
SECTIONS = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", GALLERY.read_text("utf-8"), re.M | re.S))


def test_each_application_has_its_section_with_command_options_chapter_picture_and_table() -> None:
    assert [title.lower() for title in SECTIONS] == list(APPLICATIONS)
    for title, text in SECTIONS.items():
        entry = APPLICATIONS[title.lower()]
        assert f"`microgradnet run {entry.name}`" in text
        assert re.findall(r"--\w+", text) == [option.flag for option in entry.options]
        chapter, picture = re.findall(r"\]\((.+?)\)", text)
        assert (GALLERY.parent / chapter).suffix == ".ipynb"
        for file in (chapter, picture):
            assert (GALLERY.parent / file).exists(), file
        assert "| network | simpler methods |" in text


def test_its_seconds_are_those_of_the_list() -> None:
    seconds = {
        title.lower(): re.findall(r"takes about (\d+) s\.", " ".join(text.split())) for title, text in SECTIONS.items()
    }
    assert seconds == {name: [f"{entry.seconds}"] for name, entry in APPLICATIONS.items()}


def test_readme_shows_each_and_its_figures_are_those_of_the_book() -> None:
    readme, book = ((ROOT / file).read_text("utf-8") for file in ("README.md", "notebooks/gallery.md"))
    assert all(f"notebooks/pictures/gallery/{name}.svg" in readme for name in APPLICATIONS)
    [section] = re.findall(r"^## Applications in miniature\n(.*?)^## ", readme, re.M | re.S)
    figures = re.findall(r"\b\d+\.\d+\b", section)
    assert len(figures) > 9
    assert [figure for figure in figures if not re.search(rf"\b{re.escape(figure)}\b", book)] == []


def test_a_name_that_the_gallery_lacks_is_answered_with_one_that_is_like_it() -> None:
    with pytest.raises(ValueError, match=r"unknown application 'drivin': .*objects; did you mean 'driving'"):
        load_application("drivin")


def test_the_text_of_each_drawing_in_the_tables_of_readme_has_10_pixels() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    drawings = re.findall(r'<img src="(notebooks/pictures/[^"]+\.svg)"[^>]* width="(\d+)"', readme)
    assert len(drawings) > 7
    for file, width in drawings:
        svg = (ROOT / file).read_text("utf-8")
        [whole] = re.findall(r'viewBox="\S+ \S+ (\S+) ', svg)
        smallest = min(map(float, re.findall(r'font-size="([\d.]+)', svg)))
        assert smallest * min(int(width), COLUMN) / float(whole) >= 10, file
