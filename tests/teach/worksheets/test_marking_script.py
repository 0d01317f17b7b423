"""The page's marking, run by V8, against `grade`: the same verdict and the same mistake for every answer."""

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from py_mini_racer import MiniRacer

from microgradnet.teach.examples import EXAMPLES
from microgradnet.teach.misconceptions.table import MISTAKES
from microgradnet.teach.worksheets import Worksheet, grade, worksheet
from microgradnet.teach.worksheets.questions import marking, marking_script, questions
from tests.teach.worksheets.simulated import answers_by, random_graph, rounded
from tests.teach.worksheets.test_grading import EVERYTHING

SIGN = "isExplained([...right, ...following], key, -answer)"


@pytest.fixture(scope="module")
def engine() -> Iterator[MiniRacer]:
    with MiniRacer() as context:
        yield context


def marked_there(
    engine: MiniRacer, sheet: Worksheet, sheets_answers: list[list[str]], without: str = "()"
) -> list[list[Any]]:
    """The marks of several learners' answers to a sheet: verdicts and names of mistakes; `without` a condition."""
    script = marking_script(sheet).replace(f"if ({without}", "if (false")
    program = f"(() => {{ const data = {json.dumps(marking())};\n{script}\n" + (
        f"return JSON.stringify({json.dumps(sheets_answers)}.map((texts) => "
        f"marked(GRAPHS[0], {json.dumps(questions(sheet))}, texts).map((m) => [m.verdict, m.mistakes, "
        'm.verdict === "wrong" && !m.mistakes.length ? m.words : ""]))); })()'
    )
    found: list[list[Any]] = json.loads(str(engine.eval(program)))
    return found


def marked_here(sheet: Worksheet, answers: list[str]) -> list[Any]:
    marks = grade(sheet, answers).marks
    return [
        [
            mark.verdict,
            [row.name for row in mark.mistakes],
            mark.text.rpartition("; ")[2] if mark.verdict == "wrong" and not mark.mistakes else "",
        ]
        for mark in marks
    ]


def learners(sheet: Worksheet, seed: int) -> Iterator[list[str]]:
    """Answers right, rounded, by a misconception, made up, missing and unreadable, mixed in all proportions."""
    rng = random.Random(seed)
    rules = [rules for row in MISTAKES.values() for rules in row.rules(sheet.graph)]
    yield ["1", "1", "99"] + [""] * (len(sheet.blanks) - 3) if len(sheet.blanks) >= 3 else ["1"] * len(sheet.blanks)
    for _ in range(6):
        wrong, usual = answers_by(sheet, rng.choice(rules)), rng.choice(["right", "wrong"])
        others = [
            "right",
            "wrong",
            "digit",
            "two",
            "near",
            "number",
            "zero",
            "none",
            "text",
            "thousand",
            "sign",
            "value",
        ]
        texts = []
        for blank in sheet.blanks:
            answer = blank.answer
            written = {
                "right": repr(rounded(answer, 3)), "wrong": repr(wrong[blank.number]), "digit": f"{answer:.1g}",
                "two": f"{answer:.2g}", "near": repr(answer * rng.uniform(0.97, 1.03)), "zero": "0", "none": "",
                "number": repr(rng.uniform(-3, 3)), "text": "x", "thousand": "1,000",
                "sign": repr(-answer), "value": repr(blank.quantity.node.data),
            }  # fmt: skip
            texts.append(written[usual if rng.random() < 0.6 else rng.choice(others)])
        yield texts


@pytest.mark.parametrize("hide", ["grads", EVERYTHING])
@pytest.mark.parametrize("seed", range(40))
def test_the_page_marks_random_answers_to_random_graphs_as_grade_does(seed: int, hide: Any, engine: MiniRacer) -> None:
    sheet = worksheet(random_graph(seed), hide)
    given = list(learners(sheet, seed))
    assert marked_there(engine, sheet, given) == [marked_here(sheet, answers) for answers in given]


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_page_marks_the_worked_examples_as_grade_does(name: str, engine: MiniRacer) -> None:
    sheet = worksheet(EXAMPLES[name].build(), seed=1)
    given = list(learners(sheet, 0))
    assert marked_there(engine, sheet, given) == [marked_here(sheet, answers) for answers in given]


@pytest.mark.parametrize("part", ["isExplained(following, key)", "isCut(key)", "made.has(mistakes[0])", SIGN])
def test_a_page_without_a_rule_would_be_seen(part: str, engine: MiniRacer) -> None:
    seen = []
    for seed in range(20):
        sheet = worksheet(random_graph(seed))
        given = list(learners(sheet, seed))
        there = marked_there(engine, sheet, given, part)
        seen.append(there != [marked_here(sheet, answers) for answers in given])
    assert any(seen)
