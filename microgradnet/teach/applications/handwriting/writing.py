"""A network writes: each point is drawn from what it predicts, and is what it sees next; and pictures of the lines."""

import math
import textwrap
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from microgradnet.teach.applications.handwriting.judging import Judge
from microgradnet.teach.applications.handwriting.pens import HANDS, LETTERS, Line, Points
from microgradnet.teach.applications.handwriting.pieces import START, after, one_hot
from microgradnet.teach.applications.media.strokes import MARGIN, WIDTH, Strokes, animation
from microgradnet.teach.applications.media.svg import card, text

Row = Sequence[Any]

STRAIGHT = 0.95  # the largest correlation: at 1 a Gaussian would be a line, without a density
MOST_POINTS = 70  # of a letter, more than any has: then it ends


class Prediction(NamedTuple):
    """What the network says of the next point: K Gaussians, by K numbers for each of these, and two logits."""

    weights: Row
    right: Row
    down: Row
    log_right: Row
    log_down: Row
    correlations: Row
    lift: Any
    end: Any


def write(
    predict: Callable[..., Any], state: Any, texts: Sequence[str], hands: Sequence[str], bias: float, seed: int
) -> list[Line]:
    """The texts, each in the style of its name, drawn from a source of its own: the same seed, the same line.

    Args:
        predict: (seen, letter, following, hand, h, c) of all lines → the numbers of a `Prediction`, and (h, c).
        state: the first (h, c).
        texts: of LETTERS.
        hands: a style's name for each.
        bias: 0 draws as predicted; above, the more probable points more often.
        seed: of the sources.
    """
    sources = [np.random.default_rng((seed, number)) for number in range(len(texts))]
    points: list[list[list[float]]] = [[] for _ in texts]
    sights, styles = [START] * len(texts), one_hot(hands, HANDS)
    at, since = [0] * len(texts), [0] * len(texts)  # the letter's position, and how many points it has
    while writing := [i for i, text in enumerate(texts) if at[i] < len(text)]:
        letter, following = (
            one_hot([(text + "  ")[i + k] for text, i in zip(texts, at, strict=True)], LETTERS) for k in (0, 1)
        )
        (*mixture, lift, end), state = predict(sights, letter, following, styles, *state)
        for i in writing:
            point = drawn([numbers[i] for numbers in mixture], (lift[i], end[i]), bias, sources[i])
            since[i] += 1
            if point[3] or since[i] == MOST_POINTS:
                point[3], since[i], at[i] = 1.0, 0, at[i] + 1
            points[i].append(point)
            sights[i] = after(sights[i], point)
    return [Line(text, hand, np.array(made)) for text, hand, made in zip(texts, hands, points, strict=True)]


def drawn(mixture: Sequence[Points], logits: tuple[float, float], bias: float, rng: np.random.Generator) -> list[float]:
    """A point, (4,), drawn as predicted: π = softmax(π̂·(1 + bias)), σ = exp(σ̂ − bias). Source: eq. 61 and 62.

    Whether the pen lifts, and whether the letter ends, is biased as the weights π are, which Graves does not.
    """
    weights = np.exp((1 + bias) * (mixture[0] - max(mixture[0])))
    k = rng.choice(len(weights), p=weights / weights.sum())
    mean1, mean2, log_sd1, log_sd2, slope = (float(numbers[k]) for numbers in mixture[1:])
    u, v = rng.standard_normal(2).tolist()
    rho = STRAIGHT * math.tanh(slope)
    right = mean1 + math.exp(log_sd1 - bias) * u
    down = mean2 + math.exp(log_sd2 - bias) * (rho * u + math.sqrt(1 - rho**2) * v)
    chances = [0.5 + 0.5 * math.tanh((1 + bias) * logit / 2) for logit in logits]
    return [right, down, *(float(rng.random() < chance) for chance in chances)]


def picture(title: str, lines: Sequence[Line], captions: Sequence[str], judge: Judge, credit: str) -> str:
    """The lines as an SVG that writes them; letters that the judge does not read as what they are stand out.

    Lines without ink are named below the others.
    """
    rows, blank, right, count = [], [], 0, 0
    for line, caption, found in zip(lines, captions, judge.read(lines), strict=True):
        if ink := line.ink():
            rows.append(Strokes(caption, [places for _, places in ink], [found[at] != line.text[at] for at, _ in ink]))
        else:
            blank.append(f"{caption}: the pen never came down")
        right += sum(line.text[at] == letter for at, letter in found.items())
        count += len(line.text.replace(" ", ""))
    judged = f"A judge of letters reads {right} of {count}" + ("; orange: it reads another" if right < count else "")
    notes = [*blank, judged, *textwrap.wrap(credit[0].upper() + credit[1:], 66)]
    if rows:
        return animation(rows, title, notes)
    words = [text(MARGIN, 66 + 18 * i, note, 14, soft=True) for i, note in enumerate(notes)]
    return card(text(MARGIN, 34, title, 20) + "".join(words), (WIDTH, 66 + 18 * len(notes)), title)
