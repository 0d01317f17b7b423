"""Checks of derivatives: against finite differences, over a whole graph, and of a user's own operations."""

from microgradnet.checking.custom_operation import operation
from microgradnet.checking.gradcheck import gradcheck

__all__ = ["gradcheck", "operation"]
