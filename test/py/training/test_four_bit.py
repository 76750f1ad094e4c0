"""QLoRA by config: a base in 4 bits stays as it is below adapters that learn. Skips without bitsandbytes."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from training_jobs import LORA, cut_after_each, different, outcome_of, run, spec_of, weights_of, write_rows

from medgr2.jobs import job_extras as extras
from medgr2.models.four_bit import FourBitRefused, check_four_bit, load_four_bit
from medgr2.models.load_models import load_vlm
from medgr2.training.sharding import SHARDING, ShardingRefused

CPU = torch.device("cpu")
needs_bitsandbytes = pytest.mark.skipif(
    importlib.util.find_spec("bitsandbytes") is None, reason="bitsandbytes is an extra and is not installed"
)


def test_without_bitsandbytes_the_job_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(extras.ExtraMissing, match="medgr2 setup --with bitsandbytes"):
        extras.check_extras({"kind": "sft", "quantize": "4bit", "lora": LORA})


def test_ranks_that_share_weights_and_vllm_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FourBitRefused, match="use_vllm"):
        check_four_bit({"quantize": "4bit", "trl": {"use_vllm": True}})
    monkeypatch.setenv(SHARDING, "fsdp")
    with pytest.raises(ShardingRefused, match="4 bits"):
        check_four_bit({"quantize": "4bit"})


@needs_bitsandbytes
@pytest.mark.parametrize("kind", ["sft", "grpo"])
def test_the_base_stays_in_four_bits_and_its_adapter_learns_and_outlives_a_kill(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = []

    def load(*arguments: object) -> object:
        model = load_four_bit(*arguments)  # type: ignore[arg-type]
        packed = {name: value for name, value in model.named_parameters() if value.dtype == torch.uint8}
        loaded.append((packed, {name: value.clone() for name, value in packed.items()}))
        return model

    monkeypatch.setattr("medgr2.models.four_bit.load_four_bit", load)
    spec = spec_of(kind, tmp_path / "job", write_rows(tmp_path / "rows"), quantize="4bit", lora=LORA)
    whole, left = cut_after_each(spec, tmp_path)
    packed, before = loaded[0]
    assert len(packed) == 28  # four layers of seven
    assert all(torch.equal(packed[name], before[name]) for name in packed)
    adapter = load_file(Path(whole["checkpoint"]) / "adapter_model.safetensors")
    assert {value.dtype for value in adapter.values()} == {torch.float32}
    assert all(bool(value.any()) for name, value in adapter.items() if "lora_B" in name and "visual" not in name)
    kept = load_file(left[3] / "checkpoints" / "checkpoint-3" / "adapter_model.safetensors")
    assert {value.dtype for value in kept.values()} == {torch.float32}
    again = run({**spec, "outDir": str(left[3])})
    assert different(weights_of(again), weights_of(whole)) == []
    assert outcome_of(again) == outcome_of(whole)
    _the_same_by_plain_peft(whole["checkpoint"])


def _the_same_by_plain_peft(folder: str) -> None:
    from peft import PeftModel
    from transformers import AutoModelForImageTextToText

    from medgr2.models.weights import PHANTOM_BASE

    base = AutoModelForImageTextToText.from_pretrained(PHANTOM_BASE, dtype=torch.float32)
    plain = PeftModel.from_pretrained(base, folder).merge_and_unload()
    ours = dict(load_vlm({"path": folder}, CPU).named_parameters())
    for name, value in plain.named_parameters():
        assert torch.equal(ours[name], value), name
