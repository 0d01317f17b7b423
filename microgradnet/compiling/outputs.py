"""The outputs of a function in nested lists, tuples and dicts: taken apart to a flat list, and assembled again."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from microgradnet.errors import CaptureError
from microgradnet.value import Value, constant

Template: TypeAlias = Any
"""A nested structure of lists, tuples and dicts, in which an int is the index of an output."""


def template_of(result: Any, outputs: list[Value]) -> Template:
    """The structure of a function's result, whose Values are appended to `outputs`.

    Raises:
        CaptureError: something else than Values and numbers is in it.

    >>> outputs = []
    >>> template_of((Value(1.0), {"y": [2.0, 3.0]}), outputs), len(outputs)
    ((0, {'y': [1, 2]}), 3)
    """
    if isinstance(result, list | tuple):
        items = [template_of(item, outputs) for item in result]
        return items if isinstance(result, list) else tuple(items)
    if isinstance(result, dict):
        return {key: template_of(item, outputs) for key, item in result.items()}
    if not isinstance(result, Value):
        try:
            result = constant(result)
        except TypeError:
            raise CaptureError(
                f"a compiled function returns Values, optionally in lists, tuples or dicts; got {result!r:.80}"
            ) from None
    outputs.append(result)
    return len(outputs) - 1


def assembled(template: Template, outputs: Sequence[Any]) -> Any:
    """The outputs in the structure that the function returned; a list of Values becomes an axis.

    >>> assembled((0, {"y": [1, 2]}), [0.5, np.array([1.0, 2.0]), np.array([3.0, 4.0])])
    (0.5, {'y': array([[1., 3.],
           [2., 4.]])})
    """
    if isinstance(template, int):
        output = outputs[template]
        return output.copy() if isinstance(output, np.ndarray) else output
    if isinstance(template, dict):
        return {key: assembled(item, outputs) for key, item in template.items()}
    items = [assembled(item, outputs) for item in template]
    if isinstance(template, tuple):
        return tuple(items)
    if not all(isinstance(item, np.ndarray | float) for item in items) or len({np.shape(item) for item in items}) != 1:
        return items
    leaf = template
    while not isinstance(leaf, int):
        leaf = leaf[0]
    return np.stack(items, axis=int(isinstance(outputs[leaf], np.ndarray)))  # after that of the samples, if it has one
