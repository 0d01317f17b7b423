"""Display a position of a `Timeline` in a terminal: the current node, its operands and its users."""

import linecache

from microgradnet._shared.terminal import STYLES, Screen
from microgradnet._shared.text import one_line
from microgradnet.graph import path
from microgradnet.notation.names import number
from microgradnet.ops import CONSTANT
from microgradnet.stepping.steps import BackwardStep
from microgradnet.stepping.timeline import Timeline
from microgradnet.value import Value

MOST_USERS, MOST_OPERANDS, MOST_ON_PATH = 3, 8, 12  # of more, those near the current one or at the ends are shown
AROUND = 4  # steps listed before and after the current one


def show(timeline: Timeline, screen: Screen) -> None:
    """Write the current node between its users and its operands, the current application marked, and its equation.

    >>> import sys
    >>> a, b = Value(3.0, "a"), Value(4.0, "b"); y = a * b; y.label = "y"
    >>> timeline = Timeline(y); timeline.position += 2
    >>> show(timeline, Screen(sys.stdout))
    ── backward 2 of 2 ────...
               data  grad
      y = a·b    12     1
      ├─ a        3     4
    ▶ └─ b        4     3
    b.grad += y.grad · ∂y/∂b = 1 · a = 1 · 3 = 3
    ∂y/∂b = a = 3
    """
    step, width = timeline.step, screen.width
    title = screen.fit(f"── {heading(timeline)} ", width)
    screen.write(title + screen.text("─") * (width - len(title)), "bold")
    _table(timeline, screen)
    if step is None:
        return
    screen.write(str(step))
    if isinstance(step, BackwardStep):
        screen.write(step.local_text)
    if source := step.node.source:
        line = linecache.getline(source.file, source.line).strip()
        screen.write(screen.fit(one_line(f"{source}  {line}"), width))


def heading(timeline: Timeline) -> str:
    """The current position: "backward 3 of 10, contribution 2 of 2 to a.grad"."""
    step = timeline.step
    if step is None:
        return "the beginning: nothing is computed yet"
    if not isinstance(step, BackwardStep):
        after = "; backward is next" if timeline.position == timeline.start else ""
        return f"forward {timeline.position} of {timeline.start}{after}"
    text = f"backward {step.number} of {len(timeline.steps) - timeline.start}"
    done, count = timeline.contributions(step.operand)
    if count > 1:
        text += f", contribution {done} of {count} to {timeline.name(step.operand)}.grad"
    return text


def gradient(timeline: Timeline, value: Value) -> str:
    """The value's gradient at this position, — before its first contribution; "" for a constant, which has none."""
    known = timeline.gradient(value)
    return ("" if value.op is CONSTANT else "—") if known is None else number(known)


def exactly(timeline: Timeline, value: Value) -> str:
    """The value's data and gradient at this position with all digits."""
    name, (done, count) = timeline.name(value), timeline.contributions(value)
    data = repr(value.data) if timeline.is_computed(value) else "—"
    known = timeline.gradient(value)
    text = f"{name}.data = {data}, {name}.grad = {'—' if known is None else repr(known)}"
    return f"{text} (contribution {done} of {count})" if 0 < done < count else text


def show_path(timeline: Timeline, screen: Screen) -> None:
    """Write a shortest path from the result to the current node."""
    nodes = path(timeline.root, timeline.step.node if timeline.step else timeline.root)
    cut = MOST_ON_PATH // 2 if len(nodes) > MOST_ON_PATH else len(nodes)
    for index, node in enumerate(nodes):
        if index < cut or index >= len(nodes) - cut:
            mark = "▶" if node is nodes[-1] else " "
            data, grad = _data(timeline, node), gradient(timeline, node)
            screen.write(f"{mark} {_heading(timeline, node)} = {data}, grad {grad}")
        elif index == cut:
            screen.write(f"  … {len(nodes) - 2 * cut:,} more")


def show_steps(timeline: Timeline, screen: Screen, every: bool) -> None:
    """Write the steps around the current one, or every step, one per line."""
    here, first, last = timeline.position, 1, len(timeline.steps)
    if not every:
        first, last = max(first, here - AROUND), min(last, here + AROUND)
    for position in range(first, last + 1):
        step = timeline.steps[position - 1]
        mark, kind = "▶" if position == here else " ", "backward" if position > timeline.start else "forward"
        screen.write(f"{mark} {kind:8} {step.number:>3}  {step}")


def _lines(timeline: Timeline) -> list[tuple[str, Value | str]]:
    """The users of the current node, the node and its operands: a mark and a branch, and the value or a text."""
    step = timeline.step
    node = step.node if step else timeline.root
    position = step.position if isinstance(step, BackwardStep) else -1
    users = list(dict.fromkeys(user for user, _ in reversed(timeline.graph.uses[node]))) if step else []
    lines: list[tuple[str, Value | str]] = [("  ├─ ", user) for user in users[:MOST_USERS]]
    if len(users) > MOST_USERS:
        lines.append(("  ├─ ", f"… and {len(users) - MOST_USERS:,} more"))
    if lines:
        lines[0] = ("  ┌─ ", lines[0][1])
    lines.append(("▶ " if step and position < 0 else "  ", node))
    first = max(0, min(position - MOST_OPERANDS // 2, len(node.operands) - MOST_OPERANDS))
    if first:
        lines.append(("  ├─ ", f"… {first:,} before"))
    for index, operand in enumerate(node.operands[first : first + MOST_OPERANDS], start=first):
        lines.append(("▶ ├─ " if index == position else "  ├─ ", operand))
    if (more := len(node.operands) - first - MOST_OPERANDS) > 0:
        lines.append(("  ├─ ", f"… {more:,} more"))
    branch, last = lines[-1]
    lines[-1] = (branch.replace("├", "└"), last)
    return lines


def _table(timeline: Timeline, screen: Screen) -> None:
    cells, styles = [("", "data", "grad")], [("", "")]
    for branch, value in _lines(timeline):
        if isinstance(value, str):
            words, data, grad = value, "", ""
        else:
            words, data, grad = _heading(timeline, value), _data(timeline, value), gradient(timeline, value)
        cells.append((screen.text(branch + words), screen.text(data), screen.text(grad)))
        styles.append(_style(timeline, branch, value))
    name_width, *widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    name_width = min(name_width, screen.width - sum(widths) - 4)
    for (name, data, grad), (name_style, style) in zip(cells, styles, strict=True):
        numbers = f"  {data:>{widths[0]}}  {grad:>{widths[1]}}".rstrip()
        fitted = screen.fit(name, name_width)
        screen.write_parts((f"{fitted:{name_width}}" if numbers else fitted, name_style), (numbers, style))


def _style(timeline: Timeline, branch: str, value: Value | str) -> tuple[str, str]:
    """The styles of a value's name and of its numbers: the mark of the current application, or the role's colour."""
    if branch.startswith("▶"):
        return "highlight", "highlight"
    if isinstance(value, str):
        return "", ""
    kind = "root" if value is timeline.root else value.op.name
    emphasis = "bold" if timeline.step and value is timeline.step.node else ""
    return emphasis or (kind if kind in STYLES else ""), emphasis


def _heading(timeline: Timeline, value: Value) -> str:
    return timeline.namer.heading(value) if value.operands else timeline.namer.name(value)


def _data(timeline: Timeline, value: Value) -> str:
    return number(value.data) if timeline.is_computed(value) else "—"
