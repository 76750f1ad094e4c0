"""Why a clinical file makes no picture, in words that hold no value of its header: values can name the patient."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from pydicom.datadict import dictionary_VR, keyword_dict
from pydicom.dataelem import RawDataElement
from pydicom.uid import UID_dictionary

LONGEST = 300
SHORTEST = {"PN": 2}
"""Letters of a part that is hidden, by kind of value; 3 of others, which share short words with every message."""

HIDDEN = "…"
LONGEST_VALUE = 10_000
PIXELS = {"OB", "OW", "OF", "OD", "OL", "OV"}
QUOTED = re.compile(r"b?'((?:[^'\\\n]|\\.)*)'|b?\"((?:[^\"\\\n]|\\.)*)\"")


def reason_in(error: Exception, dataset: Any = None) -> str:
    """The line that says why: the first, or what follows where it only announces others; no value of the header."""
    if isinstance(error, MemoryError):
        return "it is too large for the memory of this machine"
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    text = "; ".join(lines[1:]) if len(lines) > 1 and lines[0].endswith(":") else lines[0]
    # What announces the others says of which compression it is.
    named = re.search(r"Unable to decompress ('[^']+')", lines[0])
    text = f"{named[1]} needs one of {text}" if named and "missing dependencies" in lines[0] else text
    text = QUOTED.sub(_unless_technical, text)
    for secret in sorted(_values(dataset), key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", HIDDEN, text, flags=re.IGNORECASE)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} {HIDDEN}"


def _unless_technical(match: re.Match[str]) -> str:
    """Quoted words stay where the standard has them: a keyword, the name of an attribute or of a transfer syntax."""
    content = match[1] if match[1] is not None else match[2]
    return match[0] if content in _technical() else f"'{HIDDEN}'"


_words: set[str] = set()


def _technical() -> set[str]:
    if not _words:
        _words.update(keyword_dict)
        _words.update(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", keyword) for keyword in keyword_dict)
        _words.update(name for entry in UID_dictionary.values() for name in (entry[0], entry[4]))
        _words.update(("file_meta", "JPEG Extended", "JPEG Baseline", "pylibjpeg", "pillow", "gdcm", "pyjpegls"))
    return _words


def _values(dataset: Any) -> Iterator[str]:
    """Every text of a header, whole and in its parts; elements as they were read, since a bad one cannot convert."""
    for kind, value in _elements(dataset):
        texts: Iterable[Any] = value if isinstance(value, (list, tuple)) else [value]
        for text in texts:
            plain = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
            for part in [plain, *re.split(r"[\s^=\\,;/\0]+", plain)]:
                secret = part.strip(" \0")
                # Short figures such as those of a size name nobody and stand in every message.
                if len(secret) >= SHORTEST.get(kind, 3) and not re.fullmatch(r"\d{1,3}", secret):
                    yield secret


def _elements(dataset: Any) -> Iterator[tuple[str, Any]]:
    """Kind and value of each that is text, in sequences too."""
    for element in list(dataset.values()) if dataset is not None else []:
        kind = _kind(element)
        if kind == "SQ" and not isinstance(element, RawDataElement):
            for item in element.value or []:
                yield from _elements(item)
            continue
        # What pixels are like names nobody, and is what messages are about.
        about_pixels = kind in PIXELS or (element.tag.group == 0x28 and kind in ("US", "SS", "CS"))
        if not about_pixels and not (isinstance(element.value, bytes) and len(element.value) > LONGEST_VALUE):
            yield kind, element.value


def _kind(element: Any) -> str:
    if element.VR not in (None, "UN"):
        return str(element.VR)
    try:
        return dictionary_VR(element.tag)
    except KeyError:
        return "UN"
