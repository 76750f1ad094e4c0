"""What `train` names moves and nothing else, for each trainer and two families, whatever the start was made of."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from training_jobs import LORA, make_llava, run, spec_of, write_rows

from medgr2.models.load_models import load_vlm
from medgr2.training.trained_parts import check_parts, train_only
from medgr2.training.training_faults import WrongPartTrains

CPU = torch.device("cpu")
SHORT = {"max_steps": 2, "save_steps": 100}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_rows(tmp_path_factory.mktemp("rows"))


@pytest.fixture(scope="module")
def starts(tmp_path_factory, data):
    """A whole model and adapters on it, of each family."""
    llava = make_llava(tmp_path_factory.mktemp("llava"))
    out = tmp_path_factory.mktemp("adapters")
    adapters = {
        name: run(spec_of("sft", out / name, data, path, lora=LORA, trl=SHORT))["checkpoint"]
        for name, path in {"qwen": "phantom", "llava": llava}.items()
    }
    return {("qwen", "whole"): "phantom", ("llava", "whole"): llava} | {(f, "adapters"): p for f, p in adapters.items()}


def moved(start: str, checkpoint: str) -> set[str]:
    """The parts that hold a tensor which is not the start's, by the names of the live model."""
    before = dict(load_vlm({"path": start, "dtype": "float32"}, CPU).named_parameters())
    after = dict(load_vlm({"path": checkpoint, "dtype": "float32"}, CPU).named_parameters())
    assert before.keys() == after.keys()
    return {
        "language" if "language_model" in name or name.startswith("lm_head") else "vision"
        for name in before
        if not torch.equal(before[name], after[name])
    }


def spec(kind, out: Path, data, start, **more):
    short = {"steps": 2} if kind == "reward-model" else {"trl": SHORT}
    return spec_of(kind, out, data, start, **short, **more)


@pytest.mark.parametrize("start", ["whole", "adapters"])
@pytest.mark.parametrize("family", ["qwen", "llava"])
@pytest.mark.parametrize("kind", ["sft", "grpo", "reward-model"])
def test_all_of_it_or_language_alone(kind, family, start, starts, data, tmp_path):
    path = starts[family, start]
    whole = run(spec(kind, tmp_path / "all", data, path))
    assert moved(path, whole["checkpoint"]) == {"language", "vision"}
    assert whole["warnings"] == []
    language = run(spec(kind, tmp_path / "language", data, path, train="language"))
    assert moved(path, language["checkpoint"]) == {"language"}
    assert {"language"} <= language["trainable"].keys() <= {"language", "head"}


@pytest.mark.parametrize("family", ["qwen", "llava"])
def test_adapters_on_adapters_of_the_language_model_alone(family, starts, data, tmp_path):
    path = starts[family, "adapters"]
    result = run(spec("sft", tmp_path / "out", data, path, train="language", lora=LORA))
    assert set(result["trainable"]) == {"language-adapters"}
    assert moved(path, result["checkpoint"]) == {"language"}


@pytest.mark.parametrize("start", ["whole", "adapters"])
def test_a_head_alone(start, starts, data, tmp_path):
    path = starts["qwen", start]
    result = run(spec("reward-model", tmp_path / "out", data, path, train="head"))
    assert set(result["trainable"]) == {"head"}
    assert moved(path, result["checkpoint"]) == set()
    first = load_file(Path(result["checkpoint"]) / "reward_head.safetensors")
    again = run(spec("reward-model", tmp_path / "more", data, result["checkpoint"], train="head"))
    second = load_file(Path(again["checkpoint"]) / "reward_head.safetensors")
    assert any(not torch.equal(first[name], second[name]) for name in first)


def test_a_part_that_should_train_and_does_not_is_an_error():
    model = load_vlm({"path": "phantom", "dtype": "float32"}, CPU)
    train_only(model, "all")
    check_parts(model, "all", lora=False)
    model.model.visual.requires_grad_(False)
    with pytest.raises(WrongPartTrains, match=r"leaves out model\.visual"):
        check_parts(model, "all", lora=False)
    train_only(model, "all")
    with pytest.raises(WrongPartTrains, match="should train language, but trains language, vision"):
        check_parts(model, "language", lora=False)


def test_the_reference_of_grpo_is_the_policy_that_was_given(starts, data, tmp_path, monkeypatch):
    """TRL loads it by name: of merged adapters that would be the base, and the penalty would pull back to it."""
    from medgr2.jobs.grpo_trainer import PolicyTrainer

    seen = []
    start = PolicyTrainer.start_reference_from_policy

    def look(self):
        start(self)
        policy, reference = self.model.state_dict(), self.ref_model.state_dict()
        seen.append([name for name in policy if not torch.equal(policy[name], reference[name])])

    monkeypatch.setattr(PolicyTrainer, "start_reference_from_policy", look)
    run(spec_of("grpo", tmp_path / "out", data, starts["qwen", "adapters"], trl={**SHORT, "beta": 0.1}))
    assert seen == [[]]
