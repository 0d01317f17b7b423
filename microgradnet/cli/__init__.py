"""The command line: one module for each group of commands, with the arguments they take."""

from microgradnet.cli.main import main

__all__ = ["main"]
