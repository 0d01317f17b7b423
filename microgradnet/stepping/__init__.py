"""Step through a backward pass: path by path, unrolled into a program, with watches, in a terminal and in a page.

`Value.forward_steps()` and `Value.backward_steps()` give the steps as data; see `steps`.
"""

from microgradnet.stepping.film import save_steps
from microgradnet.stepping.paths import Explanation, explain
from microgradnet.stepping.plane import Plane
from microgradnet.stepping.terminal import step_through
from microgradnet.stepping.tracing import trace_source
from microgradnet.stepping.unrolled import backward_unrolled, unroll
from microgradnet.stepping.watching import break_on, detect_anomaly
from microgradnet.stepping.webpage import Page, page

__all__ = [
    "Explanation",
    "Page",
    "Plane",
    "backward_unrolled",
    "break_on",
    "detect_anomaly",
    "explain",
    "page",
    "save_steps",
    "step_through",
    "trace_source",
    "unroll",
]
