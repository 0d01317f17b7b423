"""Exercises and their checker: nothing right is refused, nothing wrong accepted, and no program disturbs."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from microgradnet.cli.main import main
from microgradnet.teach.exercises import EXERCISES
from microgradnet.teach.exercises.check import check
from tests.teach.exercises.solutions import RIGHT, WRONG

each_exercise = pytest.mark.parametrize("number", EXERCISES)


def written(folder: Path, text: str, number: int = 1, name: str = "solution.py") -> Path:
    path = folder / name
    path.write_text(f'"""Exercise {number}: …"""\n{text}', "utf-8")
    return path


@each_exercise
def test_an_exercise_is_written_and_not_yet_right(
    number: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["exercise", str(number), "-o", str(tmp_path)]) == 0
    path = Path(capsys.readouterr().out.strip())
    text = path.read_text("utf-8")
    assert f"microgradnet check {path.name}" in text
    compile(text, str(path), "exec")
    before = path.stat().st_mtime_ns
    assert main(["check", str(path)]) == 1
    assert f"not yet written: {EXERCISES[number].defines}" in capsys.readouterr().out
    assert path.stat().st_mtime_ns == before
    assert sorted(file.name for file in tmp_path.iterdir()) == [path.name], "no cache beside it"


@each_exercise
def test_a_right_solution_is_right(number: int, tmp_path: Path) -> None:
    verdict = check(written(tmp_path, RIGHT[number], number))
    assert verdict.is_right, verdict.text
    assert verdict.text.endswith("All of it is right.")
    assert verdict.text.count("right: ") == len(EXERCISES[number].parts)


@each_exercise
def test_the_gap_filled_in_is_right(number: int, tmp_path: Path) -> None:
    """The solution in place of the gap, in the file as it was written."""
    gapped = EXERCISES[number].text
    path = tmp_path / "filled.py"
    path.write_text(gapped + RIGHT[number], "utf-8")  # a later definition takes the place of the first
    assert check(path).is_right


@pytest.mark.parametrize(("number", "before", "after", "words"), WRONG)
def test_a_wrong_solution_is_refused(number: int, before: str, after: str, words: str, tmp_path: Path) -> None:
    assert before in RIGHT[number]
    verdict = check(written(tmp_path, RIGHT[number].replace(before, after), number))
    assert not verdict.is_right
    assert words in " ".join(verdict.text.split()), verdict.text


# --- programs that misbehave ---


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("def tanh_derivative(z) return 1", "SyntaxError: expected ':' line 2: def tanh_derivative(z) return 1"),
        ("def tanh_derivative(z):\n    return 1 / 0", "ZeroDivisionError: division by zero line 3: return 1 / 0"),
        ("import nowhere", "ModuleNotFoundError: No module named 'nowhere' line 2: import nowhere"),
        ("def derivative(z): return 1", "there is no 'tanh_derivative' in the file any more"),
        ("def tanh_derivative(): return 1", "takes 0 positional arguments but 1 was given"),
        ("def tanh_derivative(z): return tanh_derivative(z)", "RecursionError"),
        ("def tanh_derivative(z): exit()", "SystemExit"),
        ("import os\ndef tanh_derivative(z): os._exit(0)", "the program ended itself before"),
        ("import os\ndef tanh_derivative(z): os._exit(3)", "ended by itself, with code 3"),
        ("def tanh_derivative(z): return True", "it should give a number: 1.0"),
        ("def tanh_derivative(z): return float('nan')", "it gives nan; it should give 1.0"),
        ("def tanh_derivative(z): return '1.0'", "it should give a number: 1.0"),
        ("def tanh_derivative(z): return 10**5000", "it should give"),
        (
            "class O:\n    def __repr__(self): raise OSError\ndef tanh_derivative(z): return O()",
            "cannot be shown, of type O",
        ),
        ("def tanh_derivative(z): raise KeyboardInterrupt", "not right: tanh_derivative(0.0)"),
        ("raise Exception('\\x1b[31m\\n\\n' + 'long' * 9999)", "Exception: "),
    ],
)
def test_what_goes_wrong_is_told(text: str, words: str, tmp_path: Path) -> None:
    verdict = check(written(tmp_path, text))
    assert not verdict.is_right
    assert words in " ".join(verdict.text.split()), verdict.text
    assert "\x1b" not in verdict.text
    assert len(verdict.text) < 2000
    assert str(Path(main.__code__.co_filename).parent) not in verdict.text, "our own lines are none of a learner's"


def test_a_loop_without_end_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The seconds are over as soon as the loop has begun, however long that takes here."""
    begun = tmp_path / "begun"
    wait = subprocess.Popen.wait

    def wait_for_the_loop(process: subprocess.Popen[bytes], timeout: float | None = None) -> int:
        while timeout and process.poll() is None and not begun.exists():
            time.sleep(0.01)
        return wait(process, timeout and 0.0)

    monkeypatch.setattr(subprocess.Popen, "wait", wait_for_the_loop)
    text = f"def tanh_derivative(z):\n    open({str(begun)!r}, 'w')\n    while True: pass\n"
    verdict = check(written(tmp_path, text), seconds=2)
    assert "not right: tanh_derivative(0.0)" in verdict.text
    assert "still running after 2 seconds" in verdict.text


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except FileNotFoundError:
        return False


