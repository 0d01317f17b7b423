"""`step_through(loss)`: a debugger for backpropagation in the terminal, which steps forward and backward.

`timeline` holds the steps, `terminal_view` displays them, and this module has the commands.
"""

import re
import sys
from cmd import Cmd
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, TextIO

from microgradnet._shared.terminal import Screen
from microgradnet._shared.text import one_line, plain, shorten, suggestion
from microgradnet.drawing import draw
from microgradnet.errors import ProviderError
from microgradnet.stepping.paths import explain
from microgradnet.stepping.steps import BackwardStep
from microgradnet.stepping.terminal_view import exactly, gradient, heading, show, show_path, show_steps
from microgradnet.stepping.timeline import Breakpoint, Timeline
from microgradnet.value import Value

COMMANDS = {
    "step": ("s", "[COUNT]"), "next": ("n", ""), "back": ("b", "[COUNT]"), "continue": ("c", ""), "restart": ("", ""),
    "break": ("", "[WHAT]"), "clear": ("", "[NUMBER]"), "watch": ("", "[NAME]"), "print": ("p", "[NAME]"),
    "where": ("w", ""), "explain": ("", "[NAME]"), "list": ("l", "[all]"), "draw": ("", "[FILE]"),
    "help": ("h", "[COMMAND]"), "quit": ("q", ""),
}  # fmt: skip
"""Each command, its short form and its argument. The first line of its docstring is its help text."""
_SHORT = {short: command for command, (short, _) in COMMANDS.items() if short}
_COMMENT = re.compile(r"(^|\s)#.*")
FIRST = "Type s for one step, b to go back, p NAME for a number, h for all commands, q to quit."
MOST_SHOWN = 10  # values of the same name


def step_through(loss: Value, commands: Iterable[str] | None = None) -> None:
    """Step through forward and backward propagation of `loss` in the terminal; `help` lists the commands.

    It starts after forward propagation, before the chain rule is first applied. It changes neither numbers nor
    gradients of the graph: it displays the gradients of one pass that starts at 0.

    Args:
        loss: the result.
        commands: a script, one command per line (`#` begins a comment), in place of typed commands.

    Raises:
        TypeError: `loss` is not a Value.
        StaleGraphError: as `Value.backward`.
        ValueError: a command of the script is invalid; the message names the line. For a typed command the message
            is printed.

    >>> w, x = Value(2.0, "w"), Value(3.0, "x"); y = w * x; y.label = "y"
    >>> step_through(y, ["step 2  # both operands", "print x"])
    ── forward 1 of 1; backward is next ────...
               data  grad
    ▶ y = w·x     6     1
      ├─ w        2     —
      └─ x        3     —
    y = w·x = 2·3 = 6
    (step) step 2
    ── backward 2 of 2 ────...
               data  grad
      y = w·x     6     1
      ├─ w        2     3
    ▶ └─ x        3     2
    x.grad += y.grad · ∂y/∂x = 1 · w = 1 · 2 = 2
    ∂y/∂x = w = 2
    the end: every gradient is complete
    (step) print x
    x.data = 3.0, x.grad = 2.0
    """
    stepper = Stepper(Timeline(loss), sys.stdout)
    if commands is None and sys.stdin.isatty():
        stepper.screen.write(FIRST)
    stepper.look()
    if commands is not None:
        return stepper.follow(commands.splitlines() if isinstance(commands, str) else commands)
    while True:
        try:
            return stepper.cmdloop()
        except KeyboardInterrupt:  # abandons the line or the listing, as in pdb
            if not sys.stdin.isatty():
                raise
            stepper.screen.write("\ninterrupted; q quits")


