"""Write by hand: a recurrent network predicts where the pen goes next, and writes any text by following itself.

At each point the network sees the point before, where its pen is, the letter it writes, the next letter and the style.
It predicts the offset to the next point as a mixture of K Gaussians, whether the pen lifts, and whether the letter
ends. A point is drawn from that, and is what it sees next:

    h, c = LSTM([seen, letter, following, style], h, c)         [π̂, μ, σ̂, ρ̂, lift, end] = W·h + b
    P(offset) = Σₖ πₖ·N(offset | μₖ, σₖ, ρₖ)    with π = softmax(π̂), σ = exp(σ̂), ρ = 0.95·tanh(ρ̂)

A bias makes the writing neat: π = softmax(π̂·(1 + bias)), σ = exp(σ̂ − bias). Gradients flow back through 20 points,
the state through the whole line. It practises random letters only, by writers who differ, and never a word.

Source: Graves 2013, "Generating sequences with recurrent neural networks", sections 4 and 5, eq. 19 to 26, 61 and 62.
There the network finds its letter by a soft window on the text, and sees offsets only. Here it is told the letter,
learns where it ends, and sees how far its pen is from the baseline and from where the letter began.
"""

import math
import random
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from microgradnet import Layer, Module, Value, compile, dot, exp, for_each, log, logsumexp, scan, tanh
from microgradnet._shared.arguments import one_of
from microgradnet.layers import LSTM, Embedding
from microgradnet.losses import binary_cross_entropy_with_logits
from microgradnet.optim import Adam
from microgradnet.optim.schedules import Cosine
from microgradnet.teach.applications.application import Application, Figure, Files
from microgradnet.teach.applications.handwriting import judging
from microgradnet.teach.applications.handwriting.pens import HANDS, LETTERS, PANGRAMS, Line, held_out, practice
from microgradnet.teach.applications.handwriting.pieces import START, after, pieces
from microgradnet.teach.applications.handwriting.writing import STRAIGHT, Prediction, picture, write
from microgradnet.teach.applications.requests import handwritten, number_from_zero
from microgradnet.train import History, fit

Row = Sequence[Any]
State = tuple[Row, Row]
Numbers = NDArray[np.float64]

HIDDEN, WIDTH, GAUSSIANS = 96, 12, 3
STEPS, SIDE_BY_SIDE, LINES = 20, 16, 256  # points in a piece, lines in a batch, lines that are made at once
EPOCHS, BATCHES, LONGEST = 45, 100, 80  # the last: letters of a line
TEXT, NEAT, BIASES = "microgradnet writes by hand", 1.5, (0.0, 0.5, 1.5)


class Writer(Module):
    """A point, the letter, the following one and the style → what comes next.

    Args:
        hidden: numbers in the state.
        width: numbers in a letter's vector.
        gaussians: K.
        seed: of the first parameters.
    """

    def __init__(self, hidden: int = HIDDEN, width: int = WIDTH, gaussians: int = GAUSSIANS, seed: int = 0) -> None:
        rng = random.Random(seed)
        self.letter = Embedding(len(LETTERS), width, seed=rng)
        self.memory = LSTM(6 + 2 * width + len(HANDS), hidden, seed=rng)
        self.output = Layer(hidden, 6 * gaussians + 2, "linear", init="xavier", seed=rng)

    def start(self, lines: int) -> tuple[Numbers, Numbers]:
        """The state (h, c) at the start of so many lines: zeros."""
        return np.zeros((lines, self.memory.nout)), np.zeros((lines, self.memory.nout))

    def remembered(self, state: State, seen: Row, letter: Row, following: Row, hand: Row) -> State:
        """The state (h, c) after one more point."""
        return self.memory.step(state, [*seen, *self.letter(letter), *self.letter(following), *hand])

    def predicted(self, h: Row) -> Prediction:
        """[π̂, μ, σ̂, ρ̂, lift, end] = W·h + b."""
        outputs = self.output(h)
        k = (len(outputs) - 2) // 6
        return Prediction(*(outputs[i * k : (i + 1) * k] for i in range(6)), *outputs[6 * k :])

    def next(self, seen: Row, letter: Row, following: Row, hand: Row, h: Row, c: Row) -> tuple[tuple[Any, ...], State]:
        """What comes next, and the state to go on with."""
        h, c = self.remembered((h, c), seen, letter, following, hand)
        return tuple(self.predicted(h)), (h, c)

    def loss(
        self, seen: Row, letter: Row, following: Row, hand: Row, point: Row, weight: Row, h: Row, c: Row
    ) -> tuple[Value, State]:
        """The mean of weightₜ·surprise(pointₜ) over a piece of a line, and the state to go on with."""

        def step(state: State, seen: Row, letter: Row, following: Row) -> tuple[State, Row]:
            state = self.remembered(state, seen, letter, following, hand)
            return state, state[0]

        state, hidden = scan(step, (h, c), seen, letter, following)
        surprises = for_each(lambda h, point: surprise(self.predicted(h), point), hidden, point)
        return dot(weight, surprises) / len(surprises), state


def surprise(predicted: Prediction, point: Row) -> Value:
    """−ln Σₖ πₖ·N(offset | μₖ, σₖ, ρₖ) − ln P(lift) − ln P(end), in nats. Source: Graves 2013, eq. 24 to 26."""
    right, down, lift, end = point
    scores = []
    for weight, mean1, mean2, log_sd1, log_sd2, slope in zip(*predicted[:6], strict=True):
        u, v, rho = (right - mean1) * exp(-log_sd1), (down - mean2) * exp(-log_sd2), STRAIGHT * tanh(slope)
        z, free = u**2 + v**2 - 2 * rho * u * v, 1 - rho**2
        scores.append(weight - z / (2 * free) - log_sd1 - log_sd2 - log(free) / 2 - math.log(2 * math.pi))
    offset = logsumexp(predicted.weights) - logsumexp(scores)
    result: Value = offset + binary_cross_entropy_with_logits([predicted.lift, predicted.end], [lift, end])
    return result


