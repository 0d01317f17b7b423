"""Colours as classes (Zhang et al. 2016), and colour by likeness, a method that learns nothing (Welsh et al. 2002)."""

from typing import Any

import numpy as np

from microgradnet.teach.applications.application import needed
from microgradnet.teach.applications.colour.photographs import PURPOSE, Numbers, Photograph

NEAREST, SPREAD = 5, 5.0  # the classes that a colour belongs to, and σ of their weights
TEMPERATURE = 1.0  # T, of the least error on the validation columns; colours are livelier at 0.4
BLUR, MORE = 0.7, 2.0  # σ of the blur of restored colours, in pixels; and what is best for colour by likeness
SAME, BLURRED, ANY = "likeness, this photo", "the same, blurred", "likeness, all photos"


def _tree(points: Numbers) -> Any:
    """A tree that tells which of the points are nearest."""
    return needed("scipy.spatial", PURPOSE).KDTree(points)


class Palette:
    """Twenty-four colours that stand for all colours of photographs.

    Args:
        colour: a and b of the pixels, (n, 2).
        count: how many stand for them: the means of a k-means clustering.

    Attributes:
        colours: (count, 2).
    """

    def __init__(self, colour: Numbers, count: int = 24) -> None:
        start = np.random.default_rng(0).choice(colour, count, replace=False)
        self.colours: Numbers = needed("scipy.cluster.vq", PURPOSE).kmeans2(colour, start, 30, minit="matrix")[0]
        self._tree = _tree(self.colours)

    def classes(self, colour: Numbers) -> Numbers:
        """For each colour, (n, 2), the probabilities of the classes, (n, count): e^(−d²/2σ²) of the five nearest."""
        distances, nearest = self._tree.query(colour, NEAREST)
        weights = np.exp(-(distances**2 - distances[:, :1] ** 2) / (2 * SPREAD**2))
        classes = np.zeros((len(colour), len(self.colours)))
        np.put_along_axis(classes, nearest, weights / weights.sum(axis=1, keepdims=True), axis=1)
        return classes

    def mean(self, logits: Numbers) -> Numbers:
        """The annealed mean, Σₖ colourₖ · softmax(logits / T)ₖ: at T = 1 the mean, at T → 0 the likeliest colour."""
        weights = np.exp((logits - logits.max(axis=1, keepdims=True)) / TEMPERATURE)
        mean: Numbers = weights / weights.sum(axis=1, keepdims=True) @ self.colours
        return mean


class Likeness:
    """Each grey pixel has the colour of the known pixel that is most like it, in L and in the contrast around it.

    The contrast is the standard deviation of L over 5 × 5 pixels.

    Args:
        photographs: whose colours are known in columns 0 to end − 1.
        end: where they end.
    """

    def __init__(self, photographs: list[Photograph], end: int) -> None:
        self._tree = _tree(np.concatenate([_look(photo.grey)[:, :end].reshape(-1, 2) for photo in photographs]))
        self._colours = np.concatenate([photo.colour[:, :end].reshape(-1, 2) for photo in photographs])

    def colour(self, grey: Numbers, start: int, stop: int, blur: float) -> Numbers:
        """The colours of columns start to stop − 1, blurred."""
        look = _look(grey)[:, start:stop]
        return blurred(self._colours[self._tree.query(look)[1]], blur)


def by_likeness(photo: Photograph, start: int, stop: int, known: list[Photograph], end: int) -> dict[str, Numbers]:
    """The colours of columns start to stop − 1, by likeness to its own left part, if any, and to the known ones'."""
    columns = photo.grey, start, stop
    ways = {ANY: Likeness(known, end).colour(*columns, BLUR)}
    if start:
        own = Likeness([photo], start)
        ways = {SAME: own.colour(*columns, BLUR), BLURRED: own.colour(*columns, MORE), **ways}
    return ways


def _look(grey: Numbers) -> Numbers:
    mean_of = needed("scipy.ndimage", PURPOSE).uniform_filter
    mean, square = (mean_of(x, 5, mode="nearest") for x in (grey, grey**2))
    return np.dstack([grey, np.sqrt(np.maximum(square - mean**2, 0))])


def blurred(colour: Numbers, width: float) -> Numbers:
    """Colours, (rows, columns, 2), weighted with a Gaussian of this standard deviation, in pixels."""
    smooth: Numbers = needed("scipy.ndimage", PURPOSE).gaussian_filter(colour, (width, width, 0))
    return smooth
