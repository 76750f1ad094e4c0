"""The `evaluate` job on the shipped model: likelihoods that do not depend on the batch, and what they follow."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from job_fixtures import Kept
from PIL import Image

from medgr2.jobs.evaluate import reasoning, run

QUESTION = "Which imaging method was used?\nA) CT\nB) MRI"
RESPONSES = ["<answer>CT</answer>", "<answer>magnetic resonance imaging of the head</answer>"]


def evaluate(tmp_path: Path, rows: list[dict[str, Any]], **settings: Any) -> list[dict[str, Any]]:
    data = tmp_path / "rows.parquet"
    parquet.write_table(pa.Table.from_pylist(rows), data)
    spec = {
        "kind": "evaluate",
        "model": {"path": "phantom", "dtype": "float32"},
        "data": str(data),
        "outDir": str(tmp_path),
        "seed": 0,
        "device": "cpu",
        "threads": 1,
        "reasoning": "none",
        "maxNewTokens": 40,
        "batchSize": 2,
        **settings,
    }
    result = run(spec, Kept())  # type: ignore[arg-type]
    lines = Path(result["answers"]).read_text(encoding="utf-8").splitlines()
    assert result["count"] == len(lines) == len(rows)
    return [json.loads(line) for line in lines]


@pytest.fixture
def rows(tmp_path: Path) -> list[dict[str, Any]]:
    found = []
    for index, shade in enumerate((40, 160, 220)):
        image = tmp_path / f"{index}.png"
        Image.new("RGB", (84, 84), (shade, shade, 255 - shade)).save(image)
        prompt = QUESTION if index < 2 else "What is seen?"
        responses = RESPONSES if index < 2 else []
        found.append({"id": f"q{index}", "image": str(image), "prompt": prompt, "responses": responses})
    return found


def test_likelihoods_are_of_the_response_alone_whatever_stands_beside_it(
    tmp_path: Path, rows: list[dict[str, Any]]
) -> None:
    together = evaluate(tmp_path, rows)
    alone = evaluate(tmp_path, rows[:1], batchSize=1)
    assert [line["id"] for line in together] == ["q0", "q1", "q2"]
    assert together[2]["responses"] == []
    for one, other in zip(together[0]["responses"], alone[0]["responses"], strict=True):
        assert one["tokens"] == other["tokens"]
        assert one["logLikelihood"] == pytest.approx(other["logLikelihood"], abs=1e-3)
        assert one["logLikelihood"] < 0
    short, long = together[0]["responses"]
    assert short["tokens"] < long["tokens"]


def test_what_greedy_decoding_wrote_is_likelier_than_anything_near_it(
    tmp_path: Path, rows: list[dict[str, Any]]
) -> None:
    text = evaluate(tmp_path, rows[:1])[0]["text"]
    other = text.replace("</answer>", " not</answer>") if "</answer>" in text else text + " not"
    [written, changed] = evaluate(tmp_path, [{**rows[0], "responses": [text, other]}])[0]["responses"]
    assert written["logLikelihood"] > changed["logLikelihood"]


def test_own_reasoning_goes_before_the_options(tmp_path: Path, rows: list[dict[str, Any]]) -> None:
    assert reasoning("<think>It is.</think><answer>CT</answer>") == "<think>It is.</think>"
    assert reasoning("CT") == ""
    [bare] = evaluate(tmp_path, rows[:1])
    [after] = evaluate(tmp_path, rows[:1], reasoning="own")
    assert [item["tokens"] for item in after["responses"]] == [item["tokens"] for item in bare["responses"]]
    if reasoning(after["text"]) != "":
        assert after["responses"] != bare["responses"]


def test_samples_stand_beside_the_same_greedy_answer_and_are_drawn_anew_by_seed(
    tmp_path: Path, rows: list[dict[str, Any]]
) -> None:
    plain = evaluate(tmp_path, rows)
    drawn = evaluate(tmp_path, rows, samples=4, temperature=1.5)
    assert [len(line["sampled"]) for line in drawn] == [4, 4, 4]
    assert all("sampled" not in line for line in plain)
    for one, other in zip(plain, drawn, strict=True):
        assert one["text"] == other["text"] and one["responses"][:1] == other["responses"][:1]
    texts = [[item["text"] for item in line["sampled"]] for line in drawn]
    assert any(len(set(some)) > 1 for some in texts)
    again, other = evaluate(tmp_path, rows, samples=4, temperature=1.5), evaluate(tmp_path, rows, samples=4, seed=1)
    assert [[item["text"] for item in line["sampled"]] for line in again] == texts
    assert [[item["text"] for item in line["sampled"]] for line in other] != texts


def test_samples_are_of_their_own_row(tmp_path: Path, rows: list[dict[str, Any]]) -> None:
    """Nearly without heat every sample is the row's greedy answer, whatever stands beside it in the batch."""
    for line in evaluate(tmp_path, rows, samples=2, temperature=1e-4, batchSize=3):
        assert [item["text"] for item in line["sampled"]] == [line["text"]] * 2
