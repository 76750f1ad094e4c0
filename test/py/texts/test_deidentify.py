"""What is masked in a report: by its form alone, and, where presidio-analyzer is installed, by the job with it."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest
from job_fixtures import Kept

from medgr2.texts import deidentify
from medgr2.texts.masking_rules import masked, spans_by_form

REPORT = (
    "Patient: Margarete Whitfield, DOB 03/14/1957. MRN 00482913. Accession number: ACC-7739021.\n"
    "Prior study of 12 January 2021, zuletzt 3. März 2019. Referring physician: Dr. Okonkwo-Hale. "
    "There is a 2.3 cm nodule in segment VI at T12, ratio 3/4, unchanged for 6 months. "
    "Discussed with Dr. J. Smith at 14:35, 555-867-5309, j.smith@clinic.example. "
    "Whitfield is 93 years old. Follow-up at Saint Mary's Hospital."
)
PLANTED = (
    *(
        "Margarete",
        "Whitfield",
        "1957",
        "00482913",
        "7739021",
        "12 January",
        "März",
        "Okonkwo",
        "Hale",
        "Smith",
        "14:35",
    ),
    *("867", "clinic.example", "93", "Mary"),
)
KEPT = ("2.3 cm nodule in segment VI at T12", "ratio 3/4", "6 months")


def run(folder: Path, *texts: str) -> tuple[dict[str, Any], list[str]]:
    data = folder / "texts.jsonl"
    data.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), encoding="utf-8")
    done = deidentify.run({"data": str(data), "outDir": str(folder)}, Kept())  # type: ignore[arg-type]
    lines = (folder / "masked.jsonl").read_text(encoding="utf-8").splitlines()
    return done, [json.loads(line)["text"] for line in lines]


def test_the_form_alone_tells_numbers_dates_and_named_people() -> None:
    text, count = deidentify.mask_text(REPORT, None)
    assert [name for name in PLANTED if name in text] == []
    assert [finding for finding in KEPT if finding not in text] == []
    assert count > 10


@pytest.mark.parametrize(
    "text",
    [
        "A 2.3 x 4.5 cm mass, SUV 12.5, C5-C6, BI-RADS 4, T2-weighted, vitamin B12, 64-year-old, grade 3/4.",
        "Patient has no fever. No case of it. Exam is normal. Nr of lesions: 12.",
    ],
)
def test_measures_and_grades_stay(text: str) -> None:
    assert deidentify.mask_text(text, None) == (text, 0)


def test_long_texts_are_read_in_pieces_that_leave_no_gap() -> None:
    text = "x" * (deidentify.PIECE - 3) + " Whitfield " + "y" * deidentify.PIECE
    seen: list[str] = []

    def finder(piece: str) -> list[tuple[int, int, str]]:
        seen.append(piece)
        at = piece.find("Whitfield")
        return [] if at < 0 else [(at, at + 9, "NAME")]

    assert "Whitfield" not in deidentify.mask_text(text, finder)[0]
    assert max(map(len, seen)) <= deidentify.PIECE


def test_spans_that_overlap_are_masked_once() -> None:
    assert masked("abcdef", [(0, 3, "NAME"), (2, 4, "ID"), (5, 6, "DATE")]) == ("[NAME]e[DATE]", 2)
    assert spans_by_form("") == []


def test_without_the_library_the_rules_alone_hold_and_the_result_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "presidio_analyzer" else find(name))
    done, texts = run(tmp_path, REPORT, "Nothing.\nTwo lines.")
    assert done["maskedBy"] is None
    assert "setup --with deid" in done["missing"] and "requirements-deid.txt" in done["missing"]
    assert "Whitfield" not in texts[0] and texts[1] == "Nothing.\nTwo lines."


def test_the_library_finds_names_that_no_title_stands_before(tmp_path: Path) -> None:
    pytest.importorskip("presidio_analyzer", reason="the extra deid is not installed: npx medgr2 setup --with deid")
    done, (report, loud) = run(
        tmp_path,
        "Anneliese Baumgartner came from Boston. " + REPORT,
        "MARGARETE WHITFIELD 64F W/ SOB. CT THORAX. NO PE.",
    )
    assert done["maskedBy"].startswith("presidio-analyzer ") and done["missing"] is None
    assert [name for name in (*PLANTED, "Anneliese", "Baumgartner", "Boston") if name in report] == []
    assert [finding for finding in KEPT if finding not in report] == []
    assert "WHITFIELD" not in loud and "NO PE" in loud
