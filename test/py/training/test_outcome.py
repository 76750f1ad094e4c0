"""Steps that were done and taught nothing, ended early or went astray are failures that name the cause."""

from __future__ import annotations

import math
import re
import zlib
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from training_jobs import LORA, Channel, make_llava, run, spec_of, weights_of, write_rows

from medgr2.models.weights import PHANTOM_BASE
from medgr2.rows.row_bounds import RowsTooLong
from medgr2.training.training_faults import (
    NothingLearned,
    RewardOutOfRange,
    RowError,
    TrainingDiverged,
    TrainingIncomplete,
)

SHORT = {"max_steps": 2, "steps_per_generation": 2, "save_steps": 1}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_rows(tmp_path_factory.mktemp("rows"))


@pytest.mark.parametrize(
    ("reward", "words"),
    [(lambda item: None, "all were null"), (lambda item: 1.0, r"each of its \d groups all completions got the same")],
)
def test_grpo_whose_groups_are_all_dead(reward, words, data, tmp_path):
    # A penalty and weight decay move the weights; nothing was taught all the same.
    spec = spec_of("grpo", tmp_path / "out", data, trl={**SHORT, "beta": 0.1, "weight_decay": 0.5})
    with pytest.raises(NothingLearned, match=words):
        run(spec, Channel(reward=reward))
    assert not (tmp_path / "out" / "model").exists()
    # The rewards are mended, and no setting of the job: it must not go on from its own end.
    channel = Channel()
    result = run(spec, channel)
    assert channel.of("job-start")[0]["resumedFrom"] is None
    assert (result["groups"], result["deadGroups"] < 1) == (4, True)


def test_dead_groups_are_a_warning_where_the_loop_goes_on(data, tmp_path):
    spec = spec_of("grpo", tmp_path / "out", data, trl=SHORT, deadGroups="warn")
    with pytest.raises(NothingLearned, match="all were null"):
        run(spec, Channel(reward=lambda item: None))
    result = run(spec, Channel(reward=lambda item: 1.0))
    assert result["deadGroups"] == 1.0
    assert result["warnings"] == [
        "all 2 steps taught nothing: in each of its 4 groups all completions got the same reward"
    ]
    base = weights_of({"checkpoint": str(PHANTOM_BASE)})
    assert all((value == base[name]).all() for name, value in weights_of(result).items())


@pytest.mark.parametrize("value", [1e39, -1e39, 1e30, math.inf, math.nan])
def test_a_reward_beyond_float32_is_named_with_its_row(value, data, tmp_path):
    spec = spec_of("grpo", tmp_path / "out", data, trl=SHORT)
    with pytest.raises(RewardOutOfRange, match=r"the reward `r` gave .* to a completion of (row|pair)-\d"):
        run(spec, Channel(reward=lambda item: value))


def test_completions_without_a_reward_are_counted_and_told(data, tmp_path):
    window = {"num_generations": 4, "per_device_train_batch_size": 4}
    spec = spec_of("grpo", tmp_path / "out", data, trl={**SHORT, **window})
    seen: list[str] = []

    def two_of_four(item):
        seen.append(item["id"])
        return [None, 1.0, 0.0, None][len(seen) % 4]

    channel = Channel(reward=two_of_four)
    result = run(spec, channel)
    assert (result["groups"], result["deadGroups"]) == (4, 0.0)
    assert result["warnings"] == ["8 of 16 completions got no reward at all, all being null, and taught nothing"]
    assert result["warnings"][0] in channel.warnings


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"max_steps": -1, "num_train_epochs": 1}, r"leaves out (\d+) of (\d+) rows \(others in each"),
        (
            {"max_steps": -1, "num_train_epochs": 1, "shuffle_dataset": False},
            r"leaves out (\d+) of (\d+) rows \(the last",
        ),
    ],
)
def test_rows_that_fill_no_generation_batch_are_told(options, words, data, tmp_path):
    window = {"num_generations": 2, "per_device_train_batch_size": 10, "steps_per_generation": 1}
    spec = spec_of("grpo", tmp_path / "out", data, trl={**SHORT, **window, **options})
    asked: set[str] = set()

    def varied(item):
        asked.add(item["id"])
        return zlib.crc32(item["completion"].encode()) % 7 / 7

    channel = Channel(reward=varied)
    result = run(spec, channel)
    assert result["warnings"][0] in channel.warnings
    told = re.search(words, result["warnings"][0])
    assert told is not None
    rows = parquet.read_table(data).num_rows
    assert [int(number) for number in told.groups()] == [rows - len(asked), rows]


