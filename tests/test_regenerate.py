"""What is generated is up to date: parts of the documents, and the pictures (test_notebooks.py has the notebooks)."""

from collections.abc import Callable, Iterator

import pytest

from tests.documents import DOCUMENTS, generated_parts, with_generated
from tests.regenerate import GENERATORS, PARTS, Generated, out_of_date, picture_differences, text_differences

QUICK = {name: generator for name, generator in GENERATORS.items() if name != "notebooks"}


@pytest.mark.parametrize("generator", QUICK.values(), ids=QUICK)
def test_generated_files_are_up_to_date(generator: Callable[[], Iterator[Generated]]) -> None:
    problems = [problem for generated in generator() for problem in out_of_date(generated)]
    assert not problems, "run `python -m tests.regenerate`\n" + "\n".join(problems)


def test_each_part_stands_somewhere_and_each_marker_has_its_part() -> None:
    assert {name for path in DOCUMENTS for name in generated_parts(path.read_text(encoding="utf-8"))} == set(PARTS)


def test_a_changed_text_is_a_difference() -> None:
    assert text_differences("a\nb\n", "a\nb\n") == []
    assert "-b\n+c" in text_differences("a\nb\n", "a\nc\n")[0]
    assert text_differences("a", "a\n")


def test_a_picture_may_be_laid_out_otherwise_but_not_say_otherwise() -> None:
    svg = '<svg xmlns="http://www.w3.org/2000/svg"><text x="{}">{}</text></svg>'
    assert picture_differences(svg.format(1, "0.415"), svg.format(2, "0.415")) == []
    assert "-0.415\n+0.416" in picture_differences(svg.format(1, "0.415"), svg.format(1, "0.416"))[0]


def test_a_part_is_replaced_between_its_own_markers_only() -> None:
    two = "<!-- generated: {} -->\nold\n<!-- end -->\n"
    document = two.format("one") + "words\n" + two.format("two")
    assert with_generated(document, "two", "new\n") == (
        two.format("one") + "words\n<!-- generated: two -->\nnew\n<!-- end -->\n"
    )
    with pytest.raises(ValueError, match="add the two markers"):
        with_generated(document, "three", "new\n")
