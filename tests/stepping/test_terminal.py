"""The debugger in a terminal: as a function, as the real command with files and pipes, and on a terminal (a pty)."""

import os
import re
import select
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from pathlib import Path

import pytest

from microgradnet import Value, sigmoid, sqrt, trace_source
from microgradnet.graph import topological_order
from microgradnet.notation.names import Namer, number
from microgradnet.ops import TABLE
from microgradnet.stepping import step_through
from microgradnet.stepping.terminal import COMMANDS
from microgradnet.teach.examples import EXAMPLES
from microgradnet.value import apply


def said(capsys: pytest.CaptureFixture[str], loss: Value, *commands: str) -> str:
    """What a session shows after the first view."""
    step_through(loss, commands)
    text = capsys.readouterr().out
    return text[text.index("(step) ") :] if "(step) " in text else text


def program(*arguments: str, stdin: str = "", **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "microgradnet", "step", *arguments],
        input=stdin, capture_output=True, encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8", "COLUMNS": "80", **environment},
    )  # fmt: skip


def square() -> Value:
    a = Value(3.0, "a₁")
    y = a * a
    y.label = "y"
    return y


# As a function


def test_a_session_reads_well(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "54")
    with trace_source():
        y = square()
    step_through(y, ["step", "step"])
    source = f"test_terminal.py:{square.__code__.co_firstlineno + 2} y = a * a"
    assert (
        capsys.readouterr().out
        == f"""\
── forward 1 of 1; backward is next ──────────────────
             data  grad
▶ y = a₁·a₁     9     1
  ├─ a₁         3     —
  └─ a₁         3     —
y = a₁·a₁ = 3·3 = 9
{source}
(step) step
── backward 1 of 2, contribution 1 of 2 to a₁.grad ───
             data  grad
  y = a₁·a₁     9     1
▶ ├─ a₁         3     3
  └─ a₁         3     3
a₁.grad += y.grad · ∂y/∂a₁ = 1 · a₁ = 1 · 3 = 3
  (operand 1 of a₁·a₁)
∂y/∂a₁ = a₁ = 3
{source}
(step) step
── backward 2 of 2, contribution 2 of 2 to a₁.grad ───
             data  grad
  y = a₁·a₁     9     1
  ├─ a₁         3     6
▶ └─ a₁         3     6
a₁.grad += y.grad · ∂y/∂a₁ = 1 · a₁ = 1 · 3 = 3, and 3
  + 3 = 6 (operand 2 of a₁·a₁)
∂y/∂a₁ = a₁ = 3
{source}
the end: every gradient is complete
"""
    )


@pytest.mark.parametrize(
    ("commands", "says"),
    [
        (["s", "p a1"], "a₁.data = 3.0, a₁.grad = 3.0 (contribution 1 of 2)"),
        (["s 2", "b", "p"], "a₁.grad = 3.0 (contribution 1 of 2)"),
        (["s 2", "b 2", "p a₁"], "a₁.grad = —"),
        (["b 99", "p y"], "y.data = —, y.grad = —"),
        (["b 99"], "the beginning: nothing is computed yet"),
        (["b 9", "b"], "this is the beginning"),
        (["c", "c"], "this is the end"),
        (["break a1", "break multiply", "break"], "breakpoint 2: operation multiply"),
        (["break a1", "c"], "(step) c\n── backward 1 of 2"),
        (["break |grad| > 4", "c"], "breakpoint 1: |grad| > 4"),
        (["break y", "clear", "break"], "no breakpoints"),
        (["break y", "break nan", "clear 1", "break"], "(step) break\nbreakpoint 1: nan or infinity\n"),
        (["watch a1", "c"], "watch: a₁.grad = 6"),
        (["watch a1", "watch a1"], "watching nothing"),
        (["s", "where"], "▶ y = a₁·a₁ = 9, grad 1"),
        (["explain a1"], "∂y/∂a₁ = 6: 2 paths from a₁ to y"),
        (["l"], "▶ forward    1  y = a₁·a₁ = 3·3 = 9\n  backward   1  a₁.grad += y.grad"),
        (["list all"], "  backward   2  a₁.grad"),
        (["s 2", "restart"], "(step) restart\n── forward 1 of 1; backward is next"),
        (["# nothing", "", "   ", "s  # one"], "(step) s\n── backward 1"),
        (["q", "unheard of"], "(step) q\n"),
        (["help"], "An empty line repeats"),
        (["h explain"], "explain      [NAME]     Explain"),
    ],
)
def test_commands(commands: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert says in said(capsys, square(), *commands)


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("stp", "unknown command 'stp': did you mean 'step'?"),
        ("a1", "a1 is no command, but a value: `print a1` shows it"),
        ("!ls", "unknown command '!ls'"),
        ("é", "unknown command 'é'"),
        ("step -1", "a count is a whole number, 1 or more; got '-1'"),
        ("back " + "9" * 5000, "a count is a whole number"),
        ("print b1", "no value is called 'b1': there are a1, y"),
        ("explain \x1b[2J", "no value is called '\ufffd[2J'"),
        ("break multply", "did you mean 'multiply'?"),
        ("clear 7", "there is no breakpoint 7"),
        ("next 3", "next takes no argument; got '3'"),
        ("w = 3", "numbers stay as they are here: change them in the program"),
        ("list most", "the word all"),
        ("help me", "unknown command 'me'"),
        ("draw nowhere/a.svg", "there is no directory"),
        ("draw a.doc", "its suffix is .doc"),
    ],
)
def test_what_cannot_be_done_is_explained_and_ends_a_script(
    command: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ValueError, match="line 3: .*" + re.escape(says)):
        step_through(square(), ["step", "# a comment", command, "step"])
    assert "\x1b" not in capsys.readouterr().out
    if command.isprintable():
        ended = program("two-inputs", stdin=f"{command}\nstep\n")  # typed, it is explained and one can go on
        assert (ended.returncode, ended.stderr) == (0, "")
        assert "backward 1 of" in ended.stdout


