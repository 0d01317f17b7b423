"""Convolution and pooling: their equations written out, the shapes of their results, what they refuse."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microgradnet import Value, compile, total
from microgradnet.layers import Convolution, Pool
from tests.layers.every import numbers, shifted

SIZES = st.integers(1, 3)


@given(
    nin=SIZES, nout=SIZES, size=SIZES, stride=SIZES, padding=st.integers(0, 2), more=st.tuples(SIZES, SIZES),
    seed=st.integers(0, 99),
)  # fmt: skip
@settings(max_examples=40)
def test_a_convolution_computes_what_its_equation_says(
    nin: int, nout: int, size: int, stride: int, padding: int, more: tuple[int, int], seed: int
) -> None:
    layer = shifted(Convolution(nin, nout, size, stride=stride, padding=padding), seed)
    height, width = (max(1, size + extra - 2 * padding) for extra in more)
    x = np.random.default_rng(seed).normal(size=(nin, height, width))
    y = np.array(numbers(layer(x)))
    assert y.shape == (nout, *((n + 2 * padding - size) // stride + 1 for n in (height, width)))

    def pixel(m: int, r: int, c: int) -> float:
        return float(x[m, r, c]) if 0 <= r < height and 0 <= c < width else 0.0

    for k, r, c in np.ndindex(y.shape):
        kernel = layer.kernels[k]
        z = kernel.b.data + sum(
            kernel.w[(m * size + i) * size + j].data
            * pixel(m, r * stride + i - padding, c * stride + j - padding)
            for m in range(nin) for i in range(size) for j in range(size)
        )  # fmt: skip
        assert y[k, r, c] == pytest.approx(z, abs=1e-12)


def test_a_pattern_is_found_wherever_it_is() -> None:
    """A shift of the image shifts the result."""
    layer = shifted(Convolution(1, 2, 2, activation="relu"), 1)
    x = np.zeros((1, 8, 9))
    x[0, 1:4, 1:4] = np.random.default_rng(0).normal(size=(3, 3))
    moved = np.roll(x, (2, 2), (1, 2))
    assert np.array_equal(np.roll(numbers(layer(x)), (2, 2), (1, 2)), numbers(layer(moved)))


def test_a_convolution_is_one_matrix_product_compiled() -> None:
    layer = Convolution(2, 4, 3, padding=1, activation="relu", seed=1)
    step = compile(lambda x: total([pixel for rows in layer(x) for row in rows for pixel in row]), layer)
    forward = step.program(np.ones((5, 2, 6, 6))).forward
    assert [instruction.function for instruction in forward].count("matmul") == 1


@given(size=SIZES, stride=SIZES, more=st.tuples(SIZES, SIZES), channels=SIZES, seed=st.integers(0, 99))
@settings(max_examples=40)
def test_a_pool_takes_the_largest_or_the_mean_of_each_patch(
    size: int, stride: int, more: tuple[int, int], channels: int, seed: int
) -> None:
    height, width = (size + extra for extra in more)
    x = np.random.default_rng(seed).normal(size=(channels, height, width))
    for kind, reduce in (("max", np.max), ("mean", np.mean)):
        y = np.array(numbers(Pool(size, kind, stride=stride)(x)))
        assert y.shape == (channels, (height - size) // stride + 1, (width - size) // stride + 1)
        for m, r, c in np.ndindex(y.shape):
            patch = x[m, r * stride : r * stride + size, c * stride : c * stride + size]
            assert y[m, r, c] == pytest.approx(reduce(patch), abs=1e-14)


def test_the_gradient_of_a_tie_is_divided() -> None:
    image = [[[Value(1.0), Value(0.0)], [Value(0.5), Value(1.0)]]]
    Pool(2)(image)[0][0][0].backward()
    assert [[x.grad for x in row] for row in image[0]] == [[0.5, 0.0], [0.0, 0.5]]


def test_patches_of_a_pool_do_not_overlap_by_default() -> None:
    assert Pool(3).stride == 3
    assert np.shape(numbers(Pool(3)(np.zeros((1, 7, 9))))) == (1, 2, 3)


IMAGE: Any = np.zeros((2, 3, 3))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Convolution(0, 1, 1), "the number of channels must be a whole number of at least 1, got 0"),
        (lambda: Convolution(1, 1.5, 1), "the number of kernels must be"),  # type: ignore[arg-type]
        (lambda: Convolution(1, 1, -2), "the size of a kernel must be"),
        (lambda: Convolution(1, 1, 1, stride=0), "the stride must be"),
        (lambda: Convolution(1, 1, 1, padding=-1), "the padding, unless it is 0, must be"),
        (lambda: Convolution(1, 1, 1, activation="rellu"), "unknown activation 'rellu'"),
        (lambda: Convolution(1, 1, 1, init="glorot"), "unknown initialisation 'glorot'"),
        (lambda: Pool(2, "min"), "unknown kind of pool 'min': it must be one of max, mean"),
        (lambda: Pool(0), "the size of a pool must be"),
        (lambda: Pool(2, stride=0), "the stride must be"),
        (lambda: Convolution(3, 1, 2)(IMAGE), r"Convolution\(3 → 1 linear.* takes an image of 3 channels, got 2"),
        (lambda: Convolution(2, 1, 4)(IMAGE), r"Convolution.* needs an image of at least 4×4 pixels, got 3×3"),
        (lambda: Pool(4)(IMAGE), r"Pool\(4×4 max, stride 4\) needs an image of at least 4×4 pixels, got 3×3"),
        (lambda: Pool(2)(np.zeros((1, 2, 1))), "needs an image of at least 2×2 pixels, got 2×1"),
        (lambda: Pool(1)([[[1.0, 2.0], [3.0]]]), r"need one size, got rows of the lengths \[\[2, 1\]\]"),
        (lambda: Pool(1)([[[1.0, 2.0]], [[3.0, 4.0]] * 2]), r"rows of the lengths \[\[2\], \[2, 2\]\]"),
        (lambda: Pool(1)([]), r"rows of the lengths \[\]"),
        (lambda: Pool(1)([[], []]), r"rows of the lengths \[\[\], \[\]\]"),
    ],
)  # fmt: skip
def test_what_is_refused(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("image", [IMAGE[0], IMAGE[0, 0], 1.0, [IMAGE], "image"], ids=str)
def test_an_image_has_three_axes(image: Any) -> None:
    for layer in (Convolution(1, 1, 1), Pool(1)):
        with pytest.raises(TypeError, match=r"takes an image \[channel\]\[row\]\[column\].*pass \[image\]"):
            layer(image)
