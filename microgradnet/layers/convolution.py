"""Layers for images, which are lists [channel][row][column] of numbers: `Convolution` and `Pool`."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

from microgradnet._shared.arguments import as_count, one_of
from microgradnet._shared.text import one_line
from microgradnet.functions import largest, total
from microgradnet.loops import for_each
from microgradnet.module import Module
from microgradnet.network_arguments import Activation, Seed, name_of, random_source
from microgradnet.nn import Neuron
from microgradnet.value import Value, constant

Image: TypeAlias = list[list[list[Value]]]


class Convolution(Module):
    """y[k][r][c] = f(bₖ + Σ wₖ[m][i][j] · x[m][r·stride + i − padding][c·stride + j − padding]).

    Each kernel is a neuron whose inputs are a patch of the image: one set of weights for all places, so that a pattern
    is found wherever it is. The sum is over all channels m and the size × size pixels i, j of the patch; outside the
    image x is 0. (Mathematics calls this a cross-correlation; with its convolution the kernel would be reversed.)

    Args:
        nin: channels of the image.
        nout: kernels, and so channels of the result.
        size: rows, and columns, of a kernel.
        stride: pixels from one patch to the next.
        padding: zeros on each side of the image.
        activation: f, as for `Neuron`.
        init, seed: as for `Neuron`; wₖ[m][i][j] is `kernels[k].w[(m·size + i)·size + j]`.

    Source: LeCun et al. 1989, "Backpropagation applied to handwritten zip code recognition".

    >>> edges = Convolution(1, 1, 2)
    >>> edges.load_state_dict({"kernel0.w0": -1, "kernel0.w1": 1, "kernel0.w2": -1, "kernel0.w3": 1, "kernel0.b": 0})
    >>> image = [[[0, 0, 5, 5], [0, 0, 5, 5], [0, 0, 5, 5]]]
    >>> [[y.data for y in row] for row in edges(image)[0]]
    [[0.0, 10.0, 0.0], [0.0, 10.0, 0.0]]
    >>> Convolution(3, 8, 3, stride=2, padding=1, activation="relu")
    Convolution(3 → 8 relu, 3×3, stride 2, padding 1)
    """

    def __init__(
        self, nin: int, nout: int, size: int, *, stride: int = 1, padding: int = 0, activation: Activation = "linear",
        init: str = "xavier", seed: Seed = None,
    ) -> None:  # fmt: skip
        self.nin = as_count(nin, "the number of channels")
        self.size, self.stride = as_count(size, "the size of a kernel"), as_count(stride, "the stride")
        self.padding = padding if padding == 0 else as_count(padding, "the padding, unless it is 0,")
        weights, rng = self.nin * self.size**2, random_source(seed)
        self.kernels = [
            Neuron(weights, activation, init=init, seed=rng, nout=nout)
            for _ in range(as_count(nout, "the number of kernels"))
        ]
        self._label_parameters()

    def __call__(self, image: Iterable[Any]) -> Image:
        """The features [kernel][row][column] of an image [channel][row][column].

        Each has (height + 2·padding − size) // stride + 1 rows, and columns likewise.

        Raises:
            ValueError: the image has other channels, rows of different lengths, or is smaller than a kernel.
            TypeError: it is no list of channels.
        """
        x = _padded(_as_image(image, self), self.padding)
        if len(x) != self.nin:
            raise ValueError(f"{self!r} takes an image of {self.nin} channels, got {len(x)}")
        patches, columns = _patches(x, self.size, self.stride, self)
        features = for_each(self._at, patches)
        return [_folded(feature, columns) for feature in zip(*features, strict=True)]

    def _at(self, patch: list[Value]) -> list[Value]:
        """The activation of each kernel for one patch."""
        return [kernel._forward(patch) for kernel in self.kernels]

    def __repr__(self) -> str:
        kind = f"{self.nin} → {len(self.kernels)} {name_of(self.kernels[0].activation)}"
        return f"Convolution({kind}, {self.size}×{self.size}, stride {self.stride}, padding {self.padding})"


def mean(values: Sequence[Value]) -> Value:
    """(x₁ + x₂ + … + xₙ) / n."""
    return total(values) / len(values)


REDUCTIONS: dict[str, Callable[[list[Value]], Value]] = {"max": largest, "mean": mean}


class Pool(Module):
    """y[m][r][c] = max, or mean, of the patch x[m][r·stride + i][c·stride + j], 0 ≤ i, j < size.

    Each channel by itself becomes smaller: its features matter more than their exact place. The gradient of a max is
    that of `maximum`, which divides it among equal numbers; PyTorch gives it to the first of them.

    Args:
        size: rows, and columns, of a patch.
        kind: "max" or "mean".
        stride: pixels from one patch to the next; by default `size`, which makes patches that do not overlap.

    Source: mean, LeCun et al. 1998, "Gradient-based learning applied to document recognition"; max, Scherer et al.
    2010, "Evaluation of pooling operations".

    >>> image = [[[1, 2, 0, 0], [3, 4, 0, 8]]]
    >>> [[[y.data for y in row] for row in Pool(2, kind)(image)[0]] for kind in ("max", "mean")]
    [[[4.0, 8.0]], [[2.5, 2.0]]]
    """

    def __init__(self, size: int, kind: str = "max", *, stride: int | None = None) -> None:
        self.kind, self.size = one_of(REDUCTIONS, kind, "kind of pool"), as_count(size, "the size of a pool")
        self.stride = self.size if stride is None else as_count(stride, "the stride")

    def __call__(self, image: Iterable[Any]) -> Image:
        """The smaller image [channel][row][column].

        Each channel has (height − size) // stride + 1 rows, and columns likewise.

        Raises:
            ValueError: the image has rows of different lengths, or is smaller than a patch.
            TypeError: it is no list of channels.
        """
        return [self._pooled(channel) for channel in _as_image(image, self)]

    def _pooled(self, channel: list[list[Value]]) -> list[list[Value]]:
        patches, columns = _patches([channel], self.size, self.stride, self)
        return _folded(for_each(REDUCTIONS[self.kind], patches), columns)

    def __repr__(self) -> str:
        return f"Pool({self.size}×{self.size} {self.kind}, stride {self.stride})"


def _as_image(image: Any, taker: Module) -> Image:
    """The pixels as Values.

    Raises:
        TypeError: it is no image.
        ValueError: it has no pixels, or its rows or channels have different sizes.
    """
    try:
        x = [
            [[pixel if isinstance(pixel, Value) else Value(pixel) for pixel in row] for row in channel]
            for channel in image
        ]
    except TypeError:
        raise TypeError(
            f"{taker!r} takes an image [channel][row][column] of numbers, got {one_line(repr(image)):.80}: "
            "if it has one channel and is [row][column], pass [image]"
        ) from None
    lengths = [[len(row) for row in channel] for channel in x]
    if len({tuple(channel) for channel in lengths}) != 1 or len(set(lengths[0])) != 1:
        raise ValueError(f"the rows and channels of an image need one size, got rows of the lengths {lengths!r:.80}")
    return x


def _padded(image: Image, padding: int) -> Image:
    """The image with zeros around each channel."""
    if not padding:
        return image
    zero = constant(0.0)
    sides, width = [zero] * padding, len(image[0][0]) + 2 * padding
    above = [[zero] * width] * padding
    return [[*above, *([*sides, *row, *sides] for row in channel), *above] for channel in image]


def _patches(image: Image, size: int, stride: int, taker: Module) -> tuple[list[list[Value]], int]:
    """The patches of all channels, each flat, from left to right and then down; and how many there are in a row."""
    height, width = len(image[0]), len(image[0][0])
    if min(height, width) < size:
        raise ValueError(f"{taker!r} needs an image of at least {size}×{size} pixels, got {height}×{width}")
    tops, lefts = range(0, height - size + 1, stride), range(0, width - size + 1, stride)
    patches = [
        [pixel for channel in image for row in channel[top : top + size] for pixel in row[left : left + size]]
        for top in tops for left in lefts
    ]  # fmt: skip
    return patches, len(lefts)


def _folded(flat: Sequence[Value], columns: int) -> list[list[Value]]:
    """A flat channel as rows."""
    return [list(flat[start : start + columns]) for start in range(0, len(flat), columns)]
