"""Stepping through a backward pass: explained, unrolled into a program, watched, in a terminal and in a page.

Steps as data are methods of a value, `Value.forward_steps()` and `Value.backward_steps()`; see `steps`.
"""

from microgradnet.stepping.paths import Explanation, explain
from microgradnet.stepping.terminal import step_through
from microgradnet.stepping.unrolled import backward_unrolled, unroll
from microgradnet.stepping.watching import break_on, detect_anomaly
from microgradnet.stepping.webpage import Page, page

__all__ = [
    "Explanation",
    "Page",
    "backward_unrolled",
    "break_on",
    "detect_anomaly",
    "explain",
    "page",
    "step_through",
    "unroll",
]
