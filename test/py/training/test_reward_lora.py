"""A reward model trained by LoRA: only adapters and head learn, a stop resumes, and what is saved scores as it did."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from medgr2.jobs import reward_model, score
from medgr2.models.load_models import load_vlm
from medgr2.models.reward_backbone import RewardModel
from medgr2.models.weights import PHANTOM_BASE
from medgr2.node.job_channel import JobCancelled
from medgr2.training.lora import lora_config

LORA = {"rank": 4, "alpha": 8, "dropout": 0.0, "targetModules": "all-linear"}
CPU = torch.device("cpu")


class Channel:
    """Tells the job to stop at a step."""

    def __init__(self, stop_at: int | None = None) -> None:
        self.events: list[dict[str, Any]] = []
        self.stop_at = stop_at

    def emit(self, event: dict[str, Any]) -> None:
        self.events.append(event)

    def should_stop(self) -> bool:
        steps = [event["step"] for event in self.events if event["type"] == "train-step"]
        return self.stop_at is not None and self.stop_at in steps


@pytest.fixture
def rows(tmp_path: Path) -> list[dict[str, Any]]:
    found = []
    for index in range(4):
        image = tmp_path / f"{index}.png"
        Image.new("RGB", (84, 84), (60 * index, 90, 200)).save(image)
        asked = {"image": str(image), "prompt": "Which imaging method was used?"}
        for grade, word in ((10.0, "CT"), (-6.0, "MRI")):
            row = {"id": f"{index}-{word}", "response": f"<answer>{word}</answer>", "grade": grade}
            found.append({**asked, **row, "pair": None, "chosen": None})
    return found


def spec_of(tmp_path: Path, rows: list[dict[str, Any]], **settings: Any) -> dict[str, Any]:
    data = tmp_path / "rows.parquet"
    parquet.write_table(pa.Table.from_pylist(rows), data)
    return {
        "kind": "reward-model",
        "model": {"path": "phantom", "dtype": "float32"},
        "data": str(data),
        "outDir": str(tmp_path / "out"),
        "seed": 0,
        "device": "cpu",
        "threads": 1,
        "train": "all",
        "loss": "mse",
        "steps": 3,
        "batchSize": 4,
        "learningRate": 0.01,
        "languageWeight": 0.1,
        "loggingSteps": 1,
        "saveSteps": 100,
        "lora": LORA,
        **settings,
    }


def scores_of(model: RewardModel, rows: list[dict[str, Any]]) -> list[float]:
    return model.score(rows)


def test_adapters_learn_are_resumed_and_are_merged_into_a_model_that_scores(tmp_path, rows):
    spec = spec_of(tmp_path, rows)
    with pytest.raises(JobCancelled):
        reward_model.run(spec, Channel(stop_at=1))
    checkpoint = tmp_path / "out" / "checkpoints" / "checkpoint-2"  # the first step was told when the second began
    assert (checkpoint / "adapter_model.safetensors").exists()
    assert not (checkpoint / "model.safetensors").exists(), "a checkpoint holds no whole backbone"
    learned = load_file(checkpoint / "adapter_model.safetensors")
    assert any(name.endswith("lora_B.weight") and value.abs().max() > 0 for name, value in learned.items())

    channel = Channel()
    result = reward_model.run(spec, channel)
    start = next(event for event in channel.events if event["type"] == "job-start")
    assert start["resumedFrom"] == str(checkpoint)
    assert [event["step"] for event in channel.events if event["type"] == "train-step"] == [3]

    folder = Path(result["checkpoint"])
    assert not (folder / "adapter_config.json").exists(), "whoever loads it need not know of adapters"
    base, merged = load_file(PHANTOM_BASE / "model.safetensors"), load_file(folder / "model.safetensors")
    assert merged.keys() == base.keys()
    changed = {name for name in base if not torch.equal(base[name], merged[name])}
    assert any("visual" in name for name in changed)
    assert any("q_proj.weight" in name for name in changed)
    # Adapters sit on linear layers: all else stays the base's.
    assert not any("norm" in name or "embed" in name or "bias" in name for name in changed), changed

    model = RewardModel.load({"path": str(folder), "dtype": "float32"}, CPU)
    scoring = {**spec, "kind": "score", "model": {"path": str(folder), "dtype": "float32"}, "batchSize": 8}
    lines = Path(score.run(scoring, Channel())["scores"]).read_text().splitlines()
    assert [json.loads(line)["score"] for line in lines] == pytest.approx(scores_of(model, rows), abs=1e-4)
    assert scores_of(model, rows) != pytest.approx(scores_of(RewardModel.start(spec["model"], CPU), rows), abs=1e-3)


def test_merging_changes_no_score(tmp_path, rows):
    model = RewardModel.start({"path": "phantom", "dtype": "float32"}, CPU)
    torch.manual_seed(1)
    model.adapt(lora_config({"lora": LORA}, model.backbone))
    for name, value in model.backbone.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(value, std=0.05)
    model.eval()
    before = scores_of(model, rows)
    model.save(tmp_path / "saved")
    saved = RewardModel.load({"path": str(tmp_path / "saved"), "dtype": "float32"}, CPU)
    assert scores_of(saved, rows) == pytest.approx(before, abs=1e-3)


def test_train_language_puts_no_adapter_into_the_vision_tower():
    model = RewardModel.start({"path": "phantom", "dtype": "float32"}, CPU)
    model.adapt(lora_config({"lora": LORA, "train": "language"}, model.backbone))
    learning = [name for name, value in model.backbone.named_parameters() if value.requires_grad]
    assert learning
    assert not any("visual" in name for name in learning)


def test_without_lora_there_is_no_peft_config():
    assert lora_config({}, load_vlm({"path": "phantom", "dtype": "float32"}, CPU)) is None
