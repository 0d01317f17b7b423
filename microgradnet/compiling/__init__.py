"""Array speed: a scalar program is captured once, and replayed as array operations on a whole batch.

`capturing` runs a function of one sample; `scalars` simplifies what it computed; `blocks` lays the scalars out in rows;
`lowering` and `differentiation` make array instructions of them, by the rules of the table read in `kernels`; `replay`
makes NumPy calls of those. `engines` chooses who else may compute: `tape` for numba, `portable` for JAX and torch.
`compiled` is what a person calls.
"""

from collections.abc import Callable
from typing import Any

from microgradnet.compiling.compiled import Compiled, Parameters
from microgradnet.compiling.instructions import Instruction
from microgradnet.compiling.portable import Portable
from microgradnet.compiling.program import Program

__all__ = ["Compiled", "Instruction", "Portable", "Program", "compile"]


def compile(
    function: Callable[..., Any],
    parameters: Parameters | None = None,
    *,
    reduction: str | None = None,
    engine: str = "numpy",
    dtype: str = "float64",
    most_programs: int = 16,
) -> Compiled:
    """A function of one sample, written with Values, made a function of a whole batch, at the speed of arrays.

    Without parameters it gives the outputs for each sample. With them it gives (value, gradient): the mean over the
    batch of the function's result, and the derivative of that by each parameter, (∂/∂θ)(1/n)Σᵢ f(xᵢ; θ), in the order
    of `Module.parameters()`. Both agree with what Values give one by one, to rounding (rtol 1e-12).

    At the first call the function is run on the first and the last sample, and what it computes is kept as a program
    for all samples; it is not run again unless the shape of a sample changes. So whatever is no argument and no
    parameter is taken as it was then, but for Values made outside: their numbers are looked up at each call (where the
    Value is computed with; the `.data` of one that the function finds inside some object is taken as it was). What
    would freeze a number of one sample is a `CaptureError` that names the line and a remedy:

    - a branch or loop that depends on a traced number (`if x > 0`, `x == 1`, `while`, `min`, `sorted`, `sign(x)`): use
      `maximum`, `minimum`, `relu` or `abs`, or decide outside;
    - a number taken out of the graph (`x.data`, `float(x)`, `math.exp(x)`, `int(x)`, `x.detach()`, `no_grad()`), or put
      in (`p.data = …`);
    - a gradient as a number (`backward()`, `grad(y, x)`, `p.grad`): `grad(y, x, create_graph=True)` is captured;
    - what is seen to differ from one run to the next (a random number, a counter): pass it as an argument.

    A model's Values and the program share their parameters: `step.parameters -= 0.1 * gradient` changes them all with
    one array operation, a Value fetches its number when it is looked at, and a number set in a Value counts at the
    next call.

    Args:
        function: of one sample: each argument is a Value or nested lists of Values, in the shape of a sample; it
            returns a Value or, without parameters, Values in nested lists, tuples and dicts. With parameters it may
            return a tuple, the first of which is differentiated; the others are given for each sample.
        parameters: what the gradient is by: a Module, a Value, or a list of them. None: no gradient.
        reduction: "mean" or "sum" of the results over the batch, or "none" (only without parameters, where it is what
            is done unless said).
        engine: who computes; results are NumPy arrays and floats whoever it is. "numpy"; "numba", a tape of scalars for
            irregular graphs and a few samples (pip install 'microgradnet[fast]'); "auto", the tape where numba is
            installed and there are fewer than 400 numbers to read for each array instruction, else NumPy; "jax", under
            jax.jit, and "torch" (pip install jax, torch).
        dtype: "float64", or for jax and torch "float32".
        most_programs: how many programs, one for each shape of a sample, are kept; the one used longest ago goes first.

    Returns:
        A function of as many arrays, or nested lists of numbers, each with a sample along its first axis (so shapes
        (n, …), with the same n); `.program(…)` shows the array program for such arguments.

    Raises:
        CaptureError: at the first call, as said above.
        DomainError: the function has no value, or no derivative, for a sample; the message says which.
        ImportError: the engine's library is not installed.
        TypeError, ValueError: arguments that are no numbers or do not fit together.

    >>> from microgradnet import MLP
    >>> model = MLP(2, [3, 1], "tanh", seed=1)
    >>> step = compile(lambda x, y: (model(x) - y) ** 2, model)
    >>> X, Y = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0.0, 1.0, 1.0, 0.0]
    >>> for _ in range(500):
    ...     value, gradient = step(X, Y)
    ...     step.parameters -= 0.2 * gradient
    >>> predict = compile(model)
    >>> predict(X).round(2) + 0.0
    array([0., 1., 1., 0.])
    """
    return Compiled(function, parameters, reduction, engine, dtype, most_programs)
