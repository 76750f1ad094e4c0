"""Palettes of big-endian DICOM files. pydicom reads their 16-bit words in the byte order of this machine."""

from __future__ import annotations

from typing import Any

import numpy as np

from medgr2.dicom_file import with_elements

COLOURS = ("Red", "Green", "Blue", "Alpha")
ENTRIES = "{}PaletteColorLookupTableData"


def in_little_endian(dataset: Any) -> Any:
    """The file with its palette's words in little-endian order; segmented palettes pydicom reads right as they are."""
    names = [ENTRIES.format(colour) for colour in COLOURS]
    words = [name for name in names if name in dataset and dataset[name].VR == "OW"]
    if dataset.original_encoding[1] is not False or not words:
        return dataset
    return with_elements(
        dataset, **{name: np.frombuffer(dataset[name].value, ">u2").astype("<u2").tobytes() for name in words}
    )


def palette_bits(dataset: Any) -> int:
    """Bits of a colour: 16, unless words of 16 bits hold no more than 8."""
    bits = int(dataset.RedPaletteColorLookupTableDescriptor[2])
    if bits != 16:
        return bits
    data = [in_little_endian(dataset).get(ENTRIES.format(colour)) for colour in COLOURS[:3]]
    filled = [np.frombuffer(values, "<u2") for values in data if values]
    return 8 if filled and all(values.max() <= 255 for values in filled) else 16
