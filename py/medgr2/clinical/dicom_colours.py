"""Colours of DICOM pictures: RGB, what pydicom made of YBR, and palettes.

pydicom reads a palette's 16-bit words in the byte order of this machine, also in big-endian files.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from medgr2.clinical.dicom_file import with_elements

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


def eight_bit_colours(raw: Any, bits: int) -> Any:
    """Colours of any depth as (H, W, 3) of uint8."""
    if raw.shape[-1] == 4:  # a palette with transparency: on white
        most = np.iinfo(raw.dtype).max
        alpha = raw[..., 3:] / most
        raw = (raw[..., :3] * alpha + most * (1 - alpha)).astype(raw.dtype)
    if raw.dtype == np.uint8:
        return raw
    return np.round(np.clip(raw.astype(np.float64) / (2**bits - 1), 0, 1) * 255).astype(np.uint8)
