"""Groups that are all right or all wrong by the match are left out; counted, told, and gone on from after a kill."""

from __future__ import annotations

import zlib
from typing import Any

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
import torch
from safetensors.torch import load_file
from training_jobs import Channel, cut_after_each, different, files_of, outcome_of, run, spec_of, weights_of, write_rows

from medgr2.jobs.grpo_figures import has_value, same_in_group
from medgr2.jobs.grpo_trainer import PolicyTrainer
from medgr2.models.weights import PHANTOM_BASE
from medgr2.training.training_faults import NothingLearned

REWARDS = [{"name": "r", "weight": 1}, {"name": "match", "weight": 1}]
#: No scale over the batch: a group's rewards must not reach the others by way of it.
TRL = {"scale_rewards": "none", "max_steps": 2, "per_device_train_batch_size": 4, "gradient_accumulation_steps": 1}
TRL |= {"steps_per_generation": 1, "logging_steps": 1}


class Judged(Channel):
    """`r` is of the text, and more by `bonus` for a group's second completion where it is of `odd`; `match` as told."""

    def __init__(self, verdicts: dict[str, list[float | None]], odd: str = "", bonus: float = 0.0) -> None:
        super().__init__()
        self.verdicts, self.odd, self.bonus = verdicts, odd, bonus

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        seen: dict[str, int] = {}
        scores: dict[str, list[float | None]] = {"r": [], "match": []}
        for item in request["items"]:
            place = seen.setdefault(item["id"], 0)
            seen[item["id"]] += 1
            more = self.bonus * place if item["id"] == self.odd else 0.0
            scores["r"].append(zlib.crc32(item["completion"].encode()) % 7 / 7 + place + more)
            scores["match"].append(self.verdicts.get(item["id"], [0.0, 1.0])[place])
        return {"scores": scores}


@pytest.fixture
def data(tmp_path):
    return write_rows(tmp_path / "rows", 2)


def two_rows(data: str) -> str:
    """Without the pairs that are the reward model's."""
    parquet.write_table(parquet.read_table(data).slice(0, 2), data)
    return data


def grpo(tmp_path, data, name, channel, **more):
    return run(spec_of("grpo", tmp_path / name, two_rows(data), rewards=REWARDS, trl=TRL, **more), channel)


def test_same_and_present_by_group():
    nan = float("nan")
    values_BG = torch.tensor([[1.0, 1.0], [0.0, 1.0], [nan, 1.0], [nan, nan]])
    assert same_in_group(values_BG).tolist() == [True, False, True, True]
    assert has_value(values_BG).tolist() == [True, True, True, False]


@pytest.mark.parametrize("verdict", [1.0, 0.0])
def test_a_group_of_one_outcome_is_left_out_whatever_else_it_is_rewarded_by(tmp_path, data, verdict):
    verdicts: dict[str, list[float | None]] = {"row-0": [verdict, verdict]}

    def weights(name, bonus, **more):
        result = grpo(tmp_path, data, name, Judged(verdicts, "row-0", bonus), **more)
        return result, weights_of(result)

    result, first = weights("one", 0.0, mixedBy="match")
    assert result["leftOut"] == 0.5 and result["deadGroups"] == 0.5
    assert different(first, weights("two", 5.0, mixedBy="match")[1]) == []
    plain, without = weights("three", 0.0)
    assert "leftOut" not in plain
    assert different(without, weights("four", 5.0)[1]) != []


def test_what_is_left_stands_for_all_of_the_batch(tmp_path, data):
    """With one of two groups left out the other counts twice: a step is a mean over what teaches."""
    verdicts: dict[str, list[float | None]] = {"row-0": [1.0, 1.0]}
    seen: list[torch.Tensor] = []
    own = PolicyTrainer._leave_out

    def look(self, batch):
        seen.append(own(self, batch)["advantages"].clone())
        return {**batch, "advantages": seen[-1]}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PolicyTrainer, "_leave_out", look)
        grpo(tmp_path, data, "with", Judged(verdicts), mixedBy="match")
        grpo(tmp_path, data, "without", Judged(verdicts))
    with_filter, without = seen[0].view(2, 2), seen[2].view(2, 2)
    kept = without.abs().sum(dim=1) > 0
    assert kept.all()
    zero = (with_filter == 0).all(dim=1)
    assert zero.sum() == 1
    assert torch.allclose(with_filter[~zero], 2 * without[~zero])


