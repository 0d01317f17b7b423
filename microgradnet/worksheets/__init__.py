"""Worksheets: graphs with blanks to fill in, and answers marked with the mistake that explains each wrong one."""

from microgradnet.worksheets.grading import Mark, Marks, grade
from microgradnet.worksheets.worksheet import Worksheet, worksheet

__all__ = ["Mark", "Marks", "Worksheet", "grade", "worksheet"]
