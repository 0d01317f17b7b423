"""Code for elementwise instructions: one loop over the rows, in which intermediate results stay in registers."""

from collections.abc import Collection, Sequence

from microgradnet.compiling.fused.functions import call
from microgradnet.compiling.fused.grouping import Group
from microgradnet.compiling.fused.lanes import Numbers, constant
from microgradnet.compiling.fused.views import Start, View, core, merged, start_of
from microgradnet.compiling.fused.writer import Here, Writer
from microgradnet.compiling.instructions import Rows

HIDING = ("divide", "exp", "expm1", "tanh", "maximum", "minimum", "where", "erf", "erfc", "sign", "power")
"""The functions whose result can be finite for an infinite operand: their operands are checked."""


def elementwise(w: Writer, group: Group, here: Here, unchecked: Collection[Start]) -> None:
    """A result that a later instruction of the group reads stays in a register; `unchecked` rows are checked."""
    wide = group.instructions[0].out.storage.batched
    shape, views = merged(core(group.instructions[0]), [view for views in group.views for view in views])
    each = iter(views)
    with w.loops(shape) as indices:
        known: dict[View, Numbers] = {}
        written: dict[View, Numbers] = {}
        for instruction in group.instructions:
            out = next(each)
            operands: list[Numbers | float] = []
            for operand in instruction.operands:
                if not isinstance(operand, Rows):
                    operands.append(operand)
                    continue
                view = next(each)
                if view not in known:
                    known[view] = w.read(view, indices, here.block, wide)
                    if operand.storage.logical:
                        known[view] = known[view] > 0.0
                operands.append(known[view])
                if instruction.function in HIDING and start_of(operand) in unchecked:
                    w.check(known[view])
            known[out] = written[out] = _applied(w, instruction.function, operands, wide)
        one = Numbers(w.b, constant(w.vector if wide else w.number, 1.0))
        for view, result in written.items():
            if view.rows in group.stored:
                w.write(result.where(one, 0.0) if view.rows.storage.logical else result, view, indices, here.block)


def _applied(w: Writer, function: str, operands: Sequence[Numbers | float], wide: bool) -> Numbers:
    if function == "power" and isinstance(operands[1], float):
        special = _power(operands[0], operands[1])
        if special is not None:
            return special
    type_ = w.vector if wide else w.number
    numbers = [o if isinstance(o, Numbers) else Numbers(w.b, constant(type_, o)) for o in operands]
    return call("copy" if function == "fill" else function, numbers)


def _power(x: Numbers | float, exponent: float) -> Numbers | None:
    """A power that a few multiplications, or a root, compute; None for others."""
    if isinstance(x, Numbers) and abs(exponent) in (0.5, 1.0, 1.5, 2.0, 3.0, 4.0):
        size = abs(exponent)
        result = x.intrinsic("sqrt") if size % 1 else x
        for _ in range(int(size) - (0 if size % 1 else 1)):
            result = result * x
        return result if exponent > 0 else 1.0 / result
    return None
