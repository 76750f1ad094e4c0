"""What names a person in a report by its form alone: numbers, dates, addresses of mail, names after a title or a label.

Stands beside a library that knows names by their place in a sentence; neither finds all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

#: Start, end (exclusive) and kind of what is masked.
Span = tuple[int, int, str]

_WORD = r"[A-ZÀ-ÖØ-Þ][\w'\u2019]*"
_INITIALS = r"(?:[A-Z]\. ?){0,3}"
_NAME = rf"{_INITIALS}{_WORD}(?:(?:,? |-){_INITIALS}{_WORD}){{0,3}}"
_TITLE = r"\b(?:Drs?|Prof|Professor|Mr|Mrs|Ms|Miss|Mx|Herr|Frau|DR|PROF|MR|MRS|MS)\b\.?"
_LABEL = (
    r"\b(?i:patient(?:'s)? name|patient|name|pt|dictated by|signed by|reported by|read by|seen by|reviewed by"
    r"|referred by|referring (?:physician|doctor|provider)|attending|radiologist|physician|technologist"
    r"|discussed with)\b"
)
_MONTH = r"(?:Jan|Jän|Feb|Mar|Mär|Apr|May|Mai|Jun|Jul|Aug|Sep|Oct|Okt|Nov|Dec|Dez)[a-z]*"
_PLACE = r"(?:Hospital|Clinic|Infirmary|Medical Cent(?:er|re)|Health System|Klinik|Klinikum|Krankenhaus)"
_NUMBER_LABEL = (
    r"(?i:accession(?: number| no)?|acc|mrn|medical record(?: number| no)?|record|patient id|study id|case|exam"
    r"|id|no|nr)"
)

#: In this order: what a rule takes is no later one's.
RULES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("CONTACT", re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+|\b(?:https?://|www\.)\S+")),
    # 2021-03-04, 4.3.2021, 03/14/57; a share such as 3/4 has two numbers.
    ("DATE", re.compile(r"\b\d{4}[-/.]\d{1,2}[-/.]\d{1,2}\b|\b\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d{2})\b")),
    (
        "DATE",
        re.compile(
            rf"\b(?:\d{{1,2}}(?:st|nd|rd|th|\.)? )?{_MONTH}\.?,? (?:\d{{1,2}}(?:st|nd|rd|th)?,? )?\d{{4}}\b", re.I
        ),
    ),
    ("DATE", re.compile(r"\b(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d)?\b")),
    ("DATE", re.compile(r"\b(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\b")),
    ("ID", re.compile(rf"\b{_NUMBER_LABEL}[\s.:#-]*(?P<what>(?=[\w-]*\d)[\w-]{{3,}})")),
    # Letters and at least five figures, or figures in groups; no measure has so many without a point.
    ("ID", re.compile(r"\b(?=(?:[\w-]*\d){5})[A-Za-z]{0,6}[-_#]?\d[\w-]*\b|\b\d{2,4}(?:[ -]\d{2,4}){2,4}\b")),
    ("AGE", re.compile(r"\b(?:9\d|1[01]\d)(?=[- ]?(?:years?|yrs?|y/?o|-year-old)\b)", re.I)),
    ("NAME", re.compile(rf"{_TITLE} ?(?P<what>{_NAME})")),
    ("NAME", re.compile(rf"{_LABEL}\s*(?::\s*|\s)(?P<what>{_NAME})")),
    ("PLACE", re.compile(rf"(?:{_WORD} ){{1,4}}{_PLACE}\b")),
)


def spans_by_form(text: str) -> list[Span]:
    """Every span of a rule, in the order of the rules; they may overlap."""
    found = []
    for kind, pattern in RULES:
        for match in pattern.finditer(text):
            start, end = match.span("what") if "what" in pattern.groupindex else match.span()
            found.append((start, end, kind))
    return found


def spans_again(text: str, names: Iterable[str]) -> list[Span]:
    """Where words of names stand again with a capital: `Whitfield` after `Margarete Whitfield`."""
    words = {word for name in names for word in re.findall(r"[^\W\d_]{4,}", name)}
    if not words:
        return []
    pattern = re.compile(rf"\b(?:{'|'.join(sorted(map(re.escape, words)))})\b", re.I)
    return [(*match.span(), "NAME") for match in pattern.finditer(text) if match[0][0].isupper()]


def masked(text: str, spans: Iterable[Span]) -> tuple[str, int]:
    """The text with `[KIND]` in place of each span, those that overlap as one of the first's kind; and their number."""
    merged: list[Span] = []
    for start, end, kind in sorted(spans):
        if merged and start < merged[-1][1]:
            first, last, known = merged[-1]
            merged[-1] = (first, max(last, end), known)
        else:
            merged.append((start, end, kind))
    for start, end, kind in reversed(merged):
        text = f"{text[:start]}[{kind}]{text[end:]}"
    return text, len(merged)
