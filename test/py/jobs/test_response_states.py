"""With `train: head` each row is read once, however often it is drawn, and the head learns the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from training_jobs import (
    Channel,
    cut_after_each,
    different,
    make_llava,
    outcome_of,
    run,
    spec_of,
    weights_of,
    write_rows,
)

from medgr2.models.reward_backbone import RewardModel
from medgr2.rows import response_states
from medgr2.rows.response_states import ResponseStates

ROWS = 9  # five with grades and two pairs: seven units


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_rows(tmp_path_factory.mktemp("rows"))


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return {"qwen2.5-vl": "phantom", "llava": make_llava(tmp_path_factory.mktemp("llava"))}


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many rows each pass of a backbone read."""
    passes: list[int] = []
    own = RewardModel.read

    def counted(self: RewardModel, inputs: dict[str, torch.Tensor]) -> Any:
        passes.append(len(inputs["input_ids"]))
        return own(self, inputs)

    monkeypatch.setattr(RewardModel, "read", counted)
    return passes


@pytest.mark.parametrize("family", ["qwen2.5-vl", "llava"])
@pytest.mark.parametrize("loss", ["mse", "both"])
def test_the_head_learns_what_it_would_from_rows_read_each_time(
    loss: str, family: str, data: str, models: dict[str, str], tmp_path: Path, read: list[int]
) -> None:
    spec = spec_of("reward-model", tmp_path / "once", data, models[family], train="head", loss=loss, steps=12)
    once = run(spec)
    assert sum(read) == (ROWS if loss == "both" else 5)
    read.clear()
    each = run({**spec, "outDir": str(tmp_path / "each"), "statesMemory": 0})
    assert sum(read) > 2 * ROWS
    ours, theirs = weights_of(once), weights_of(each)
    assert ours.keys() == theirs.keys()
    for name in ours.keys() - {"reward_head.safetensors:look.bias"}:  # a softmax does not see it: rounding moves it
        torch.testing.assert_close(ours[name], theirs[name], rtol=1e-3, atol=1e-5, msg=name)
    start = weights_of(run({**spec, "outDir": str(tmp_path / "other"), "learningRate": 1e-9}))
    assert different(ours, start), "else nothing was learned that could differ"
    assert once["loss"] == pytest.approx(each["loss"], abs=1e-4)


def test_a_job_that_goes_on_has_the_very_weights_of_one_left_alone(data: str, tmp_path: Path, read: list[int]) -> None:
    spec = spec_of("reward-model", tmp_path / "whole", data, train="head")
    whole, left = cut_after_each(spec, tmp_path)
    for step, folder in left.items():
        read.clear()
        resumed = run({**spec, "outDir": str(folder)})
        assert different(weights_of(whole), weights_of(resumed)) == [], f"after checkpoint {step}"
        assert outcome_of(resumed) == outcome_of(whole), f"after checkpoint {step}"
        assert sum(read) in (0, ROWS)  # after the last step nothing is left to read for


def test_rows_are_read_as_they_are_drawn_where_that_is_no_more_often_or_where_they_do_not_fit(
    data: str, tmp_path: Path, read: list[int]
) -> None:
    spec = spec_of("reward-model", tmp_path / "few", data, train="head", steps=3)  # six of seven units
    run(spec)
    assert len(read) == 3
    channel = Channel()
    small = run({**spec, "outDir": str(tmp_path / "small"), "steps": 5, "statesMemory": 0.001}, channel)
    assert "statesMemory is 0" in channel.warnings and "all 9" in channel.warnings
    each = run({**spec, "outDir": str(tmp_path / "each"), "steps": 5, "statesMemory": 0})
    assert different(weights_of(small), weights_of(each)) == []


def test_what_is_said_to_be_taken_is_what_is_taken(data: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[ResponseStates] = []
    own = response_states.ResponseStates.read_all

    def read_all(self: ResponseStates, channel: Any) -> None:
        own(self, channel)
        kept.append(self)

    monkeypatch.setattr(response_states.ResponseStates, "read_all", read_all)
    run(spec_of("reward-model", tmp_path / "job", data, train="head"))
    held = [part.untyped_storage().nbytes() for read in kept[0]._read if read is not None for part in read]
    assert sum(held) == kept[0].bytes() > 0


def test_a_job_stopped_while_it_reads_reads_no_further(data: str, tmp_path: Path, read: list[int]) -> None:
    channel = Channel()
    channel.look = lambda event: setattr(channel, "told", event["type"] == "progress")
    spec = spec_of("reward-model", tmp_path / "job", data, train="head")
    with pytest.raises(Exception, match="stopped after 2 of 9 rows"):
        run(spec, channel)
    assert len(read) == 1
