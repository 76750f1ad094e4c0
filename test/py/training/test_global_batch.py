"""Which checkpoints a job goes on from with another number of ranks, and with which options."""

from __future__ import annotations

import pytest

from medgr2.resuming.checkpoints import seal
from medgr2.training.global_batch import carried_on


def left_by(folder, processes, step=4, **identity):
    checkpoint = folder / f"checkpoint-{step}"
    checkpoint.mkdir(parents=True)
    seal(checkpoint, {"data": "rows", "processes": processes, **identity})


def ask(folder, options, now, **identity):
    return carried_on(options, folder, lambda count: {"data": "rows", "processes": count, **identity}, now)


@pytest.mark.parametrize(
    ("then", "now", "was", "accumulation"), [(2, 1, 2, 4), (2, 1, None, 2), (1, 2, 4, 2), (4, 3, 3, 4), (8, 2, 1, 4)]
)
def test_accumulation_makes_up_for_ranks_and_that_is_told(tmp_path, then, now, was, accumulation):
    left_by(tmp_path, then)
    options = {"learning_rate": 1, **({} if was is None else {"gradient_accumulation_steps": was})}
    batch = ask(tmp_path, options, now)
    assert batch.options == {"learning_rate": 1, "gradient_accumulation_steps": accumulation}
    assert batch.processes == then
    assert f"over {accumulation} batch{'' if accumulation == 1 else 'es'} instead of {was or 1}" in batch.told


@pytest.mark.parametrize(("then", "now", "was"), [(1, 2, 1), (2, 3, 4), (2, 2, 4)])
def test_where_it_cannot_or_need_not_the_options_stay_and_the_job_is_one_of_so_many_ranks(tmp_path, then, now, was):
    left_by(tmp_path, then)
    options = {"gradient_accumulation_steps": was}
    assert ask(tmp_path, options, now) == (options, now, None)


def test_what_another_job_left_changes_nothing(tmp_path):
    assert ask(tmp_path, {}, 1) == ({}, 1, None)
    left_by(tmp_path, 2, seed=3)
    assert ask(tmp_path, {}, 1, seed=4) == ({}, 1, None)


def test_sharded_weights_go_on_with_as_many_ranks_as_left_them(tmp_path, monkeypatch):
    left_by(tmp_path, 2, sharding="fsdp")
    assert ask(tmp_path, {}, 1) == ({}, 1, None)
    monkeypatch.setenv("MEDGR2_SHARDING", "fsdp")
    assert ask(tmp_path, {}, 4, sharding="fsdp") == ({}, 4, None)


GROUPS = {"num_generations": 4, "per_device_train_batch_size": 2, "gradient_accumulation_steps": 2}


@pytest.mark.parametrize(
    ("more", "step", "window"),
    [
        ({}, 3, None),
        ({"steps_per_generation": 4}, 2, 8),
        ({"steps_per_generation": 4}, 3, "over"),
        ({"steps_per_generation": 2, "num_iterations": 2}, 2, 4),
        ({"steps_per_generation": 2, "num_iterations": 2}, 3, "over"),
        ({"generation_batch_size": 16}, 2, None),
        ({"generation_batch_size": 16}, 3, "over"),
    ],
)
def test_grpo_goes_on_where_all_that_was_written_is_used(tmp_path, more, step, window):
    left_by(tmp_path, 2, step)
    batch = ask(tmp_path, {**GROUPS, **more}, 1)
    if window == "over":
        assert batch == ({**GROUPS, **more}, 1, None)
    else:
        wanted = {**GROUPS, **more, "gradient_accumulation_steps": 4}
        assert batch.options == (wanted if window is None else {**wanted, "steps_per_generation": window})


def test_a_checkpoint_without_a_readable_seal_is_passed_over(tmp_path):
    left_by(tmp_path, 2, 1)
    (tmp_path / "checkpoint-2").mkdir()
    assert ask(tmp_path, {}, 1).processes == 2
