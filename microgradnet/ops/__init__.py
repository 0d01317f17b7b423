"""The table of operations: one row for each, and in that row all that is known about it.

`TABLE` maps names to rows. Every other part of microgradnet reads these rows: forward and backward, drawing,
checking. A new operation is one more row: two named functions and a line of data.
"""

from microgradnet.ops.activations import ELU, GELU, GELU_TANH, LEAKY_RELU, RELU, SIGMOID, SILU, SOFTPLUS
from microgradnet.ops.arithmetic import (
    ADD,
    DIVIDE,
    EXPONENTIAL,
    GENERAL_POWER,
    MULTIPLY,
    NEGATE,
    POWER,
    SUBTRACT,
    TOTAL,
    WEIGHTED_SUM,
)
from microgradnet.ops.elementary import (
    ABS,
    COS,
    ERF,
    ERFC,
    EXP,
    LOG,
    LOGSUMEXP,
    MAXIMUM,
    MINIMUM,
    SIN,
    SQRT,
    TANH,
)
from microgradnet.ops.operation import Operation

__all__ = [
    "ABS", "ADD", "BUILT_IN", "CONSTANT", "COS", "DIVIDE", "ELU", "ERF", "ERFC", "EXP", "EXPONENTIAL", "GELU",
    "GELU_TANH", "GENERAL_POWER", "INPUT", "LEAKY_RELU", "LOG", "LOGSUMEXP", "MAXIMUM", "MINIMUM", "MULTIPLY",
    "NEGATE", "PARAMETER", "POWER", "RELU", "SIGMOID", "SILU", "SIN", "SOFTPLUS", "SQRT", "SUBTRACT", "TABLE", "TANH",
    "TOTAL", "WEIGHTED_SUM", "Operation",
]  # fmt: skip

INPUT, PARAMETER, CONSTANT = map(Operation.of_leaf, ("input", "parameter", "constant"))
"""The kinds of leaf: a number that is given, one that learning changes, and one written in an expression."""

TABLE: dict[str, Operation] = {
    row.name: row
    for row in (
        ADD, SUBTRACT, MULTIPLY, DIVIDE, NEGATE, POWER, GENERAL_POWER, EXPONENTIAL, TOTAL, WEIGHTED_SUM,
        EXP, LOG, SQRT, SIN, COS, TANH, ERF, ERFC, ABS, MINIMUM, MAXIMUM, LOGSUMEXP,
        SIGMOID, RELU, LEAKY_RELU, ELU, GELU, GELU_TANH, SILU, SOFTPLUS,
    )
}  # fmt: skip
"""Every operation by its name, a user's own among them: see `custom`."""
BUILT_IN = frozenset(TABLE)
"""The names of the operations that are microgradnet's own."""
