"""microgradnet: reverse-mode automatic differentiation on single numbers, to see and understand backpropagation.

>>> from microgradnet import Value
>>> x = Value(3.0, "x"); y = x * x
>>> y.backward(); x.grad
6.0
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from microgradnet.checking.custom_operation import operation
from microgradnet.checking.gradcheck import gradcheck
from microgradnet.errors import AnomalyError, CaptureError, DomainError, ProviderError, StaleGraphError
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
    sign,
    silu,
    sin,
    softmax,
    softplus,
    sqrt,
    tanh,
    total,
    weighted_sum,
    where,
)
from microgradnet.gradients import grad, hessian, jacobian
from microgradnet.nn import MLP, Layer, Module, Neuron
from microgradnet.recording import no_grad, trace_source
from microgradnet.value import Value, constant, parameter

if TYPE_CHECKING:
    from microgradnet.compiling import Compiled, Program, compile
    from microgradnet.drawing import Picture, draw, draw_dot
    from microgradnet.stepping import (
        Page,
        backward_unrolled,
        break_on,
        detect_anomaly,
        explain,
        page,
        step_through,
        unroll,
    )
    from microgradnet.train import fit
    from microgradnet.train.saving import load, save

__version__ = "0.1.0"

_LATER = {
    "microgradnet.compiling": ("Compiled", "Program", "compile"),
    "microgradnet.drawing": ("Picture", "draw", "draw_dot"),
    "microgradnet.train.saving": ("load", "save"),
    "microgradnet.stepping": (
        "Page",
        "backward_unrolled",
        "break_on",
        "detect_anomaly",
        "explain",
        "page",
        "step_through",
        "unroll",
    ),
    "microgradnet.train": ("fit",),
}
"""What is loaded when it is first asked for, as it takes longer to load than all the rest."""

__all__ = [
    "MLP",
    "AnomalyError",
    "CaptureError",
    "Compiled",
    "DomainError",
    "Layer",
    "Module",
    "Neuron",
    "Page",
    "Picture",
    "Program",
    "ProviderError",
    "StaleGraphError",
    "Value",
    "abs",
    "backward_unrolled",
    "break_on",
    "compile",
    "constant",
    "cos",
    "detect_anomaly",
    "dot",
    "draw",
    "draw_dot",
    "elu",
    "erf",
    "erfc",
    "exp",
    "explain",
    "fit",
    "gelu",
    "gelu_tanh",
    "grad",
    "gradcheck",
    "hessian",
    "jacobian",
    "leaky_relu",
    "load",
    "log",
    "logsumexp",
    "maximum",
    "minimum",
    "no_grad",
    "operation",
    "page",
    "parameter",
    "relu",
    "save",
    "sigmoid",
    "sign",
    "silu",
    "sin",
    "softmax",
    "softplus",
    "sqrt",
    "step_through",
    "tanh",
    "total",
    "trace_source",
    "unroll",
    "weighted_sum",
    "where",
]


def __getattr__(name: str) -> Any:
    for module, names in _LATER.items():
        if name in names:
            return getattr(import_module(module), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
