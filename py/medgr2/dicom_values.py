"""Stored pixels of a DICOM file as the values its header means: bits, tables, slope. pydicom reads the bytes.

Where pydicom passes over what a header says (a high bit that is not the last, an intercept without a slope, 8-bit
tables in 16-bit words, words of big-endian files) the picture would be another without a word.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from pydicom.pixels import pixel_array

from medgr2.dicom_file import with_elements


def stored_values(dataset: Any, frame: int) -> Any:
    """(H, W) or (H, W, colours) of one frame; what follows the last frame is padding."""
    stored, allocated = int(dataset.get("BitsStored") or 0), int(dataset.get("BitsAllocated") or 0)
    shift = int(dataset.get("HighBit") or 0) - (stored - 1)
    plain = "PixelData" in dataset and not dataset.file_meta.TransferSyntaxUID.is_compressed
    if not (plain and stored > 0 and 0 < shift <= allocated - stored and dataset.get("SamplesPerPixel") == 1):
        return pixel_array(dataset, index=frame)
    whole = with_elements(dataset, BitsStored=allocated, HighBit=allocated - 1, PixelRepresentation=0)
    values = (pixel_array(whole, index=frame).astype(np.int64) >> shift) & (2**stored - 1)
    if dataset.PixelRepresentation == 1:
        values = values - ((values >> (stored - 1)) << stored)
    return values


def modality_values(raw: Any, holder: Any, little_endian: bool) -> tuple[Any, list[str]]:
    """As float, by the table or the slope and intercept of the file or of a frame's group."""
    values = np.asarray(raw, np.float64)
    items = holder.get("ModalityLUTSequence")
    if items:
        table, first, _ = table_of(items[0], values, little_endian)
        return table[np.clip(values - first, 0, len(table) - 1).astype(np.int64)].astype(np.float64), []
    slope, intercept = (_number(holder.get(name)) for name in ("RescaleSlope", "RescaleIntercept"))
    notes = ["the header's slope is 0: it was taken for 1"] if slope == 0 else []
    return values * (slope or 1.0) + (intercept or 0.0), notes


def without_gaps(values: Any) -> tuple[Any, list[str]]:
    """What is no number is shown as the darkest, and what is infinite as the end it is at."""
    finite = np.isfinite(values)
    if finite.all():
        return values, []
    if not finite.any():
        raise ValueError("it holds no number")
    low, high = values[finite].min(), values[finite].max()
    note = "some of its values are no numbers, and were shown as the darkest"
    return np.nan_to_num(values, nan=low, posinf=high, neginf=low), [note]


def table_of(item: Any, values: Any, little_endian: bool) -> tuple[Any, int, int]:
    """Entries of a lookup table, the value of the first, and the bits of an entry."""
    count, first, bits = (int(number) for number in item.LUTDescriptor)
    count = count or 65536
    data = item["LUTData"].value
    if isinstance(data, bytes):
        words = len(data) >= 2 * count
        kind = np.dtype("u2" if words else "u1").newbyteorder("<" if little_endian else ">")
        entries = np.frombuffer(data[: len(data) // kind.itemsize * kind.itemsize], kind)
    else:
        entries = np.atleast_1d(np.asarray(data))
    entries = entries[:count].astype(np.int64)
    if entries.size == 0:
        raise ValueError("its table holds nothing")
    # Whether it is signed goes by the values, and headers tell it by the pixels.
    if first > 32767 and values.min() < 0:
        first -= 65536
    return entries, first, bits if 8 <= bits <= 16 else 16


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if np.isfinite(number) else None