def test_help_has_one_line_for_each_command(capsys: pytest.CaptureFixture[str]) -> None:
    lines = said(capsys, square(), "help").splitlines()[1:-2]
    assert [re.split(r"[, ]", line)[0] for line in lines] == list(COMMANDS)
    assert all(len(line) <= 80 and line.endswith(".") for line in lines)


def test_drawing_marks_the_step_and_shows_the_gradients_of_now(capsys: pytest.CaptureFixture[str]) -> None:
    y = square()
    y.backward()
    assert "wrote step-2.svg" in said(capsys, y, "step", "draw", "draw mine.dot")
    ET.parse("step-2.svg")
    dot = Path("mine.dot").read_text("utf-8")
    assert "grad 3" in dot
    assert "▶" in dot
    assert y.operands[0].grad == 6.0
    assert sorted(path.name for path in Path().iterdir()) == ["mine.dot", "step-2.svg"]


def test_a_pass_that_fails_is_stepped_up_to_there(capsys: pytest.CaptureFixture[str]) -> None:
    x = Value(0.0, "x")
    assert "the derivative of sqrt(x) has no finite value" in said(capsys, sqrt(x) * 2, "c")
    with pytest.raises(ValueError, match=r"line 1: the derivative of sqrt"):
        step_through(sqrt(x) * 2, "explain x")


