"""Opens images for every job: RGB, upright, with errors that name the file. The only decoder before a model."""

from __future__ import annotations

import io
import warnings
from functools import lru_cache
from pathlib import Path

import numpy
from PIL import Image, ImageCms, ImageOps

#: Pixels of the largest image that is decoded: as RGB it takes half a gigabyte. Pillow's own bound for hostile files.
MOST_PIXELS = 178_956_970


class ImageUnreadable(ValueError):
    """An image cannot be decoded, or is too large to be."""


def open_image(path: str) -> Image.Image:
    """The image as RGB, turned as its EXIF orientation says, of whatever mode the file is, in sRGB and on white."""
    try:
        with warnings.catch_warnings():
            # Pillow warns at half of the bound at which it refuses.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path) as image:
                _check_size(image, path)
                image.load()
                return _as_rgb(ImageOps.exif_transpose(image), path)
    except ImageUnreadable:
        raise
    except Image.DecompressionBombError as error:
        raise ImageUnreadable(_too_large(path, str(error))) from error
    except Exception as error:  # Pillow's decoders raise whatever a damaged file makes them trip over
        raise ImageUnreadable(f"cannot read the image {path}: {_words(error)}") from error


def _as_rgb(image: Image.Image, path: str) -> Image.Image:
    """Pillow clips what is deeper than 8 bits to white: 16-bit files are scaled, as their formats mean them."""
    if image.mode.startswith("I;16"):
        eight_bits = (numpy.asarray(image).astype(numpy.uint32) // 257).astype(numpy.uint8)
        return Image.fromarray(eight_bits).convert("RGB")
    if image.mode == "LAB":
        raise ImageUnreadable(f"the image {path} has CIELab colours, which are not read: convert it to RGB first")
    if image.mode in ("I", "F"):
        values = numpy.asarray(image)
        low, high = values.min(), values.max()
        if low < 0 or high > 255:
            range_ = f"its values go from {low} to {high}, and nothing says which of them is black and which white"
            raise ImageUnreadable(f"cannot show the image {path} to a model: {range_}; convert it to 8 bits")
    profile = image.info.get("icc_profile")
    if image.has_transparency_data:
        # Dropped, it would show what nobody sees; import and report put it on white, too.
        seen = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", seen.size, "white"), seen).convert("RGB")
    plain = image.convert("RGB")
    return plain if profile is None else _in_srgb(image, profile, plain)


def _in_srgb(image: Image.Image, profile: bytes, plain: Image.Image) -> Image.Image:
    """What its profile shows; `plain` where that differs by rounding alone, or the profile is not for its colours."""
    try:
        own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        target = ImageCms.createProfile("sRGB")
        inks = image if image.mode in ("CMYK", "L") else plain
        shown = ImageCms.profileToProfile(inks, own, target, ImageCms.Intent.RELATIVE_COLORIMETRIC, "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return plain
    if shown is None:
        return plain
    apart = numpy.abs(numpy.asarray(shown).astype(numpy.int16) - numpy.asarray(plain).astype(numpy.int16))
    return shown if apart.max() > 1 else plain


def image_size(path: str) -> tuple[int, int]:
    """(width, height) as `open_image` will have them, from the file's header."""
    try:
        state = Path(path).stat()
    except OSError as error:
        raise ImageUnreadable(f"cannot read the image {path}: {_words(error)}") from error
    return _size_of(path, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=65_536)  # an image stands in several rows, and is asked for before and in a pass
def _size_of(path: str, _modified: int, _bytes: int) -> tuple[int, int]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path) as image:
                _check_size(image, path)
                turned = image.getexif().get(0x0112) in (5, 6, 7, 8)
                return image.size[::-1] if turned else image.size
    except ImageUnreadable:
        raise
    except Image.DecompressionBombError as error:
        raise ImageUnreadable(_too_large(path, str(error))) from error
    except Exception as error:
        raise ImageUnreadable(f"cannot read the image {path}: {_words(error)}") from error


def _check_size(image: Image.Image, path: str) -> None:
    width, height = image.size
    if width * height > MOST_PIXELS:
        raise ImageUnreadable(_too_large(path, f"it has {width} x {height} pixels"))


def _too_large(path: str, why: str) -> str:
    return f"the image {path} is too large to decode: {why}; {MOST_PIXELS:,} pixels are the most that are read"


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__
