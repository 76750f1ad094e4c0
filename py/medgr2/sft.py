"""The `sft` job: TRL's SFTTrainer on (image, prompt) -> completion, loss on the completion only (MedGR² eq. 2)."""

from __future__ import annotations

from typing import Any

from datasets import Dataset
from trl import SFTConfig, SFTTrainer

from medgr2.channel import Channel
from medgr2.lora import lora_config
from medgr2.models import load_vlm, model_path, set_up, torch_dtype
from medgr2.processing import load_processor, open_image
from medgr2.resumable import Progress, Resumable
from medgr2.row_faults import NamedRows
from medgr2.rows import read_rows
from medgr2.spec_rules import check_sft_rows
from medgr2.train_events import EventCallback
from medgr2.trained_parts import train_only
from medgr2.training import TrainingJob, run_trainer, trainer_defaults

COLUMNS = ("id", "image", "prompt", "completion")


def as_examples(batch: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """TRL's conversational prompt-completion form; images are opened when a batch is made, not before."""
    return {
        "images": [[open_image(path)] for path in batch["image"]],
        "prompt": [[{"role": "user", "content": text}] for text in batch["prompt"]],
        "completion": [[{"role": "assistant", "content": text}] for text in batch["completion"]],
        "row_id": batch["id"],
    }


class SftTrainer(Resumable, SFTTrainer):
    """TRL's, with our checkpoints."""

    def progress(self) -> Progress:
        return {**super().progress(), "trainTokens": self._total_train_tokens}

    def restore(self, progress: Progress) -> None:
        super().restore(progress)
        self._total_train_tokens = progress["trainTokens"]

    def tokens_seen(self) -> float | None:
        return float(self._total_train_tokens)


def run(spec: dict[str, Any], channel: Channel) -> dict[str, Any]:
    rows = read_rows(spec["data"], COLUMNS)
    check_sft_rows(spec.get("trl", {}), len(rows))
    device = set_up(spec)
    processor = load_processor(model_path(spec["model"]), spec["model"].get("maxPixels"))
    model = load_vlm(spec["model"], device)
    train_only(model, spec.get("train", "all"))
    job = TrainingJob(spec, channel, device, rows, COLUMNS)
    half = str(torch_dtype(spec["model"], device)) == "torch.bfloat16"
    defaults = {**trainer_defaults(spec, device.type == "cpu", half), "max_length": None}
    config = SFTConfig(output_dir=str(job.checkpoints_folder), **{**defaults, **spec.get("trl", {})})
    callback = EventCallback(channel)
    trainer = SftTrainer(
        model=model,
        args=config,
        train_dataset=Dataset.from_list(rows).with_transform(as_examples),
        processing_class=processor,
        peft_config=lora_config(spec, model),
        callbacks=[callback],
    )
    trainer.data_collator = NamedRows(trainer.data_collator, lambda example: [str(example["row_id"])])
    return run_trainer(trainer, callback, job)