def test_steps_that_end_within_an_epoch_leave_out_no_more_than_planned(data, tmp_path):
    window = {"num_generations": 2, "per_device_train_batch_size": 10, "steps_per_generation": 1, "max_steps": 1}
    assert run(spec_of("grpo", tmp_path / "out", data, trl={**SHORT, **window}), Channel())["warnings"] == []


def test_a_reward_for_one_completion_of_a_group_teaches_nothing(data, tmp_path):
    spec = spec_of("grpo", tmp_path / "out", data, trl=SHORT)
    seen: list[str] = []

    def every_other(item):
        seen.append(item["id"])
        return None if len(seen) % 2 else 1.0

    with pytest.raises(NothingLearned, match="all completions got the same reward"):
        run(spec, Channel(reward=every_other))


@pytest.mark.parametrize("kind", ["sft", "grpo"])
def test_a_learning_rate_of_zero_moves_nothing(kind, data, tmp_path):
    with pytest.raises(NothingLearned, match="no weight moved in all 2 steps: the learning rate was 0"):
        run(spec_of(kind, tmp_path / "out", data, trl={"max_steps": 2, "learning_rate": 0.0}))


def test_a_reward_model_of_one_step_learns_in_it(data, tmp_path):
    assert run(spec_of("reward-model", tmp_path / "out", data, steps=1))["steps"] == 1


def write(folder: Path, **changed: str) -> str:
    table = parquet.read_table(write_rows(folder)).to_pylist()
    for row in table:
        row.update({name: value for name, value in changed.items() if row["id"] == "row-3" or name == "completion"})
    parquet.write_table(pa.Table.from_pylist(table), folder / "changed.parquet")
    return str(folder / "changed.parquet")


def test_rows_without_room_for_a_token_to_learn_from(tmp_path):
    data = write(tmp_path / "rows")
    # Prompt and image fill the length: every answer would be cut off.
    spec = spec_of("sft", tmp_path / "out", data, make_llava(tmp_path / "llava"), trl={"max_steps": 2, "max_length": 8})
    with pytest.raises(RowsTooLong, match=r"row-0 \(21\).*none is left"):
        run(spec)


@pytest.mark.parametrize("kind", ["sft", "grpo", "reward-model"])
def test_a_row_that_the_processor_cannot_take_is_named(kind, tmp_path):
    data = write(tmp_path / "rows", prompt="What is shown in <|image_pad|>?")
    with pytest.raises(Exception, match="row-3") as caught:
        run(spec_of(kind, tmp_path / "out", data))
    assert isinstance(caught.value, ValueError) and not isinstance(caught.value, StopIteration)


def test_data_that_ends_early_is_a_failure(data, tmp_path, monkeypatch):
    from medgr2.rows.row_faults import NamedRows

    calls = iter(range(100))
    whole = NamedRows.__call__

    def ends(self, examples):
        if next(calls) == 3:
            raise StopIteration
        return whole(self, examples)

    monkeypatch.setattr(NamedRows, "__call__", ends)
    with pytest.raises(TrainingIncomplete, match=r"ended at step \d of 5"):
        run(spec_of("sft", tmp_path / "out", data))


def test_no_stop_iteration_leaves_a_collator():
    from medgr2.rows.row_faults import NamedRows

    def collate(examples):
        return next(iter(example for example in examples if example["row_id"] != "b"))

    rows = NamedRows(collate, lambda example: [example["row_id"]])
    with pytest.raises(RowError, match="row b cannot be made into what the model reads"):
        rows([{"row_id": "b"}])


@pytest.mark.parametrize("kind", ["sft", "grpo", "reward-model"])
def test_a_runaway_learning_rate_stops_before_the_weights_are_lost(kind, data, tmp_path):
    rate = {"learningRate": 1e30} if kind == "reward-model" else {"trl": {"learning_rate": 1e30, "max_grad_norm": 0.0}}
    with pytest.raises(TrainingDiverged, match=r"step \d of 5|what is no number"):
        run(spec_of(kind, tmp_path / "out", data, **rate))
    assert not (tmp_path / "out" / "model").exists()


def test_the_result_and_the_start_say_what_trains(data, tmp_path):
    channel = Channel()
    result = run(spec_of("sft", tmp_path / "out", data, lora=LORA), channel)
    assert result["trainable"] == channel.of("job-start")[0]["trainable"]
    assert set(result["trainable"]) == {"language-adapters", "vision-adapters"}
    assert weights_of(result) and result["warnings"] == []
    assert (PHANTOM_BASE / "model.safetensors").exists()
