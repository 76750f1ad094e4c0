"""Opens a DICOM file, also one that does not say it is, or says why it is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pydicom
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.errors import InvalidDicomError
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from medgr2.clinical_files import NotOfKind
from medgr2.reasons import reason_in

SYNTAXES = {
    (True, True): ImplicitVRLittleEndian,
    (False, True): ExplicitVRLittleEndian,
    (False, False): ExplicitVRBigEndian,
}
"""By whether types of values are left out, and whether bytes are in little-endian order."""


def read_file(file: Path) -> Any:
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


def with_elements(dataset: Any, **values: Any) -> Any:
    """The file with other values. Itself it stays as it is: a copy of pydicom's own shares all with it."""
    other = Dataset()
    other.update(dataset)
    other.file_meta = dataset.file_meta
    other.set_original_encoding(*dataset.original_encoding)
    for name, value in values.items():
        other[name] = DataElement(dataset[name].tag, dataset[name].VR, value)
    return other
