"""Photographs in grey and colour, 144 pixels wide, and what surrounds each of their pixels.

Colour is measured in CIELAB: L, from 0 (black) to 100 (white), is the grey photograph; a, from green to red, and b,
from blue to yellow, are to be restored.
"""

import os
import warnings
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from microgradnet.data import scikit_learn_file
from microgradnet.teach.applications.application import needed

Numbers = NDArray[np.float64]
Places = NDArray[np.int64]

WIDTH = 144
SIDE = 13  # rows, and columns, of a view
FAR = 4  # how many times as wide the second view is
CONTRAST, BRIGHTNESS = 0.08, 0.05  # standard deviations of the logarithm of a factor, and of a shift
PURPOSE = "the photographs"
CREDIT = (
    "photographs, made smaller and recoloured: pagoda by D. Büchele and flower by vultilion (Flickr, in scikit-learn, "
    "CC BY 2.0); astronaut by NASA (public domain), coffee by Rachel Michetti and cat by Stéfan van der Walt "
    "(CC0); unseen: rocket by SpaceX and Grace Hopper by the US Navy (public domain), motorcycle by D. Scharstein et "
    "al. 2014 (Middlebury stereo, in scikit-image, no licence stated)"
)


class Photograph(NamedTuple):
    """A photograph in CIELAB.

    Attributes:
        name: what it shows.
        credit: its author and licence.
        grey: L, (rows, 144), from 0 to 100.
        colour: a and b, (rows, 144, 2).
    """

    name: str
    credit: str
    grey: Numbers
    colour: Numbers

    def is_like(self, other: "Photograph") -> bool:
        """Whether another one is equal in grey, but for the losses of a file."""
        return self.grey.shape == other.grey.shape and bool(np.abs(self.grey - other.grey).mean() < 2)


def known() -> list[Photograph]:
    """The five photographs that are learnt from."""
    data = needed("skimage.data", PURPOSE)
    china, flower = (image_of(scikit_learn_file("images", name)) for name in ("china.jpg", "flower.jpg"))
    return [
        photograph(china, "pagoda", "D. Büchele, CC BY 2.0"),
        photograph(flower, "flower", "vultilion, CC BY 2.0"),
        photograph(data.astronaut(), "astronaut", "NASA, public domain"),
        photograph(data.coffee(), "coffee", "Rachel Michetti, CC0"),
        photograph(data.chelsea(), "cat", "Stéfan van der Walt, CC0"),
    ]


def unseen() -> list[Photograph]:
    """Three photographs that are never learnt from."""
    from matplotlib.cbook import get_sample_data

    data = needed("skimage.data", PURPOSE)
    hopper = read(get_sample_data("grace_hopper.jpg", asfileobj=False))
    return [
        photograph(data.rocket(), "rocket", "SpaceX, public domain"),
        photograph(data.stereo_motorcycle()[0], "motorcycle", "Scharstein et al., 2014"),
        hopper._replace(name="Grace Hopper", credit="US Navy, public domain"),
    ]


def photograph(image: Any, name: str, credit: str = "") -> Photograph:
    """A photograph from RGB, (rows, columns, 3), made 144 pixels wide."""
    rows = round(len(image) * WIDTH / len(image[0]))
    small = needed("skimage.transform", PURPOSE).resize(image, (rows, WIDTH), anti_aliasing=True)
    lab = needed("skimage.color", PURPOSE).rgb2lab(small)
    return Photograph(name, credit, lab[..., 0], lab[..., 1:])


def read(file: str | os.PathLike[str]) -> Photograph:
    """The photograph in a file, by the file's name; errors as of `image_of`."""
    return photograph(image_of(file), os.path.basename(file))


def image_of(file: str | os.PathLike[str]) -> NDArray[np.uint8]:
    """RGB, (rows, columns, 3), of a PNG or JPEG file.

    Raises:
        ValueError: it is no such picture, or too small or too long.
        OSError: it cannot be read.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    name, wanted = os.fspath(file), "a PNG or JPEG file of 8 bits per colour is needed"
    try:
        with Image.open(file, formats=["PNG", "JPEG"]) as opened:
            if opened.mode[0] in "IF":
                raise ValueError(f"{name} has more than 8 bits per colour; {wanted}")
            _refuse_size(name, *opened.size)
            return np.asarray(ImageOps.exif_transpose(opened).convert("RGB"))
    except UnidentifiedImageError:
        raise ValueError(f"{name} is no picture that can be read; {wanted}") from None
    except (SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(f"{name} cannot be read: {error}") from None
    except OSError as error:
        if error.errno is not None:  # of the system
            raise
        raise ValueError(f"{name} is damaged: {error}") from None


def _refuse_size(name: str, width: int, height: int) -> None:
    if min(width, height) < WIDTH:
        raise ValueError(f"{name} has {width} × {height} pixels; at least {WIDTH} × {WIDTH} are needed")
    if max(width, height) > 4 * min(width, height):
        raise ValueError(f"{name} has {width} × {height} pixels; at most 4 times as long as wide is allowed: crop it")


def rgb(grey: Numbers, colour: Numbers) -> Numbers:
    """(rows, columns, 3) from 0 to 1; colours that a screen cannot show become near ones that it can."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # which says that there are such colours
        image: Numbers = needed("skimage.color", PURPOSE).lab2rgb(np.dstack([grey, colour]))
    return image.clip(0, 1)


class Views:
    """What surrounds each pixel of a grey photograph, as numbers from −0.5 (black) to 0.5 (white).

    Beyond the photograph's edge its last row or column goes on.
    """

    def __init__(self, grey: Numbers) -> None:
        from scipy.ndimage import uniform_filter

        x = grey / 100 - 0.5
        self._near = _windows(x, 1)
        self._far = _windows(uniform_filter(x, FAR, mode="nearest"), FAR)
        self._whole: Numbers = needed("skimage.transform", PURPOSE).resize(x, (SIDE, SIDE), anti_aliasing=True)

    def at(self, rows: int | Places, columns: Places) -> tuple[Numbers, ...]:
        """Of each pixel: 13 × 13 pixels near; as many of a view four times as wide; the whole photograph as as many."""
        whole = np.broadcast_to(self._whole, (len(columns), SIDE, SIDE))
        return self._near[rows, columns], self._far[rows, columns], whole


def _windows(x: Numbers, step: int) -> Numbers:
    """Around each pixel SIDE × SIDE pixels, `step` apart, (rows, columns, SIDE, SIDE), without a copy."""
    reach = step * (SIDE // 2)
    padded, size = np.pad(x, reach, "edge"), 2 * reach + 1
    windows: Numbers = np.lib.stride_tricks.sliding_window_view(padded, (size, size))[..., ::step, ::step]
    return windows


def varied(views: tuple[Numbers, ...], rng: np.random.Generator) -> list[Numbers]:
    """The views, (n, 13, 13) each, of n pixels; half of them mirrored, all with another contrast and brightness."""
    shape = len(views[0]), 1, 1
    mirrored = rng.random(shape) < 0.5
    factor, shift = np.exp(rng.normal(0, CONTRAST, shape)), rng.normal(0, BRIGHTNESS, shape)
    return [factor * np.where(mirrored, view[..., ::-1], view) + shift for view in views]
