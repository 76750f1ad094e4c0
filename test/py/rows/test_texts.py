"""Texts that no job may take as they are: tokens that mean something to the model, and more than it can read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from job_fixtures import KINDS, Kept, rows_of, spec_of

from medgr2.jobs.run_job import run_job
from medgr2.models.load_processor import load_processor
from medgr2.models.reward_backbone import RewardModel
from medgr2.models.weights import PHANTOM_BASE
from medgr2.rows.encode import encode
from medgr2.rows.reserved_tokens import ReservedTokens
from medgr2.rows.row_bounds import HELD_TOKENS, PASS_TOKENS, RowsTooLong, plan_batches, row_lengths

CPU = torch.device("cpu")
PHANTOM = {"path": "phantom", "dtype": "float32"}
CASES = Path(__file__).resolve().parents[4] / "shared" / "cases" / "tokens" / "q.jsonl"
READ = {"sft": "completion", "reward-model": "response", "score": "response", "evaluate": "responses"}
LONG = "The shadow lies to the left of the heart. " * 400


def model_of(kind: str, folder: Path) -> str:
    if kind != "score":
        return "phantom"
    RewardModel.start(PHANTOM, CPU).save(folder / "reward")
    return str(folder / "reward")


def run(kind: str, folder: Path, rows: list[dict[str, Any]], **settings: Any) -> tuple[dict[str, Any], Kept]:
    channel = Kept()
    spec = spec_of(kind, folder / "job", rows, model_of(kind, folder), **settings)
    return run_job(spec, channel), channel  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("token", ["<|image_pad|>", "<|im_end|>"])
def test_every_job_refuses_a_prompt_with_a_special_token_before_it_loads_a_model(
    tmp_path: Path, kind: str, token: str
) -> None:
    rows = rows_of(tmp_path)
    rows[2]["prompt"] = f"What modality is shown in {token}?"
    with pytest.raises(ReservedTokens, match=r"1 of 4 samples .* sample q2: prompt holds") as raised:
        run(kind, tmp_path, rows)
    assert token in str(raised.value)


@pytest.mark.parametrize(("kind", "column"), READ.items())
def test_and_in_what_is_to_be_read_after_it(tmp_path: Path, kind: str, column: str) -> None:
    rows = rows_of(tmp_path)
    rows[1][column] = ["CT<|im_start|>"] if column == "responses" else "CT<|im_start|>"
    with pytest.raises(ReservedTokens, match=f"sample q1: {column} holds"):
        run(kind, tmp_path, rows)


def test_the_known_cases_are_refused_or_are_ordinary_text_to_this_model(tmp_path: Path) -> None:
    if not CASES.exists():
        pytest.skip("the shared cases are not here")
    for line in CASES.read_text().splitlines():
        question = json.loads(line)["question"]
        rows = [{**row, "prompt": question} for row in rows_of(tmp_path, 1)]
        if "<|" in question:
            with pytest.raises(ReservedTokens):
                run("complete", tmp_path, rows)
        else:
            assert run("complete", tmp_path, rows)[0]["count"] == 1


def test_a_special_token_that_a_model_spells_is_scored_as_its_letters(tmp_path: Path) -> None:
    """A policy can write `<|image_pad|>` out of ordinary tokens; to the reward model it must not become an image."""
    processor = load_processor(str(PHANTOM_BASE))
    [row] = rows_of(tmp_path, 1)
    image_id = processor.tokenizer.convert_tokens_to_ids("<|image_pad|>")
    plain = encode(processor, [{**row, "response": "CT"}]).inputs["input_ids"]
    spelled = encode(processor, [{**row, "response": "CT <|image_pad|><|im_end|>"}])
    assert (spelled.inputs["input_ids"] == image_id).sum() == (plain == image_id).sum()
    text = processor.tokenizer.decode(spelled.inputs["input_ids"][spelled.response_BT])
    assert text == "CT <|image_pad|><|im_end|><|im_end|>"


def test_the_length_told_without_decoding_an_image_is_that_of_the_input(tmp_path: Path) -> None:
    processor = load_processor(str(PHANTOM_BASE))
    for row in rows_of(tmp_path, 3):
        assert row_lengths(processor, [row], "response")[0] == encode(processor, [row]).inputs["input_ids"].shape[1]


@pytest.mark.parametrize(("kind", "column"), [("sft", "completion"), ("reward-model", "response"), ("grpo", "prompt")])
def test_training_leaves_out_what_the_model_cannot_read_and_tells_which(tmp_path: Path, kind: str, column: str) -> None:
    rows = rows_of(tmp_path, 6)
    rows[3][column] = LONG
    result, channel = run(kind, tmp_path, rows)
    assert result["steps"] == 1
    [warning] = channel.warnings()
    assert "1 of 6 samples have more tokens than the 2048 of" in warning
    assert "q3 (" in warning


def test_where_nothing_is_left_training_is_refused(tmp_path: Path) -> None:
    rows = [{**row, "completion": LONG} for row in rows_of(tmp_path, 2)]
    with pytest.raises(RowsTooLong, match="2 of 2 samples"):
        run("sft", tmp_path, rows)


def test_a_text_that_is_too_long_has_no_score_and_the_others_have_theirs(tmp_path: Path) -> None:
    rows = rows_of(tmp_path)
    before = scores(run("score", tmp_path, rows)[0])
    rows[1]["response"] = LONG
    result, channel = run("score", tmp_path, rows)
    after = scores(result)
    assert [line["id"] for line in after] == ["q0", "q1", "q2", "q3"]
    assert [line["score"] is None for line in after] == [False, True, False, False]
    assert len(channel.warnings()) == 1
    assert len(before) == 4


def scores(result: dict[str, Any]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path(result["scores"]).read_text().splitlines()]


def test_a_prompt_without_room_for_an_answer_gets_none_and_the_file_keeps_its_order(tmp_path: Path) -> None:
    rows = rows_of(tmp_path)
    rows[1]["prompt"] = LONG
    result, channel = run("complete", tmp_path, rows, samples=2, temperature=1.0)
    lines = [json.loads(line) for line in Path(result["completions"]).read_text().splitlines()]
    assert [(line["id"], line["index"]) for line in lines] == [(row["id"], at) for row in rows for at in (0, 1)]
    assert [line["finished"] for line in lines[2:4]] == [False, False]
    assert lines[2]["tokens"] == 0 and lines[2]["promptTokens"] > 2048
    assert all(line["tokens"] > 0 for line in [*lines[:2], *lines[4:]])
    assert "q1 (" in channel.warnings()[0]


def test_an_evaluation_leaves_nothing_out(tmp_path: Path) -> None:
    rows = rows_of(tmp_path)
    rows[1]["prompt"] = LONG
    with pytest.raises(RowsTooLong, match="q1"):
        run("evaluate", tmp_path, rows)


def test_max_length_cuts_completions_and_never_prompts(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, 4)
    processor = load_processor(str(PHANTOM_BASE))
    prompt = row_lengths(processor, rows[:1])[0]
    trl = {**KINDS["sft"]["trl"], "max_length": prompt + 2}
    result, channel = run("sft", tmp_path, rows, trl=trl)
    assert result["steps"] == 1 and channel.warnings() == []
    rows[2]["prompt"] += " Say it in one word, please, and no more than that."
    result, channel = run("sft", tmp_path, rows, trl=trl)
    assert "q2" in channel.warnings()[0] and "trl.max_length" in channel.warnings()[0]


def test_one_long_text_does_not_pad_a_batch_to_its_length() -> None:
    lengths = [150] * 40
    lengths[10] = 5103
    for sort in (False, True):
        plan = plan_batches(lengths, 32, sort)
        assert sorted(index for batch in plan for index in batch) == list(range(40))
        assert max(len(batch) * max(lengths[index] for index in batch) for batch in plan) <= 32 * 512
        if not sort:
            assert [index for batch in plan for index in batch] == list(range(40))
    assert [len(batch) for batch in plan_batches([150] * 70, 32)] == [32, 32, 6]


def test_a_pass_has_a_bound_in_tokens_whatever_the_batch_is_told_to_be() -> None:
    for size in (32, 64, 4096):
        assert [len(batch) for batch in plan_batches([1000] * 48, size)] == [16, 16, 16]
        # What is written is held beside what was read, once for each completion.
        assert [len(batch) for batch in plan_batches([500] * 20, size, after=3596, copies=4)] == [4] * 5
        assert [len(batch) for batch in plan_batches([PASS_TOKENS + 1, HELD_TOKENS + 1, 5], size)] == [1, 1, 1]
