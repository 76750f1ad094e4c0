"""The `sft` job: TRL's SFTTrainer on (image, prompt) -> completion, loss on the completion only (MedGR² eq. 2)."""

from __future__ import annotations

from typing import Any

from datasets import Dataset
from trl import SFTConfig, SFTTrainer

from medgr2.jobs.sft_batch import SftBatch, one_of_each_image, sft_rows
from medgr2.models.four_bit import check_four_bit, load_for_training
from medgr2.models.frozen_towers import reuse_if_frozen
from medgr2.models.load_models import model_path, set_up
from medgr2.models.model_roles import check_policy
from medgr2.node.job_channel import Channel
from medgr2.resuming.resumable_trainer import Progress, Resumable
from medgr2.rows.read_rows import read_rows
from medgr2.rows.row_faults import NamedRows
from medgr2.spec_rules import check_sft_rows
from medgr2.training.lora import lora_config
from medgr2.training.own_settings import OwnSettings
from medgr2.training.sharding import heed
from medgr2.training.train_events import EventCallback
from medgr2.training.train_to_end import TrainingJob, run_trainer, trainer_defaults
from medgr2.training.trained_parts import train_only
from medgr2.training.trainer_options import check_half, naming_options

COLUMNS = ("id", "image", "prompt", "completion")


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
    check_four_bit(spec)
    check_policy(model_path(spec["model"]))
    processor, rows = sft_rows(spec, rows, channel)
    device = set_up(spec)
    model = load_for_training(spec, device)
    train_only(model, spec.get("train", "all"))
    job = TrainingJob(spec, channel, device, rows, COLUMNS, OwnSettings(model))
    check_half(spec.get("trl", {}), device.type == "cpu")
    defaults = {**trainer_defaults(spec, device), "max_length": None}
    with naming_options(spec, SFTConfig):
        options = job.keep_batch({**defaults, **spec.get("trl", {})})
        config = SFTConfig(output_dir=str(job.checkpoints_folder), **options)
        heed(config)
        callback = EventCallback(channel)
        collate = NamedRows(SftBatch(processor, config.max_length), lambda row: [str(row["id"])])
        trainer = SftTrainer(
            model=model,
            args=config,
            train_dataset=Dataset.from_list(rows),
            data_collator=collate,
            processing_class=processor,
            peft_config=lora_config(spec, model),
            callbacks=[callback],
        )
        reused = reuse_if_frozen(trainer.accelerator.unwrap_model(trainer.model))
        if reused is not None:
            per_step = config.per_device_train_batch_size * config.gradient_accumulation_steps
            epochs = config.num_train_epochs * len(rows) / max(1, config.world_size)
            drawn = config.max_steps * per_step if config.max_steps > 0 else epochs
            reused.ahead = one_of_each_image(rows, drawn, collate)
        return run_trainer(trainer, callback, job)
