"""`Subject`: what a widget shows, whatever draws it."""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from microgradnet._shared.webpage import WebPage

if TYPE_CHECKING:
    from microgradnet.train.fitting import Epoch


class Subject(ABC):
    """A page, and the state that it is sent whenever this changes.

    Attributes:
        page: the page, in the state it had at first.
    """

    page: WebPage

    @abstractmethod
    def state(self) -> dict[str, Any]:
        """The state now, as JSON."""

    @abstractmethod
    def take(self, state: dict[str, Any]) -> None:
        """Change the program's numbers to those of a state that the page has sent.

        Raises:
            ValueError: it is no state of this page; nothing is changed.
        """

    @abstractmethod
    def see(self, epoch: "Epoch") -> None:
        """An epoch of a training has ended."""
