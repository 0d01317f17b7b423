"""Misconceptions about backpropagation, as executable wrong rules that can be run, compared and recognised.

>>> from microgradnet import Value
>>> from microgradnet.teach import misconceptions
>>> x = Value(3.0, "x"); y = x * x; y.label = "y"
>>> print(misconceptions.run(y, "overwritten"))  # doctest: +ELLIPSIS
overwritten: each contribution replaces the one before (= for +=)
...
"""

from microgradnet.teach.misconceptions.comparison import Comparison, run
from microgradnet.teach.misconceptions.table import MISCONCEPTIONS, Misconception

__all__ = ["MISCONCEPTIONS", "Comparison", "Misconception", "run"]
