"""What the gallery must reach: bounds on the figures of each application, trained in full and with `--quick`."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from microgradnet.teach.applications.application import Figure


class Bound(NamedTuple):
    """A sentence on the figures of an application, and whether it holds for them, by their names.

    Attributes:
        says: the bound on the mean over seeds of full trainings.
        holds: whether figures reach it.
        quick: the same with a looser bound, for one quick training.
    """

    says: str
    holds: Callable[[Mapping[str, Figure]], bool]
    quick: Callable[[Mapping[str, Figure]], bool]


FIVE = ("china", "flower", "astronaut", "coffee", "chelsea")
BY_LIKENESS, BLURRED = "likeness, this photo", "this photo, blurred more"


def _below_likeness(figures: Mapping[str, Figure]) -> int:
    """On how many of the five photographs the network is better than colour by likeness."""
    return sum(figures[name].network < figures[name].baselines[BY_LIKENESS] for name in FIVE)


CURVATURE, LAPS = "error of curvature, 1/m (RMSE)", "laps of 10 on the road"


def _ratio(figure: Figure, baseline: str) -> float:
    """The network's number by that of a baseline."""
    return figure.network / figure.baselines[baseline]


def over_motion(figures: Mapping[str, Figure]) -> float:
    """By how much the F1 of sound's network is above that of the best threshold of motion."""
    f1 = figures["balls: F1 at ±1 frame"]
    return f1.network - f1.baselines["motion"]


BOUNDS: dict[str, list[Bound]] = {
    "translation": [
        Bound(
            "at least 90 % of words right for numbers seen",
            lambda figures: figures["words right, numbers seen, %"].network >= 90,
            lambda figures: figures["words right, numbers seen, %"].network >= 30,
        ),
        Bound(
            "at least 65 % for numbers never seen, of which the nearest image has none",
            lambda figures: (
                figures["words right, numbers never seen, %"].network >= 65
                and figures["words right, numbers never seen, %"].baselines["nearest training image"] == 0
            ),
            lambda figures: figures["words right, numbers never seen, %"].network >= 15,
        ),
        Bound(
            "in at least 90 % of right words above 20 it looks right in the first half, left in the second",
            lambda figures: figures["looks right, then left, % of right words above 20"].network >= 90,
            lambda figures: figures["looks right, then left, % of right words above 20"].network >= 75,
        ),
    ],
    "driving": [
        Bound(
            "an error of curvature of at most 0.4 of that of ridge regression",
            lambda figures: figures[CURVATURE].network <= 0.4 * figures[CURVATURE].baselines["ridge"],
            lambda figures: figures[CURVATURE].network <= 0.7 * figures[CURVATURE].baselines["ridge"],
        ),
        Bound(
            "10 of 10 laps on the road",
            lambda figures: figures[LAPS].network == 10,
            lambda figures: figures[LAPS].network >= 5,
        ),
        Bound(
            "straight on leaves every road",
            lambda figures: figures[LAPS].baselines["straight on"] == 0,
            lambda figures: figures[LAPS].baselines["straight on"] == 0,
        ),
    ],
    "colour": [
        Bound(
            "an error of at most 8.5",
            lambda figures: figures["all five"].network <= 8.5,
            lambda figures: figures["all five"].network <= 12,
        ),
        Bound(
            "at least 5 % below colour by likeness, as blurred",
            lambda figures: figures["all five"].network <= 0.95 * figures["all five"].baselines[BY_LIKENESS],
            lambda figures: figures["all five"].network <= 1.3 * figures["all five"].baselines[BY_LIKENESS],
        ),
        Bound(
            "below it on at least three of five",
            lambda figures: _below_likeness(figures) >= 3,
            lambda figures: _below_likeness(figures) >= 1,
        ),
        Bound(
            "below colour by likeness with the blur that is best for it",
            lambda figures: figures["all five"].network < figures["all five"].baselines[BLURRED],
            lambda figures: figures["all five"].network <= 1.4 * figures["all five"].baselines[BLURRED],
        ),
        Bound(
            "at least 3 worse without the thumbnail",
            lambda figures: figures["all five"].baselines["no thumbnail"] >= figures["all five"].network + 3,
            lambda figures: figures["all five"].baselines["no thumbnail"] >= figures["all five"].network + 1,
        ),
    ],
    "handwriting": [
        Bound(
            "a surprise below −1.9 nats a point",
            lambda figures: figures["surprise, nats a point"].network < -1.9,
            lambda figures: figures["surprise, nats a point"].network < 0,
        ),
        Bound(
            "at least 90 % legible at bias 1.5",
            lambda figures: figures["legible at bias 1.5, %"].network >= 90,
            lambda figures: figures["legible at bias 1.5, %"].network >= 5,
        ),
    ],
    "speech": [
        Bound(
            "an error of the mouth at most 0.85 × linear",
            lambda figures: _ratio(figures["error of the mouth"], "linear") <= 0.85,
            lambda figures: _ratio(figures["error of the mouth"], "linear") <= 0.95,
        ),
        Bound(
            "an error of the mouth at most 0.75 × by loudness",
            lambda figures: _ratio(figures["error of the mouth"], "by loudness") <= 0.75,
            lambda figures: _ratio(figures["error of the mouth"], "by loudness") <= 0.9,
        ),
        Bound(
            "at least 85 % of the closures on m, b and p found",
            lambda figures: figures["lips shut on m, b, p: found, %"].network >= 85,
            lambda figures: figures["lips shut on m, b, p: found, %"].network >= 10,
        ),
        Bound(
            "at most 10 % of the closures false",
            lambda figures: figures["lips shut elsewhere: false, %"].network <= 10,
            lambda figures: figures["lips shut elsewhere: false, %"].network <= 40,
        ),
    ],
    "sound": [
        Bound(
            "F1 of balls at least 0.85",
            lambda figures: figures["balls: F1 at ±1 frame"].network >= 0.85,
            lambda figures: figures["balls: F1 at ±1 frame"].network >= 0.5,
        ),
        Bound(
            "F1 of balls at least 0.2 above the best threshold of motion",
            lambda figures: over_motion(figures) >= 0.2,
            lambda figures: over_motion(figures) >= -0.2,
        ),
        Bound(
            "the right material for at least 95 % of the balls' strikes that are found",
            lambda figures: figures["balls: material right, %"].network >= 95,
            lambda figures: figures["balls: material right, %"].network >= 40,
        ),
        Bound(
            "at least 95 % of the balls' strikes that are found to ±40 ms",
            lambda figures: figures["balls: within 40 ms, %"].network >= 95,
            lambda figures: figures["balls: within 40 ms, %"].network >= 90,
        ),
    ],
    "objects": [
        Bound(
            "at least 97 % recognised",
            lambda figures: figures["recognised, %"].network >= 97,
            lambda figures: figures["recognised, %"].network >= 90,
        ),
    ],
}
