"""A Pdb for backpropagation: it stops only in your program, in the chain rule and in the rules of operations.

    PYTHONBREAKPOINT=microgradnet.debug.set_trace python lesson.py      # each breakpoint() is this debugger
    python -m microgradnet.debug lesson.py                              # as python -m pdb lesson.py

It adds the commands `rule`, `node`, `grads` and `draw`. Importing this module has no side effects.
"""

import inspect
import os
import pdb
import sys
from collections.abc import Callable, Mapping
from types import FrameType, FunctionType, TracebackType
from typing import Any, NamedTuple

from microgradnet._shared.text import plain
from microgradnet.chain_rule import backpropagate
from microgradnet.drawing import draw
from microgradnet.drawing.picture import FORMATS
from microgradnet.errors import ProviderError
from microgradnet.graph import Graph
from microgradnet.notation.names import Namer, gradient, number
from microgradnet.ops import CONSTANT, TABLE
from microgradnet.stepping.applications import Application, applications
from microgradnet.stepping.steps import BackwardStep, ForwardStep
from microgradnet.value import Value

SKIPPED = ("microgradnet", "microgradnet.*")
ENTERED = {
    "microgradnet.chain_rule",
    "microgradnet.stepping.applications",
    "microgradnet.ops.arithmetic",
    "microgradnet.ops.elementary",
    "microgradnet.ops.activations",
}
COMMANDS = ("rule", "node", "grads", "draw")
PICTURE = "backward.svg"
NO_MORE_RULES = """\
*** the program ends here without a further application of the chain rule to Values.
A compiled function, as in fit(…), applies it to arrays; fit(…, compiled=False) applies it to Values."""
USAGE = """usage: python -m microgradnet.debug [-c COMMAND] ... [-m MODULE | FILE.py] [ARGUMENT] ...

pdb that stops only in your program, in the chain rule and in the rules of operations. Its own commands are rule, node,
grads and draw; `help` lists all. -c runs a command before the program starts: -c continue, -c "until 7"."""


def _chain_rule_lines(loop: Callable[..., Any]) -> set[int]:
    """The lines `operand.grad += upstream * local_derivative` of a loop."""
    lines, first = inspect.getsourcelines(loop)
    return {first + index for index, line in enumerate(lines) if line.lstrip().startswith("operand.grad +=")}


CHAIN_RULE = {loop.__code__: _chain_rule_lines(loop) for loop in (backpropagate, applications)}


class _Place(NamedTuple):
    """The current node of a backward pass and, while the chain rule is applied, the position of the operand."""

    root: Value
    node: Value
    position: int | None
    variables: Mapping[str, Any]


