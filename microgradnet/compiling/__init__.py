"""Compile a function of Values: its scalar program is captured once and replayed as array operations on a batch.

`arguments` converts what a call is given to arrays, and `outputs` assembles what it returns. In between, `capturing`
runs a function of one sample while `observing` refuses what cannot be captured; `scalars` simplifies the scalar
program, and `scheduling` tells which scalars can be computed at once; `blocks` allocates rows for them, in place where
`tables` finds them evenly spaced, and `grids` finds matrix products. `lowering` and `differentiation` emit array
instructions, from the rules of operations as read by `kernels`; `contributions` adds up gradients. `loops` captures the
bodies of loops once, and `stamping` emits a body's instructions for all rows. The instructions are data, a `program`:
`listing` prints it, `picture` draws it, and `replay` runs it, by the NumPy calls of `binding`; `compiled_program`
combines the three. `engines` chooses another engine: `tape` for numba, `fused` for LLVM, and `portable` for JAX and
torch. `compiled` is the object that users call.
"""

from collections.abc import Callable, Mapping
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
    devices: Any = None,
    symbols: Mapping[str, int] | None = None,
    most_programs: int = 16,
    threads: int = 1,
) -> Compiled:
    """Compile a function of one sample, written with Values, into a function of a batch that runs at array speed.

    Without parameters it returns the outputs for each sample; with parameters (value, gradient): the mean of the
    function's result over the batch, and its derivative with respect to each parameter, (∂/∂θ)(1/n)Σᵢ f(xᵢ; θ), in
    the order of `Module.parameters()`. Both agree with eager evaluation to rounding (rtol 1e-12).

    The first call runs the function on the first and the last sample and captures one program for all; the function
    runs again only if the shape of a sample changes. Plain numbers are therefore fixed at capture; the number of a
    Value that was made outside is read at each call. A number of any Value that is read meanwhile would bake one
    sample's into the program, and raises a `CaptureError` with the line and a remedy:

    - a branch or loop that depends on it (`if x > 0`, `x == 1`, `while`, `min`, `sorted`, catching a DomainError): use
      `maximum`, `minimum`, `relu`, `abs` or `where(x > 0, a, b)`, or decide outside;
    - the number itself (`x.data`, `float(x)`, `math.exp(x)`, `x.detach()`, `no_grad()`), or assigning one
      (`p.data = …`);
    - an index or a count (`x[i]`, `int(i)`, `range(i)`): declare it in `symbols`, which makes it a one-hot list;
    - a gradient as a number (`backward()`, `grad(y, x)`, `p.grad`): `grad(y, x, create_graph=True)` is captured;
    - a number that differs between the two runs (a random number, a counter): pass it as an argument.

    The body of a loop written with `for_each` or `scan` is captured once, on the first and the last row, and computes
    all rows as one more axis beside the samples, so that the first call takes as long for many rows as for few.
    Captured row by row, as a loop of Python is, are a body that treats its rows differently and one of which a
    derivative is taken inside; and all for "numba".

    A model's Values and the program have the same parameters: `step.parameters -= 0.1 * gradient` changes all with one
    array operation, and a number assigned to a Value takes effect at the next call.

    Args:
        function: of one sample: each argument is a Value or nested lists of Values, in the shape of a sample; it
            returns a Value, or Values in nested lists, tuples and dicts. With parameters it returns a Value, or a tuple
            whose first element is the Value to differentiate; the others, nested likewise, are given for each sample.
        parameters: a Module, a Value, or a list of them, with respect to which to differentiate. None: no gradient.
        reduction: "mean" or "sum" of the results over the batch, or "none" (only without parameters, and the default
            there).
        engine: every engine returns NumPy arrays and floats. "numpy"; "numba", a tape of scalars for irregular graphs
            and a few samples (pip install 'microgradnet[fast]'); "fused", the program as one function compiled by LLVM,
            which comes with numba: faster for small and middle networks, after a first call of 0.1 to 3 s, whose
            machine code is kept (programs that are long, but for steps that repeat, and those with a product of more
            than 32,768 weights run in NumPy, in float64); "jax", under jax.jit (its float64 has to be enabled before),
            and "torch" (pip install jax, torch); "auto", for float64 the fastest of the first three, as a rule: "fused"
            where it is installed, but not for a program that it would leave to NumPy, and not for fewer than 8 samples
            of which each array instruction processes more than 1,000 numbers; then the tape if numba is installed, no
            loop is captured and each instruction would process fewer than 400 numbers; else NumPy.
        dtype: "float64", or for fused, jax and torch "float32".
        devices: for jax, how many of its devices share each batch, or a list or mesh of them, of several processes too
            (`jax.distributed`): each computes its samples, and their gradients are added up. A batch that they cannot
            divide is computed whole by each.
        symbols: the arguments that are whole numbers, such as letters or classes, and how many symbols there are:
            {"letter": 27} takes whole numbers from 0 to 26. The function receives each as its one-hot list of Values,
            as `Embedding` and `cross_entropy` take it; `microgradnet.data.one_hot` makes it for eager use.
        most_programs: how many programs to keep, one per shape of a sample; the least recently used is dropped first.
        threads: for "fused", and "auto" where it chooses that, how many threads share each batch. Each computes its
            own samples, and their gradients are added in a fixed order; a batch of 8 samples or fewer has one thread.

    Returns:
        A function of as many arrays, or nested lists of numbers, with the samples along the first axis (shapes (n, …)
        with the same n); `.program(…)` is the array program for such arguments.

    Raises:
        CaptureError: at the first call, as described above.
        DomainError: the function has no value, or no derivative, for a sample; the message names the sample.
        ImportError: the engine's library is not installed.
        TypeError, ValueError: arguments that are not numbers or whose shapes do not match, or that are no symbols.

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

    >>> from microgradnet.layers import Embedding
    >>> compile(Embedding(3, 2, seed=1), symbols={"symbol": 3})([0, 2]).shape
    (2, 2)
    """
    return Compiled(function, parameters, reduction, engine, dtype, devices, symbols or {}, most_programs, threads)
