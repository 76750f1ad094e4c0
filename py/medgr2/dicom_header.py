"""What a DICOM header says of its picture: whether it is one, whose, whether text is burned in, how tall pixels are."""

from __future__ import annotations

from typing import Any

from medgr2.clinical_files import NotOfKind
from medgr2.patients import patient_or_none

SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"

NO_PICTURES = {
    "1.2.840.10008.5.1.4.1.1.66.4": "a segmentation",
    "1.2.840.10008.5.1.4.1.1.66.7": "a segmentation",
    "1.2.840.10008.5.1.4.1.1.66.5": "a segmentation",
    "1.2.840.10008.5.1.4.1.1.66.8": "a height map",
    "1.2.840.10008.5.1.4.1.1.66": "raw data",
    "1.2.840.10008.5.1.4.1.1.30": "a parametric map",
    "1.2.840.10008.5.1.4.1.1.67": "a map of real-world values",
    "1.2.840.10008.5.1.4.1.1.481.2": "a radiotherapy dose",
}
"""SOP classes whose pixels are masks or measurements."""

NO_PICTURE_MODALITIES = {
    "SEG": "a segmentation",
    "RTDOSE": "a radiotherapy dose",
    "RTSTRUCT": "a set of radiotherapy structures",
    "RTPLAN": "a radiotherapy plan",
    "PMAP": "a parametric map",
    "RWV": "a map of real-world values",
    "REG": "a registration",
    "PR": "a presentation state",
    "KO": "a list of objects",
    "SR": "a report",
    "ECG": "a waveform",
    "DOC": "a document",
}


def refuse_no_picture(dataset: Any) -> None:
    """Raises where the pixels are no picture, whatever they look like."""
    kind = NO_PICTURES.get(str(dataset.get("SOPClassUID") or ""))
    kind = kind or NO_PICTURE_MODALITIES.get(str(dataset.get("Modality") or "").upper())
    if kind is not None:
        raise NotOfKind("not-a-picture", f"is {kind}, no picture")


def patient_of(dataset: Any) -> tuple[str | None, list[str]]:
    """The patient's number; without one the study, then the series stand in, which is told.

    Not with whoever gave the number: a table does not say it, and the same patient would be two. Two patients of one
    number cost a few images; one patient under two leaks.
    """
    number = patient_or_none(str(dataset.get("PatientID") or ""))
    if number is not None:
        return number, []
    for name in ("StudyInstanceUID", "SeriesInstanceUID"):
        stands_in = str(dataset.get(name) or "").strip()
        if stands_in:
            return f"study {stands_in}", ["the header names no patient: the study stands in"]
    return None, ["the header names neither patient nor study"]


def burned_in(dataset: Any) -> tuple[list[str], bool | None]:
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


def macro(dataset: Any, frame: int, name: str) -> Any:
    """A functional group of an enhanced multi-frame file, of the frame or shared by all; else the file itself."""
    for group in ("PerFrameFunctionalGroupsSequence", "SharedFunctionalGroupsSequence"):
        items = dataset.get(group) or []
        index = frame if group.startswith("Per") else 0
        if index < len(items) and items[index].get(name):
            return items[index][name].value[0]
    return dataset


def pixel_height(dataset: Any, frame: int) -> float | None:
    """Height of a pixel over its width: 1 where nothing is said, None where what is said cannot be."""
    try:
        for holder, name in (
            (macro(dataset, frame, "PixelMeasuresSequence"), "PixelSpacing"),
            (dataset, "PixelSpacing"),
            (dataset, "ImagerPixelSpacing"),
            (dataset, "NominalScannedPixelSpacing"),
            (dataset, "PixelAspectRatio"),
        ):
            values = holder.get(name)
            if values is not None and len(values) == 2:
                return _ratio(float(values[0]), float(values[1]))
        regions = dataset.get("SequenceOfUltrasoundRegions") or []
        # In one region of centimetres each way; others have a time or a speed along a side.
        if len(regions) == 1 and all(regions[0].get(f"PhysicalUnits{side}Direction") == 3 for side in "XY"):
            return _ratio(abs(float(regions[0].PhysicalDeltaY)), abs(float(regions[0].PhysicalDeltaX)))
    except (ValueError, TypeError, AttributeError):
        return None
    return 1.0


def _ratio(height: float, width: float) -> float | None:
    return height / width if height > 0 and width > 0 else None
