"""The `nifti` job: axial slices of NIfTI volumes as pictures, the patient's left on the right as radiologists have it.

Names of files may name patients: only a pseudonym of them leaves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nibabel
import numpy as np

from medgr2.channel import Channel
from medgr2.clinical_files import import_files
from medgr2.patients import pseudonymiser
from medgr2.pixels import chosen, files_below, own_window, save_picture, square, window_exact, window_linear


def run(spec: dict[str, Any], channel: Channel) -> dict[str, Any]:
    """spec as of the `dicom` job; `frames` chooses slices, and `window: header` is `auto`, since NIfTI has none."""
    pseudonym = pseudonymiser(spec.get("keyFile"))
    files = [file for file in files_below(Path(spec["path"])) if file.name.endswith((".nii", ".nii.gz"))]

    def pictures(file: Path, name: str) -> Iterator[dict[str, Any]]:
        patient = pseudonym(patient_in(name))
        return ({**row, "patient": patient} for row in _slices(file, spec, Path(spec["pictures"])))

    return import_files(spec, channel, files, pictures)


def patient_in(name: str) -> str:
    """BIDS' `sub-…`, else the file's name without its ending and without the number of a channel (`_0000`)."""
    subject = re.search(r"(?:^|[/_])sub-([A-Za-z0-9]+)", name)
    return subject[1] if subject else re.sub(r"(?:_\d{4})?\.nii(?:\.gz)?$", "", name)


def _slices(file: Path, spec: dict[str, Any], folder: Path) -> list[dict[str, Any]]:
    image = nibabel.as_closest_canonical(nibabel.load(file))
    volume_XYZ = np.asarray(image.dataobj, np.float64)
    volumes = int(np.prod(volume_XYZ.shape[3:]))
    while volume_XYZ.ndim > 3:
        volume_XYZ = volume_XYZ[..., 0]  # the first time or direction
    if volume_XYZ.ndim != 3:
        raise ValueError(f"it has {volume_XYZ.ndim} dimensions, not 3")
    volume_XYZ = np.nan_to_num(volume_XYZ)
    wanted = spec["window"]
    # One window for all slices of a volume, so that a slice without anatomy stays dark.
    center, width = wanted if isinstance(wanted, list) else own_window(volume_XYZ)
    apply = window_linear if isinstance(wanted, list) else window_exact
    zooms = image.header.get_zooms()
    height = float(zooms[1] / zooms[0]) if zooms[0] > 0 and zooms[1] > 0 else None
    several = [f"the first of its {volumes} volumes was taken"] if volumes > 1 else []
    rows = []
    for index in chosen(spec["frames"], volume_XYZ.shape[2]):
        # Canonical axes run to the right, front and top: the front goes up, the patient's left to the picture's right.
        picture_HW = np.fliplr(np.rot90(volume_XYZ[:, :, index]))
        grey_HW = np.round(apply(picture_HW, center, width)).astype(np.uint8)
        one_colour = ["the picture is of one colour"] if grey_HW.min() == grey_HW.max() else []
        picture, notes = square(np.ascontiguousarray(grey_HW), height)
        row = {
            "modality": "unknown",
            "deidentified": None,
            "warnings": several + one_colour + notes,
            "detail": f"slice {index + 1} of {volume_XYZ.shape[2]}, window {center:g}/{width:g}",
        }
        rows.append(row | save_picture(picture, folder))
    return rows
