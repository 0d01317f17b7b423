"""What `microgradnet exercise` and `microgradnet check` do."""

import argparse
from pathlib import Path

from microgradnet._shared.files import write_atomically
from microgradnet.teach.exercises import EXERCISES
from microgradnet.teach.exercises.check import check


def write_exercise(options: argparse.Namespace) -> int:
    """Write the file of an exercise; without a number, list them."""
    if options.number is None:
        for exercise in EXERCISES.values():
            print(f"{exercise.number}  {exercise.title}")
        return 0
    exercise = EXERCISES[options.number]
    path: Path = options.output or Path(exercise.file)
    if path.is_dir():
        path /= exercise.file
    if path.exists() and not options.force:
        raise ValueError(f"{path} is there already, and what is written in it stays: give another name, or --force")
    print(write_atomically(path, exercise.text.replace("{file}", path.name)))
    return 0


def check_exercise(options: argparse.Namespace) -> int:
    """Say what of a learner's file is right, and what differs."""
    verdict = check(options.file, options.timeout)
    print(verdict.text)
    return 0 if verdict.is_right else 1
