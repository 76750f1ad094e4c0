"""`merge`: adapters, whatever they stand on, become one folder that plain transformers reads as we read them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from family_folders import FAMILIES
from family_operations import plain_inputs, plain_processor, rows
from job_fixtures import Kept, rows_of
from job_fixtures import spec_of as fixture_spec
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file
from transformers import AutoModelForImageTextToText

from medgr2.jobs.run_job import run_job
from medgr2.models.load_models import load_vlm
from medgr2.models.load_processor import load_processor
from medgr2.models.reward_backbone import RewardModel
from medgr2.models.weights import PHANTOM_BASE, ModelUnloadable
from medgr2.training.training_faults import CheckpointNotSaved

CPU = torch.device("cpu")


def adapter(start: str, folder: Path, seed: int, dtype: str = "float32", std: float = 0.1) -> str:
    """An adapter as a trainer saves it, with weights that change the model."""
    model = get_peft_model(load_vlm({"path": start, "dtype": dtype}, CPU), LoraConfig(r=2, target_modules="all-linear"))
    torch.manual_seed(seed)
    for name, weight in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=std)
    model.save_pretrained(str(folder))
    return str(folder)


def merge(path: str, out: Path, **more: Any) -> dict[str, Any]:
    spec = {"kind": "merge", "outDir": str(out), "seed": 0, "device": "cpu", "threads": 1}
    return run_job({**spec, "model": {"path": path, "dtype": "auto", **more}}, Kept())  # type: ignore[arg-type]


@pytest.mark.parametrize("family", ["Qwen2.5-VL", "LLaVA-1.5", "Gemma 3"])
def test_plain_transformers_reads_an_adapter_over_an_adapter_as_we_do(family: str, tmp_path: Path) -> None:
    base = FAMILIES[family](tmp_path / "base")
    top = adapter(adapter(str(base), tmp_path / "sft", 1), tmp_path / "grpo", 2)
    folder = Path(merge(top, tmp_path / "out")["checkpoint"])
    assert not (folder / "adapter_config.json").exists()
    assert (folder / "generation_config.json").exists() and (folder / "weights-seal.json").exists()
    assert str(tmp_path) not in "".join(file.read_text() for file in folder.glob("*.json"))
    ours = load_vlm({"path": top, "dtype": "float32"}, CPU)
    for kept in (base, *(tmp_path / name for name in ("sft", "grpo"))):
        kept.rename(kept.with_name(f"{kept.name}-gone"))
    plain = AutoModelForImageTextToText.from_pretrained(folder, dtype=torch.float32).eval()
    before = plain_processor(tmp_path / "base-gone")
    for row in rows(tmp_path):
        given, first = plain_inputs(plain_processor(folder), row), plain_inputs(before, row)
        assert all(torch.equal(given[name], first[name]) for name in first)
        with torch.inference_mode():
            torch.testing.assert_close(plain(**given).logits, ours(**given).logits, atol=1e-5, rtol=1e-5)


def test_two_small_adapters_are_added_up_in_float32_and_rounded_once(tmp_path: Path) -> None:
    half = tmp_path / "half"
    load_vlm({"path": "phantom", "dtype": "bfloat16"}, CPU).save_pretrained(half)
    load_processor(str(PHANTOM_BASE)).save_pretrained(half)
    paths = [str(half), str(tmp_path / "sft"), str(tmp_path / "grpo")]
    for start, folder, seed in zip(paths, paths[1:], (1, 2), strict=False):
        adapter(start, Path(folder), seed, "bfloat16", std=2e-4)
    done = merge(paths[2], tmp_path / "out")
    assert done["dtype"] == "bfloat16"
    saved, start = (dict(read(place).named_parameters()) for place in (done["checkpoint"], half))
    whole = {name: value.detach().float() for name, value in start.items()}
    for folder in paths[1:]:
        lora = load_file(Path(folder) / "adapter_model.safetensors")
        scale = json.loads((Path(folder) / "adapter_config.json").read_text())["lora_alpha"] / 2
        for name, down in lora.items():
            if "lora_A" in name:
                key = f"{name.removeprefix('base_model.model.').removesuffix('.lora_A.weight')}.weight"
                whole[key] = whole[key] + scale * (lora[name.replace("lora_A", "lora_B")].float() @ down.float())
    assert sum(not torch.equal(saved[name], start[name]) for name in saved) > 20
    for name in saved:
        off = (saved[name] != whole[name].to(torch.bfloat16)).float().mean()
        assert float(off) < 1e-3, name  # one sum or the other, in the last bit of float32


def read(folder: Any) -> Any:
    return AutoModelForImageTextToText.from_pretrained(folder, dtype="auto")


def test_a_reward_model_keeps_its_head_and_its_scores(tmp_path: Path) -> None:
    spec = fixture_spec("reward-model", tmp_path / "judge", rows_of(tmp_path))
    judge = run_job(spec, Kept())["checkpoint"]  # type: ignore[arg-type]
    folder = merge(judge, tmp_path / "out")["checkpoint"]
    one, other = (RewardModel.load({"path": path, "dtype": "float32"}, CPU) for path in (judge, folder))
    assert one.score(rows_of(tmp_path)) == other.score(rows_of(tmp_path))


def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    top = adapter("phantom", tmp_path / "sft", 1)

    def full(folder: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("medgr2.resuming.weight_seal.seal", full)
    with pytest.raises(CheckpointNotSaved, match="No space left"):
        merge(top, tmp_path / "out")
    assert list((tmp_path / "out").glob("model*")) == []


def test_what_is_missing_below_is_named_with_who_stands_on_it(tmp_path: Path) -> None:
    top = adapter(adapter("phantom", tmp_path / "sft", 1), tmp_path / "grpo", 2)
    (tmp_path / "sft" / "adapter_model.safetensors").unlink()
    with pytest.raises(ModelUnloadable, match=r"grpo stands on .*sft, which cannot be loaded"):
        merge(top, tmp_path / "out")
    config = tmp_path / "sft" / "adapter_config.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), "base_model_name_or_path": str(tmp_path / "grpo")}))
    with pytest.raises(ModelUnloadable, match="stands on it again"):
        merge(top, tmp_path / "out")
