"""A file of rows that nobody has looked at: what would be learned as the word `None` or as no number is refused."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from job_fixtures import Kept, rows_of, spec_of

from medgr2.jobs.run_job import run_job
from medgr2.rows.read_rows import read_rows
from medgr2.training.training_faults import RowError

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


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"grade": None}, "neither a grade nor a pair"),
        ({"grade": None, "pair": "p"}, "pair and chosen go together"),
        ({"chosen": True}, "pair and chosen go together"),
    ],
)
def test_a_row_with_nothing_to_learn_from_is_no_row_of_a_reward_model(
    fields: dict[str, Any], words: str, tmp_path: Path
) -> None:
    rows = rows_of(tmp_path)
    rows[2] |= fields
    with pytest.raises(RowError, match=rf"row 2 \(id q2\): .*{words}"):
        run_job(spec_of("reward-model", tmp_path / "job", rows, "no-such-model"), Kept())  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["grpo", "score", "complete", "evaluate"])
def test_two_rows_of_one_id_are_refused_where_answers_are_found_by_id(kind: str, tmp_path: Path) -> None:
    rows = rows_of(tmp_path)
    rows[3]["id"] = "q1"
    with pytest.raises(RowError, match="the rows 1 and 3 have the id q1"):
        run_job(spec_of(kind, tmp_path / "job", rows, "no-such-model"), Kept())  # type: ignore[arg-type]


def test_rows_that_a_loss_leaves_out_are_counted(tmp_path: Path) -> None:
    rows = rows_of(tmp_path)
    rows[3] |= {"grade": None, "pair": "p", "chosen": True}
    kept = Kept()
    run_job(spec_of("reward-model", tmp_path / "job", rows), kept)  # type: ignore[arg-type]
    assert "left out: 1 of 4 rows have no grade" in "\n".join(kept.warnings())
