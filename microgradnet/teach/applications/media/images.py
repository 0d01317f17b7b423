"""Arrays of pixels as PNG, by Pillow, which comes with matplotlib, and as elements of an SVG."""

import base64
import io

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image

Pixels = NDArray[np.uint8]


def pixels(image: ArrayLike) -> Pixels:
    """An image of numbers from 0 to 1, (rows, columns) or (rows, columns, 3) from its upper left corner, as bytes.

    Numbers outside 0 to 1 become the nearest of them.

    Raises:
        ValueError: it has another shape, or a number is NaN.

    >>> pixels([[0.0, 0.5], [1.0, 1.5]]).tolist()
    [[0, 128], [255, 255]]
    """
    array = np.asarray(image, np.float64)
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] != 3) or not array.size:
        raise ValueError(f"an image has the shape (rows, columns) or (rows, columns, 3), got {array.shape}")
    if np.isnan(array).any():
        raise ValueError("an image of NaN: its numbers are from 0 (black) to 1 (white)")
    return np.round(array.clip(0, 1) * 255).astype(np.uint8)


def png(image: ArrayLike) -> bytes:
    """An image as a PNG file; errors as of `pixels`."""
    buffer = io.BytesIO()
    Image.fromarray(pixels(image)).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def png_url(image: ArrayLike) -> str:
    """An image as a data URL, for a page or an SVG."""
    return "data:image/png;base64," + base64.b64encode(png(image)).decode()


def enlarged(image: ArrayLike, x: float, y: float, width: float, height: float) -> str:
    """An image as an element of an SVG, each of its pixels a sharp rectangle; errors as of `pixels`.

    Browsers read the class, as `card` and `Player` style it; cairosvg knows the attribute's older word alone.
    """
    return (
        f'<image class="pixels" image-rendering="optimizeSpeed" preserveAspectRatio="none" x="{x:g}" y="{y:g}" '
        f'width="{width:g}" height="{height:g}" href="{png_url(image)}"/>'
    )