@pytest.mark.parametrize("columns", [1, 40, 57, 200])
@pytest.mark.parametrize(
    "label", ["\x1b]0;owned\x07\x1b[31m", "a\r\nb\u2028c", "x" * 10_000, "w" * 500 + "\x9b2J", "…", "\ud800", "₁" * 99]
)
def test_hostile_labels_never_reach_the_terminal(
    label: str, columns: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    x, w = Value(2.0, label), Value(0.5, label)
    z = w * x + w * x + x
    z.label = label
    loss = sigmoid(z)
    commands = ["watch " + label] if label.isprintable() and len(label) < 100 else []
    commands += ["s", "n", "where", "explain", "print", "list all", "break nan", "c", "draw a.dot", "b 99"]
    text = said(capsys, loss, *commands)
    assert not set(map(chr, [*range(10), *range(11, 32), *range(127, 160), 0x2028])) & set(text)
    assert max(map(len, text.splitlines())) <= max(40, columns)
    assert len(text) < 200_000


def test_it_leaves_the_graph_alone(capsys: pytest.CaptureFixture[str]) -> None:
    for example in EXAMPLES.values():
        loss = example.build()
        before = [(node.data, node.grad) for node in topological_order(loss)]
        said(capsys, loss, "s 3", "explain", "draw a.dot", "b 20", "c")
        nodes = topological_order(loss)
        assert all(node.data is data and node.grad is grad for node, (data, grad) in zip(nodes, before, strict=True))


def test_a_weighted_sum_of_many_shows_those_near(capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, apply(TABLE["total"], tuple(Value(float(i), f"x{i}") for i in range(100))) * 1, "s 52")
    assert "├─ … 46 before" in text
    assert "▶ ├─ x50" in text
    assert "└─ … 46 more" in text


# As a command


@pytest.mark.parametrize("name", EXAMPLES)
def test_each_example_steps_from_begin_to_end_with_a_script(name: str) -> None:
    script = Path("script.txt")
    script.write_text(f"# {name}\nback 1000\n" + "step\n" * 200 + "list all\nq\n", "utf-8")
    ended = program(name, "--commands", "script.txt")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "the beginning: nothing is computed yet" in ended.stdout
    assert "the end: every gradient is complete" in ended.stdout
    assert re.search(r"^\w+\.py:\d+ .*=", ended.stdout, re.MULTILINE)  # the line of the program
    order = topological_order(EXAMPLES[name].build())
    namer = Namer(order)
    for node in order:
        if node.label and node.op.name != "constant":
            shown = rf" {re.escape(namer.name(node))} .* {re.escape(number(node.grad))}$"
            assert re.search(shown, ended.stdout, re.MULTILINE)


def test_piped_it_echoes_what_it_reads_and_an_empty_line_repeats() -> None:
    ended = program("neuron", stdin="# first\nnext\n\nback\n\n\nprint w1\n\nq\nnever\n")
    assert (ended.returncode, ended.stderr) == (0, "")
    shown = re.findall(r"^(?:\(step\)(.*)|── (\w+ \d|the beginning))", ended.stdout, re.MULTILINE)
    assert [typed.strip() or seen for typed, seen in shown] == [
        "forward 3", "# first", "next", "backward 1", "", "backward 2", "back", "backward 1", "", "forward 3", "",
        "forward 2", "print w1", "", "forward 1", "q",
    ]  # fmt: skip
    assert "\x1b" not in ended.stdout


def test_the_end_of_what_is_piped_ends_it() -> None:
    ended = program("neuron", stdin="s")
    assert (ended.returncode, ended.stdout[-8:]) == (0, "(step) \n")


def test_a_terminal_without_subscripts_gets_ascii() -> None:
    ended = program("learning", stdin="s\nn\np w1\nexplain w1\nwhere\n", PYTHONIOENCODING="ascii:strict")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.isascii()
    assert "?" not in ended.stdout
    assert "> |- T " in ended.stdout or "> `- " in ended.stdout
    assert "E = 0.5*(T - a2)^2" in ended.stdout


LESSON = """
import sys
import beside
from microgradnet import MLP, Value
assert __name__ == "__main__" and sys.argv == [{file!r}]
x = Value(2.0, "x")
loss = x * x; loss.label = "loss"
losses = [loss, x]
numbers = [1, 2]
model = MLP(1, [1])
print("computed")
"""


@pytest.mark.parametrize("folder", [".", "a folder"])
def test_a_value_of_a_program(folder: str) -> None:
    Path(folder).mkdir(exist_ok=True)
    file = str(Path(folder, "lesson.py"))
    Path(file).write_text(LESSON.format(file=file), "utf-8")
    Path(folder, "beside.py").write_text("", "utf-8")
    ended = program(f"{file}:loss", stdin="c\n")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith("computed\n── forward 1 of 1")
    assert 'lesson.py:7 loss = x * x; loss.label = "loss"' in ended.stdout


@pytest.mark.parametrize(
    ("what", "code", "says"),
    [
        ("lesson.py:lost", 1, "lesson.py has no variable 'lost': did you mean 'loss'?"),
        ("lesson.py:losses", 1, "is a list, not a Value: take one of them, or their sum"),
        ("lesson.py:numbers", 1, "is a list, not a Value: name the Value"),
        ("lesson.py:model", 1, "is an MLP, not a Value: call it"),
        ("lesson.py:sys", 1, "is a module, not a Value"),
        ("lesson.py", 2, "say which value of lesson.py: lesson.py:loss"),
        ("lesson.py:", 2, "say which value of lesson.py: lesson.py:loss"),
        ("gone.py:loss", 1, "there is no file 'gone.py'"),
        ("raises.py:loss", 1, "raises.py, line 2: ZeroDivisionError"),
        ("broken.py:loss", 1, "broken.py, line 1: SyntaxError"),
        ("leaves.py:loss", 1, "leaves.py, line 1: SystemExit: 3"),
        ("empty.py:loss", 1, "empty.py has no variable 'loss': no variable of it is a Value"),
        ("stale.py:y", 1, "was changed after"),
        ("neurn", 2, "did you mean 'neuron'?"),
    ],
)
def test_what_is_wrong_with_it(what: str, code: int, says: str) -> None:
    Path("beside.py").write_text("", "utf-8")
    Path("lesson.py").write_text(LESSON.format(file="lesson.py"), "utf-8")
    Path("raises.py").write_text("loss = 1\nloss / 0\n", "utf-8")
    Path("broken.py").write_text("loss = = 1\n", "utf-8")
    Path("leaves.py").write_text("raise SystemExit(3)\n", "utf-8")
    Path("empty.py").write_text("", "utf-8")
    Path("stale.py").write_text("from microgradnet import Value\nx = Value(1)\ny = x * x\nx.data = 2\n", "utf-8")
    ended = program(what)
    assert (ended.returncode, "Traceback" in ended.stderr) == (code, False)
    assert says in ended.stderr


@pytest.mark.parametrize(
    ("script", "says"),
    [
        ("step\n# a comment\nstpe\nstep\n", "script.txt, line 3: unknown command 'stpe': did you mean 'step'?"),
        ("print q\n", "script.txt, line 1: no value is called 'q'"),
    ],
)
def test_a_mistake_in_a_script_stops_it_and_is_named(script: str, says: str) -> None:
    Path("script.txt").write_text(script, "utf-8")
    ended = program("neuron", "--commands", "script.txt")
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"microgradnet: {says}")
    assert ended.stderr.count("\n") == 1
    assert program("neuron", "--commands", "none.txt").returncode == 1


