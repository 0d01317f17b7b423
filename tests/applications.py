"""What the gallery must reach: bounds on the figures of each application, trained in full and for a tenth of that."""

from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

from microgradnet.teach.applications.application import Figure

Figures: TypeAlias = Mapping[str, Figure]
Number: TypeAlias = Callable[[Figures], float]


class Bound(NamedTuple):
    """What a number, made of the figures of an application by their names, must reach.

    Attributes:
        what: the number.
        of: makes it of the figures.
        least: the least that the mean over seeds of full trainings must be.
        most: the most.
        quick: the looser bound for a tenth of one training, in place of the one that is finite, which a network that
            has learnt nothing does not reach; None if there is none.
    """

    what: str
    of: Number
    quick: float | None
    least: float = float("-inf")
    most: float = float("inf")

    @property
    def says(self) -> str:
        """The bound as words."""
        return f"{self.what} at most {self.most}" if self.most < float("inf") else f"{self.what} at least {self.least}"

    def holds(self, figures: Figures) -> bool:
        """Whether the figures of full trainings reach it."""
        return self.least <= self.of(figures) <= self.most

    def holds_quickly(self, figures: Figures) -> bool:
        """Whether those of a tenth of a training reach the looser one."""
        assert self.quick is not None
        number = self.of(figures)
        return number <= self.quick if self.most < float("inf") else number >= self.quick


def network(name: str) -> Number:
    """The network's number in a figure."""
    return lambda figures: figures[name].network


def baseline(name: str, baseline: str) -> Number:
    """A baseline's."""
    return lambda figures: figures[name].baselines[baseline]


def ratio(name: str, baseline: str) -> Number:
    """The network's number by that of a baseline."""
    return lambda figures: figures[name].network / figures[name].baselines[baseline]


def ahead(name: str, baseline: str) -> Number:
    """By how much the network's number is above that of a baseline."""
    return lambda figures: figures[name].network - figures[name].baselines[baseline]


def behind(name: str, baseline: str) -> Number:
    """By how much it is below."""
    return lambda figures: figures[name].baselines[baseline] - figures[name].network


CURVATURE, LAPS = "error of curvature, 1/m (RMSE)", "laps on the road, %"
SEEN, NEVER_SEEN = "words right, numbers seen, %", "words right, numbers never seen, %"
MEAN_ERROR, BY_LIKENESS = "CIELAB error, overall", "likeness, this photo"
MOUTH, BALLS = "error of the mouth (RMSE)", "balls: F1 at ±1 frame"


def below_likeness(figures: Figures) -> float:
    """On how many of the photographs the network is better than colour by likeness."""
    names = {"pagoda", "flower", "astronaut", "coffee", "cat"} & set(figures)
    return sum(figures[name].network < figures[name].baselines[BY_LIKENESS] for name in names)


BOUNDS: dict[str, list[Bound]] = {
    "driving": [
        Bound("error of curvature by that of ridge regression", ratio(CURVATURE, "ridge"), 0.7, most=0.4),
        Bound("laps on the road, %", network(LAPS), 50, least=100),
        Bound("laps on the road by driving straight on, %", baseline(LAPS, "straight on"), None, most=0),
    ],
    "translation": [
        Bound("words right for numbers seen, %", network(SEEN), 30, least=90),
        Bound("words right for numbers never seen, %", network(NEVER_SEEN), 15, least=65),
        Bound(
            "right words above 20 for which it looks right in the first half, left in the second, %",
            network("looks right, then left, % of right words above 20"), 75, least=90,
        ),
    ],
    "colour": [
        Bound("error in CIELAB", network(MEAN_ERROR), 12, most=8.5),
        Bound("error by that of likeness", ratio(MEAN_ERROR, BY_LIKENESS), 1.3, most=0.95),
        Bound("photographs with less error than by likeness, of five", below_likeness, None, least=3),
        Bound("error by that of likeness, blurred more", ratio(MEAN_ERROR, "the same, blurred"), 1.4, most=1),
        Bound("how much worse it is without the thumbnail", behind(MEAN_ERROR, "no thumbnail"), 0.5, least=3),
    ],
    "handwriting": [
        Bound("surprise, nats a point", network("surprise, nats a point"), 0, most=-1.9),
        Bound("legible at bias 1.5, %", network("legible at bias 1.5, %"), 5, least=90),
    ],
    "speech": [
        Bound("error of the mouth by that of linear", ratio(MOUTH, "linear"), 0.95, most=0.85),
        Bound("error of the mouth by that of loudness", ratio(MOUTH, "by loudness"), 0.9, most=0.75),
        Bound("closures on m, b and p found, %", network("closures of the lips found, %"), 30, least=85),
        Bound("closures that are false, %", network("closures that are false, %"), 40, most=10),
    ],
    "sound": [
        Bound("F1 of balls", network(BALLS), 0.5, least=0.85),
        Bound("F1 of balls above the best threshold of motion", ahead(BALLS, "motion"), -0.2, least=0.2),
        Bound("material right for strikes found, %", network("balls: material right, %"), 40, least=95),
        Bound("strikes found within 40 ms, %", network("balls: within 40 ms, %"), 90, least=95),
    ],
    "objects": [Bound("recognised, %", network("recognised, %"), 90, least=97)],
}  # fmt: skip