class Debugger(pdb.Pdb):
    """Pdb with `rule`, `node`, `grads` and `draw`, which steps over code that is not backpropagation.

    `break` takes the bare name of a rule, as in `b multiply_derivatives`. A line that only begins like a command, such
    as `node.grad`, is Python. Arguments are those of `pdb.Pdb`.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"skip": SKIPPED} | options)
        self._runs_to_rule = False
        self._counted: tuple[Value | None, int] = (None, 0)  # a node and the position of the current operand
        self._named: tuple[Value, Namer] | None = None

    def reset(self) -> None:
        """Stop where a program starts or restarts."""
        self._runs_to_rule = False
        super().reset()

    # Where it stops
    def is_skipped_module(self, module_name: str | None) -> bool:
        """Whether to skip a module: microgradnet without the chain rule and the rules, and the standard library."""
        if module_name is None or module_name in ENTERED:
            return False
        return super().is_skipped_module(module_name) or module_name.partition(".")[0] in sys.stdlib_module_names

    def stop_here(self, frame: FrameType) -> bool:
        """Whether to stop in the frame if there is no breakpoint."""
        if self._runs_to_rule:
            return _is_at_chain_rule(frame) and frame.f_locals["operand"].op is not CONSTANT
        return super().stop_here(frame)

    def break_anywhere(self, frame: FrameType) -> bool:
        """Whether to trace the lines of a function."""
        return (self._runs_to_rule and frame.f_code in CHAIN_RULE) or super().break_anywhere(frame)

    def dispatch_line(self, frame: FrameType) -> Any:
        """Count the operands of a node: `backpropagate` has no variable for the position, needed for a·a."""
        if _is_at_chain_rule(frame):
            last, count = self._counted
            node: Value = frame.f_locals["node"]
            self._counted = node, (count + 1) % len(node.operands) if node is last else 0
        return super().dispatch_line(frame)

    def setup(self, f: FrameType | None, tb: TracebackType | None) -> Any:
        """Prepare for the prompt at each stop."""
        self._runs_to_rule = False
        return super().setup(f, tb)

    def user_return(self, frame: FrameType, return_value: Any) -> None:
        """Say why `rule` has stopped, where the program ends before the next application."""
        if self._runs_to_rule:
            self.message(NO_MORE_RULES)
        super().user_return(frame, return_value)

    # Input and output
    def lineinfo(self, identifier: str) -> Any:
        """The name, file and line of a rule that `break` names."""
        rules = {rule.__name__: rule for op in TABLE.values() for rule in (op.value, op.derivatives)}
        rule = rules.get(identifier.strip())
        if rule is None:
            return super().lineinfo(identifier)
        return rule.__name__, rule.__code__.co_filename, rule.__code__.co_firstlineno

    def parseline(self, line: str) -> tuple[str | None, str | None, str]:
        """`node.grad` and `node = …` are Python, as if there were an exclamation mark before them."""
        command, argument, line = super().parseline(line)
        if command in COMMANDS and argument and not argument[0].isidentifier():
            is_path = command == "draw" and argument[0] in "./~" and _ends_in_file(argument)[1]
            return (command, argument, line) if is_path else (None, None, line)
        return command, argument, line

    def print_stack_entry(self, frame_lineno: tuple[FrameType, int], prompt_prefix: str = pdb.line_prefix) -> None:
        """Print the line and, where the chain rule is applied, its equation with numbers."""
        super().print_stack_entry(frame_lineno, prompt_prefix)
        place = self._place_in(frame_lineno[0])
        if place is not None and place.position is not None:
            upstream, derivative = (float(place.variables[name]) for name in ("upstream", "local_derivative"))
            before = place.node.operands[place.position].grad
            application = Application(place.root, place.node, place.position, upstream, derivative, before)
            self.message(BackwardStep(1, application, self._namer(place.root)).text)

    # The commands
    def do_rule(self, arg: str) -> bool:
        """Usage: rule.

        Run to the next application of the chain rule: to `operand.grad += upstream * local_derivative`, or to the end
        of the program.
        """
        for frame, _ in self.stack:  # a frame entered before stepping began has no trace function yet
            frame.f_trace = frame.f_trace or self.trace_dispatch
        self.set_step()
        self.returnframe = next((frame for frame, _ in self.stack if self._is_program(frame)), None)
        self._runs_to_rule = True
        return True

    def do_node(self, arg: str) -> None:
        """Usage: node [value].

        Print the node whose gradient is passed back, or another value, as an equation with its numbers.
        """
        place = self._asked_for(arg)
        if place is not None:
            text = ForwardStep(1, place.node, self._namer(place.root)).text
            self.message(f"{text}, its gradient {gradient(place.node)}")

    def do_grads(self, arg: str) -> None:
        """Usage: grads [value].

        List the labelled values of the current graph, or of the one below `value`, with their gradients.
        """
        place = self._asked_for(arg)
        if place is not None:
            namer = self._namer(place.root)
            rows = [(namer.name(v), number(v.data), gradient(v)) for v in Graph(place.root).nodes if v.label]
            rows.insert(0, ("label", "data", "grad") if rows else ("no value has a label", "", ""))
            widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
            for name, *numbers in rows:
                columns = (text.rjust(width) for text, width in zip(numbers, widths[1:], strict=True))
                self.message("  ".join([name.ljust(widths[0]), *columns]).rstrip())

    def do_draw(self, arg: str) -> None:
        """Usage: draw [value] [file].

        Draw the current graph, with the current application highlighted, or the graph below `value`, to the file, such
        as graph.png, or to backward.svg.
        """
        value, file = _ends_in_file(arg)
        place = self._asked_for(value)
        if place is None and os.path.splitext(arg)[1]:
            self.message(f"a picture's file ends in one of {', '.join(f'.{format}' for format in FORMATS)}")
        if place is not None:
            mark = place.node if place.position is None else (place.node, place.position)
            try:
                saved = draw(place.root, "ops", mark=[] if value else [mark]).save(file or PICTURE)
            except (OSError, ProviderError) as error:
                self.error(str(error))
            else:
                self.message(f"wrote {saved.resolve()}")

    def _is_program(self, frame: FrameType) -> bool:
        """Whether the frame is of the program's files, not of what runs them."""
        return not (self.is_skipped_module(frame.f_globals.get("__name__")) or frame.f_code.co_filename.startswith("<"))

    def _asked_for(self, arg: str) -> _Place | None:
        """The value of `arg`, else where the pass in this or the innermost frame is; None after an error."""
        if arg:
            value: Any
            try:
                value = eval(arg, self.curframe.f_globals, self.curframe_locals)  # type: ignore[union-attr]
            except Exception as error:
                value = self._named_here(arg)
                if value is None:
                    self.error(f"{type(error).__name__}: {error}")
                    return None
            if isinstance(value, Value):
                return _Place(value, value, None, {})
            self.error(f"{arg} is not a Value but {type(value).__name__}")
            return None
        if place := self._current_place():
            return place
        self.error("no backward pass is running here: `rule` runs to the next; or name a value, as in `grads loss`")
        return None

    def _current_place(self) -> _Place | None:
        """Where the pass in this or the innermost frame is."""
        frames = (self.curframe, *(frame for frame, _ in reversed(self.stack)))
        return next(filter(None, (self._place_in(frame) for frame in frames if frame)), None)

    def _named_here(self, name: str) -> Value | None:
        """The value of the current graph that equations call so, w1 for w₁: the chain rule has no such variable."""
        if place := self._current_place():
            namer = self._namer(place.root)
            return next((value for value in Graph(place.root).nodes if plain(namer.name(value)) == plain(name)), None)
        return None

    def _place_in(self, frame: FrameType) -> _Place | None:
        """The current place of the pass that runs in this frame, read from its variables; None if there is none."""
        variables = self.curframe_locals if frame is self.curframe else frame.f_locals  # as changed at the prompt
        root = variables["computed"][-1] if frame.f_code in CHAIN_RULE else variables.get("node")
        node = variables.get("node", root)
        if not isinstance(root, Value) or not isinstance(node, Value):
            return None
        is_at_one = frame.f_lineno in CHAIN_RULE.get(frame.f_code, {frame.f_lineno})
        complete = is_at_one and {"operand", "upstream", "local_derivative"}.issubset(variables)
        return _Place(root, node, self._position(node, variables) if complete else None, variables)

    def _position(self, node: Value, variables: Mapping[str, Any]) -> int | None:
        """The position of the variable `operand` among the node's operands; None if it is not one of them."""
        places = [index for index, operand in enumerate(node.operands) if operand is variables["operand"]]
        for position in (variables.get("position"), self._counted[1] if node is self._counted[0] else None):
            if position in places:
                return int(position)
        return places[0] if places else None

    def _namer(self, root: Value) -> Namer:
        """The names in the graph, kept while the root stays the same."""
        if self._named is None or self._named[0] is not root:
            self._named = root, Namer(Graph(root).nodes)
        return self._named[1]


def _ends_in_file(argument: str) -> tuple[str, str]:
    """What precedes the name of a picture's file at the end, and that name; "" if there is none."""
    before, _, last = argument.rpartition(" ")
    is_file = os.path.splitext(last)[1][1:].lower() in FORMATS
    return (before.rstrip(), last) if is_file else (argument, "")


def _is_at_chain_rule(frame: FrameType) -> bool:
    return frame.f_lineno in CHAIN_RULE.get(frame.f_code, ())


def set_trace(*, header: str | None = None) -> None:
    """Stop here in this debugger, like `pdb.set_trace`; PYTHONBREAKPOINT can name it.

    Args:
        header: printed first.
    """
    debugger = Debugger()
    if header is not None:
        debugger.message(header)
    debugger.set_trace(sys._getframe().f_back)


def main() -> None:
    """`python -m microgradnet.debug`: pdb's command line with this debugger."""
    if sys.argv[1:] in ([], ["-h"], ["--help"]):
        print(USAGE)
        sys.exit(0 if sys.argv[1:] else 2)
    FunctionType(pdb.main.__code__, vars(pdb) | {"Pdb": Debugger})()
