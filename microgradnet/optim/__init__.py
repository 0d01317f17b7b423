"""Optimisers and learning-rate schedules: how parameters change, given their gradients."""

from microgradnet.optim import optimizers
from microgradnet.optim.optimizer import Optimizer
from microgradnet.optim.optimizers import *  # noqa: F403
from microgradnet.optim.optimizers import OPTIMIZERS
from microgradnet.optim.parameter_vector import ParameterVector
from microgradnet.optim.schedules import SCHEDULES, Constant, Cosine, Linear, Schedule, StepDecay, Warmup

__all__ = [
    "OPTIMIZERS", "SCHEDULES", "Constant", "Cosine", "Linear", "Optimizer", "ParameterVector", "Schedule", "StepDecay",
    "Warmup",
]  # fmt: skip
__all__ += optimizers.__all__
