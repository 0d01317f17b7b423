"""`Module`: an object whose attributes hold parameters, with methods to name, save and restore them."""

import math
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from microgradnet._shared.text import one_line
from microgradnet.backward import NO_GRADIENT
from microgradnet.ops import PARAMETER
from microgradnet.ops.floats import as_float
from microgradnet.value import Value


class Module:
    """An object whose attributes hold parameters, directly or in modules, lists, tuples, dicts and object arrays.

    >>> from microgradnet import parameter
    >>> class Line(Module):
    ...     def __init__(self):
    ...         self.slope, self.intercept = parameter(2.0), parameter(1.0)
    >>> [name for name, parameter in Line().named_parameters()]
    ['slope', 'intercept']
    """

    def named_parameters(self) -> Iterator[tuple[str, Value]]:
        """Each parameter once, with its name: `layer0.neuron1.w2` is in layers[0], in its neurons[1], its w[2].

        `scales[0][1]` is named `scale0_1`, whether `scales` is a list of lists or an array; `scales["left"]` is
        named `scales.left`.

        Raises:
            ValueError: two parameters would have the same name.
            TypeError: a parameter is in a set, which has no order to name it by.
        """
        named: dict[str, Value] = {}
        _collect(vars(self).items(), "", named, {id(self): self})
        yield from named.items()

    def parameters(self) -> list[Value]:
        """The parameters, in the order of `named_parameters`."""
        return [p for _, p in self.named_parameters()]

    def zero_grad(self) -> None:
        """Reset the gradients of the parameters."""
        for p in self.parameters():
            p.grad = NO_GRADIENT

    def state_dict(self) -> dict[str, float]:
        """The parameters' numbers by name.

        >>> from microgradnet import Neuron
        >>> Neuron(1, seed=0).state_dict()
        {'w0': 0.6888437030500962, 'b': 0.0}
        """
        return {name: p.data for name, p in self._all_named().items()}

    def load_state_dict(self, state: Mapping[str, float]) -> None:
        """Set every parameter to its number in `state`; on an error, none is changed.

        Raises:
            ValueError: a name is missing or unknown (both kinds are listed), or a number is infinite or NaN.
            TypeError: an entry is not a number.
        """
        own = self._all_named()
        missing, unknown = [n for n in own if n not in state], [n for n in state if n not in own]
        if missing or unknown:
            raise ValueError(
                f"this state does not fit {self!r}: it has {len(state)} numbers for {len(own)} parameters; "
                f"missing: {_first_few(missing)}; unknown: {_first_few(unknown)}"
            )
        numbers = {name: as_float(state[name]) for name in own}
        if bad := [f"{name} = {number}" for name, number in numbers.items() if not math.isfinite(number)]:
            raise ValueError(f"a state's numbers must be finite, got {_first_few(bad)}")
        for name, p in own.items():
            p.data = numbers[name]

    def __repr__(self) -> str:
        """The class and the modules that its attributes hold, as Line(slopes=Layer(2 → 1 linear))."""
        inside = [f"{name}={module!r}" for name, module in vars(self).items() if isinstance(module, Module)]
        return f"{type(self).__name__}({', '.join(inside)})"

    def _all_named(self) -> dict[str, Value]:
        """The parameters by name; an error if a subclass lists more, which a state would silently omit."""
        own = dict(self.named_parameters())
        if nameless := len(set(self.parameters()) - set(own.values())):
            raise ValueError(
                f"named_parameters() omits {nameless} of the values in {type(self).__name__}.parameters(), so "
                "a state would lack them: make each with parameter(…), and keep it in an attribute"
            )
        return own

    def _label_parameters(self) -> None:
        for name, p in self.named_parameters():
            p.label = name


def _collect(items: Iterable[tuple[Any, Any]], prefix: str, named: dict[str, Value], seen: dict[int, Any]) -> None:
    """Add the parameters among and inside `items`, each once; `seen` keeps its objects alive: their ids are unique."""
    for key, item in items:
        if id(item) in seen:
            continue
        seen[id(item)] = item
        name = f"{prefix}{key}"
        if isinstance(item, Value):
            if item.op is not PARAMETER:
                continue
            if name in named:
                raise ValueError(f"two parameters would be called {name!r}: rename an attribute of the module")
            named[name] = item
        elif isinstance(item, Module):
            _collect(vars(item).items(), f"{name}.", named, seen)
        elif isinstance(item, dict):
            _collect(item.items(), f"{name}.", named, seen)
        elif isinstance(item, list | tuple | deque):
            _collect(enumerate(item), f"{name}_" if isinstance(key, int) else _singular(name), named, seen)
        elif isinstance(item, set | frozenset):
            inside: dict[str, Value] = {}
            _collect(enumerate(item), "", inside, seen)
            if inside:
                raise TypeError(f"{name} is a {type(item).__name__} of parameters, which has no order: make it a list")
        elif getattr(item, "dtype", None) == "object":  # a NumPy array: named as nested lists are
            _collect([(key, item.tolist())], prefix, named, seen)


def _singular(name: str) -> str:
    """The name of one of several: "weight" of "weights". What ends in s alone stays: "bias", "loss", "radius", "s"."""
    return name if re.search(r"(\b|bia|[su])s$", name) else name.removesuffix("s")


def _first_few(names: Sequence[str]) -> str:
    shown = [*names[:5], f"and {len(names) - 5} more"] if len(names) > 6 else names
    return ", ".join(map(one_line, shown)) or "none"
