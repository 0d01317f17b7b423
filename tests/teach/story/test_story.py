"""The story: which numbers it asks for, and what it is written from."""

import json
import re
from typing import Any

import pytest

from microgradnet.teach.examples import EXAMPLES
from microgradnet.teach.story import story
from microgradnet.teach.story.page import MOST
from microgradnet.teach.worksheets import worksheet


def data_of(page: Any) -> Any:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page.html, re.DOTALL)
    assert found
    return json.loads(found[1])


def test_each_worked_example_is_a_chapter_in_the_order_of_the_lesson() -> None:
    chapters = data_of(story())["chapters"]
    assert [chapter["title"] for chapter in chapters] == [example.title for example in EXAMPLES.values()]
    assert all(0 < len(chapter["blanks"]) <= MOST for chapter in chapters)
    assert len(story().html) < 200_000


def test_a_small_chapter_asks_for_both_passes_and_its_answers_are_those_of_the_graph() -> None:
    (chapter,) = data_of(story("neuron"))["chapters"]
    sheet = worksheet(EXAMPLES["neuron"].build(), ["values", "grads"])
    assert [blank["name"] for blank in chapter["blanks"]] == [blank.name for blank in sheet.blanks]
    assert [blank["answer"] for blank in chapter["blanks"]] == [blank.answer for blank in sheet.blanks]
    assert [blank["name"] for blank in chapter["blanks"]][:3] == ["w₁·x₁", "z₁", "a₁"]  # forward first


def test_an_unknown_chapter_is_refused() -> None:
    with pytest.raises(ValueError, match=r"unknown worked example 'neurn': .*; did you mean 'neuron'\?$"):
        story("neuron", "neurn")


def test_only_formulas_are_in_the_font_of_code() -> None:
    lesson = story("activation").html.partition('<div class="lesson">')[2].partition("</div>")[0]
    assert re.findall(r"<p( class=\"code\")?>(\S+)", lesson) == [
        ("", "Why"),
        (' class="code"', "w₂·(w₁·x"),
        ("", "A"),
    ]
