"""`microgradnet exercise` and `check`: fill-in-the-blank exercises, and their checker."""

import argparse
from pathlib import Path

from microgradnet._shared.files import write_atomically
from microgradnet.cli.arguments import Add, shown, time_limit


def add_commands(add: Add) -> None:
    """Add the commands with their arguments."""
    exercise = add("exercise", "write an exercise, a Python file with a gap; without a number, list them", _exercise)
    exercise.add_argument("number", nargs="?", type=_number, metavar="N", help="the number of the exercise")
    exercise.add_argument("-o", "--output", type=Path, metavar="FILE", help="a file, or a folder for it (here)")
    exercise.add_argument("--force", action="store_true", help="overwrite an existing file")

    checking = add("check", "check an exercise, and show the simplest counterexample", _check)
    checking.epilog = "The file is run, and this is no sandbox: run only what you trust; a pass is no proof."
    checking.add_argument("file", type=Path, metavar="FILE.py", help="the exercise, with its gap filled")
    checking.add_argument("--timeout", type=time_limit, default=10.0, metavar="SECONDS", help="its time limit (10)")


def _number(text: str) -> int:
    from microgradnet.teach.exercises import EXERCISES

    if not text.isdecimal() or int(text) not in EXERCISES:
        raise argparse.ArgumentTypeError(f"there are exercises 1 to {len(EXERCISES)}, got {text!r}")
    return int(text)


def _exercise(options: argparse.Namespace) -> int:
    from microgradnet.teach.exercises import EXERCISES

    if options.number is None:
        for exercise in EXERCISES.values():
            print(f"{exercise.number}  {exercise.title}")
        return 0
    exercise = EXERCISES[options.number]
    path: Path = options.output or Path(exercise.file)
    if path.is_dir():
        path /= exercise.file
    if path.exists() and not options.force:
        raise ValueError(f"{path} is there already, and is kept: give another name, or --force to overwrite it")
    print(shown(write_atomically(path, exercise.text.replace("{file}", path.name))))
    return 0


def _check(options: argparse.Namespace) -> int:
    from microgradnet.teach.exercises.check import check

    verdict = check(options.file, options.timeout)
    print(verdict.text)
    return 0 if verdict.is_right else 1
