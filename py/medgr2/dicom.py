"""The `dicom` job: pictures of DICOM files. De-identified by construction: pixels and the short list in `_row` leave,
and nothing else of the header. Text inside the pixels cannot be removed here; where it is flagged or likely, that is
said.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from pydicom.errors import InvalidDicomError
from pydicom.pixels import apply_color_lut, apply_modality_lut, apply_voi_lut, pixel_array

from medgr2.channel import Channel
from medgr2.clinical_files import NotOfKind, import_files
from medgr2.pixels import (
    chosen,
    files_below,
    own_window,
    pseudonymiser,
    save_picture,
    window_exact,
    window_linear,
    window_sigmoid,
)

MODALITIES = {
    "CT": "CT",
    "MR": "MRI",
    **dict.fromkeys(("CR", "DX", "DR", "RG", "RF", "XA", "MG"), "X-ray"),
    **dict.fromkeys(("US", "IVUS"), "ultrasound"),
    **dict.fromkeys(("OPT", "OCT", "IVOCT"), "OCT"),
    "OP": "fundus photography",
    "DMS": "dermoscopy",
    **dict.fromkeys(("GM", "SM"), "microscopy"),
}
"""DICOM's modality codes in the eight; what is not here is `unknown`."""

SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
WINDOWS = {"LINEAR": window_linear, "LINEAR_EXACT": window_exact, "SIGMOID": window_sigmoid}


def run(spec: dict[str, Any], channel: Channel) -> dict[str, Any]:
    """spec: {path, outDir, pictures, window: header | auto | [center, width], frames: first | middle | all | number}.

    Writes what `import_files` says, and pictures to the folder `pictures`.
    """
    pseudonym = pseudonymiser()
    files = [file for file in files_below(Path(spec["path"])) if file.name != "DICOMDIR"]

    def pictures(file: Path, _name: str) -> Iterator[dict[str, Any]]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of values that the header has wrong and nobody uses
            yield from _pictures(file, spec, Path(spec["pictures"]), pseudonym)

    return import_files(spec, channel, files, pictures)


def _pictures(
    file: Path, spec: dict[str, Any], folder: Path, pseudonym: Callable[[str], str]
) -> Iterator[dict[str, Any]]:
    try:
        dataset = pydicom.dcmread(file)
    except InvalidDicomError as error:
        raise NotOfKind("not-dicom", "is no DICOM file") from error
    if not any(name in dataset for name in ("PixelData", "FloatPixelData", "DoubleFloatPixelData")):
        raise ValueError("it holds no pixels")
    count = int(dataset.get("NumberOfFrames") or 1)
    notes, deidentified = _burned_in(dataset)
    for frame in chosen(spec["frames"], count):
        pixels, window, frame_notes = _render(dataset, frame, count, spec["window"])
        yield _row(dataset, frame, count, window, notes + frame_notes, deidentified, pseudonym) | save_picture(
            pixels, folder
        )


def _row(
    dataset: Any,
    frame: int,
    count: int,
    window: str,
    notes: list[str],
    deidentified: bool | None,
    pseudonym: Callable[[str], str],
) -> dict[str, Any]:
    """All that leaves a header: modality, body part, frame, window, and a pseudonym of the patient."""
    # Without a patient number the study's stands in: better one patient too many than two thought to be one.
    patient = "\n".join(str(dataset.get(name) or "") for name in ("PatientID", "IssuerOfPatientID")).strip()
    patient = patient or str(dataset.get("StudyInstanceUID") or "")
    part = str(dataset.get("BodyPartExamined") or "")
    details = [
        f"frame {frame + 1} of {count}" if count > 1 else "",
        part.lower() if part.isascii() and part.replace(" ", "").isalpha() and len(part) <= 16 else "",
        window,
    ]
    return {
        "modality": MODALITIES.get(str(dataset.get("Modality") or ""), "unknown"),
        "patient": pseudonym(patient) if patient else None,
        "deidentified": deidentified,
        "warnings": notes,
        "detail": ", ".join(detail for detail in details if detail),
    }


