"""Adapters on adapters: what was learned first must still be there when what was learned second is loaded."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig, get_peft_model
from training_jobs import LORA, run, spec_of, write_rows

from medgr2.jobs import grpo, sft
from medgr2.models.load_models import adapter_base, load_vlm
from medgr2.models.load_processor import load_processor
from medgr2.models.weights import _load_adapter

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


@pytest.mark.parametrize(("kind", "module"), [("sft", sft), ("grpo", grpo)])
def test_adapters_on_a_model_of_the_hub_are_saved_and_taken_up_without_a_question_to_it(
    kind: str, module: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def refuse(*where: Any, **_: Any) -> Any:
        asked.append(where)
        raise OSError("no network here")

    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)  # with it peft asks nothing
    load = module.load_for_training

    def load_as_of_the_hub(*given: Any) -> Any:
        model = load(*given)
        model.name_or_path = model.config._name_or_path = "some-group/some-vlm"
        for name in ("getaddrinfo", "create_connection"):
            monkeypatch.setattr(socket, name, refuse)
        return model

    monkeypatch.setattr(module, "load_for_training", load_as_of_the_hub)
    spec = spec_of(kind, tmp_path / "out", write_rows(tmp_path / "rows"), lora=LORA, trl={"max_steps": 2})
    folder = run(spec)["checkpoint"]
    config = json.loads((Path(folder) / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == "some-group/some-vlm"
    _load_adapter(load_vlm({"path": "phantom"}, CPU), folder, "again")
    assert asked == []
