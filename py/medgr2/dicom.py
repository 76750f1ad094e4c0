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
from pydicom.dataset import FileMetaDataset
from pydicom.errors import InvalidDicomError
from pydicom.pixels import apply_color_lut, apply_modality_lut, apply_voi_lut, pixel_array
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from medgr2.channel import Channel
from medgr2.clinical_files import LEFT_OUT, NotOfKind, import_files
from medgr2.dicom_header import burned_in, macro, patient_of, pixel_height, refuse_no_picture
from medgr2.dicom_palette import in_little_endian, palette_bits
from medgr2.hidden_names import HiddenNames
from medgr2.patients import pseudonymiser
from medgr2.pixels import (
    chosen,
    files_below,
    own_window,
    save_picture,
    square,
    window_exact,
    window_linear,
    window_sigmoid,
)
from medgr2.reasons import reason_in

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
SYNTAXES = {
    (True, True): ImplicitVRLittleEndian,
    (False, True): ExplicitVRLittleEndian,
    (False, False): ExplicitVRBigEndian,
}
"""By whether types of values are left out, and whether bytes are in little-endian order."""

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
            dataset = _read(file)
            with suppress(Exception):  # a header that cannot be read to its end makes no picture, either
                hidden.add_person(dataset)
            yield from _pictures(dataset, spec, Path(spec["pictures"]), pseudonym)

    return import_files(spec, channel, files, pictures, hidden)


def _pictures(
    dataset: Any, spec: dict[str, Any], folder: Path, pseudonym: Callable[[str], str]
) -> Iterator[dict[str, Any]]:
    try:
        refuse_no_picture(dataset)
        if not any(name in dataset for name in PIXELS):
            raise NotOfKind("no-pixels", "holds no pixels")
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


def _read(file: Path) -> Any:
    """A file without the header that says it is DICOM is one where it holds what pictures need."""
    try:
        try:
            dataset = pydicom.dcmread(file)
        except InvalidDicomError:
            dataset = pydicom.dcmread(file, force=True)
            if not dataset or not any(name in dataset for name in ("SOPClassUID", "Rows")):
                raise _not_dicom(file) from None
    except NotOfKind:
        raise
    except Exception as error:
        if _start(file)[128:] != b"DICM":
            raise _not_dicom(file) from None
        raise ValueError(reason_in(error)) from None
    meta = dataset.file_meta if hasattr(dataset, "file_meta") else FileMetaDataset()
    if "TransferSyntaxUID" not in meta:
        if bytes(dataset.get("PixelData") or b"")[:4] == b"\xfe\xff\x00\xe0":
            raise NotOfKind("image-unusable", "cannot be read: its pixels are compressed, and it does not say how")
        meta.TransferSyntaxUID = SYNTAXES[dataset.original_encoding]
        dataset.file_meta = meta
    return dataset


def _start(file: Path) -> bytes:
    with file.open("rb") as content:
        return content.read(132)


def _not_dicom(file: Path) -> NotOfKind:
    archive = _start(file).startswith(b"PK\x03\x04")
    return NotOfKind("not-dicom", "is a zip archive: unpack it first" if archive else "is no DICOM file")


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
    raw = pixel_array(dataset, index=frame) if count > 1 else pixel_array(dataset)
    kind = str(dataset.get("PhotometricInterpretation") or "MONOCHROME2")
    if kind == "PALETTE COLOR":
        return _colours(apply_color_lut(raw, in_little_endian(dataset)), palette_bits(dataset)), "", []
    if raw.ndim == 3:
        return _colours(raw, int(dataset.BitsStored)), "", []
    values = np.asarray(apply_modality_lut(raw, macro(dataset, frame, "PixelValueTransformationSequence")), np.float64)
    padding = _padding(raw, dataset)
    inside = values if padding is None or padding.all() else values[~padding]
    grey, window, notes = _windowed(values, inside, macro(dataset, frame, "FrameVOILUTSequence"), wanted)
    if kind == "MONOCHROME1":
        grey = 255 - grey
    if padding is not None:
        grey = np.where(padding, 0, grey)
    shown = np.round(grey).astype(np.uint8)
    return shown, window, notes + (["the picture is of one colour"] if shown.min() == shown.max() else [])


def _colours(raw: Any, bits: int) -> Any:
    """Colours of any depth as (H, W, 3) of uint8."""
    if raw.shape[-1] == 4:  # a palette with transparency: on white
        most = np.iinfo(raw.dtype).max
        alpha = raw[..., 3:] / most
        raw = (raw[..., :3] * alpha + most * (1 - alpha)).astype(raw.dtype)
    if raw.dtype == np.uint8:
        return raw
    return np.round(np.clip(raw.astype(np.float64) / (2**bits - 1), 0, 1) * 255).astype(np.uint8)


def _padding(raw: Any, dataset: Any) -> Any:
    """Where no picture is: one value, or all between two."""
    first = dataset.get("PixelPaddingValue")
    if not isinstance(first, (int, float)):
        return None
    last = dataset.get("PixelPaddingRangeLimit")
    if not isinstance(last, (int, float)):
        return raw == first
    return (raw >= min(first, last)) & (raw <= max(first, last))


def _windowed(values: Any, inside: Any, voi: Any, wanted: str | list[float]) -> tuple[Any, str, list[str]]:
    if isinstance(wanted, list):
        center, width = wanted
        return window_linear(values, center, width), f"window {center:g}/{width:g}", []
    said = _window_of(voi) if wanted == "header" else None
    if said is not None:
        center, width = said
        function = str(voi.get("VOILUTFunction") or "LINEAR").upper()
        return WINDOWS.get(function, window_linear)(values, center, width), f"window {center:g}/{width:g}", []
    if wanted == "header" and voi.get("VOILUTSequence"):
        bits = int(voi.VOILUTSequence[0].LUTDescriptor[2])
        mapped = np.asarray(apply_voi_lut(values.astype(np.int64), voi), np.float64)
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