def _burned_in(dataset: Any) -> tuple[list[str], bool | None]:
    """Warnings, and whether the picture is free of what names a patient: None where nobody said and nothing hints."""
    if str(dataset.get("BurnedInAnnotation") or "").upper() == "YES":
        return ["the header says that text is burned into the pixels"], False
    if str(dataset.get("RecognizableVisualFeatures") or "").upper() == "YES":
        return ["the header says that the patient can be recognised"], False
    if str(dataset.get("BurnedInAnnotation") or "").upper() == "NO":
        return [], True
    kinds = {str(kind).upper() for kind in dataset.get("ImageType") or []}
    likely = (
        str(dataset.get("Modality") or "") in ("US", "IVUS", "ES", "XC", "OT", "SC")
        or str(dataset.get("SOPClassUID") or "").startswith(SECONDARY_CAPTURE)
        or bool(kinds & {"SECONDARY", "SCREEN SAVE"})
    )
    if likely:
        return ["text is likely burned into the pixels: look before it leaves this machine"], False
    return [], None


def _macro(dataset: Any, frame: int, name: str) -> Any:
    """A functional group of an enhanced multi-frame file, of the frame or shared by all; else the file itself."""
    for group in ("PerFrameFunctionalGroupsSequence", "SharedFunctionalGroupsSequence"):
        items = dataset.get(group) or []
        index = frame if group.startswith("Per") else 0
        if index < len(items) and items[index].get(name):
            return items[index][name].value[0]
    return dataset


def _render(dataset: Any, frame: int, count: int, wanted: str | list[float]) -> tuple[Any, str, list[str]]:
    """uint8 pixels (H, W) or (H, W, 3), how they were windowed, and warnings."""
    raw = pixel_array(dataset, index=frame) if count > 1 else pixel_array(dataset)
    kind = str(dataset.get("PhotometricInterpretation") or "MONOCHROME2")
    if kind == "PALETTE COLOR":
        raw = apply_color_lut(raw, dataset)
    if raw.ndim == 3:
        return (raw if raw.dtype == np.uint8 else (raw >> 8).astype(np.uint8)), "", []
    values = np.asarray(apply_modality_lut(raw, _macro(dataset, frame, "PixelValueTransformationSequence")), np.float64)
    padding = raw == dataset.PixelPaddingValue if dataset.get("PixelPaddingValue") is not None else None
    inside = values if padding is None or padding.all() else values[~padding]
    grey, window, notes = _windowed(values, inside, _macro(dataset, frame, "FrameVOILUTSequence"), wanted)
    if kind == "MONOCHROME1":
        grey = 255 - grey
    if padding is not None:
        grey = np.where(padding, 0, grey)
    return np.round(grey).astype(np.uint8), window, notes + _shape_notes(dataset, grey)


def _windowed(values: Any, inside: Any, voi: Any, wanted: str | list[float]) -> tuple[Any, str, list[str]]:
    if isinstance(wanted, list):
        center, width = wanted
        return window_linear(values, center, width), f"window {center:g}/{width:g}", []
    if wanted == "header" and voi.get("WindowCenter") is not None and voi.get("WindowWidth") is not None:
        center, width = (float(_first(voi[name].value)) for name in ("WindowCenter", "WindowWidth"))
        function = str(voi.get("VOILUTFunction") or "LINEAR").upper()
        return WINDOWS.get(function, window_linear)(values, center, width), f"window {center:g}/{width:g}", []
    if wanted == "header" and voi.get("VOILUTSequence"):
        bits = int(voi.VOILUTSequence[0].LUTDescriptor[2])
        mapped = np.asarray(apply_voi_lut(values.astype(np.int64), voi), np.float64)
        return np.clip(mapped / (2**bits - 1) * 255, 0, 255), "the header's table", []
    center, width = own_window(inside)
    notes = ["the header has no window: the pixels' own range was taken"] if wanted == "header" else []
    return window_exact(values, center, width), f"own range {center:g}/{width:g}", notes


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, (list, tuple, pydicom.multival.MultiValue)) else value


def _shape_notes(dataset: Any, grey: Any) -> list[str]:
    notes = ["the picture is of one colour"] if grey.min() == grey.max() else []
    spacing = dataset.get("PixelSpacing") or []
    if len(spacing) == 2 and abs(float(spacing[0]) / max(float(spacing[1]), 1e-9) - 1) > 0.05:
        notes.append("pixels are not square: the picture is stretched")
    return notes
