"""The book's gallery says what the command line knows: names, options and seconds."""

from pathlib import Path

from microgradnet.teach.applications import APPLICATIONS

GALLERY = Path(__file__).parents[3] / "notebooks" / "gallery.md"


def rows() -> list[list[str]]:
    """The cells of all rows of its tables that begin with an application."""
    lines = [line for line in GALLERY.read_text("utf-8").splitlines() if line.startswith("|")]
    cells = [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in cells if row[0] in APPLICATIONS]


def test_each_application_has_its_options_and_its_chapter() -> None:
    described = {row[0]: row for row in rows() if len(row) == 4}
    assert list(described) == list(APPLICATIONS)
    for name, (_, _, options, chapter) in described.items():
        flags = [word for word in options.replace("`", "").split() if word.startswith("--")]
        assert flags == [option.flag for option in APPLICATIONS[name].options]
        assert (GALLERY.parent / chapter.partition("(")[2].rstrip(")")).exists()


def test_its_seconds_are_those_of_the_list() -> None:
    measured = [row for row in rows() if len(row) == 5]
    seconds = {row[0]: row[4] for row in measured if row[4]}
    assert seconds == {name: f"{entry.seconds} s" for name, entry in APPLICATIONS.items()}
    assert {row[0] for row in measured} == set(APPLICATIONS)
