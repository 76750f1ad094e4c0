"""A run that was killed after any checkpoint, or stopped anywhere, ends with the weights of one that was left alone."""

from __future__ import annotations

import pytest
from training_jobs import (
    LORA,
    Channel,
    cut_after_each,
    different,
    files_of,
    make_llava,
    outcome_of,
    run,
    spec_of,
    weights_of,
    write_rows,
)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_rows(tmp_path_factory.mktemp("rows"))


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    return {"qwen2.5-vl": "phantom", "llava": make_llava(tmp_path_factory.mktemp("llava"))}


#: Where a kill falls among epochs and generations is one thing, what a checkpoint holds another: one content is gone on
#: with from all of them, each other from one within a generation and one before the second epoch.
STEPS = {("full", "qwen2.5-vl"): (1, 2, 3, 4, 5)}
SOME = (1, 4)


@pytest.mark.parametrize("family", ["qwen2.5-vl", "llava"])
@pytest.mark.parametrize("how", ["full", "lora"])
@pytest.mark.parametrize("kind", ["sft", "grpo", "reward-model"])
def test_killed_after_each_checkpoint_and_resumed_is_undisturbed(kind, how, family, data, models, tmp_path):
    more = {"lora": LORA} if how == "lora" else {}
    spec = spec_of(kind, tmp_path / "whole", data, models[family], **more)
    whole, left = cut_after_each(spec, tmp_path)
    assert sorted(left) == [1, 2, 3, 4, 5]
    expected = weights_of(whole)
    for step in STEPS.get((how, family), SOME):
        folder, channel = left[step], Channel()
        resumed = run({**spec, "outDir": str(folder)}, channel)
        assert channel.of("job-start")[0]["resumedFrom"] == str(folder / "checkpoints" / f"checkpoint-{step}")
        assert different(expected, weights_of(resumed)) == [], f"after checkpoint {step}"
        assert files_of(resumed) == files_of(whole), f"after checkpoint {step}"
        assert outcome_of(resumed) == outcome_of(whole), f"after checkpoint {step}"
        assert not (folder / "checkpoints").exists()