def test_a_child_that_is_left_does_not_live_on(tmp_path: Path) -> None:
    text = (
        "import subprocess, sys\n"
        f"child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"open({str(tmp_path / 'pid')!r}, 'w').write(str(child.pid))\n" + RIGHT[1]
    )
    assert check(written(tmp_path, text)).is_right
    pid = int((tmp_path / "pid").read_text())
    until = time.monotonic() + 60
    while lives(pid):
        assert time.monotonic() < until, "it lives on"
        time.sleep(0.01)


def test_prints_are_shown_and_fake_no_verdict(tmp_path: Path) -> None:
    text = 'import os\nprint("{\\"kind\\": \\"done\\"}")\nos.write(1, b"{\\"kind\\": \\"done\\"}")\n' + (
        "def tanh_derivative(z):\n    print('x' * 10**6)\n    return 2\n"
    )
    verdict = check(written(tmp_path, text))
    assert not verdict.is_right
    assert "It printed: " in verdict.text
    assert len(verdict.text) < 2000


@pytest.mark.parametrize("name", ["füße 🙂.py", "a b.py", "my;solution.py", "no_suffix"])
def test_a_file_of_any_name(name: str, tmp_path: Path) -> None:
    assert check(written(tmp_path, RIGHT[1], name=name)).is_right


