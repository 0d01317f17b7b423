"""microgradnet: reverse-mode automatic differentiation on single numbers, to see and understand backpropagation.

>>> from microgradnet import Value
>>> x = Value(3.0, "x"); y = x * x
>>> y.backward(); x.grad
6.0
"""

from typing import TYPE_CHECKING, Any

from microgradnet.checking import gradcheck
from microgradnet.errors import DomainError, ProviderError, StaleGraphError
from microgradnet.functions import (
    abs,
    cos,
    dot,
    elu,
    erf,
    erfc,
    exp,
    gelu,
    gelu_tanh,
    leaky_relu,
    log,
    logsumexp,
    maximum,
    minimum,
    relu,
    sigmoid,
    silu,
    sin,
    softmax,
    softplus,
    sqrt,
    tanh,
    total,
    weighted_sum,
)
from microgradnet.gradients import grad, hessian, jacobian
from microgradnet.nn import MLP, Layer, Module, Neuron
from microgradnet.value import Value, constant, no_grad, parameter

if TYPE_CHECKING:
    from microgradnet.drawing import Picture, draw, draw_dot

__all__ = [
    "MLP", "DomainError", "Layer", "Module", "Neuron", "Picture", "ProviderError", "StaleGraphError", "Value",
    "abs", "constant", "cos", "dot", "draw", "draw_dot", "elu", "erf", "erfc", "exp", "gelu", "gelu_tanh", "grad",
    "gradcheck", "hessian", "jacobian", "leaky_relu", "log", "logsumexp", "maximum", "minimum", "no_grad",
    "parameter", "relu", "sigmoid", "silu", "sin", "softmax", "softplus", "sqrt", "tanh", "total", "weighted_sum",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """What draws is loaded when it is first asked for, as it takes longer to load than all the rest."""
    if name in {"Picture", "draw", "draw_dot"}:
        from microgradnet import drawing

        return getattr(drawing, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
