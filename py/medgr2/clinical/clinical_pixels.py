"""Pixels of clinical files as 8-bit pictures under the name of their content. No file format here."""

import hashlib
import io
import os
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

SQUARE_ENOUGH = 0.01
LONGEST_PIXEL = 20
MOST_PIXELS = 89_478_485
"""Above this Pillow warns of a decompression bomb."""


def window_linear(values: Any, center: float, width: float) -> Any:
    """DICOM PS3.3 C.11.2.1.2.1, LINEAR, to 0 … 255 as float."""
    return np.clip(((values - (center - 0.5)) / max(width - 1, 1e-6) + 0.5) * 255, 0, 255)


def window_exact(values: Any, center: float, width: float) -> Any:
    """DICOM PS3.3 C.11.2.1.3.2, LINEAR_EXACT, to 0 … 255 as float."""
    return np.clip(((values - center) / max(width, 1e-6) + 0.5) * 255, 0, 255)


def window_sigmoid(values: Any, center: float, width: float) -> Any:
    """DICOM PS3.3 C.11.2.1.3.1, SIGMOID, to 0 … 255 as float."""
    exponent = np.clip(-4 * (values - center) / max(width, 1e-6), -500, 500)
    return 255 / (1 + np.exp(exponent))


def own_window(values: Any) -> tuple[float, float]:
    """Center and width from the 0.5th to the 99.5th percentile: a few odd pixels do not darken all the others."""
    low, high = (float(value) for value in np.percentile(values, [0.5, 99.5]))
    if high <= low:
        low, high = float(values.min()), float(values.max())
    # Values of any size: those of a diffusion map may all be below a thousandth.
    return (low + high) / 2, high - low if high > low else 1.0


def square(
    pixels: Any, height: float | None, resample: Image.Resampling = Image.Resampling.BICUBIC
) -> tuple[Any, list[str]]:
    """The picture with square pixels, and what was done: the longer side of a pixel is cut, so that nothing is lost.

    `height` is that of a pixel over its width; None where the file says what cannot be. Label maps take `NEAREST`.
    """
    if height is None:
        return pixels, ["the file says nothing usable of the shape of its pixels: they were taken for square"]
    if abs(height - 1) <= SQUARE_ENOUGH:
        return pixels, []
    rows, columns = pixels.shape[:2]
    size = (columns, round(rows * height)) if height > 1 else (round(columns / height), rows)
    if not 1 / LONGEST_PIXEL <= height <= LONGEST_PIXEL or size[0] * size[1] > MOST_PIXELS:
        return pixels, [f"pixels are {height:.3g} times as high as wide, and were left so: the picture is stretched"]
    resized = Image.fromarray(pixels).resize(size, resample)
    note = f"pixels were not square: resampled from {columns} x {rows} to {size[0]} x {size[1]}"
    return np.asarray(resized), [note]


def save_picture(pixels: Any, folder: Path) -> dict[str, Any]:
    """Writes (H, W) or (H, W, 3) of uint8 as PNG: {path, imageHash, width, height}. No metadata is written."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="PNG")
    content = buffer.getvalue()
    digest = hashlib.sha256(content).hexdigest()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{digest[:24]}.png"
    partial = folder / f"{digest[:24]}.{os.getpid()}.partial"
    partial.write_bytes(content)
    partial.replace(path)
    return {"path": str(path), "imageHash": digest, "width": int(pixels.shape[1]), "height": int(pixels.shape[0])}


def chosen(choice: str | int, count: int) -> list[int]:
    """Which of `count` frames or slices: `first`, `middle`, `all`, or a number from 1."""
    if choice == "all":
        return list(range(count))
    index = {"first": 0, "middle": count // 2}.get(str(choice))
    if index is None:
        index = int(choice) - 1
    if not 0 <= index < count:
        raise ValueError(f"there are {count}, so that number {choice} is not among them")
    return [index]


def files_below(path: Path) -> list[Path]:
    """The file itself, or all below a folder, sorted; also links that lead nowhere, so that they are told."""
    if not path.is_dir():
        return [path]
    found: list[Path] = []
    seen: set[str] = set()
    for folder, folders, names in os.walk(path, followlinks=True):
        # A link may lead back up.
        seen.add(os.path.realpath(folder))
        folders[:] = [name for name in folders if os.path.realpath(Path(folder, name)) not in seen]
        found.extend(Path(folder, name) for name in names)
    return sorted(found)
