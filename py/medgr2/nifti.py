"""The `nifti` job: axial slices of NIfTI volumes as pictures, the patient's left on the right as radiologists have it.

Names of files may name patients: only a pseudonym of them leaves.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nibabel
import numpy as np

from medgr2.channel import Channel
from medgr2.clinical_files import import_files
from medgr2.pixels import chosen, files_below, own_window, pseudonymiser, save_picture, window_exact, window_linear


def run(spec: dict[str, Any], channel: Channel) -> dict[str, Any]:
    """spec as of the `dicom` job; `frames` chooses slices, and `window: header` is `auto`, since NIfTI has none."""
    pseudonym = pseudonymiser()
    files = [file for file in files_below(Path(spec["path"])) if file.name.endswith((".nii", ".nii.gz"))]

    def pictures(file: Path, name: str) -> Iterator[dict[str, Any]]:
        return ({**row, "patient": pseudonym(name)} for row in _slices(file, spec, Path(spec["pictures"])))

    return import_files(spec, channel, files, pictures)


def _slices(file: Path, spec: dict[str, Any], folder: Path) -> list[dict[str, Any]]:
    image = nibabel.as_closest_canonical(nibabel.load(file))
    volume_XYZ = np.asarray(image.dataobj, np.float64)
    while volume_XYZ.ndim > 3:
        volume_XYZ = volume_XYZ[..., 0]  # the first time or direction
    if volume_XYZ.ndim != 3:
        raise ValueError(f"it has {volume_XYZ.ndim} dimensions, not 3")
    volume_XYZ = np.nan_to_num(volume_XYZ)
    wanted = spec["window"]
    # One window for all slices of a volume, so that a slice without anatomy stays dark.
    center, width = wanted if isinstance(wanted, list) else own_window(volume_XYZ)
    apply = window_linear if isinstance(wanted, list) else window_exact
    rows = []
    for index in chosen(spec["frames"], volume_XYZ.shape[2]):
        # Canonical axes run to the right, front and top: the front goes up, the patient's left to the picture's right.
        picture_HW = np.fliplr(np.rot90(volume_XYZ[:, :, index]))
        grey_HW = np.round(apply(picture_HW, center, width)).astype(np.uint8)
        row = {
            "modality": "unknown",
            "deidentified": None,
            "warnings": ["the picture is of one colour"] if grey_HW.min() == grey_HW.max() else [],
            "detail": f"slice {index + 1} of {volume_XYZ.shape[2]}, window {center:g}/{width:g}",
        }
        rows.append(row | save_picture(np.ascontiguousarray(grey_HW), folder))
    return rows
