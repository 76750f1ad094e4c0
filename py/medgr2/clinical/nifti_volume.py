"""A NIfTI volume and its slices as people look at them. No job here."""

from __future__ import annotations

import gzip
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import nibabel
import numpy as np

from medgr2.clinical.clinical_pixels import own_window, save_picture, square, window_exact, window_linear

ENDINGS = (".nii", ".nii.gz", ".hdr", ".hdr.gz")


@dataclass(frozen=True)
class Volume:
    """Values as (X, Y, Z) of float, or (X, Y, Z, 3) of 8-bit colours; axes run to the right, the front and the top."""

    values: Any
    affine: Any
    zooms: tuple[float, float, float]
    notes: list[str]
    placed: bool
    """The header says where the volume lies in the patient."""
    stacked: int
    """How many volumes the file holds, of which this is the first."""

    @property
    def plane(self) -> int:
        """The axis along which slices follow each other: a volume of one plane is that plane, whichever way it lies."""
        shape = self.values.shape
        return next((axis for axis in (0, 1) if shape[axis] == 1 and shape[2] > 1), 2)

    @property
    def count(self) -> int:
        return int(self.values.shape[self.plane])

    @property
    def pixel_height(self) -> float | None:
        """Of a pixel of a slice over its width; None where the file says what cannot be."""
        across, up = (self.zooms[axis] for axis in range(3) if axis != self.plane)
        return up / across if across > 0 and up > 0 else None

    @cached_property
    def window(self) -> tuple[float, float]:
        """One for all slices of a volume, so that a slice without anatomy stays dark."""
        return own_window(self.values)

    def seen(self, index: int) -> Any:
        """A slice as (H, W): front or top up, the patient's left to the right; from the side the front is left."""
        return np.ascontiguousarray(np.fliplr(np.rot90(np.take(self.values, index, axis=self.plane))))

    def picture(self, index: int, window: Any, folder: Path) -> dict[str, Any]:
        """Writes a slice as a picture: what `save_picture` gives, `warnings` and `detail`.

        `window` is [center, width], or anything else for the volume's own.
        """
        shown, told = self.seen(index), ""
        if self.values.ndim < 4:
            center, width = window if isinstance(window, list) else self.window
            apply = window_linear if isinstance(window, list) else window_exact
            shown, told = np.round(apply(shown, center, width)), f", window {center:g}/{width:g}"
        shown = shown.astype(np.uint8)
        one_colour = ["the picture is of one colour"] if shown.min() == shown.max() else []
        squared, square_notes = square(shown, self.pixel_height)
        way = ("sagittal ", "coronal ", "")[self.plane]
        return {
            "warnings": self.notes + one_colour + square_notes,
            "detail": f"{way}slice {index + 1} of {self.count}{told}",
        } | save_picture(squared, folder)


def read_volume(file: Path) -> Volume:
    """Raises what nibabel does, or ValueError for what is no volume."""
    loaded = _load(file)
    return _volume(loaded, _placed(loaded))


def read_labelled(file: Path, labels: Path) -> tuple[Volume, Volume]:
    """A volume and its label map, of which each may say for both where they lie. Raises as `read_volume`.

    In a label map NaN is 0, and what is infinite stays so.
    """
    loaded, mapped = _load(file), _load(labels)
    placed, map_placed = _placed(loaded), _placed(mapped)
    # As if one had no header: whoever lost it kept the order of voxels.
    if placed and not map_placed:
        mapped = type(mapped)(mapped.dataobj, loaded.affine, mapped.header)
    elif map_placed and not placed:
        loaded = type(loaded)(loaded.dataobj, mapped.affine, loaded.header)
    known = placed or map_placed
    return replace(_volume(loaded, known), placed=placed), replace(_volume(mapped, known, True), placed=map_placed)


def _placed(loaded: Any) -> bool:
    return any(loaded.header[code] for code in ("qform_code", "sform_code") if code in loaded.header)


def _volume(loaded: Any, placed: bool, labels: bool = False) -> Volume:
    image = nibabel.as_closest_canonical(loaded)
    values, notes = _values(image, placed, labels)
    first, second, third = ([float(zoom) for zoom in image.header.get_zooms()[:3]] + [1.0, 1.0, 1.0])[:3]
    return Volume(values, image.affine, (first, second, third), notes, placed, int(np.prod(image.shape[3:])))


def _load(file: Path) -> Any:
    """By what the file is: nibabel goes by its name, and knows endings in lower or in upper case only."""
    if file.name.lower().endswith((".hdr", ".hdr.gz")):
        return nibabel.load(file)
    with file.open("rb") as content:
        packed = content.read(2) == b"\x1f\x8b"
    if file.name.endswith(".nii.gz" if packed else ".nii"):
        return nibabel.load(file)
    whole = gzip.decompress(file.read_bytes()) if packed else file.read_bytes()
    second = int.from_bytes(whole[:4], "little") == 540 or int.from_bytes(whole[:4], "big") == 540
    return (nibabel.Nifti2Image if second else nibabel.Nifti1Image).from_bytes(whole)


def _values(image: Any, placed: bool, labels: bool) -> tuple[Any, list[str]]:
    """(X, Y, Z) as float, or (X, Y, Z, 3) of 8-bit colours, and what was done."""
    stored = np.asanyarray(image.dataobj)
    notes = []
    if not placed:
        notes.append("the header says nothing of directions: left and right may be changed")
    volumes = int(np.prod(stored.shape[3:]))
    if volumes > 1:
        notes.append(f"the first of its {volumes} volumes was taken")
    while stored.ndim > 3:
        stored = stored[..., 0]  # the first time or direction
    if stored.ndim == 2:
        stored = stored[..., np.newaxis]
    if stored.ndim != 3 or 0 in stored.shape:
        raise ValueError(f"it is of {' x '.join(str(size) for size in stored.shape)} values, no volume")
    if stored.dtype.names is not None:
        return np.stack([stored[name] for name in stored.dtype.names[:3]], axis=-1).astype(np.uint8), notes
    if np.iscomplexobj(stored):
        stored = np.abs(stored)
        notes.append("its values are complex: their size was taken")
    values = stored.astype(np.float64)
    if labels:
        return np.where(np.isnan(values), 0, values), notes
    finite = values[np.isfinite(values)]
    if finite.size == 0:
        raise ValueError("it holds no number")
    # What is no number is mostly where nothing was measured.
    return np.nan_to_num(values, nan=finite.min(), posinf=finite.max(), neginf=finite.min()), notes