class Stepper(Cmd):
    """The commands on a timeline, whose output goes to `stream`."""

    prompt = "(step) "

    def __init__(self, timeline: Timeline, stream: TextIO) -> None:
        super().__init__(stdout=stream)
        self.timeline, self.screen = timeline, Screen(stream)
        self.breakpoints: list[Breakpoint] = []
        self.watched: dict[Value, None] = {}
        self.again = "step"  # the command that an empty line repeats
        self.line = 0  # number of the script's line; 0 for typed commands

    def follow(self, commands: Iterable[str]) -> None:
        """Run the commands of a script, each printed after a prompt."""
        for self.line, text in enumerate(commands, start=1):
            if command := _COMMENT.sub("", text).strip():
                self.screen.write(self.prompt + command)
                if self.onecmd(command):
                    return

    def precmd(self, line: str) -> str:
        """Echo the line unless it was typed at a terminal, to make transcripts readable."""
        if not sys.stdin.isatty():
            self.screen.write("" if line == "EOF" else line)
        return line

    def onecmd(self, line: str) -> bool:
        """Run one command; return whether to quit."""
        command = _COMMENT.sub("", line).strip()
        if line.strip() and not command:
            return False
        name, argument, _ = self.parseline(command)
        try:
            if re.match(r"\S+\s*=", command):
                raise ValueError("numbers stay as they are here: change them in the program, or drag them in its page")
            if argument and not COMMANDS.get(name or "", "  ")[1]:
                raise ValueError(f"{name} takes no argument; got {shorten(one_line(argument))!r}")
            quits = super().onecmd(command)
        except BrokenPipeError:
            raise
        except (ValueError, ArithmeticError, OSError, ProviderError) as error:
            if self.line:
                raise ValueError(f"line {self.line}: {_message(error)}") from None
            self.screen.write(_message(error))
            return False
        if name in {"step", "next", "back"}:
            self.again = command
        return quits

    def parseline(self, line: str) -> tuple[str | None, str | None, str]:
        """The command's full name and its argument."""
        command, argument, line = super().parseline(line)
        return _SHORT.get(command or "", command), argument, line

    def emptyline(self) -> bool:
        """Repeat the last step, next or back."""
        return self.onecmd(self.again)

    def default(self, line: str) -> None:
        """Raise an error for an unknown command."""
        word = one_line(line).partition(" ")[0]
        if plain(word) in map(plain, self.timeline.names()):
            raise ValueError(f"{shorten(word)} is no command, but a value: `print {shorten(word)}` shows it")
        raise ValueError(f"unknown command {shorten(word)!r}: {suggestion(word, COMMANDS)} `help` lists them all")

    def completenames(self, text: str, *ignored: object) -> list[str]:
        """The commands that begin with `text`."""
        return [command for command in COMMANDS if command.startswith(text)]

    def completedefault(self, *typed: Any) -> list[str]:
        """The names of values that begin with the typed text."""
        text, line, _, end = typed
        begun = line[:end].partition(" ")[2].lstrip()
        given = len(begun) - len(text)  # a name may contain characters that readline treats as word separators
        return [name[given:] for name in self.timeline.names() if plain(name).startswith(plain(begun))]

    def do_step(self, argument: str) -> None:
        """Go one step forward, or COUNT steps."""
        self._go(self.timeline.position + _count(argument))

    def do_next(self, argument: str) -> None:
        """Go forward to the next node."""
        self._go(self.timeline.next_node)

    def do_back(self, argument: str) -> None:
        """Undo the last step, or the last COUNT steps."""
        self._go(self.timeline.position - _count(argument))

    def do_continue(self, argument: str) -> None:
        """Go forward to the next breakpoint, or to the end."""
        position, stop = self.timeline.next_stop(self.breakpoints)
        self._go(position)
        if stop:
            self._list_breakpoints([stop])

    def do_restart(self, argument: str) -> None:
        """Go back to before the first backward step."""
        self.timeline.position = self.timeline.start
        self.look()

    def _go(self, position: int) -> None:
        end = len(self.timeline.steps)
        position = max(0, min(position, end))
        if position == self.timeline.position:
            self.screen.write(f"this is the {'end; b goes back' if position == end else 'beginning; s goes forward'}")
        else:
            self.timeline.position = position
            self.look()

    def look(self) -> None:
        """Display the current position."""
        timeline = self.timeline
        show(timeline, self.screen)
        for value in self.watched:
            self.screen.write(f"watch: {timeline.name(value)}.grad = {gradient(timeline, value)}")
        if timeline.position == len(timeline.steps):
            failed = timeline.failure
            self.screen.write(_message(failed) if failed else "the end: every gradient is complete")

    def do_break(self, argument: str) -> None:
        """Stop at w, sigmoid, |grad| > 0.5 or nan; alone: list."""
        if argument:
            self.breakpoints.append(self.timeline.breakpoint(argument))
        self._list_breakpoints(self.breakpoints[-1:] if argument else self.breakpoints)
        if not self.breakpoints:
            self.screen.write("no breakpoints; break w, break sigmoid, break |grad| > 0.5 or break nan sets one")

    def _list_breakpoints(self, breakpoints: Iterable[Breakpoint]) -> None:
        for stop in breakpoints:
            self.screen.write(f"breakpoint {self.breakpoints.index(stop) + 1}: {stop.text}")

    def do_clear(self, argument: str) -> None:
        """Remove breakpoint NUMBER; alone: all of them."""
        if not argument:
            self.breakpoints.clear()
        elif _count(argument) > len(self.breakpoints):
            raise ValueError(f"there is no breakpoint {argument}: `break` lists them")
        else:
            del self.breakpoints[_count(argument) - 1]
        self.do_break("")

    def do_watch(self, argument: str) -> None:
        """Show a gradient after each move; repeat to stop."""
        for value in self._values(argument) if argument else ():
            if value in self.watched:
                del self.watched[value]
            else:
                self.watched[value] = None
        self.screen.write(f"watching {', '.join(map(self.timeline.namer.name, self.watched)) or 'nothing'}")

    def do_print(self, argument: str) -> None:
        """Print a value and its gradient so far, exactly."""
        for value in self._values(argument):
            self.screen.write(exactly(self.timeline, value))

    def do_where(self, argument: str) -> None:
        """Show a shortest path from the result to here."""
        show_path(self.timeline, self.screen)

    def do_explain(self, argument: str) -> None:
        """Explain a gradient as a sum over paths."""
        value, *others = self._values(argument)
        if others:
            raise ValueError(f"{argument} is the name of several values: type {argument}#1 for the first")
        self.screen.write(str(replace(explain(value, self.timeline.root), namer=self.timeline.namer)))

    def do_list(self, argument: str) -> None:
        """List the steps around this one, or all."""
        if argument not in {"", "all"}:
            raise ValueError(f"list takes no argument, or the word all; got {shorten(argument)!r}")
        show_steps(self.timeline, self.screen, every=bool(argument))

    def do_draw(self, argument: str) -> None:
        """Save the graph as SVG with this step highlighted."""
        timeline, step = self.timeline, self.timeline.step
        mark = [(step.node, step.position) if isinstance(step, BackwardStep) else step.node] if step else []
        with timeline.in_graph():
            picture = draw(timeline.root, "ops", mark=mark, title=heading(timeline))
        self.screen.write(f"wrote {picture.save(argument or f'step-{timeline.position}.svg')}")

    def do_help(self, argument: str) -> None:
        """List the commands, or describe one."""
        command = _SHORT.get(argument, argument)
        if command and command not in COMMANDS:
            self.default(command)
        for name in [command] if command else COMMANDS:
            short, takes = COMMANDS[name]
            does = (getattr(self, f"do_{name}").__doc__ or "").partition("\n")[0]
            self.screen.write(f"{f'{name}, {short}' if short else name:12} {takes:10} {does}")
        if not command:
            self.screen.write("An empty line repeats the last step, next or back. w₁ may be typed as w1.")
            self.screen.write("Without NAME, print and explain take the value that the last step changed.")

    def do_quit(self, argument: str) -> bool:
        """Quit; the graph is unchanged."""
        return True

    def do_EOF(self, argument: str) -> bool:  # noqa: N802  # Cmd's name for the end of input
        """Quit."""
        if sys.stdin.isatty():
            self.screen.write()
        return True

    def _values(self, name: str) -> list[Value]:
        """The values of that name, at most ten; without a name, the value that the current step changed."""
        if name:
            return self.timeline.find(name)[:MOST_SHOWN]
        step = self.timeline.step
        return [step.operand if isinstance(step, BackwardStep) else step.node if step else self.timeline.root]


def _count(argument: str) -> int:
    if not re.fullmatch(r"0{0,9}[1-9]\d{0,8}|", argument):
        raise ValueError(f"a count is a whole number, 1 or more; got {shorten(one_line(argument))!r}")
    return int(argument or 1)


def _message(error: Exception) -> str:
    return shorten(one_line(str(error)), 1000)
