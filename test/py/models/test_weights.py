"""Models that are not whole are refused by folder and key; a reward model and a policy are not taken for each other."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from job_fixtures import Kept, rows_of, spec_of
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file, save_file

from medgr2.jobs.run_job import run_job
from medgr2.models.load_models import load_vlm
from medgr2.models.model_roles import HEAD_FILE, NotAPolicy, NotARewardModel
from medgr2.models.reward_backbone import RewardModel
from medgr2.models.weights import PHANTOM_BASE, ModelUnloadable

CPU = torch.device("cpu")
NORM = "model.norm.weight"


def load(path: Path) -> Any:
    return load_vlm({"path": str(path), "dtype": "float32"}, CPU)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped model to damage."""
    return Path(shutil.copytree(PHANTOM_BASE, tmp_path / "model"))


def change(folder: Path, change: Any, name: str = "model.safetensors") -> None:
    tensors = load_file(folder / name)
    change(tensors)
    save_file(tensors, folder / name, metadata={"format": "pt"})


def a_norm(folder: Path) -> str:
    return next(name for name in load_file(folder / "model.safetensors") if name.endswith(NORM.removeprefix("model.")))


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda tensors, name: tensors.pop(name), "weights are missing"),
        (lambda tensors, name: tensors.update(surplus=torch.zeros(2)), "not of this model: surplus"),
        (lambda tensors, name: tensors.update({name: torch.zeros(7)}), "another shape"),
        (lambda tensors, name: tensors[name].fill_(float("nan")), "not finite"),
    ],
)
def test_a_folder_whose_weights_are_not_the_models_is_refused_by_key(folder: Path, damage: Any, words: str) -> None:
    name = a_norm(folder)
    change(folder, lambda tensors: damage(tensors, name))
    with pytest.raises(ModelUnloadable, match=words) as raised:
        load(folder)
    assert str(folder) in str(raised.value)


def test_a_truncated_file_and_a_missing_one_are_refused_by_folder(folder: Path) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1000])
    with pytest.raises(ModelUnloadable, match=str(folder)):
        load(folder)
    weights.unlink()
    with pytest.raises(ModelUnloadable, match=str(folder)):
        load(folder)


def test_an_untied_output_layer_that_the_file_lacks_is_missing(folder: Path) -> None:
    """A tied one is the embedding under a second name and stands in no file."""
    load(folder)
    config = json.loads((folder / "config.json").read_text())
    config["tie_word_embeddings"] = config["text_config"]["tie_word_embeddings"] = False
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelUnloadable, match=r"missing: lm_head\.weight"):
        load(folder)


def adapter(folder: Path) -> Path:
    model = get_peft_model(load(PHANTOM_BASE), LoraConfig(r=2, target_modules="all-linear"))
    model.save_pretrained(str(folder))
    return folder


def test_an_adapter_must_have_all_of_its_own_weights_and_no_others(tmp_path: Path) -> None:
    folder = adapter(tmp_path / "adapter")
    load(folder)
    first = next(iter(load_file(folder / "adapter_model.safetensors")))
    change(folder, lambda tensors: tensors.pop(first), "adapter_model.safetensors")
    with pytest.raises(ModelUnloadable, match="1 weights are missing"):
        load(folder)
    change(folder, lambda tensors: tensors.update({first: torch.zeros(3, 3)}), "adapter_model.safetensors")
    with pytest.raises(ModelUnloadable, match=str(folder)):
        load(folder)


def test_an_adapter_whose_base_is_gone_names_both(tmp_path: Path) -> None:
    folder = adapter(tmp_path / "adapter")
    config = json.loads((folder / "adapter_config.json").read_text())
    config["base_model_name_or_path"] = str(tmp_path / "gone")
    (folder / "adapter_config.json").write_text(json.dumps(config))
    with pytest.raises(ModelUnloadable, match=f"{folder} stands on {tmp_path / 'gone'}"):
        load(folder)


@pytest.fixture
def reward_model(tmp_path: Path) -> Path:
    RewardModel.start({"path": "phantom", "dtype": "float32"}, CPU).save(tmp_path / "reward")
    return tmp_path / "reward"


@pytest.mark.parametrize("kind", ["score", "grpo"])
def test_a_policy_cannot_score(tmp_path: Path, kind: str) -> None:
    settings = {"rewardModel": {"path": "phantom", "dtype": "float32"}} if kind == "grpo" else {}
    with pytest.raises(NotARewardModel, match=HEAD_FILE):
        run_job(spec_of(kind, tmp_path / "job", rows_of(tmp_path), **settings), Kept())  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["sft", "grpo", "complete", "evaluate"])
def test_a_reward_model_is_no_policy(tmp_path: Path, reward_model: Path, kind: str) -> None:
    with pytest.raises(NotAPolicy, match=str(reward_model)):
        run_job(spec_of(kind, tmp_path / "job", rows_of(tmp_path), str(reward_model)), Kept())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda tensors: tensors.pop("outer.bias"), r"outer\.bias"),
        (lambda tensors: tensors.update({"outer.bias": torch.zeros(3)}), r"outer\.bias"),
        (lambda tensors: tensors["outer.bias"].fill_(float("inf")), "not finite"),
    ],
)
def test_a_reward_head_must_be_whole_and_finite(reward_model: Path, damage: Any, words: str) -> None:
    change(reward_model, damage, HEAD_FILE)
    with pytest.raises(ModelUnloadable, match=words):
        RewardModel.load({"path": str(reward_model), "dtype": "float32"}, CPU)


def test_a_reward_model_goes_on_from_its_own_head(reward_model: Path) -> None:
    first, second = (RewardModel.start({"path": str(reward_model), "dtype": "float32"}, CPU) for _ in range(2))
    for one, other in zip(first.head.parameters(), second.head.parameters(), strict=True):
        assert torch.equal(one, other)
    (reward_model / HEAD_FILE).unlink()
    with pytest.raises(ModelUnloadable, match=HEAD_FILE):
        RewardModel.start({"path": str(reward_model), "dtype": "float32"}, CPU)
