"""The table of operations: the value, the partial derivatives and the domain of each, which all other modules read.

A new operation is two named functions and a decorator, in one of the three modules of rules.
"""

from microgradnet.ops.arithmetic import *  # isort: skip  # first in the table
from microgradnet.ops.elementary import *  # isort: skip
from microgradnet.ops.activations import *  # isort: skip
from microgradnet.ops.operation import CONSTANT as CONSTANT
from microgradnet.ops.operation import INPUT as INPUT
from microgradnet.ops.operation import PARAMETER as PARAMETER
from microgradnet.ops.operation import TABLE as TABLE
from microgradnet.ops.operation import UNRECORDED as UNRECORDED
from microgradnet.ops.operation import Operation as Operation

BUILT_IN = frozenset(TABLE)
"""The names of the operations that are microgradnet's own."""
