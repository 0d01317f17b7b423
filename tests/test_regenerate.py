"""What is generated is up to date: README's table and the pictures (test_notebooks.py has the notebooks)."""

from collections.abc import Callable, Iterator

import pytest

from tests.readme import with_generated
from tests.regenerate import GENERATORS, Generated, out_of_date, picture_differences, text_differences

QUICK = {name: generator for name, generator in GENERATORS.items() if name != "notebooks"}


@pytest.mark.parametrize("generator", QUICK.values(), ids=QUICK)
def test_generated_files_are_up_to_date(generator: Callable[[], Iterator[Generated]]) -> None:
    problems = [problem for generated in generator() for problem in out_of_date(generated)]
    assert not problems, "run `python -m tests.regenerate`\n" + "\n".join(problems)


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
    readme = two.format("one") + "words\n" + two.format("two")
    assert with_generated(readme, "two", "new\n") == (
        two.format("one") + "words\n<!-- generated: two -->\nnew\n<!-- end -->\n"
    )
    with pytest.raises(ValueError, match="add the two markers"):
        with_generated(readme, "three", "new\n")
