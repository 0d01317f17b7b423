"""The playground's examples: the text files of this folder, in order. The first line of each is "# group: title"."""

from pathlib import Path

PROGRAMS: list[dict[str, str]] = []
"""Of each its "name" for addresses, "group", "title" and "code"."""

for _file in sorted(Path(__file__).parent.glob("[0-9]*.txt")):
    _heading, _, _code = _file.read_text("utf-8").partition("\n")
    _group, _, _title = _heading.removeprefix("# ").partition(": ")
    PROGRAMS.append(
        {"name": _file.stem[3:].replace("_", "-"), "group": _group, "title": _title, "code": _code.lstrip("\n")}
    )
