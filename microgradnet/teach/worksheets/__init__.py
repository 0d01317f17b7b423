"""Worksheets: graphs with blanks to fill in, and answers marked with the mistake that explains each wrong one."""

from microgradnet.teach.worksheets.grading import Mark, Marks, grade
from microgradnet.teach.worksheets.worksheet import Worksheet, worksheet

__all__ = ["Mark", "Marks", "Worksheet", "grade", "worksheet"]