def test_a_file_without_its_heading_is_known_by_what_it_defines(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(RIGHT[6])
    assert check(path).exercise.number == 6


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xff\xfe\x00", "is no text (UTF-8)"),
        (b"", "is none of the exercises"),
        (b"x = 1\n", "is none of the exercises"),
        (b"\x00\x00", "is none of the exercises"),
        (b"def (:", "is none of the exercises"),
        (b'"""Exercise 99: ..."""', "is none of the exercises"),
    ],
)
def test_what_is_no_exercise_is_refused(
    content: bytes, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file.py").write_bytes(content)
    assert main(["check", str(tmp_path / "file.py")]) == 1
    assert words in capsys.readouterr().err


@pytest.mark.parametrize("seconds", ["0", "-1", "inf", "nan"])
def test_a_time_limit_is_above_0(seconds: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["check", str(written(tmp_path, RIGHT[1])), f"--timeout={seconds}"])
    assert "seconds above 0" in capsys.readouterr().err


def test_what_is_no_file_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in (tmp_path, tmp_path / "nothing.py"):
        assert main(["check", str(path)]) == 1
        assert str(path) in capsys.readouterr().err


def test_a_learners_file_is_not_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mine.py"
    path.write_text("work of hours")
    assert main(["exercise", "1", "-o", str(path)]) == 1
    assert "is there already" in capsys.readouterr().err
    assert path.read_text() == "work of hours"
    assert main(["exercise", "1", "-o", str(path), "--force"]) == 0
    assert "tanh" in path.read_text("utf-8")


@pytest.mark.parametrize("number", ["0", "8", "x", "-1"])
def test_there_is_no_such_exercise(number: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["exercise", number])
    assert caught.value.code == 2
    assert "there are exercises 1 to 7" in capsys.readouterr().err or number == "-1"


def test_exercises_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["exercise"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [str(number) for number in EXERCISES]


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1, "import numpy as np\ndef tanh_derivative(z): return 1 - np.tanh(z) ** 2"),
        (6, "import numpy as np\ndef descend(gradient, parameters, learning_rate, steps):\n"
            "    p = np.array(parameters)\n    for _ in range(steps):\n"
            "        p = p - learning_rate * np.array(gradient(p.tolist()))\n    return p"),
        (6, "def descend(g, p, rate, steps):\n"
            "    return p if not steps else descend(g, [a - rate * b for a, b in zip(p, g(p))], rate, steps - 1)"),
        (3, "def topological_order(root, found=None):\n    found = {} if found is None else found\n"
            "    for o in root.operands:\n        if o not in found: topological_order(o, found)\n"
            "    found[root] = None\n    return tuple(found)"),
        (5, "from microgradnet import Value\ndef forward(layers, inputs):\n    for k, layer in enumerate(layers):\n"
            "        inputs = [sum(w * x for w, x in zip(ws, inputs)) + b for ws, b in layer]\n"
            "        if k < len(layers) - 1: inputs = [Value(z).tanh().data for z in inputs]\n    return inputs"),
    ],
)  # fmt: skip
def test_other_ways_that_are_right(number: int, text: str, tmp_path: Path) -> None:
    verdict = check(written(tmp_path, text, number))
    assert verdict.is_right, verdict.text


def test_two_wrong_answers_of_a_part_show_the_simplest(tmp_path: Path) -> None:
    verdict = check(written(tmp_path, "def tanh_derivative(z): return 1.0 if z == 0 else 7.0"))
    assert "right: at 0" in verdict.text
    assert "the simplest example: tanh_derivative(1.0)" in verdict.text
    assert "it gives 7.0; it should give 0.41997" in verdict.text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (2, "def backward(order):\n    for node in order: node.grad = float('nan')"),
        (1, "import math\ndef tanh_derivative(z): return 1 - math.tanh(z) ** 2 if abs(z) < 4 else 0.0"),
        (4, RIGHT[4].replace('raise ValueError("as many inputs as weights")', "return ValueError")),
        (
            1,
            "import sys\nfor a in sys.argv[1:]: open(a, 'a').write('{\"kind\": \"done\"}\\n')\n"
            "def tanh_derivative(z): pass",
        ),
    ],
)
def test_what_only_looks_right_is_not(number: int, text: str, tmp_path: Path) -> None:
    verdict = check(written(tmp_path, text, number))
    assert not verdict.is_right, verdict.text


def test_what_is_written_into_the_report_by_others_is_no_note(tmp_path: Path) -> None:
    text = "import gc, io\nfiles = [f for f in gc.get_objects() if isinstance(f, io.TextIOWrapper)]\n"
    text += "for f in files:\n    if 'report' in str(f.name):\n"
    text += "        f.write('7\\n{\"ki'); f.flush()\n" + RIGHT[1]
    verdict = check(written(tmp_path, text))
    assert "right" in verdict.text


REPORT = """import gc, io, json, os
report = [f for f in gc.get_objects() if isinstance(f, io.TextIOWrapper) and "report" in str(f.name)][0]
def say(text):
    report.write(text + "\\n")
    report.flush()
"""


