"""`check_here`: the verdict of `check`, reached within one process."""

import sys
import time
from pathlib import Path

import pytest

from microgradnet.teach.exercises import EXERCISES
from microgradnet.teach.exercises.check import check
from microgradnet.teach.exercises.check_here import check_here, exercise_of
from tests.teach.exercises.solutions import RIGHT, WRONG

GAP = 'raise NotImplementedError("your code here")'


def test_an_exercise_is_known_by_its_first_line_alone() -> None:
    for exercise in EXERCISES.values():
        assert exercise_of(exercise.text) is exercise
    assert exercise_of("def backward(order): pass") is None, "a program of one's own may define that name"
    assert exercise_of('"""Exercise 99: none."""') is None


@pytest.mark.parametrize("number", EXERCISES)
def test_a_right_solution_is_right(number: int) -> None:
    assert check_here(EXERCISES[number].text + RIGHT[number], EXERCISES[number]).is_right
    assert "not yet written" in check_here(EXERCISES[number].text, EXERCISES[number]).text


@pytest.mark.parametrize(("number", "before", "after", "words"), WRONG[::4])
def test_a_wrong_solution_has_the_verdict_of_check(
    number: int, before: str, after: str, words: str, tmp_path: Path
) -> None:
    source = EXERCISES[number].text + RIGHT[number].replace(before, after)
    (tmp_path / EXERCISES[number].file).write_text(source, "utf-8")
    verdict = check_here(source, EXERCISES[number])
    assert not verdict.is_right
    assert verdict.text == check(tmp_path / EXERCISES[number].file).text


@pytest.mark.parametrize("endless", ["while True: pass", "while True:\n        z += 1"])
def test_a_loop_without_an_end_is_stopped(endless: str) -> None:
    began, tracing = time.monotonic(), sys.gettrace()
    text = check_here(EXERCISES[1].text.replace(GAP, endless), EXERCISES[1], seconds=0.3).text
    assert "not right: tanh_derivative(0.0)" in text
    assert "still running after 0.3 seconds" in text
    assert time.monotonic() - began < 5
    assert sys.gettrace() is tracing
