"""Arrays of pixels as PNG, by Pillow, which comes with matplotlib."""

import base64
import io

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image

Pixels = NDArray[np.uint8]


def pixels(image: ArrayLike, scale: int = 1) -> Pixels:
    """An image of numbers from 0 to 1, (rows, columns) or (rows, columns, 3), as bytes, each pixel a square.

    Numbers outside 0 to 1 become the nearest of them.

    Args:
        image: from the upper left corner.
        scale: the side of a square, in pixels.

    Raises:
        ValueError: it has another shape, or a number is NaN.

    >>> pixels([[0.0, 0.5]], 2).tolist()
    [[0, 0, 128, 128], [0, 0, 128, 128]]
    """
    array = np.asarray(image, np.float64)
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] != 3) or not array.size:
        raise ValueError(f"an image has the shape (rows, columns) or (rows, columns, 3), got {array.shape}")
    if np.isnan(array).any():
        raise ValueError("an image of NaN: its numbers are from 0 (black) to 1 (white)")
    bytes_ = np.round(array.clip(0, 1) * 255).astype(np.uint8)
    return bytes_.repeat(scale, axis=0).repeat(scale, axis=1)


def png(image: ArrayLike, scale: int = 1) -> bytes:
    """An image as a PNG file; arguments and errors as of `pixels`."""
    buffer = io.BytesIO()
    Image.fromarray(pixels(image, scale)).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def png_url(image: ArrayLike, scale: int = 1) -> str:
    """An image as a data URL, for a page or an SVG."""
    return "data:image/png;base64," + base64.b64encode(png(image, scale)).decode()
