"""The `dicom` job: pictures of DICOM files. De-identified by construction: pixels and the short list in `_row` leave,
and nothing else of the header. Text inside the pixels cannot be removed here; where it is flagged or likely, that is
said.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from pydicom.pixels import apply_color_lut

from medgr2.clinical.clinical_files import LEFT_OUT, NotOfKind, import_files
from medgr2.clinical.clinical_pixels import (
    chosen,
    files_below,
    own_window,
    save_picture,
    square,
    window_exact,
    window_linear,
    window_sigmoid,
)
from medgr2.clinical.dicom_colours import eight_bit_colours, in_little_endian, palette_bits
from medgr2.clinical.dicom_file import read_file
from medgr2.clinical.dicom_header import burned_in, macro, patient_of, pixel_height, refuse_no_picture
from medgr2.clinical.dicom_values import modality_values, stored_values, table_of, without_gaps
from medgr2.clinical.hidden_names import HiddenNames
from medgr2.clinical.patients import pseudonymiser
from medgr2.clinical.rejection_reasons import reason_in
from medgr2.node.job_channel import Channel

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

PIXELS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")
WINDOWS = {"LINEAR": window_linear, "LINEAR_EXACT": window_exact, "SIGMOID": window_sigmoid}


def run(spec: dict[str, Any], channel: Channel) -> dict[str, Any]:
    """spec: {path, outDir, pictures, window: header | auto | [center, width], frames: first | middle | all | number,
    keyFile: file with the key of pseudonyms, or none}.

    Writes what `import_files` says, and pictures to the folder `pictures`.
    """
    pseudonym = pseudonymiser(spec.get("keyFile"))
    logging.getLogger("pydicom").setLevel(logging.CRITICAL)  # its warnings hold values of the header
    files = files_below(Path(spec["path"]))
    hidden = HiddenNames()

    def pictures(file: Path, _name: str) -> Iterator[dict[str, Any]]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of values that the header has wrong and nobody uses
            if file.name.upper() == "DICOMDIR":
                raise NotOfKind(LEFT_OUT, "is an index of the other files")
            dataset = read_file(file)
            with suppress(Exception):  # a header that cannot be read to its end makes no picture, either
                hidden.add_person(dataset)
            for row in _pictures(dataset, spec, Path(spec["pictures"]), pseudonym):
                # Whatever stands in the body part.
                details = [part for part in row["detail"].split(", ") if hidden.hide(part) == part]
                yield row | {"detail": ", ".join(details)}

    return import_files(spec, channel, files, pictures, hidden)


def _pictures(
    dataset: Any, spec: dict[str, Any], folder: Path, pseudonym: Callable[[str], str]
) -> Iterator[dict[str, Any]]:
    try:
        refuse_no_picture(dataset)
        if not any(name in dataset for name in PIXELS):
            cut = ", though its header is that of a picture: it may be cut" if dataset.get("Rows") else ""
            raise NotOfKind("no-pixels", f"holds no pixels{cut}")
        count = int(dataset.get("NumberOfFrames") or 1)
        notes, deidentified = burned_in(dataset)
        for frame in chosen(spec["frames"], count):
            pixels, window, frame_notes = _render(dataset, frame, count, spec["window"])
            pixels, square_notes = square(pixels, pixel_height(dataset, frame))
            told = notes + frame_notes + square_notes
            yield _row(dataset, frame, count, window, told, deidentified, pseudonym) | save_picture(pixels, folder)
    except NotOfKind:
        raise
    except Exception as error:
        raise ValueError(reason_in(error, dataset)) from None


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
    patient, patient_notes = patient_of(dataset)
    part = str(dataset.get("BodyPartExamined") or "")
    details = [
        f"frame {frame + 1} of {count}" if count > 1 else "",
        part.lower() if part.isascii() and part.replace(" ", "").isalpha() and len(part) <= 16 else "",
        window,
    ]
    return {
        "modality": MODALITIES.get(str(dataset.get("Modality") or ""), "unknown"),
        "patient": pseudonym(patient) if patient is not None else None,
        "deidentified": deidentified,
        "warnings": notes + patient_notes,
        "detail": ", ".join(detail for detail in details if detail),
    }


def _render(dataset: Any, frame: int, count: int, wanted: str | list[float]) -> tuple[Any, str, list[str]]:
    """uint8 pixels (H, W) or (H, W, 3), how they were windowed, and warnings."""
    raw = stored_values(dataset, frame)
    little_endian = dataset.original_encoding[1] is not False
    kind = str(dataset.get("PhotometricInterpretation") or "MONOCHROME2")
    if kind == "PALETTE COLOR":
        return eight_bit_colours(apply_color_lut(raw, in_little_endian(dataset)), palette_bits(dataset)), "", []
    if raw.ndim == 3:
        return eight_bit_colours(raw, int(dataset.BitsStored)), "", []
    holder = macro(dataset, frame, "PixelValueTransformationSequence")
    values, value_notes = modality_values(raw, holder, little_endian)
    values, gap_notes = without_gaps(values)
    padding = _padding(raw, dataset)
    inside = values if padding is None or padding.all() else values[~padding]
    voi = macro(dataset, frame, "FrameVOILUTSequence")
    grey, window, notes = _windowed(values, inside, voi, wanted, little_endian)
    notes = value_notes + gap_notes + _polarity(dataset, kind) + notes
    if kind == "MONOCHROME1":
        grey = 255 - grey
    if padding is not None:
        grey = np.where(padding, 0, grey)
    shown = np.round(grey).astype(np.uint8)
    return shown, window, notes + (["the picture is of one colour"] if shown.min() == shown.max() else [])


def _padding(raw: Any, dataset: Any) -> Any:
    """Where no picture is: one value, or all between two."""
    first = dataset.get("PixelPaddingValue")
    if not isinstance(first, (int, float)):
        return None
    last = dataset.get("PixelPaddingRangeLimit")
    if not isinstance(last, (int, float)):
        return raw == first
    return (raw >= min(first, last)) & (raw <= max(first, last))


def _polarity(dataset: Any, kind: str) -> list[str]:
    shape = str(dataset.get("PresentationLUTShape") or "")
    if (kind, shape) in (("MONOCHROME2", "INVERSE"), ("MONOCHROME1", "IDENTITY")):
        return [f"the header says two things of which end is white: {kind} was taken, not {shape}"]
    return []


def _windowed(
    values: Any, inside: Any, voi: Any, wanted: str | list[float], little_endian: bool
) -> tuple[Any, str, list[str]]:
    if isinstance(wanted, list):
        center, width = wanted
        return window_linear(values, center, width), f"window {center:g}/{width:g}", []
    said = _window_of(voi) if wanted == "header" else None
    if said is not None:
        center, width = said
        function = str(voi.get("VOILUTFunction") or "LINEAR").upper()
        if width < 1 and function == "LINEAR":  # which has no such window: values are fractions
            function = "LINEAR_EXACT"
        return WINDOWS.get(function, window_linear)(values, center, width), f"window {center:g}/{width:g}", []
    if wanted == "header" and voi.get("VOILUTSequence"):
        table, first, bits = table_of(voi.VOILUTSequence[0], values, little_endian)
        mapped = table[np.clip(np.floor(values) - first, 0, len(table) - 1).astype(np.int64)]
        return np.clip(mapped / (2**bits - 1) * 255, 0, 255), "the header's table", []
    center, width = own_window(inside)
    notes = ["the header has no window: the pixels' own range was taken"] if wanted == "header" else []
    return window_exact(values, center, width), f"own range {center:g}/{width:g}", notes


def _window_of(voi: Any) -> tuple[float, float] | None:
    """The header's window, or None where it has none that is one."""
    try:
        center, width = (float(_first(voi[name].value)) for name in ("WindowCenter", "WindowWidth"))
    except (KeyError, ValueError, TypeError, IndexError):
        return None
    return (center, width) if np.isfinite(center) and width > 0 else None


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, (list, tuple, pydicom.multival.MultiValue)) else value
