"""Random programs for `compile`, as text that a person can read, paste and run: `random_program(seed)`."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from math import inf, nan
from random import Random
from typing import Any

from microgradnet import MLP, Layer, Value, for_each, grad, parameter, scan
from microgradnet.compiling import tape
from microgradnet.functions import FUNCTIONS, largest
from microgradnet.layers import GRU, Attention, LayerNorm, Recurrent
from microgradnet.ops import TABLE, Operation
from tests import own

PLAIN = "plain"
DATA: dict[str, tuple[float, ...]] = {
    PLAIN: (),
    "ties": (0.0, 0.0, 0.5, 0.5, 1.0, -1.0),
    "edges": (0.0, -0.0, 1e-308, -1e-308, 1e-150, 1.0, -1.0, 0.5, 50.0, -50.0, 800.0, -800.0),
    "huge": (0.0, 1.0, -1.0, 1e150, -1e150, 1e308, -1e308),
    "infinite": (0.0, -0.0, 1.0, -1.0, 1.0, -1.0, inf, -inf, nan),
}
"""The numbers that a program is given, beside random ones, by the name of the kind."""
SHAPES = [(), (), (), (2,), (3,), (4,), (3, 2), (3, 3)]
ACTIVATIONS = ("tanh", "relu", "sigmoid", "softplus", "linear")


@dataclass(frozen=True)
class Call:
    """What a program is called with.

    Attributes:
        changes: the lines that change numbers of parameters and of Values outside before.
        arguments: for each argument the numbers of each sample.
    """

    changes: tuple[str, ...]
    arguments: tuple[Any, ...]


@dataclass(frozen=True)
class Program:
    """A function of one sample, what it needs, and two calls. Its text is a Python program.

    Attributes:
        setup: the lines that make parameters, Values outside and networks.
        parameters: the expression for the list of parameters; "" for a program without gradients.
        names: of the arguments.
        lines: the body of the function, of which the last returns.
        reduction: how samples are combined.
        calls: its calls, one after the other.
    """

    seed: int
    setup: tuple[str, ...]
    parameters: str
    names: tuple[str, ...]
    lines: tuple[str, ...]
    reduction: str
    calls: tuple[Call, ...]

    def __str__(self) -> str:
        given = f", [{self.parameters}]" if self.parameters else ""
        calls = [[*call.changes, f"step({', '.join(map(repr, call.arguments))})"] for call in self.calls]
        compiled = f"step = compile(f{given}, reduction={self.reduction!r})"
        lines = [
            f"# seed {self.seed}",
            *self.setup,
            self.function,
            compiled,
            *[line for call in calls for line in call],
        ]
        return "\n".join(lines)

    @property
    def function(self) -> str:
        """The text of the function."""
        return "\n    ".join([f"def f({', '.join(self.names)}):", *self.lines])

    def made(self) -> dict[str, Any]:
        """Run all but the calls: the function `f`, and `parameters`."""
        names = dict(NAMES)
        run([*self.setup, self.function, f"parameters = flat([{self.parameters}])"], names)
        return names

    def smaller(self) -> Iterator["Program"]:
        """Programs with a little less: fewer calls, samples, results, and lines replaced by one of their operands."""
        if len(self.calls) > 1:
            yield from (replace(self, calls=(call,)) for call in self.calls)
        for place, call in enumerate(self.calls):
            for number in range(len(call.arguments[0]) if len(call.arguments[0]) > 1 else 0):
                fewer = replace(call, arguments=tuple([a[:number] + a[number + 1 :] for a in call.arguments]))
                yield replace(self, calls=(*self.calls[:place], fewer, *self.calls[place + 1 :]))
        *body, returned = self.lines
        for used in re.finditer(r"\w+, |, \w+(?=[\]),])", returned):
            yield self._with(body, returned[: used.start()] + returned[used.end() :])
        for number, line in enumerate(body):
            target, _, expression = line.partition(" = ")
            for simple in dict.fromkeys(re.findall(r"\b[a-z]\w*(?:\[\d\])*", expression)):
                if simple != expression and simple.partition("[")[0] not in NAMES:
                    yield self._with([*body[:number], f"{target} = {simple}", *body[number + 1 :]], returned)
        for number, line in enumerate(self.lines):
            target, _, expression = line.partition(" = ")
            if re.fullmatch(r"\w+(?:\[\d\])*", expression):
                renamed = [re.sub(rf"\b{target}\b", expression, other) for other in self.lines[number + 1 :]]
                yield replace(self, lines=(*self.lines[:number], *renamed))
            for inner in re.finditer(r"\w+\(((?:[^()]|\([^()]*\))+)\)", expression):
                for less in {inner[1], *inner[1].split(", ")}:
                    shorter = expression[: inner.start()] + less + expression[inner.end() :]
                    yield self._with([*self.lines[:number], f"{target} = {shorter}"], *self.lines[number + 1 :])

    def _with(self, body: Sequence[str], *rest: str) -> "Program":
        """The program with these lines, without those that nothing reads."""
        kept: list[str] = []
        for line in reversed([*body, *rest]):
            target, _, _ = line.partition(" = ")
            if line.startswith("return") or any(re.search(rf"\b{n}\b", k) for n in target.split(", ") for k in kept):
                kept.append(line)
        return replace(self, lines=tuple(reversed(kept)))


def run(lines: Sequence[str], names: dict[str, Any]) -> None:
    """Run lines of Python in these names."""
    exec("\n".join(lines), names)


def flat(nested: Any) -> list[Value]:
    """The Values of nested lists and of modules."""
    if isinstance(nested, list):
        return [value for inner in nested for value in flat(inner)]
    return [nested] if isinstance(nested, Value) else list(nested.parameters())


NAMES: dict[str, Any] = {
    **FUNCTIONS, "largest": largest, "for_each": for_each, "scan": scan, "grad": grad, "Value": Value,
    "parameter": parameter, "MLP": MLP, "Layer": Layer, "GRU": GRU, "Recurrent": Recurrent, "LayerNorm": LayerNorm,
    "Attention": Attention, "inf": inf, "nan": nan, "flat": flat,
}  # fmt: skip
"""What the text of a program can name, and the operations of `own_operations`."""


@cache
def _own() -> dict[str, Operation]:
    before = dict(TABLE)
    found = own.defined()
    TABLE.clear()
    TABLE.update(before)
    return found


@contextmanager
def own_operations() -> Iterator[None]:
    """Inside, the operations of `tests.own` are in the table, and programs use them: the same objects each time.

    The tape takes them for microgradnet's own, so that numba compiles one interpreter for all programs.
    """
    interpreted: Any = tape
    before = interpreted.BUILT_IN
    TABLE.update(_own())
    NAMES.update(_own())
    interpreted.BUILT_IN = before | _own().keys()
    yield
    interpreted.BUILT_IN = before
    for name in _own():
        TABLE.pop(name, None)
        NAMES.pop(name, None)


def random_program(seed: int) -> Program:
    """The program of this seed."""
    return _Writer(seed).program()


class _Writer:
    """Writes a program line by line, each on any names so far, the latest the likeliest."""

    def __init__(self, seed: int) -> None:
        self.seed, self.rng = seed, Random(seed)
        self.kind = self.rng.choices([*DATA], [10, 3, 3, 2, 3])[0]
        self.setup: list[str] = []
        self.lines: list[str] = []
        self.values: list[str] = []
        self.computed: list[str] = []
        self.lists: list[tuple[str, int]] = []
        self.matrices: list[tuple[str, int, int]] = []
        self.unused: list[str] = []
        self.made = self.grads = 0

    def program(self) -> Program:
        rng = self.rng
        names = ("x", "y", "z")[: rng.choice([1, 2, 2, 3])]
        shapes = [rng.choice(SHAPES) for _ in names]
        parameters = [f"p{i}" for i in range(rng.randint(1, 5))]
        outside = [f"o{i}" for i in range(rng.choice([0, 0, 1, 2]))]
        self.setup = [f"{name} = parameter({self.datum()!r})" for name in parameters]
        self.setup += [f"{name} = Value({self.datum()!r})" for name in outside]
        self.values += [*outside, *parameters]
        for name, shape in zip(names, shapes, strict=True):
            if len(shape) == 2:
                self.matrices.append((name, *shape))
            rows = [f"{name}[{i}]" for i in range(shape[0])] if shape else [name]
            for row in rows:
                if len(shape) == 2:
                    self.lists.append((row, shape[1]))
                    self.values += [f"{row}[{j}]" for j in range(shape[1])]
                else:
                    self.values.append(row)
            if len(shape) == 1:
                self.lists.append((name, shape[0]))
        kinds: list[Callable[[], None]] = [
            self.operation, self.branch, self.of_list, self.of_many, self.comprehension, self.loop, self.carried,
            self.loop_over_rows, self.derivative, self.network, self.constant,
        ]  # fmt: skip
        self.leaves = list(self.values)
        for _ in range(min(rng.randint(1, 14), rng.randint(1, 14))):
            rng.choices(kinds, [10, 2, 2, 1, 2, 2, 2, 1, 1.5, 0.7, 0.5])[0]()
        trained = rng.random() < 0.7
        self.lines.append(f"return {self.returned(trained)}")
        nets = [line.partition(" = ")[0] for line in self.setup if line.startswith("net")]
        size = rng.randint(1, 4)
        later = [f"{name}.data = {self.datum()!r}" for name in [*parameters, *outside] if rng.random() < 0.8]
        later += [f"for q in {net}.parameters(): q.data *= 0.9" for net in nets]
        calls = [
            Call(changes, tuple([[self.data(shape) for _ in range(n)] for shape in shapes]))
            for changes, n in (((), size), (tuple(later), rng.choice([size, rng.randint(1, 5)])))
        ]
        reduction = rng.choice(["mean", "sum"] if trained else ["none", "none", "mean", "sum"])
        wanted = ", ".join([*parameters, *nets]) if trained else ""
        return Program(self.seed, tuple(self.setup), wanted, names, tuple(self.lines), reduction, tuple(calls))

    # --- numbers ---

    def datum(self) -> float:
        edges = DATA[self.kind]
        return self.rng.choice(edges) if edges and self.rng.random() < 0.5 else round(self.rng.gauss(0.0, 1.0), 3)

    def data(self, shape: Sequence[int]) -> Any:
        return [self.data(shape[1:]) for _ in range(shape[0])] if shape else self.datum()

    def number(self) -> str:
        found = self.rng.choice([0.5, 1.0, 2.0, -1.0, 0.0, 3.0, 0.25, self.datum()])
        return f"({found!r})" if found < 0.0 or repr(found)[0] == "-" else repr(found)

    # --- expressions ---

    def value(self, local: Sequence[str] = ()) -> str:
        """The name of a value."""
        if local and self.rng.random() < 0.65:
            return self.rng.choice(local)
        latest = int(self.rng.expovariate(0.25)) + 1 if self.rng.random() < 0.8 else self.rng.randint(1, 1000)
        return self.use(self.values[-(latest % len(self.values)) or -1])

    def use(self, name: str) -> str:
        if name in self.unused:
            self.unused.remove(name)
        return name

    def list(self) -> tuple[str, int]:
        name, count = self.rng.choice(self.lists[-6:]) if self.lists else (f"[{self.value()}, {self.value()}]", 2)
        return self.use(name), count

    def expression(self, depth: int, local: Sequence[str] = ()) -> str:
        """A name, or an operation, to this depth of nesting, on names."""
        return self.applied(depth, local) if depth else self.value(local)

    def operand(self, depth: int, local: Sequence[str]) -> str:
        return self.expression(depth - 1 if depth and self.rng.random() < 0.5 else 0, local)

    def applied(self, depth: int, local: Sequence[str] = ()) -> str:
        """An operation of the table."""
        rng = self.rng
        op = TABLE[rng.choice([*TABLE])]
        if op.variadic:
            items = [self.operand(depth - 1, local) for _ in range(rng.randint(1, 4))]
            if op.name != "weighted_sum":
                return f"{op.name}([{', '.join(items)}])"
            weights = [self.value(local) for _ in items]
            bias = f", {self.operand(0, local)}" if rng.random() < 0.5 else ""
            return f"weighted_sum([{', '.join(weights)}], [{', '.join(items)}]{bias})"
        variables = len(op.operands) - op.constants
        kept = rng.randrange(variables)  # at least one is no number
        given = {}
        for place, (name, (low, high)) in enumerate(zip(op.operands, op.sample, strict=True)):
            if place >= variables:
                given[name] = self.constant_of(op, low, high)
                continue
            text = self.number() if place != kept and rng.random() < 0.15 else self.operand(depth - 1, local)
            steep = op.name in ("exp", "exponential", "general_power", "power", "cube")
            if rng.random() < (0.6 if steep else 0.05):
                text = f"tanh({text})"
            if low > 0.0 and rng.random() < 0.85:
                text = rng.choice(["sigmoid({0}) + 0.5", "abs({0}) + 0.5", "softplus({0}) + 0.125"]).format(text)
            if op.operator and not re.fullmatch(r"[\w.\[\]]+|\w+\([^()]*\)|\(.*\)", text):
                text = f"({text})"
            given[name] = text
        return re.sub(rf"\b({'|'.join(op.operands)})\b", lambda name: given[name[0]], op.code)

    def constant_of(self, op: Operation, low: float, high: float) -> str:
        if op.name == "power":
            found = self.rng.choice([2.0, 3.0, 0.5, -1.0, 1.0, 0.0, 1.5, -2.0])
        else:
            found = self.rng.choice([low, high, 1.0, round(self.rng.uniform(max(low, 0.0), high), 2)])
        return f"({found!r})" if found < 0.0 else repr(found)

    def condition(self, local: Sequence[str] = ()) -> str:
        other = self.number() if self.rng.random() < 0.3 else self.value(local)
        pair = [self.value(local), other]
        self.rng.shuffle(pair)
        return f" {self.rng.choice(['>', '<', '>=', '<='])} ".join(pair)

    def body(self, local: Sequence[str], depth: int = 2) -> str:
        """An expression that uses all of the local names: compiled, what nothing depends on is omitted."""
        found = self.chosen(local) if self.rng.random() < 0.15 else self.applied(depth, local)
        for name in local:
            if not re.search(rf"\b{re.escape(name)}", found):
                both = self.rng.choice(["{0} * {1}", "{0} + {1}", "{1} + {0}", "maximum({0}, {1})"])
                found = both.format(name, found)
        return found

    def chosen(self, local: Sequence[str] = ()) -> str:
        return f"where({self.condition(local)}, {self.value(local)}, {self.value(local)})"

    # --- lines ---

    def name(self, letter: str) -> str:
        self.made += 1
        return f"{letter}{self.made}"

    def line(self, expression: str) -> str:
        name = self.name("v")
        self.lines.append(f"{name} = {expression}")
        self.values.append(name)
        self.unused.append(name)
        return name

    def list_line(self, expression: str, count: int) -> None:
        name = self.name("l")
        self.lines.append(f"{name} = {expression}")
        self.add_list(name, count)

    def add_list(self, name: str, count: int) -> None:
        self.lists.append((name, count))
        self.values += [f"{name}[{i}]" for i in range(count)]
        self.unused.append(name)

    def operation(self) -> None:
        self.computed.append(self.line(self.applied(self.rng.choice([1, 1, 2]))))

    def branch(self) -> None:
        self.line(self.chosen())

    def of_many(self) -> None:
        names = [self.value() for _ in range(self.rng.randint(3, 6))]
        self.line(self.rng.choice(["{0}", "tanh({0})"]).format(" + ".join(names)))

    def of_list(self) -> None:
        rng, (name, count) = self.rng, self.list()
        others = [(n, c) for n, c in self.lists if c == count]
        if rng.random() < 0.2:
            self.list_line(f"softmax({name})", count)
        elif rng.random() < 0.4 and others:
            bias = f", {self.value()}" if rng.random() < 0.5 else ""
            self.line(f"weighted_sum({self.use(rng.choice(others)[0])}, {name}{bias})")
        else:
            self.line(f"{rng.choice(['total', 'logsumexp', 'largest', 'sum'])}({name})")

    def comprehension(self) -> None:
        rng, (name, count) = self.rng, self.list()
        if rng.random() < 0.4 and count > 2:
            function = rng.choice([f"weighted_sum([{self.value()}, {self.value()}], {{0}})", "logsumexp({0})"])
            window = function.format(f"{name}[i:i + 2]")
            self.list_line(f"[tanh({window}) for i in range({count - 1})]", count - 1)
        else:
            self.list_line(f"[{self.body(['r'])} for r in {name}]", count)

    def loop(self) -> None:
        (name, count), rng = self.list(), self.rng
        others = [n for n, c in self.lists if c == count and n != name]
        if rng.random() < 0.3 and others:
            self.list_line(f"for_each(lambda r, q: {self.body(['r', 'q'])}, {name}, {self.use(rng.choice(others))})",
                           count)  # fmt: skip
        elif rng.random() < 0.2:
            rows = ", ".join(f'{{"a": {self.value()}, "b": ({self.value()},)}}' for _ in range(3))
            local = ['r["a"]', 'r["b"][0]']
            self.list_line(f"for_each(lambda r: {self.body(local)}, [{rows}])", 3)
        else:
            self.list_line(f"for_each(lambda r: {self.body(['r'])}, {name})", count)

    def loop_over_rows(self) -> None:
        if not self.matrices:
            return self.loop()
        name, rows, columns = self.rng.choice(self.matrices)
        local = [f"r[{j}]" for j in range(columns)]
        inner = self.rng.choice([
            f"total(for_each(lambda c: {self.body(['c', *local], 1)}, r))",
            f"scan(lambda s, c: ({self.body(['s', 'c'], 1)}, s), {self.value(local)}, r)[0]",
            f"logsumexp(softmax(r)) * {self.value(local)}", self.body(local),
        ])  # fmt: skip
        self.list_line(f"for_each(lambda r: {inner}, {self.use(name)})", rows)
        return None

    def carried(self) -> None:
        (name, count), rng = self.list(), self.rng
        is_number = rng.random() < 0.3
        first = number = self.number() if is_number else self.value()
        if rng.random() < 0.3:
            local = ["s[0]", "s[1]", "r"]
            steps = ", ".join(f"tanh(r + {self.body(local, 1)})" for _ in range(2))
            state, first = f"({steps})", f"({first}, {self.value()})"
            last = self.name("l")
        else:
            local = ["s", "r"]
            state = self.body(local, 1)
            state = f"tanh({state})" if rng.random() < 0.5 else state
            state = f"r + {state}" if is_number else state
            last = self.name("v")
        outputs, output = self.name("l"), self.body(local, 1)
        if is_number and "**" in state + output:  # a power of a plain number may be complex
            first = first.replace(number, f"Value({number})", 1)
        self.lines.append(f"{last}, {outputs} = scan(lambda s, r: ({state}, {output}), {first}, {name})")
        if last[0] == "l":
            self.add_list(last, 2)
        else:
            self.values.append(last)
            self.unused.append(last)
        if is_number:  # among them may be plain numbers
            self.unused.append(outputs)
        else:
            self.add_list(outputs, count)

    def derivative(self) -> None:
        if self.grads == 2 or not self.computed:
            return self.operation()
        self.grads += 1
        of, count = self.rng.choice(self.computed[-4:]), self.rng.choice([1, 1, 2])
        by = [self.rng.choice([*self.computed, *self.leaves]) for _ in range(count)]
        if count == 1:
            self.line(f"grad({of}, {by[0]}, create_graph=True)")
        else:
            self.list_line(f"grad({of}, [{', '.join(by)}], create_graph=True)", 2)
        if of not in self.unused:
            self.unused.append(of)  # its derivative may be 0, and a compiled program omits what nothing depends on
        return None

    def network(self) -> None:
        rng, name = self.rng, self.name("net")
        seed, activation = rng.randint(0, 9), rng.choice(ACTIVATIONS)
        if self.matrices and rng.random() < 0.4:
            rows, count, columns = rng.choice(self.matrices)
            width = rng.choice([1, 2])
            kind = rng.choice(["Recurrent", "GRU", "LayerNorm", "Attention"])
            if kind in ("LayerNorm", "Attention"):
                width = columns
            made = {"LayerNorm": f"LayerNorm({columns})", "Attention": f"Attention({columns}, seed={seed})"}
            self.setup.append(f"{name} = {made.get(kind, f'{kind}({columns}, {width}, seed={seed})')}")
            applied = f"for_each({name}, {self.use(rows)})" if kind == "LayerNorm" else f"{name}({self.use(rows)})"
            self.list_line(f"[total(r) for r in {applied}]", count)
            return
        inputs, count = self.list()
        if rng.random() < 0.5:
            self.setup.append(f"{name} = MLP({count}, [{rng.choice([2, 3])}, 1], {activation!r}, seed={seed})")
            self.line(f"{name}({inputs})")
        else:
            self.setup.append(f"{name} = Layer({count}, 3, {activation!r}, seed={seed})")
            self.list_line(f"{name}({inputs})", 3)

    def constant(self) -> None:
        self.line(f"Value({self.datum()!r})")

    def returned(self, trained: bool) -> str:
        """All that nothing else uses, so that no line is in vain."""
        rest = [f"sum({name})" if name[0] == "l" else name for name in self.unused] or [self.value()]
        if trained:
            first = f"total([{', '.join(rest)}])"
            return f"({first}, {', '.join(self.value() for _ in range(2))})" if self.rng.random() < 0.15 else first
        form = self.rng.choice(["[{0}]", "({0},)", '{{"a": [{0}], "b": ({1}, {{"c": {1}}})}}', "[{0}, [{0}]]"])
        return form.format(", ".join(self.unused or rest), self.value())
