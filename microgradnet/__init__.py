"""microgradnet: reverse-mode automatic differentiation on single numbers, to see and understand backpropagation.

>>> from microgradnet import Value
>>> x = Value(3.0, "x"); y = x * x
>>> y.backward(); x.grad
6.0
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from microgradnet.errors import AnomalyError as AnomalyError
from microgradnet.errors import CaptureError as CaptureError
from microgradnet.errors import DomainError as DomainError
from microgradnet.errors import ProviderError as ProviderError
from microgradnet.errors import StaleGraphError as StaleGraphError
from microgradnet.functions import FUNCTIONS
from microgradnet.recording import no_grad as no_grad
from microgradnet.value import Value as Value
from microgradnet.value import constant as constant
from microgradnet.value import parameter as parameter

if TYPE_CHECKING:
    from microgradnet.checking import operation as operation
    from microgradnet.checking.gradcheck import gradcheck as gradcheck
    from microgradnet.compiling import Compiled as Compiled
    from microgradnet.compiling import Program as Program
    from microgradnet.compiling import compile as compile
    from microgradnet.drawing import Picture as Picture
    from microgradnet.drawing import draw as draw
    from microgradnet.drawing import draw_dot as draw_dot
    from microgradnet.functions import *
    from microgradnet.gradients import grad as grad
    from microgradnet.gradients import hessian as hessian
    from microgradnet.gradients import jacobian as jacobian
    from microgradnet.loops import for_each as for_each
    from microgradnet.loops import scan as scan
    from microgradnet.nn import MLP as MLP
    from microgradnet.nn import Layer as Layer
    from microgradnet.nn import Module as Module
    from microgradnet.nn import Neuron as Neuron
    from microgradnet.stepping import Page as Page
    from microgradnet.stepping import backward_unrolled as backward_unrolled
    from microgradnet.stepping import break_on as break_on
    from microgradnet.stepping import detect_anomaly as detect_anomaly
    from microgradnet.stepping import explain as explain
    from microgradnet.stepping import page as page
    from microgradnet.stepping import step_through as step_through
    from microgradnet.stepping import trace_source as trace_source
    from microgradnet.stepping import unroll as unroll
    from microgradnet.train import fit as fit
    from microgradnet.train import load as load
    from microgradnet.train import save as save
    from microgradnet.widget import live as live

__version__ = "0.1.0"

_LATER = {
    "checking": ("gradcheck", "operation"),
    "compiling": ("Compiled", "Program", "compile"),
    "drawing": ("Picture", "draw", "draw_dot"),
    "gradients": ("grad", "hessian", "jacobian"),
    "loops": ("for_each", "scan"),
    "nn": ("MLP", "Layer", "Module", "Neuron"),
    "stepping": (
        "Page", "backward_unrolled", "break_on", "detect_anomaly", "explain", "page", "step_through", "trace_source",
        "unroll",
    ),
    "train": ("fit", "load", "save"),
    "widget": ("live",),
}  # fmt: skip
"""What is loaded when it is first asked for."""
_HOME = {name: wing for wing, names in _LATER.items() for name in names}

globals().update(FUNCTIONS)
if not TYPE_CHECKING:  # so that whatever becomes an operation is public
    __all__ = [  # noqa: PLE0604
        "AnomalyError", "CaptureError", "DomainError", "ProviderError", "StaleGraphError", "Value", "constant",
        "no_grad", "parameter", *_HOME, *FUNCTIONS,
    ]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in _LATER:
        return import_module(f"microgradnet.{name}")
    if name in _HOME:
        return getattr(import_module(f"microgradnet.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
