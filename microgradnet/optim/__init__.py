"""Optimisers and learning-rate schedules: how parameters change, given their gradients."""

from microgradnet.optim.optimizers import OPTIMIZERS, SGD, Adam, AdamW, Optimizer, RMSProp
from microgradnet.optim.parameter_vector import ParameterVector
from microgradnet.optim.schedules import SCHEDULES, Constant, Cosine, Linear, Schedule, StepDecay, Warmup

__all__ = [
    "OPTIMIZERS", "SCHEDULES", "SGD", "Adam", "AdamW", "Constant", "Cosine", "Linear", "Optimizer", "ParameterVector",
    "RMSProp", "Schedule", "StepDecay", "Warmup",
]  # fmt: skip
