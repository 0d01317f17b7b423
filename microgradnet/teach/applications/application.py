"""`Application`: a task of the gallery, from its data to what a person sees; `Entry`: what is known before it loads."""

import math
import textwrap
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import wraps
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeAlias, TypeVar

from microgradnet._shared.terminal import format_table
from microgradnet.module import Module
from microgradnet.value import Value

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from microgradnet.train.history import History

Files: TypeAlias = Mapping[str, Callable[[], bytes | str]]
"""The name of each file, and a function that makes its contents."""


QUICK = 0.03
"""The fraction of a quick run, which takes a tenth of the time: it still loads libraries, compiles, and draws."""
COLUMN = 9  # characters of a line of a heading in a table of figures, where its words allow it


class Option(NamedTuple):
    """An option of `microgradnet run NAME` that one application has.

    Attributes:
        flag: as `--text`; its name without the dashes is the argument's.
        help: what it asks for.
        kind: makes the argument from the text.
        metavar: the text's name in the help.
        choices: the texts that are allowed; empty for any.
        of_training: whether it is an argument of the class, because another one needs another training; the others are
            arguments of `Application.asked`.
    """

    flag: str
    help: str
    kind: Callable[[str], Any] = str
    metavar: str | None = None
    choices: Sequence[str] = ()
    of_training: bool = False

    @property
    def name(self) -> str:
        """The argument's name."""
        return self.flag.lstrip("-")


class Entry(NamedTuple):
    """What `microgradnet list` and the command line's parser know of an application.

    Attributes:
        name: of its module and its command.
        title: what the network does.
        seconds: of a whole run, on one core.
        legend: how its figures are read.
        options: its own.
    """

    name: str
    title: str
    seconds: int
    legend: str = ""
    options: Sequence[Option] = ()


class Figure(NamedTuple):
    """A number that says how well the network does on test data, beside those of simpler methods.

    Attributes:
        name: what is measured, with its unit.
        network: the network's number; nan if there is none to measure.
        baselines: the numbers of other methods, by their names.
    """

    name: str
    network: float
    baselines: Mapping[str, float] = {}


class Application(ABC):
    """A task of the gallery: it makes its data from a seed, trains a model, and shows what the model does.

    Args:
        fraction: how much of the training is made, of the test data measured, and of the pictures drawn; at most 1.
        seed: of the data that are drawn, the first parameters and the order of training.

    Attributes:
        name: of its module and its command.
        source: the publication that it follows: author, year, title.
        credit: the authors of its data and their licence; "" if the data are generated.
        tested: what its figures are of, and how many of it by a whole run.
        model: what is trained; `save` and `load` keep it.

    Raises:
        ValueError: the fraction is 0 or less, or more than 1.
    """

    name: ClassVar[str]
    source: ClassVar[str]
    credit: ClassVar[str] = ""
    tested: ClassVar[Sequence[tuple[str, int]]] = ()
    model: Module

    def __init__(self, *, fraction: float = 1, seed: int = 0) -> None:
        if not 0 < fraction <= 1:
            raise ValueError(f"the fraction must be more than 0 and at most 1, got {fraction!r}")
        self.fraction, self.seed = fraction, seed
        self._cached: dict[Any, tuple[list[float], Any]] = {}

    def part(self, count: int) -> int:
        """The fraction of so many, at least one."""
        return max(1, round(self.fraction * count))

    def measured(self) -> str:
        """What the figures are of: of which test data how many."""
        counts = ", ".join(f"{what}: {self.part(count):,}" for what, count in self.tested)
        return f"test data{counts and f' ({counts})'}"

    @abstractmethod
    def train(self, progress: bool | None = None) -> "History":
        """Train the model; `progress` as for `fit`. Ctrl-C ends the training, and the model keeps what it learnt."""

    @abstractmethod
    def figures(self) -> list[Figure]:
        """How well the model does on test data, from which it learns nothing, and how well baselines do."""

    @abstractmethod
    def files(self) -> Files:
        """The pictures, pages and sounds that show what the model does."""

    @abstractmethod
    def sample_loss(self) -> Value:
        """The loss of one sample, of this model or one of its kind that is small enough to play."""

    def example(self) -> Value:
        """The loss of one sample, to play: after `backward()`, with a label."""
        loss = self.sample_loss()
        loss.label = "loss"
        loss.backward()
        return loss

    def asked(self, *arguments: Any, **options: Any) -> Files:
        """What the options of the command line ask for, made by the trained model."""
        raise NotImplementedError(f"{self.name} has no options")


A = TypeVar("A", bound=Application)
Made = TypeVar("Made")


def cached(make: Callable[[A], Made]) -> Callable[[A], Made]:
    """A method of an application whose result is cached until a parameter of its model changes."""

    @wraps(make)
    def method(self: A) -> Made:
        numbers = [parameter.data for parameter in self.model.parameters()]
        if make not in self._cached or self._cached[make][0] != numbers:
            self._cached[make] = numbers, make(self)
        made: Made = self._cached[make][1]
        return made

    return method


def needed(package: str, purpose: str) -> ModuleType:
    """A package of the extra `applications`.

    Raises:
        ImportError: it is not installed; the message says what needs it and names the command that installs it.

    >>> needed("nosuchpackage", "the photographs")
    Traceback (most recent call last):
    ImportError: the photographs need nosuchpackage: pip install 'microgradnet[applications]'
    """
    try:
        return import_module(package)
    except ImportError as error:
        raise ImportError(f"{purpose} need {package}: pip install 'microgradnet[applications]'") from error


def format_figures(figures: Sequence[Figure]) -> str:
    """The figures as a table, a narrow column for the network and for each baseline.

    >>> print(format_figures([Figure("error, px", 0.5, {"ridge regression": 1.25}), Figure("right, %", math.nan)]))
               network  ridge
                        regression
    ─────────  ───────  ──────────
    error, px  0.5      1.25
    right, %   —
    """
    baselines = list(dict.fromkeys(name for figure in figures for name in figure.baselines))
    rows = [
        [figure.name, _number(figure.network), *(_number(figure.baselines.get(name)) for name in baselines)]
        for figure in figures
    ]
    headings = ["\n".join(textwrap.wrap(name, COLUMN, break_long_words=False)) for name in ("network", *baselines)]
    return format_table(["", *headings], rows)


def percentage(right: Collection[Any]) -> float:
    """How many of some truths are true, in percent; 0 of none.

    >>> percentage([True, False, True, True])
    75.0
    """
    return 100 * float(sum(right)) / len(right) if len(right) else 0.0


def rms(errors: "ArrayLike") -> float:
    """The root of the mean of the squares.

    >>> rms([3.0, -3.0])
    3.0
    """
    import numpy as np  # which a command's help does without

    return float(np.sqrt(np.mean(np.square(errors))))


def _number(number: float | None) -> str:
    return "" if number is None else "—" if math.isnan(number) else f"{number:.3g}"
