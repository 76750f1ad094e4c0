"""A file of rows that nobody has looked at: what would be learned as the word `None` or as no number is refused."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from job_fixtures import Kept, rows_of, spec_of

from medgr2.jobs import run_job
from medgr2.rows import read_rows
from medgr2.training_faults import RowError

EVERY = ("sft", "grpo", "reward-model", "score", "complete", "evaluate")
NOT_A_TEXT = [None, 7, "", " \n", "undefined", "NaN"]


def refused(kind: str, folder: Path, column: str, value: Any, every: bool = False) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    rows = rows_of(folder)
    for row in rows if every or isinstance(value, int) else rows[1:2]:  # a column of a file has one type
        row[column] = value
    with pytest.raises(RowError) as caught:
        run_job(spec_of(kind, folder / "job", rows, "no-such-model"), Kept())  # type: ignore[arg-type]
    return str(caught.value)


@pytest.mark.parametrize("kind", EVERY)
def test_a_prompt_that_asks_nothing_is_named_before_a_model_is_read(kind: str, tmp_path: Path) -> None:
    for index, value in enumerate(NOT_A_TEXT):
        words = refused(kind, tmp_path / str(index), "prompt", value)
        assert "rows.parquet row" in words and ": prompt " in words


@pytest.mark.parametrize("value", [*NOT_A_TEXT, "<answer>undefined</answer>", "<think>so</think><answer> </answer>"])
def test_a_completion_that_says_nothing_is_not_learned(value: Any, tmp_path: Path) -> None:
    assert ": completion " in refused("sft", tmp_path, "completion", value)


@pytest.mark.parametrize("grade", [math.nan, math.inf, 1e39, 100.0, -6.5])
def test_a_grade_must_be_one(grade: float, tmp_path: Path) -> None:
    assert "row 1 (id q1): grade is" in refused("reward-model", tmp_path, "grade", grade)


@pytest.mark.parametrize(("kind", "column"), [("score", "response"), ("reward-model", "response"), ("grpo", "id")])
def test_what_is_missing_is_named(kind: str, column: str, tmp_path: Path) -> None:
    assert f"{column} is missing" in refused(kind, tmp_path, column, None)


def test_responses_are_texts(tmp_path: Path) -> None:
    assert "responses is no list of texts" in refused("evaluate", tmp_path, "responses", [None, "CT"])


def test_columns_of_other_jobs_and_silence_of_a_policy_are_taken(tmp_path: Path) -> None:
    rows = [{**row, "grade": "II", "response": ""} for row in rows_of(tmp_path)]
    spec = spec_of("score", tmp_path / "job", rows)
    assert len(read_rows(spec["data"], ("id", "image", "prompt", "response"))) == len(rows)
