"""Layers for sequences, which carry a state from each step to the next: `Recurrent`, `GRU` and `LSTM`.

In the equations [x, h] is the row xₜ followed by the hidden state hₜ₋₁, and · between two states, or a state and a
gate, is element by element.
"""

from collections.abc import Iterable
from typing import Any

from microgradnet._shared.arguments import as_count
from microgradnet.functions import tanh
from microgradnet.layers.rows import Row, activations, as_row, as_rows
from microgradnet.loops import scan
from microgradnet.module import Module
from microgradnet.network_arguments import Activation, Inputs, Seed, name_of, random_source
from microgradnet.nn import Layer
from microgradnet.value import Value


class RecurrentLayer(Module):
    """state = step(state, xₜ) for each row xₜ, from state = start(): the loop that all recurrent layers have.

    Attributes:
        nin: numbers in a row.
        nout: numbers in a hidden state.
    """

    def __init__(self, nin: int, nout: int) -> None:
        self.nin, self.nout = as_count(nin, "the number of inputs"), as_count(nout, "the number of hidden units")

    def start(self) -> Any:
        """The first state: zeros."""
        return [Value(0.0, f"h{i}") for i in range(self.nout)]

    def step(self, state: Any, x: Inputs) -> Any:
        """The state after one more row of `nin` numbers.

        Raises:
            ValueError: the row or the state has another size.
        """
        raise NotImplementedError

    def __call__(self, rows: Iterable[Inputs]) -> list[Row]:
        """The hidden states [step][nout] after each row of `nin` numbers, from `start()`.

        Raises:
            ValueError: a row has another size.
        """

        def step(state: Any, x: Row) -> tuple[Any, Row]:
            state = self.step(state, x)
            return state, self._hidden(state)

        return scan(step, self.start(), as_rows(rows, self.nin, self))[1]

    def _hidden(self, state: Any) -> Row:
        """The hidden state in a state."""
        return state  # type: ignore[no-any-return]

    def _row(self, x: Inputs) -> Row:
        return as_row(x, self.nin, self)

    def _state(self, h: Inputs) -> Row:
        return as_row(h, self.nout, self, "a state")


class Recurrent(RecurrentLayer):
    """hₜ = tanh(W·[x, h] + b): the hidden state is all that is remembered.

    Args:
        nin: numbers in a row.
        nout: numbers in a hidden state.
        activation: in place of tanh, as for `Neuron`.
        init, seed: as for `Neuron`.

    Source: Elman 1990, "Finding structure in time".

    >>> layer = Recurrent(1, 1)
    >>> layer.load_state_dict({"hidden.neuron0.w0": 1, "hidden.neuron0.w1": -1, "hidden.neuron0.b": 0})
    >>> [round(h.data, 4) for [h] in layer([[1.0], [1.0]])]     # tanh(1), tanh(1 − tanh(1))
    [0.7616, 0.234]
    """

    def __init__(
        self, nin: int, nout: int, activation: Activation = "tanh", *, init: str = "xavier", seed: Seed = None
    ) -> None:
        super().__init__(nin, nout)
        self.hidden = Layer(nin + nout, nout, activation, init=init, seed=seed)
        self._label_parameters()

    def step(self, state: Inputs, x: Inputs) -> Row:
        """The hidden state hₜ, from hₜ₋₁ and a row; errors as of `RecurrentLayer.step`."""
        return activations(self.hidden, [*self._row(x), *self._state(state)])

    def __repr__(self) -> str:
        return f"Recurrent({self.nin} → {self.nout} {name_of(self.hidden.neurons[0].activation)})"


