"""The `sft` job: TRL's SFTTrainer on (image, prompt) -> completion, loss on the completion only (MedGR² eq. 2)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from datasets import Dataset
from trl import SFTConfig, SFTTrainer

from medgr2.channel import Channel
from medgr2.lora import lora_config
from medgr2.models import freeze, job_start, load_vlm, model_path, set_up, torch_dtype
from medgr2.processing import load_processor, open_image
from medgr2.rows import read_rows
from medgr2.sharding import heed
from medgr2.spec_rules import check_sft_rows
from medgr2.training import EventCallback, last_checkpoint, run_trainer, trainer_defaults


def as_examples(batch: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """TRL's conversational prompt-completion form; images are opened when a batch is made, not before."""
    return {
        "images": [[open_image(path)] for path in batch["image"]],
        "prompt": [[{"role": "user", "content": text}] for text in batch["prompt"]],
        "completion": [[{"role": "assistant", "content": text}] for text in batch["completion"]],
    }


def run(spec: dict[str, Any], channel: Channel) -> dict[str, Any]:
    rows = read_rows(spec["data"], ("id", "image", "prompt", "completion"))
    check_sft_rows(spec.get("trl", {}), len(rows))
    device = set_up(spec)
    processor = load_processor(model_path(spec["model"]), spec["model"].get("maxPixels"))
    model = load_vlm(spec["model"], device)
    freeze(model, spec.get("train", "all"))
    folder = Path(spec["outDir"])
    half = str(torch_dtype(spec["model"], device)) == "torch.bfloat16"
    config = SFTConfig(
        output_dir=str(folder / "checkpoints"),
        max_length=None,
        **{**trainer_defaults(spec, device.type == "cpu", half), **spec.get("trl", {})},
    )
    heed(config)
    callback = EventCallback(channel)
    trainer = SFTTrainer(
        model=model,
        args=config,
        train_dataset=Dataset.from_list(rows).with_transform(as_examples),
        processing_class=processor,
        peft_config=lora_config(spec, model),
        callbacks=[callback],
    )
    channel.emit(job_start("sft", device, model, last_checkpoint(folder / "checkpoints")))
    return run_trainer(trainer, callback, "sft", folder)