class Handwriting(Application):
    """A text, a style and a bias → a line of handwriting, point by point."""

    name = "handwriting"
    source = "Graves 2013, Generating sequences with recurrent neural networks"
    credit = "letters of A. V. Hershey (1967), public domain, in Hershey-Fonts by A. Kolinger, MIT"
    tested = (("writers of each style", 4), ("letters of each line at most", LONGEST))
    model: Writer

    def __init__(self, *, fraction: float = 1, seed: int = 0) -> None:
        super().__init__(fraction=fraction, seed=seed)
        self.model = Writer(seed=seed)
        self.next, self.judge = compile(self.model.next), judging.Judge(self.part(judging.LINES))

    def train(self, progress: bool | None = None) -> History:
        """The mean surprise of a point, in nats, by Adam, on new lines all the time."""
        epochs = self.part(EPOCHS)
        rule = Adam(self.model, lr=0.01, clip_norm=5.0, schedule=Cosine(epochs * BATCHES))
        batches = self._batches(np.random.default_rng(self.seed))
        return fit(
            self.model, batches, loss=self.model.loss, optimizer=rule, epochs=epochs, steps=BATCHES, progress=progress,
            after_batch=partial(setattr, self, "_state"),
        )  # fmt: skip

    def _batches(self, rng: np.random.Generator) -> Iterator[dict[str, Numbers]]:
        """Pieces of new lines without end: as many lines side by side, of similar length, from a state of zeros."""
        while True:
            lines = sorted(practice(LINES, rng), key=lambda line: len(line.points))
            for start in SIDE_BY_SIDE * rng.permutation(LINES // SIDE_BY_SIDE):
                self._state = self.model.start(SIDE_BY_SIDE)
                for piece in pieces(lines[start : start + SIDE_BY_SIDE], STEPS):
                    yield piece._asdict() | dict(zip("hc", self._state, strict=True))

    def figures(self) -> list[Figure]:
        """The surprise of a point of lines by writers never seen, and how many letters that it writes can be read."""
        length, to_write = self.part(LONGEST), held_out(self.part(2))
        texts, hands = [line.text[:length] for line in to_write], [line.hand for line in to_write]
        written = {bias: self.written(texts, hands, bias) for bias in (NEAT, 0.0)}
        lines, practised = held_out(self.part(4)), practice(self.part(1200), np.random.default_rng(10**7))
        return self.judge.judged(self.nats(lines), lines, written, practised)

    def nats(self, lines: Sequence[Line]) -> float:
        """The mean surprise of a point of these lines."""
        loss, state, means = compile(self.model.loss), self.model.start(len(lines)), []
        for piece in pieces(lines, STEPS):
            losses, state = loss(*piece, *state)
            means.append(losses.mean())
        return float(np.mean(means))

    def written(self, texts: Sequence[str], hands: Sequence[str], bias: float) -> list[Line]:
        """The texts in these styles, by the network."""
        return write(self.next, self.model.start(len(texts)), texts, hands, bias, self.seed)

    def files(self) -> Files:
        """Pictures of lines that write themselves."""
        hands, biases, short = list(HANDS), BIASES[: self.part(len(BIASES))], slice(self.part(LONGEST))

        def biased() -> list[Line]:
            return [line for bias in biases for line in self.written([PANGRAMS[2][short]], ["script"], bias)]

        styles = partial(self.written, [TEXT[short]] * len(hands), hands, NEAT)
        practised = practice(len(hands), np.random.default_rng(self.seed))
        draw = partial(picture, judge=self.judge, credit=self.credit)
        return {
            "styles.svg": lambda: draw("A network writes by hand", styles(), hands),
            "bias.svg": lambda: draw("From careless to neat", biased(), [f"bias {bias:g}" for bias in biases]),
            "practice.svg": lambda: draw("What it practised: random letters", practised, hands),
        }

    def asked(self, text: str = TEXT, style: str = "any", bias: float = NEAT) -> Files:
        """The text in a style, or in any of them, as neat as the bias says; a ValueError says what is possible."""
        text, bias, hand = handwritten(text), number_from_zero(bias), one_of([*HANDS, "any"], style, "style")
        hand = random.Random(self.seed).choice(list(HANDS)) if hand == "any" else hand
        caption, write = f"{hand}, bias {bias:g}", partial(self.written, [text], [hand], bias)
        return {"written.svg": lambda: picture(text, write(), [caption], self.judge, self.credit)}

    def sample_loss(self) -> Value:
        """The surprise of two points, by a network of one hidden unit and one Gaussian."""
        model, points = Writer(1, 1, 1, seed=self.seed), [[0.5, -0.3, 0.0, 0.0], [0.2, 0.9, 1.0, 1.0]]
        a, b = map(LETTERS.index, "ab")
        loss, _ = model.loss(
            seen=[START, after(START, points[0])], letter=[a, a], following=[b, b], hand=[1.0, 0.0, 0.0, 0.0],
            point=points, weight=[1.0, 1.0], h=[Value(0.0, "h")], c=[Value(0.0, "c")],
        )  # fmt: skip
        return loss


APPLICATION = Handwriting