def test_without_a_trusted_answer_a_group_stays(tmp_path, data):
    verdicts: dict[str, list[float | None]] = {"row-0": [None, None], "row-1": [None, None]}
    channel = Judged(verdicts)
    result = grpo(tmp_path, data, "none", channel, mixedBy="match")
    assert result["leftOut"] == 0.0
    told = channel.of("train-step")[0]["grpo"]
    assert told["rewards"]["match"] == {"mean": None, "std": None, "deadGroups": None}
    assert told["rewards"]["r"]["deadGroups"] == 0.0 and told["leftOut"] == 0.0


def test_dead_groups_are_told_by_reward(tmp_path, data):
    channel = Judged({"row-0": [1.0, 1.0]})
    grpo(tmp_path, data, "told", channel)
    for event in channel.of("train-step"):
        told = event["grpo"]
        assert told["deadGroups"] == 0.0  # the sum hides it
        assert told["rewards"]["match"]["deadGroups"] == 0.5 and told["rewards"]["r"]["deadGroups"] == 0.0
        assert told["leftOut"] is None


@pytest.mark.parametrize("scale", ["batch", "group", "none"])
def test_dead_groups_are_told_whatever_rewards_are_scaled_by(tmp_path, data, scale):
    class Flat(Judged):
        def ask(self, request):
            flat = [1.0 if item["id"] == "row-0" else 0.0 for item in request["items"]]
            places = [float(index % 2) if item["id"] == "row-1" else 0.0 for index, item in enumerate(request["items"])]
            return {"scores": {"r": flat, "match": places}}

    channel = Flat({})
    spec = spec_of("grpo", tmp_path / "out", two_rows(data), rewards=REWARDS, trl={**TRL, "scale_rewards": scale})
    assert run(spec, channel)["deadGroups"] == 0.5
    assert [event["grpo"]["deadGroups"] for event in channel.of("train-step")] == [0.5, 0.5]


def test_where_all_are_left_out_nothing_was_learned_and_that_is_said(tmp_path, data):
    same: dict[str, list[float | None]] = {"row-0": [1.0, 1.0], "row-1": [0.0, 0.0]}
    with pytest.raises(NothingLearned, match="all right or all wrong by match"):
        grpo(tmp_path, data, "fails", Judged(same), mixedBy="match")
    channel = Judged(same)
    result = grpo(tmp_path, data, "warns", channel, mixedBy="match", deadGroups="warn")
    assert result["leftOut"] == 1.0 and "all right or all wrong by match" in channel.warnings
    start = load_file(PHANTOM_BASE / "model.safetensors")
    assert all(torch.equal(start[name.split(":")[1]], value) for name, value in weights_of(result).items())


def test_killed_after_each_checkpoint_and_resumed_is_undisturbed(tmp_path):
    data = write_rows(tmp_path / "rows")
    coarse = {"reward": lambda item: float(zlib.crc32(item["completion"].encode()) % 2)}
    spec = spec_of("grpo", tmp_path / "whole", data, mixedBy="r")
    whole, left = cut_after_each(spec, tmp_path, **coarse)
    assert 0 < whole["leftOut"] < 1
    for step, folder in left.items():
        resumed = run({**spec, "outDir": str(folder)}, Channel(**coarse))
        assert different(weights_of(whole), weights_of(resumed)) == [], f"after checkpoint {step}"
        assert files_of(resumed) == files_of(whole) and outcome_of(resumed) == outcome_of(whole)


def test_a_checkpoint_of_other_trust_or_other_difficulty_is_another_job(tmp_path):
    data = write_rows(tmp_path / "rows")
    spec = spec_of("grpo", tmp_path / "whole", data)
    _, left = cut_after_each(spec, tmp_path)

    def resumed_from(folder, **more):
        channel = Channel()
        run({**spec, "outDir": str(folder), **more}, channel)
        return channel.of("job-start")[0]["resumedFrom"]

    assert resumed_from(left[2]) is not None
    assert resumed_from(left[3], mixedBy="r") is None
    table = parquet.read_table(data)
    trusted = str(tmp_path / "trusted.parquet")
    may = pa.array([index > 0 for index in range(table.num_rows)])
    parquet.write_table(table.append_column("trusted", may), trusted)
    assert resumed_from(left[4], data=trusted) is None
