"""Adapters on adapters: what was learned first must still be there when what was learned second is loaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, get_peft_model

from medgr2.models.load_models import adapter_base, load_vlm
from medgr2.models.load_processor import load_processor

CPU = torch.device("cpu")


def train(start: str, folder: Path, seed: int) -> Any:
    """An adapter as a trainer saves it, with weights that change the model; returns the model as it then is."""
    model = get_peft_model(load_vlm({"path": start}, CPU), LoraConfig(r=2, target_modules="all-linear"))
    torch.manual_seed(seed)
    for name, weight in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=0.1)
    model.save_pretrained(str(folder))
    return model.merge_and_unload()


def test_an_adapter_keeps_what_the_one_below_it_learned(tmp_path: Path) -> None:
    train("phantom", tmp_path / "sft", 1)
    trained = train(str(tmp_path / "sft"), tmp_path / "grpo", 2)
    assert adapter_base(str(tmp_path / "grpo")) == str(tmp_path / "sft")

    loaded = load_vlm({"path": str(tmp_path / "grpo")}, CPU)
    expected = dict(trained.named_parameters())
    for name, weight in loaded.named_parameters():
        torch.testing.assert_close(weight, expected[name], msg=name)

    processor = load_processor(str(tmp_path / "grpo"))
    assert processor.tokenizer.eos_token == "<|im_end|>"
