"""Masters in float32: an update of the paper's size arrives, is saved rounded once, and outlives a kill bit for bit."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from family_folders import FAMILIES
from job_fixtures import Kept, rows_of
from job_fixtures import spec_of as family_spec
from PIL import Image
from safetensors.torch import load_file
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
from transformers import AutoModelForImageTextToText
from transformers.models.smolvlm import processing_smolvlm

from medgr2.jobs.run_job import run_job
from medgr2.models.load_models import load_vlm
from medgr2.training import float32_masters as masters
from medgr2.training import train_to_end as training
from medgr2.training.training_faults import NothingLearned

PAPER = {"sft": 1e-6, "grpo": 1e-6, "reward-model": 1e-5}


def paper(kind: str, out: Path, data: str, model: str, **more: Any) -> dict[str, Any]:
    """The job in bfloat16 at the paper's learning rate, constant so that each of its steps is of that size."""
    rate = PAPER[kind]
    trl = {"learning_rate": rate, "lr_scheduler_type": "constant", "weight_decay": 0.0, **more.pop("trl", {})}
    own = {"learningRate": rate, "loss": "mse"} if kind == "reward-model" else {"trl": trl}
    spec = spec_of(kind, out, data, model, **own, **more)
    return {**spec, "model": {"path": model, "dtype": "bfloat16"}}


def seen(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, torch.Tensor]]:
    """What trains, as it was when masters were made and when they were rounded."""
    found: dict[str, dict[str, torch.Tensor]] = {}

    def copies(model: Any) -> dict[str, torch.Tensor]:
        return {name: value.detach().clone() for name, value in model.named_parameters() if value.requires_grad}

    def hold(model: Any) -> Any:
        held = masters.hold(model)
        found["start"] = copies(model)
        return held

    def release(model: Any, held: Any) -> None:
        found["end"] = copies(model)
        masters.release(model, held)

    monkeypatch.setattr(training, "hold", hold)
    monkeypatch.setattr(training, "release", release)
    return found


def moved(start: dict[str, torch.Tensor], end: dict[str, torch.Tensor]) -> float:
    """Of the tensors that have a gradient: not so rows of words that never came, nor a layer that LLaVA leaves out."""
    unused = ("embed_tokens", "lm_head", "vision_tower.encoder.layers.1", "vision_tower.post_layernorm")
    counted = [name for name in end if not any(part in name for part in unused)]
    changed = sum(int((start[name] != end[name]).sum()) for name in counted)
    return changed / sum(end[name].numel() for name in counted)


