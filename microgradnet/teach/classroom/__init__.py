"""A class: one worksheet, many learners, and the teacher's page, which counts misconceptions as they are made."""

from microgradnet.teach.classroom.server import Classroom, is_served
from microgradnet.teach.classroom.store import Store

__all__ = ["Classroom", "Store", "is_served"]
