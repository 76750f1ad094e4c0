"""Stopped by a person between two steps, or in the middle of one that waits for rewards; saved more or less often."""

from __future__ import annotations

from pathlib import Path

import pytest
from training_jobs import LORA, Channel, different, outcome_of, run, spec_of, weights_of, write_rows

from medgr2.node.job_channel import JobCancelled


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_rows(tmp_path_factory.mktemp("rows"))


def stop(spec, **when):
    with pytest.raises(JobCancelled):
        run(spec, Channel(**when))


def same_as_undisturbed(spec, tmp_path: Path, step: int) -> None:
    channel = Channel()
    resumed = run(spec, channel)
    assert channel.of("job-start")[0]["resumedFrom"].endswith(f"checkpoint-{step}")
    whole = run({**spec, "outDir": str(tmp_path / "whole")})
    assert different(weights_of(whole), weights_of(resumed)) == []
    assert outcome_of(whole) == outcome_of(resumed)


@pytest.mark.parametrize("kind", ["sft", "grpo", "reward-model"])
def test_stopped_between_steps(kind, data, tmp_path):
    rare = {"trl": {"save_steps": 100}} if kind != "reward-model" else {"saveSteps": 100}
    spec = spec_of(kind, tmp_path / "out", data, **rare)
    stop(spec, stop_at=2)  # told in step 2's log, heard at the end of step 3
    same_as_undisturbed(spec, tmp_path, 3)


@pytest.mark.parametrize("asks", [2, 3])
@pytest.mark.parametrize("how", ["full", "lora"])
def test_stopped_while_waiting_for_rewards(asks, how, data, tmp_path):
    # Four answers feed two steps of two each; three feed one and a half, so that the ask comes in the middle of a step.
    window = {"steps_per_generation": 3, "generation_batch_size": None, "num_generations": 2, "save_steps": 100}
    more = {"lora": LORA} if how == "lora" else {}
    spec = spec_of("grpo", tmp_path / "out", data, trl=window, **more)
    stop(spec, stop_in_ask=asks)
    same_as_undisturbed(spec, tmp_path, {2: 1, 3: 3}[asks])


def test_stopped_twice_and_saved_at_other_steps(data, tmp_path):
    spec = spec_of("sft", tmp_path / "out", data, trl={"save_steps": 100})
    stop(spec, stop_at=1)
    oftener = {**spec, "trl": {**spec["trl"], "save_steps": 1, "dataloader_num_workers": 0}}
    channel = Channel(stop_at=4)
    with pytest.raises(JobCancelled):
        run(oftener, channel)
    assert [event["step"] for event in channel.of("checkpoint")] == [3, 4, 5], "how often is this attempt's to say"
    resumed = run(spec, Channel())
    whole = run({**spec, "outDir": str(tmp_path / "whole")})
    assert different(weights_of(whole), weights_of(resumed)) == []


def test_generations_used_twice_and_a_reference_that_moves(data, tmp_path):
    moving = {"num_iterations": 2, "beta": 0.1, "sync_ref_model": True, "ref_model_sync_steps": 1}
    spec = spec_of("grpo", tmp_path / "out", data, trl={**moving, "save_steps": 100})
    stop(spec, stop_at=2)
    same_as_undisturbed(spec, tmp_path, 3)