def noisy(folder: Path) -> str:
    """Rows whose images have something in them: one colour alone gives a tower's attention no gradient."""
    data = write_rows(folder)
    draw = np.random.default_rng(1)
    for index in range(5):
        pixels = draw.integers(0, 255, (28, 28, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{index}.png")
    return data


def saved_of(result: dict[str, Any]) -> dict[str, torch.Tensor]:
    """The backbone, as plain transformers reads it."""
    model = AutoModelForImageTextToText.from_pretrained(result["checkpoint"], dtype="auto")
    assert model.dtype == torch.bfloat16
    return dict(model.named_parameters())


@pytest.mark.parametrize("kind", ["sft", "grpo", "reward-model"])
@pytest.mark.parametrize("family", ["phantom", "llava"])
def test_an_update_of_the_papers_size_arrives_and_is_rounded_once(
    kind: str, family: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = "phantom" if family == "phantom" else make_llava(tmp_path / "llava")
    found = seen(monkeypatch)
    result = run(paper(kind, tmp_path / "job", noisy(tmp_path / "rows"), model))
    assert {value.dtype for value in found["end"].values()} == {torch.float32}
    assert moved(found["start"], found["end"]) >= 0.99
    saved = saved_of(result)
    for name, value in found["end"].items():
        if not name.startswith("head."):
            assert torch.equal(saved[name.removeprefix("backbone.")], value.to(torch.bfloat16)), name


def test_in_pure_half_precision_the_same_update_is_lost_and_the_job_says_how_much_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = seen(monkeypatch)
    channel = Channel()
    spec = paper("sft", tmp_path / "job", noisy(tmp_path / "rows"), "phantom", trainedWeights="dtype")
    result = run(spec, channel)
    assert {value.dtype for value in found["end"].values()} == {torch.bfloat16}
    start = load_vlm({"path": "phantom", "dtype": "bfloat16"}, torch.device("cpu"))
    assert 0 < moved(dict(start.named_parameters()), found["end"]) < 0.15
    told = re.search(r"bfloat16 \(trainedWeights: dtype\): of its weights ([\d.]+) % can move", channel.warnings)
    assert told is not None and 0 < float(told[1]) < 15
    assert told[0] in "\n".join(result["warnings"])


def test_masters_that_round_to_what_was_there_are_no_success(tmp_path: Path) -> None:
    spec = paper("sft", tmp_path / "job", noisy(tmp_path / "rows"), "phantom", trl={"learning_rate": 1e-12})
    with pytest.raises(NothingLearned, match="number format of the saved model"):
        run(spec)


@pytest.mark.parametrize("kind", ["sft", "grpo", "reward-model"])
def test_a_kill_loses_no_bit_of_the_masters(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = seen(monkeypatch)
    spec = paper(kind, tmp_path / "job", noisy(tmp_path / "rows"), "phantom")
    whole, left = cut_after_each(spec, tmp_path)
    undisturbed = found["end"]
    kept = load_file(left[3] / "checkpoints" / "checkpoint-3" / "model.safetensors")
    assert {str(value.dtype) for value in kept.values() if value.is_floating_point()} == {"torch.float32"}
    for step in (3, 5):  # from the middle, and after the last step
        again = run({**spec, "outDir": str(left[step])})
        assert different(found["end"], undisturbed) == []
        assert different(weights_of(again), weights_of(whole)) == []
        assert outcome_of(again) == outcome_of(whole)


@pytest.mark.parametrize(("policy", "judge"), [("bfloat16", "float32"), ("float32", "bfloat16")])
def test_policy_and_reward_model_may_have_number_formats_of_their_own(policy: str, judge: str, tmp_path: Path) -> None:
    data = noisy(tmp_path / "rows")
    graded = spec_of("reward-model", tmp_path / "judge", data, steps=1)
    judge_path = run({**graded, "model": {"path": "phantom", "dtype": judge}})["checkpoint"]
    told: dict[str, float] = {}
    channel = Channel(reward=lambda item: told.setdefault(item["completion"], item["rewardModelScore"]))
    spec = spec_of("grpo", tmp_path / "grpo", data, rewardModel={"path": judge_path, "dtype": judge})
    run({**spec, "model": {"path": "phantom", "dtype": policy}}, channel)
    assert len(told) > 1 and all(math.isfinite(score) for score in told.values())


def test_completions_are_written_in_half_precision_and_the_masters_come_back(tmp_path: Path) -> None:
    model = torch.nn.Linear(3, 3, dtype=torch.bfloat16)
    held = masters.hold(model)
    before = model.weight.detach().clone() + 1e-5
    model.weight.data = before
    with pytest.raises(RuntimeError, match="generation"), masters.in_half(model, held):
        assert model.weight.dtype == torch.bfloat16
        raise RuntimeError("generation failed")
    assert torch.equal(model.weight, before)


def test_features_in_half_precision_fit_the_embeddings_of_masters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of SmolVLM trains: its features come out of autocast in bfloat16, its embeddings do not."""
    monkeypatch.setattr(processing_smolvlm, "num2words", str)
    model = str(FAMILIES["SmolVLM"](tmp_path / "base"))
    trl = {"max_steps": 2, "learning_rate": 1e-3, "per_device_train_batch_size": 2, "logging_steps": 1}
    spec = family_spec("sft", tmp_path / "job", rows_of(tmp_path), model, trl=trl)
    result = run_job({**spec, "model": {"path": model, "dtype": "bfloat16"}}, Kept())  # type: ignore[arg-type]
    assert {value.dtype for value in saved_of(result).values()} == {torch.bfloat16}


def test_a_tower_that_stays_in_half_precision_fits_the_masters_above_it(tmp_path: Path) -> None:
    """Idefics3 and SmolVLM put a picture's features among the text's without a conversion."""
    model = str(FAMILIES["Idefics3"](tmp_path / "base"))
    trl = {"max_steps": 2, "learning_rate": 1e-3, "per_device_train_batch_size": 2, "logging_steps": 1}
    spec = family_spec("sft", tmp_path / "job", rows_of(tmp_path), model, trl=trl, train="language")
    result = run_job({**spec, "model": {"path": model, "dtype": "bfloat16"}}, Kept())  # type: ignore[arg-type]
    assert {value.dtype for value in saved_of(result).values()} == {torch.bfloat16}
