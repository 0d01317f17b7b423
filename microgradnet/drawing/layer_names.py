"""Which parameters are one neuron's, and which neurons are one layer, by their names and by what they feed."""

from collections.abc import Iterable, Sequence
from itertools import islice

from microgradnet import ops
from microgradnet.ops import PARAMETER
from microgradnet.value import Value


def neurons_of(order: Sequence[Value]) -> dict[Value, tuple[Value, str]]:
    """For each parameter of a neuron: the neuron's first parameter, which identifies it, and a name for want of one."""
    neurons: dict[Value, tuple[Value, str]] = {}
    count = 0
    for node in order:
        if node.op is ops.weighted_sum and (first := node.operands[0]).op is PARAMETER and first not in neurons:
            count += 1
            own = (first, f"neuron {count}")
            neurons.update((operand, own) for operand in node.operands if operand.op is PARAMETER)
    return neurons


def layers_of(order: Sequence[Value], neurons: dict[Value, tuple[Value, str]]) -> dict[Value, Value]:
    """From the first parameter of each neuron with a dotted name to that of the first neuron in its layer.

    Neurons of one layer have its name, and feed the same weighted sums or are fed by the same values. Two parameters
    of one name are in two networks, so never in one layer: this separates networks that are fed by one value.
    """
    sums = [node for node in order if node.op is ops.weighted_sum]
    fed: dict[tuple[Value, ...], list[Value]] = {}
    for node in sums:
        half = len(node.operands) // 2
        fed.setdefault(node.operands[half : 2 * half], []).append(node)
    # neurons that may be in one layer, the most certain first
    together = [firsts for values in (*fed, *fed.values(), sums) for firsts in _by_layer_name(values, neurons)]
    # those with a name twice are of several networks, and come last, when the others are assigned
    together.sort(key=lambda firsts: len({first.label for first in firsts}) < len(firsts))
    layers = {first: {first.label: first} for firsts in together for first in firsts}
    for firsts in together:
        for index, first in enumerate(firsts):
            own = layers[first]
            for other in islice(firsts, index):
                if layers[other] is own:
                    break
                if own.keys().isdisjoint(layers[other]):
                    layers[other].update(own)
                    layers.update(dict.fromkeys(own.values(), layers[other]))
                    break
    return {first: next(iter(members.values())) for first, members in layers.items()}


def _by_layer_name(values: Iterable[Value], neurons: dict[Value, tuple[Value, str]]) -> list[list[Value]]:
    """The first parameters of the neurons that computed these values, in a list for each layer's name."""
    found: dict[str, dict[Value, None]] = {}
    for value in values:
        first = _first(value, neurons)
        if first is not None:
            found.setdefault(_layer_name(first), {})[first] = None
    return [list(firsts) for firsts in found.values()]


def _first(value: Value, neurons: dict[Value, tuple[Value, str]]) -> Value | None:
    """The first parameter of the neuron whose weighted sum or activation `value` is, if that has a dotted name."""
    summed = value if value.op is ops.weighted_sum or not value.operands else value.operands[0]
    if summed.op is not ops.weighted_sum or summed.operands[0] not in neurons:
        return None
    first = neurons[summed.operands[0]][0]
    return first if "." in first.label else None


def _layer_name(first: Value) -> str:
    """`layer0` for `layer0.neuron1.w0`; of a layer without a name, whose parameters are `neuron1.w0`, `neuron`."""
    above, _, neuron = first.label.rpartition(".")[0].rpartition(".")
    return above or neuron.rstrip("0123456789")
