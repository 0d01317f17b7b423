"""`Application`: how much a quick run makes, and what is kept of a trained model."""

import pytest

from microgradnet import MLP, Value
from microgradnet.teach.applications.application import Application, Figure, Files, cached
from microgradnet.train import History, fit


class Doubling(Application):
    """An application that counts how often it measures."""

    name, source = "doubling", "nobody 2026"
    tested = (("numbers", 2000), ("pages", 3))

    def __init__(self, *, fraction: float = 1, seed: int = 0) -> None:
        super().__init__(fraction=fraction, seed=seed)
        self.model, self.measurements = MLP(1, [1], seed=seed), 0

    def train(self, progress: bool | None = None) -> History:
        return fit(self.model, [[1.0]], [[2.0]], epochs=1, progress=False)

    @cached
    def errors(self) -> list[float]:
        """Something that takes long."""
        self.measurements += 1
        return [parameter.data for parameter in self.model.parameters()]

    def figures(self) -> list[Figure]:
        return [Figure("error", self.errors()[0])]

    def files(self) -> Files:
        return {"error.svg": lambda: str(self.errors())}

    def sample_loss(self) -> Value:
        return Value(1.0)


def test_what_is_cached_is_computed_again_where_the_model_has_other_numbers() -> None:
    one, other = Doubling(), Doubling()
    assert one.errors() is one.errors()
    assert one.measurements == 1
    one.train()
    one.figures()
    one.files()["error.svg"]()
    assert one.measurements == 2
    one.model.parameters()[0].data = 7.0
    assert one.errors()[0] == one.figures()[0].network == 7.0
    assert other.measurements == 0, "each keeps its own"


@pytest.mark.parametrize(
    ("fraction", "counts"),
    [(1, "numbers: 2,000, pages: 3"), (0.04, "numbers: 80, pages: 1")],
)
def test_a_quick_run_measures_a_fraction_at_least_one(fraction: float, counts: str) -> None:
    assert Doubling(fraction=fraction, seed=4).measured() == f"test data ({counts})"


@pytest.mark.parametrize("fraction", [0, -0.5, 2, float("nan")])
def test_a_fraction_is_more_than_0_and_at_most_1(fraction: float) -> None:
    with pytest.raises(ValueError, match=f"the fraction must be more than 0 and at most 1, got {fraction!r}"):
        Doubling(fraction=fraction)