def test_a_reader_who_leaves_early() -> None:
    command = f"{sys.executable} -m microgradnet step layers --commands script.txt | head -1"
    Path("script.txt").write_text("list all\n" * 2000, "utf-8")
    ended = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert (ended.stdout.count("\n"), ended.stderr) == (1, "")


# On a terminal

pty = pytest.importorskip("pty", reason="there are no pseudo-terminals here")


def typed(keys: Iterable[str], **environment: str) -> str:
    """What a terminal shows of a session in which these keys are typed, each after a prompt."""
    pid, terminal = pty.fork()
    if pid == 0:  # pragma: no cover
        os.environ.update({"TERM": "xterm", "PYTHONIOENCODING": "utf-8", "COLUMNS": "80", **environment})
        os.execv(sys.executable, [sys.executable, "-m", "microgradnet", "step", "neuron"])
    shown, answered = b"", 0
    waiting, until = iter(keys), time.monotonic() + 60
    while time.monotonic() < until:
        if select.select([terminal], [], [], 0.3)[0]:
            try:
                piece = os.read(terminal, 4096)
            except OSError:  # the other end is closed
                break
            if not piece:
                break
            shown += piece
        elif len(shown) > answered and shown.endswith(b"(step) "):  # not before a Ctrl-C has come through
            answered = len(shown)
            os.write(terminal, next(waiting, "\x04").encode())
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    return shown.decode().replace("\r\n", "\n")


def test_on_a_terminal_keys_work() -> None:
    text = typed(["ste\t\n", "\n", "print w\t\n", "b\n", "q\n"])
    assert "\x1b[1m── backward 1 of 5" in text
    assert "backward 2 of 5" in text
    assert "w₁.data = 0.15, w₁.grad = —" in text
    assert text.count("(step) ") >= 5


def test_ctrl_c_gives_up_the_line_and_ctrl_d_quits() -> None:
    text = typed(["prin\x03", "s\n", "\x04"])
    assert "interrupted; q quits" in text
    assert "backward 1 of 5" in text
    assert "Traceback" not in text


@pytest.mark.parametrize("environment", [{"TERM": "dumb"}, {"NO_COLOR": "1"}])
def test_a_dumb_terminal_gets_no_escapes(environment: dict[str, str]) -> None:
    text = typed(["s\n", "q\n"], **environment)
    assert "── backward 1 of 5" in text
    assert "\x1b[1m" not in text
    assert "\x1b" not in text.replace("\x1b[?2004h", "").replace("\x1b[?2004l", "")  # readline's own, if any


def test_the_current_application_is_marked_in_colour_and_roles_are_told_apart() -> None:
    text = typed(["s 3\n", "q\n"])
    marked = re.findall(r"\x1b\[30;43m(.*?)\x1b\[0m", text)
    assert [part.split() for part in marked[-2:]] == [["▶", "└─", "b₁"], ["0.4", "0.2395"]]  # as the page marks it
    assert "\x1b[35m  ┌─ a₁ = σ(z₁)" in text  # the result
    assert "\x1b[1m  z₁ = w₁·x₁ + b₁" in text  # whose gradient is passed on
    text = typed(["s 5\n", "b\n", "q\n"])
    assert "\x1b[33m  " in text or "\x1b[30;43m▶ ├─ w₁" in text  # a parameter


def test_it_says_first_what_to_type() -> None:
    assert typed(["q\n"], NO_COLOR="1").lstrip("\x1b[?204hl").startswith("Type s for one step, b to go back")


def test_a_narrow_terminal_lists_steps_whole(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    loss = EXAMPLES["learning"].build()
    listed = said(capsys, loss, "list")
    assert max(map(len, listed.splitlines())) <= 40
    assert "forward 7 T − a₂ = 0.25 − 0.7153 = −0.4653" in " ".join(listed.split())
