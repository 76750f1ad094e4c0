"""The `nifti` job: axial slices of NIfTI volumes as pictures, the patient's left on the right as radiologists have it.

Names of files may name patients: only a pseudonym of them leaves.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nibabel
import numpy as np

from medgr2.channel import Channel
from medgr2.clinical_files import LEFT_OUT, NotOfKind, import_files
from medgr2.hidden_names import HiddenNames
from medgr2.patients import pseudonymiser
from medgr2.pixels import chosen, files_below, own_window, save_picture, square, window_exact, window_linear

SUBJECT = re.compile(r"(?:^|[/_])sub-([A-Za-z0-9]+)")
BIDS_FOLDERS = {"anat", "func", "dwi", "fmap", "perf", "pet", "meg", "eeg", "ieeg", "derivatives", "sourcedata"}
ENDINGS = (".nii", ".nii.gz", ".hdr", ".hdr.gz")
OTHER_VOLUMES = (".mgz", ".mgh", ".mnc", ".nrrd", ".nhdr", ".mha", ".mhd", ".dcm", ".img", ".img.gz")


def run(spec: dict[str, Any], channel: Channel) -> dict[str, Any]:
    """spec as of the `dicom` job; `frames` chooses slices, and `window: header` is `auto`, since NIfTI has none."""
    pseudonym = pseudonymiser(spec.get("keyFile"))
    hidden = HiddenNames()
    root = Path(spec["path"])
    files = files_below(root)
    for file in files:
        # No header says who it is: whatever a file or folder is called may be the patient.
        name = file.name if file == root else file.relative_to(root).as_posix()
        for part in (patient_in(name), patient_in(file.name), file.name.split(".")[0], *Path(name).parent.parts):
            if part not in BIDS_FOLDERS:
                hidden.add(part.removeprefix("sub-"), pseudonym(part))

    def pictures(file: Path, name: str) -> Iterator[dict[str, Any]]:
        _refuse_other(file)
        patient = patient_in(name)
        told = (
            []
            if SUBJECT.search(name)
            else ["the name of the file stands in for the patient (sub-… in it, or --patient-from)"]
        )
        rows = _slices(file, spec, Path(spec["pictures"]))
        return ({**row, "patient": pseudonym(patient), "warnings": row["warnings"] + told} for row in rows)

    return import_files(spec, channel, files, pictures, hidden)


def _refuse_other(file: Path) -> None:
    """Two files make one volume where header and values lie apart: the header's stands for both."""
    name = file.name.lower()
    if name.endswith((".img", ".img.gz")) and _beside(file, ".hdr").exists():
        raise NotOfKind(LEFT_OUT, "is read with its header")
    if not name.endswith(ENDINGS):
        volume = name.endswith(OTHER_VOLUMES)
        raise (
            NotOfKind("not-nifti", "is no NIfTI volume: convert it first")
            if volume
            else NotOfKind(LEFT_OUT, "is no NIfTI volume")
        )


def _beside(file: Path, ending: str) -> Path:
    return file.with_name(re.sub(r"\.(?:img|hdr)(?=(?:\.gz)?$)", ending, file.name, flags=re.IGNORECASE))


def patient_in(name: str) -> str:
    """BIDS' `sub-…`, else the file's name without its ending and without the number of a channel (`_0000`)."""
    subject = SUBJECT.search(name)
    ending = re.compile(r"(?:_\d{4})?\.(?:nii|hdr|img)(?:\.gz)?$", re.IGNORECASE)
    return subject[1] if subject else ending.sub("", name)


def _slices(file: Path, spec: dict[str, Any], folder: Path) -> list[dict[str, Any]]:
    loaded = _load(file)
    image = nibabel.as_closest_canonical(loaded)
    volume, notes = _values(image, loaded.header)
    wanted = spec["window"]
    colours = volume.ndim == 4
    # One window for all slices of a volume, so that a slice without anatomy stays dark.
    center, width = wanted if isinstance(wanted, list) else own_window(volume)
    apply = window_linear if isinstance(wanted, list) else window_exact
    # Canonical axes run to the right, front and top; a volume of one plane is that plane, whichever way it lies.
    plane = next((axis for axis in (0, 1) if volume.shape[axis] == 1 and volume.shape[2] > 1), 2)
    across, up = [axis for axis in range(3) if axis != plane]
    zooms = [float(zoom) for zoom in image.header.get_zooms()[:3]] + [1.0, 1.0, 1.0]
    height = zooms[up] / zooms[across] if zooms[across] > 0 and zooms[up] > 0 else None
    rows = []
    for index in chosen(spec["frames"], volume.shape[plane]):
        # The front or the top goes up, the patient's left to the picture's right; from the side the front is left.
        picture = np.fliplr(np.rot90(np.take(volume, index, axis=plane)))
        shown = picture if colours else np.round(apply(picture, center, width))
        shown = np.ascontiguousarray(shown.astype(np.uint8))
        one_colour = ["the picture is of one colour"] if shown.min() == shown.max() else []
        squared, square_notes = square(shown, height)
        way = ("sagittal ", "coronal ", "")[plane]
        window = "" if colours else f", window {center:g}/{width:g}"
        row = {
            "modality": "unknown",
            "deidentified": None,
            "warnings": notes + one_colour + square_notes,
            "detail": f"{way}slice {index + 1} of {volume.shape[plane]}{window}",
        }
        rows.append(row | save_picture(squared, folder))
    return rows


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


def _values(image: Any, header: Any) -> tuple[Any, list[str]]:
    """(X, Y, Z) as float, or (X, Y, Z, 3) of 8-bit colours, and what was done."""
    stored = np.asanyarray(image.dataobj)
    notes = []
    if all(not header[code] for code in ("qform_code", "sform_code") if code in header):
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
    finite = values[np.isfinite(values)]
    if finite.size == 0:
        raise ValueError("it holds no number")
    # What is no number is mostly where nothing was measured.
    return np.nan_to_num(values, nan=finite.min(), posinf=finite.max(), neginf=finite.min()), notes
