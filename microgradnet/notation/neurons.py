"""The names of a network's values in mathematics: w⁽¹⁾₂₃ is layer 1's weight of neuron 2 for input 3, from 1."""

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from microgradnet import ops
from microgradnet.ops import INPUT, PARAMETER

if TYPE_CHECKING:
    from microgradnet.value import Value

_OWNER = re.compile(r"(.*?)(?:layer(\d+)\.)?(?:neuron(\d+)\.)?", re.DOTALL)
_SUBSCRIPT = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_SUPERSCRIPT = str.maketrans("0123456789()", "⁰¹²³⁴⁵⁶⁷⁸⁹⁽⁾")


def subscript(*indices: int) -> str:
    """Indices below the line; with a comma between them where one has two digits.

    >>> subscript(1, 2), subscript(1, 12), subscript(11, 2)
    ('₁₂', '₁,₁₂', '₁₁,₂')
    """
    between = "," if max(indices, default=0) > 9 else ""
    return between.join(map(str, indices)).translate(_SUBSCRIPT)


def indexed(names: Sequence[str]) -> str:
    """Names that end in 1, 2, …, as one with an index in their place; "" for others.

    >>> indexed(["w⁽¹⁾₂₁", "w⁽¹⁾₂₂"]), indexed(["x₁", "y₂"])
    ('w⁽¹⁾₂ᵢ', '')
    >>> indexed(["w" + subscript(2, k) for k in range(1, 13)]), indexed(["x" + subscript(k) for k in range(1, 13)])
    ('w₂ᵢ', 'xᵢ')
    """
    stem = names[0].removesuffix(subscript(1))
    comma = "," if "₀" <= stem[-1:] <= "₉" else ""  # before an index of two digits: see subscript
    expected = [stem + comma * (k > 9) + subscript(k) for k in range(1, len(names) + 1)]
    return f"{stem}ᵢ" if [*names] == expected else ""


def neuron_names(nodes: Iterable["Value"]) -> dict["Value", str]:
    """The names of neurons' parameters, weighted sums z, activations a, and of the inputs x of the first layer.

    A neuron is a weighted sum whose parameters have the labels that a `Neuron`, `Layer` or `MLP` gives: `w0`, `w1`,
    …, `b`, after `neuron1.` in a layer, `layer0.` in a network, and the name of that in a larger one, which is kept:
    `encoder.w⁽¹⁾₂₃`. Of other values, those that have a label keep it.

    >>> from microgradnet import MLP, Value
    >>> y = MLP(2, [1], "tanh", "tanh", seed=1)([Value(1.0), Value(2.0)])
    >>> sorted(neuron_names([*y.operands[0].operands, y.operands[0], y]).values())
    ['a⁽¹⁾₁', 'b⁽¹⁾₁', 'w⁽¹⁾₁₁', 'w⁽¹⁾₁₂', 'x₁', 'x₂', 'z⁽¹⁾₁']
    """
    names: dict[Value, str] = {}
    owners: dict[Value, Owner] = {}  # of the weighted sums
    for node in nodes:
        if node.op is ops.weighted_sum and (owner := _owner(node)):
            owners[node] = owner
            half = len(node.operands) // 2
            for k, (w, x) in enumerate(zip(node.operands[:half], node.operands[half:], strict=False), 1):
                names[w] = owner.name("w", k)
                if x.op is INPUT:
                    names.setdefault(x, f"x{subscript(k)}")
            names |= dict.fromkeys(node.operands[2 * half :], owner.name("b"))
            names[node] = owner.name("z")
        elif node.op.activation and node.operands[0] in owners:
            names[node] = owners[node.operands[0]].name("a")
    return {value: name for value, name in names.items() if value.op is PARAMETER or not value.label}


class Owner(NamedTuple):
    """A neuron, or a layer: the name of its network in the program with a dot, its layer and its neuron, from 1.

    Layer and neuron are 0 where it stands in none: a layer by itself, or a neuron.

    >>> Owner("", 1, 2).name("w", 3), Owner("encoder.", 0, 2).name("a"), str(Owner("encoder.", 1))
    ('w⁽¹⁾₂₃', 'encoder.a₂', 'layer 1 of encoder')
    """

    prefix: str = ""
    layer: int = 0
    neuron: int = 0

    @classmethod
    def of(cls, stem: str) -> "Owner":
        """That of the parameters whose labels begin so: `layer0.neuron1.`."""
        prefix, layer, neuron = _OWNER.fullmatch(stem).groups()  # type: ignore[union-attr]  # it matches every stem
        return cls(prefix, *(int(index) + 1 if index else 0 for index in (layer, neuron)))

    def name(self, letter: str, *indices: int) -> str:
        """The name of one of its values."""
        layer = f"({self.layer})".translate(_SUPERSCRIPT) if self.layer else ""
        return f"{self.prefix}{letter}{layer}{subscript(*filter(None, [self.neuron]), *indices)}"

    def __str__(self) -> str:
        """The layer in words."""
        network = self.prefix.removesuffix(".")
        if not self.layer:
            return network or "layer"
        return f"layer {self.layer}{' of ' * bool(network)}{network}"


def _owner(node: "Value") -> Owner | None:
    """The neuron whose weighted sum this is; None if its parameters have other labels."""
    half = len(node.operands) // 2
    parameters = [*node.operands[:half], *node.operands[2 * half :]]
    stem = parameters[0].label.removesuffix("w0")
    labels = [*(f"{stem}w{k}" for k in range(half)), f"{stem}b"]
    if [p.label for p in parameters] != labels[: len(parameters)] or any(p.op is not PARAMETER for p in parameters):
        return None
    return Owner.of(stem)