class GRU(RecurrentLayer):
    """hₜ = (1 − z)·n + z·h: a gated recurrent unit keeps, by its update gate z, some of each number of the old state.

    z = σ(W·[x, h] + b), likewise the reset gate r, and the candidate n = tanh(Wₓ·x + bₓ + r·(Wₕ·h + bₕ)).
    The layers of z, r and both sums of n are `update`, `reset`, `candidate_x` and `candidate_h`.

    Args:
        nin: numbers in a row.
        nout: numbers in a hidden state.
        init, seed: as for `Neuron`.

    Source: Cho et al. 2014, "Learning phrase representations using RNN encoder–decoder"; with the reset gate after
    the product, as in cuDNN and PyTorch.

    >>> layer = GRU(1, 1)
    >>> layer.load_state_dict(dict.fromkeys(layer.state_dict(), 1.0))
    >>> [round(h.data, 4) for [h] in layer([[1.0], [1.0]])]
    [0.1185, 0.2125]
    """

    def __init__(self, nin: int, nout: int, *, init: str = "xavier", seed: Seed = None) -> None:
        super().__init__(nin, nout)
        rng = random_source(seed)
        self.reset, self.update = (Layer(nin + nout, nout, "sigmoid", init=init, seed=rng) for _ in range(2))
        self.candidate_x, self.candidate_h = (
            Layer(size, nout, "linear", init=init, seed=rng) for size in (self.nin, self.nout)
        )
        self._label_parameters()

    def step(self, state: Inputs, x: Inputs) -> Row:
        """The hidden state hₜ, from hₜ₋₁ and a row; errors as of `RecurrentLayer.step`."""
        x, h = self._row(x), self._state(state)
        gates = [activations(gate, [*x, *h]) for gate in (self.reset, self.update)]
        sums = activations(self.candidate_x, x), activations(self.candidate_h, h)
        return [
            (1 - z) * tanh(from_x + r * from_h) + z * before
            for r, z, from_x, from_h, before in zip(*gates, *sums, h, strict=True)
        ]

    def __repr__(self) -> str:
        return f"GRU({self.nin} → {self.nout})"


class LSTM(RecurrentLayer):
    """cₜ = f·c + i·g, hₜ = o·tanh(cₜ): long short-term memory, a cell state c whose gates write, keep and show it.

    i = σ(W·[x, h] + b), likewise f and o, and g = tanh(W·[x, h] + b), each of a layer of its own: `input`, `forget`,
    `output` and `candidate`. A state is the pair (h, c).

    Args:
        nin: numbers in a row.
        nout: numbers in a hidden state, and in a cell state.
        init, seed: as for `Neuron`.

    Source: Hochreiter & Schmidhuber 1997, "Long short-term memory"; the forget gate, Gers et al. 2000.

    >>> layer = LSTM(1, 1)
    >>> layer.load_state_dict(dict.fromkeys(layer.state_dict(), 1.0))
    >>> [round(h.data, 4) for [h] in layer([[1.0], [1.0]])]
    [0.6083, 0.8726]
    """

    def __init__(self, nin: int, nout: int, *, init: str = "xavier", seed: Seed = None) -> None:
        super().__init__(nin, nout)
        rng = random_source(seed)
        self.input, self.forget, self.candidate, self.output = (
            Layer(nin + nout, nout, activation, init=init, seed=rng)
            for activation in ("sigmoid", "sigmoid", "tanh", "sigmoid")
        )
        self._label_parameters()

    def start(self) -> tuple[Row, Row]:
        """The first state (h, c): zeros."""
        return super().start(), [Value(0.0, f"c{i}") for i in range(self.nout)]

    def step(self, state: tuple[Inputs, Inputs], x: Inputs) -> tuple[Row, Row]:
        """The state (hₜ, cₜ), from (hₜ₋₁, cₜ₋₁) and a row; errors as of `RecurrentLayer.step`."""
        h, c = map(self._state, state)
        inputs = [*self._row(x), *h]
        i, f, g, o = (activations(gate, inputs) for gate in (self.input, self.forget, self.candidate, self.output))
        c = [fj * cj + ij * gj for fj, cj, ij, gj in zip(f, c, i, g, strict=True)]
        return [oj * tanh(cj) for oj, cj in zip(o, c, strict=True)], c

    def _hidden(self, state: tuple[Row, Row]) -> Row:
        return state[0]

    def __repr__(self) -> str:
        return f"LSTM({self.nin} → {self.nout})"
