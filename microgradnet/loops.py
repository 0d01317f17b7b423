"""Loops over the rows of an image or the steps of a sequence, whose body is written once: `for_each` and `scan`."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from microgradnet.recording import hooks

Output = TypeVar("Output")
State = TypeVar("State")


def for_each(function: Callable[..., Output], *sequences: Iterable[Any]) -> list[Output]:
    """[function(x) for x in xs]: the outputs of a function, applied to each row by itself.

    Args:
        function: of one row; or of several, one from each sequence.
        sequences: at least one, all of one length; a row is anything: a number, a Value, a list of them.

    Returns:
        The outputs, one for each row.

    Raises:
        TypeError: there is no function or no sequence.
        ValueError: the sequences have different lengths.

    >>> for_each(lambda x, w: w * x, [1.0, 2.0, 3.0], [4.0, 5.0, 6.0])
    [4.0, 10.0, 18.0]
    """
    rows = _rows("for_each", function, sequences)
    at_once: tuple[None, list[Output]] | None = _at_once(lambda state, *row: (None, function(*row)), None, rows)
    return at_once[1] if at_once else [function(*row) for row in rows]


def scan(
    function: Callable[..., tuple[State, Output]], state: State, *sequences: Iterable[Any]
) -> tuple[State, list[Output]]:
    """Carry a state from each row to the next: for x in xs: state, output = function(state, x).

    Args:
        function: of the state and one row, or one row from each sequence; it returns (state, output).
        state: the first state: a Value, or nested lists and tuples of them.
        sequences: at least one, all of one length.

    Returns:
        The last state, and the outputs, one for each row.

    Raises:
        TypeError: there is no function or no sequence, or the function does not return a pair.
        ValueError: the sequences have different lengths.

    >>> scan(lambda total, x: (total + x, total + x), 0.0, [1.0, 2.0, 3.0])
    (6.0, [1.0, 3.0, 6.0])
    """

    def step(state: State, *row: Any) -> tuple[State, Output]:
        pair: Any = function(state, *row)
        if not isinstance(pair, tuple) or len(pair) != 2:
            raise TypeError(f"the function of scan returns a pair (state, output), got {pair!r:.80}")
        return pair

    rows, outputs = _rows("scan", function, sequences), []
    at_once: tuple[State, list[Output]] | None = _at_once(step, state, rows)
    if at_once:
        return at_once
    for row in rows:
        state, output = step(state, *row)
        outputs.append(output)
    return state, outputs


def _at_once(function: Callable[..., Any], state: Any, rows: list[tuple[Any, ...]]) -> Any:
    """What a hook makes of the loop, a compiler's for instance; None if there is none."""
    found = (hook.loop(function, state, rows) for hook in hooks())
    return next((pair for pair in found if pair is not None), None)


def _rows(loop: str, function: object, sequences: Sequence[Any]) -> list[tuple[Any, ...]]:
    """The rows of the sequences side by side: row i has the i-th of each."""
    if not callable(function):
        raise TypeError(f"{loop} takes a function first, got {function!r:.80}")
    if not sequences:
        raise TypeError(f"{loop} takes at least one sequence of rows, got none")
    for sequence in sequences:
        if not isinstance(sequence, Iterable):
            raise TypeError(f"{loop} takes sequences of rows, such as lists, got {sequence!r:.80}")
    lists = [list(sequence) for sequence in sequences]
    lengths = [len(rows) for rows in lists]
    if len(set(lengths)) > 1:
        raise ValueError(f"{loop} takes sequences of one length, got {' and '.join(map(str, lengths))} rows")
    return list(zip(*lists, strict=True))
