"""Keeps patients out of the names of files that are listed: what headers say of a person is looked for in each."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from medgr2.patients import patient_or_none

HIDDEN = "…"
SHORTEST = 3
WORD = re.compile(r"[^\W_]+")

PERSONAL = ("PatientID", "OtherPatientIDs", "PatientBirthDate", "AccessionNumber", "StudyID", "StudyInstanceUID")
"""Beside all names of persons. What is hidden in messages is more: a file may well be called by its modality."""


class HiddenNames:
    """What names somebody, by its words in lower case, and what stands in its place."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, ...], str] = {}
        self._longest = 0

    def add(self, text: str, instead: str = HIDDEN) -> None:
        words = tuple(word.lower() for word in WORD.findall(text))
        if patient_or_none(text) is None:  # Anonymous, Test
            return
        # A number of two or three digits stands in every file's name.
        if len("".join(words)) >= SHORTEST and not re.fullmatch(r"\d{1,3}", "".join(words)):
            self._known[words] = instead
            self._longest = max(self._longest, len(words))

    def add_person(self, dataset: Any) -> None:
        for element in dataset:
            if element.VR == "PN":
                for name in _several(element.value):
                    self.add(name)
                    for part in re.split(r"[\s^=,]+", name):
                        self.add(part)
            elif element.keyword in PERSONAL:
                for value in _several(element.value):
                    for form in _forms(element.keyword, value):
                        self.add(form)

    def hide(self, text: str) -> str:
        words = list(WORD.finditer(text))
        result, done, first = "", 0, 0
        while first < len(words):
            for last in range(min(len(words), first + self._longest), first, -1):
                instead = self._known.get(tuple(word[0].lower() for word in words[first:last]))
                if instead is not None:
                    result += text[done : words[first].start()] + instead
                    done, first = words[last - 1].end(), last - 1
                    break
            first += 1
        return result + text[done:]


def _forms(keyword: str, value: str) -> list[str]:
    """As it is written, the long number in it, and a date as people write it."""
    date = re.fullmatch(r"(\d{4})(\d\d)(\d\d)", value) if keyword == "PatientBirthDate" else None
    if date is not None:
        year, month, day = date.groups()
        return [value, f"{year} {month} {day}", f"{day} {month} {year}", f"{month} {day} {year}", day + month + year]
    return [value] if keyword.endswith("UID") else [value, *re.findall(r"\d{5,}", value)]


def _several(value: Any) -> Iterable[str]:
    values = value if isinstance(value, (list, tuple)) or type(value).__name__ == "MultiValue" else [value]
    return [str(one) for one in values if one is not None and str(one) != ""]
