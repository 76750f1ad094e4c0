"""Pixels of clinical files as 8-bit pictures under the name of their content, and pseudonyms. No file format here."""

import hashlib
import hmac
import io
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

KEY_VARIABLE = "MEDGR2_PSEUDONYM_KEY"


def pseudonymiser() -> Callable[[str], str]:
    """Names that cannot be turned back: HMAC with the key of MEDGR2_PSEUDONYM_KEY, or with one that nobody keeps.

    A plain hash of a patient number could be undone by trying all numbers.
    """
    key = os.environ.get(KEY_VARIABLE, "").encode() or secrets.token_bytes(32)
    return lambda name: hmac.new(key, name.encode(), hashlib.sha256).hexdigest()[:16]


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
    return (low + high) / 2, max(high - low, 1.0)


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
    """The file itself, or all files below a folder, sorted."""
    return [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file())