@pytest.mark.parametrize(
    "line",
    ['{"kind": "done"}', '{"kind": "trying"}', '{"kind": "wrong"}', '{"kind": "failed"}', '{"kind": "right"}', "null",
     '{"kind": "printed"}', '{"kind": []}', '{"kind": "wrong", "part": 1, "got": 2, "why": 3}', "[" * 100_000,
     '{"kind": "failed", "error": "E", "says": "s", "code": "c", "line": []}', '{"kind": "trying", "call": {}}', "7",
     '{"kind": "trying", "call": "f()", "hint": 7}', '{"kind": "right", "part": "at 0"}', "9" * 5000],
)  # fmt: skip
def test_a_forged_line_of_the_report_is_no_traceback(line: str, tmp_path: Path) -> None:
    """A program that ends itself after that line, and a right one."""
    verdict = check(written(tmp_path, f"{REPORT}say({line!r})\nos._exit(0)"))
    assert not verdict.is_right
    assert "not right: " in verdict.text
    assert "right" in check(written(tmp_path, f"{REPORT}say({line!r})\n{RIGHT[1]}")).text


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        ('say(json.dumps({"kind": "done"}))', "the report of this check is damaged or missing"),
        ("report.truncate(0)", "the report of this check is damaged or missing"),
        ("os.remove(report.name)", "the program ended itself"),
        ("os.remove(report.name); os.mkdir(report.name)", "the program ended itself"),
        pytest.param(
            "os.remove(report.name); os.mkfifo(report.name)", "the program ended itself",
            marks=pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no FIFOs here"),
        ),
    ],
)  # fmt: skip
def test_a_report_that_is_damaged_or_missing_is_said_to_be(damage: str, words: str, tmp_path: Path) -> None:
    verdict = check(written(tmp_path, f"{REPORT}{damage}\nos._exit(0)"))
    assert not verdict.is_right
    assert words in " ".join(verdict.text.split())


def test_what_a_report_says_reaches_no_terminal_as_it_is(tmp_path: Path) -> None:
    line = '{"kind": "trying", "call": "\\\\u001b[31m"}'
    assert "\x1b" not in check(written(tmp_path, f"{REPORT}say({line!r})\nos._exit(0)")).text


def test_the_help_says_that_it_is_no_sandbox(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["check", "--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert "no sandbox: run only what you trust; a pass is no proof" in said


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("raise KeyError(z)", "KeyError"),
        ("1 / 0", "ZeroDivisionError"),
        ("input()", "EOFError"),
        ("exit()", "SystemExit"),
        ("while True: pass", "is there a loop that has no end?"),
    ],
)
def test_a_hint_comes_with_a_wrong_answer_alone(body: str, words: str, tmp_path: Path) -> None:
    text = check(written(tmp_path, f"def tanh_derivative(z):\n    {body}"), 3).text
    assert words in text
    assert "hint: " not in text
    assert "hint: " in check(written(tmp_path, "def tanh_derivative(z): return z + 1")).text


def test_a_hint_that_does_not_fit_is_not_given(tmp_path: Path) -> None:
    assert "hint" not in check(written(tmp_path, "def tanh_derivative(z): print(z)")).text


def test_a_program_may_set_its_output_as_it_likes(tmp_path: Path) -> None:
    assert check(written(tmp_path, "import sys\nsys.stdout.reconfigure(line_buffering=True)\n" + RIGHT[1])).is_right


def test_a_file_beside_it_can_be_imported(tmp_path: Path) -> None:
    (tmp_path / "helper.py").write_text("import math\ntanh = math.tanh\n")
    assert check(written(tmp_path, "import helper\ndef tanh_derivative(z): return 1 - helper.tanh(z) ** 2")).is_right


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited on Linux")
def test_a_program_that_asks_for_all_memory_is_refused_it(tmp_path: Path) -> None:
    verdict = check(written(tmp_path, "hoard = bytearray(5 * 2**30)\n" + RIGHT[1]))
    assert not verdict.is_right
    assert "MemoryError" in verdict.text
