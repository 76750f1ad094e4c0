"""The `reward-model` job: regression on the four grades (MedGR² eq. 1), preference pairs, or both; resumable."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers import Trainer, TrainingArguments
from transformers.trainer_utils import PREFIX_CHECKPOINT_DIR

from medgr2.models.frozen_towers import reuse_if_frozen
from medgr2.models.load_models import set_up
from medgr2.models.reward_backbone import GRADE_SCALE, RewardModel
from medgr2.node.job_channel import Channel
from medgr2.resuming.resumable_trainer import Resumable
from medgr2.rows.prepare_rows import prepare
from medgr2.rows.read_rows import Row, read_rows
from medgr2.rows.response_states import ReadBeforeTraining, ResponseStates, states_worth_keeping
from medgr2.rows.row_faults import NamedRows
from medgr2.training.lora import lora_config
from medgr2.training.sharding import heed, sharding, whole_models
from medgr2.training.train_events import EventCallback
from medgr2.training.train_to_end import TrainingJob, run_trainer, trainer_defaults
from medgr2.training.trained_parts import train_only

COLUMNS = ("id", "image", "prompt", "response", "grade", "pair", "chosen")
BEST_GRADE = 10
# The head starts from nothing and the backbone from something: the head may move faster.
HEAD_RATE = 10.0
#: MB of what a frozen backbone made of the rows, where the job does not say.
STATES_MEMORY = 1000


def units_of(rows: list[Row], loss: str) -> list[list[Row]]:
    """What a batch is made of: single graded rows, and for the pairwise loss rows of one pair that stay together."""
    pairs: dict[str, list[Row]] = {}
    singles: list[list[Row]] = []
    for row in rows:
        if loss != "mse" and row.get("pair") is not None:
            pairs.setdefault(row["pair"], []).append(row)
        elif loss != "pairwise" and row.get("grade") is not None:
            singles.append([row])
    for name, pair in pairs.items():
        if sorted(bool(row["chosen"]) for row in pair) != [False, True]:
            raise ValueError(f"pair {name} must have exactly one chosen and one rejected row; it has {len(pair)} rows")
    units = [*singles, *pairs.values()]
    if not units:
        raise ValueError(f"no rows to train on with loss {loss}: mse needs grades, pairwise needs pairs")
    return units


class RewardTrainer(Resumable, Trainer):
    """transformers' Trainer with our loss and checkpoints; what it saves at the end is a reward model's folder."""

    def __init__(self, *args: Any, spec: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.spec = spec
        self.optimizer: torch.optim.Optimizer | None

    def compute_loss(self, model: Any, inputs: Any, return_outputs: bool = False, **_: Any) -> Any:
        scores_B, nll_B = model(inputs["encoded"])
        grades_B, has_grade_B = inputs["grades"], inputs["has_grade"]
        loss = scores_B.new_zeros(())
        if self.spec["loss"] != "pairwise" and has_grade_B.any():
            # In units of the grades' spread; the same minimum as eq. 1 and comparable across loss choices.
            loss = loss + (((scores_B - grades_B) / GRADE_SCALE)[has_grade_B] ** 2).mean()
        if self.spec["loss"] != "mse" and len(inputs["chosen"]) > 0:
            margin = scores_B[inputs["chosen"]] - scores_B[inputs["rejected"]]
            loss = loss - nn.functional.logsigmoid(margin / GRADE_SCALE).mean()
        best_B = has_grade_B & (grades_B == BEST_GRADE)
        if self.spec["languageWeight"] > 0 and nll_B.requires_grad and best_B.any():
            loss = loss + self.spec["languageWeight"] * nll_B[best_B].mean()
        return (loss, scores_B) if return_outputs else loss

    def create_optimizer(self, *_: Any) -> torch.optim.Optimizer:
        if self.optimizer is None:
            model = self.accelerator.unwrap_model(self.model)
            rate = self.args.learning_rate
            self.optimizer = torch.optim.AdamW(
                [
                    {"params": [p for p in model.backbone.parameters() if p.requires_grad], "lr": rate},
                    {"params": model.head.parameters(), "lr": rate * HEAD_RATE},
                ],
                weight_decay=0.01,
            )
        return self.optimizer

    def _save(self, output_dir: str | None = None, state_dict: Any = None) -> None:
        folder = Path(output_dir or self.args.output_dir)
        if sharding() is None:
            self.accelerator.unwrap_model(self.model).save(folder)
        elif not folder.name.startswith(PREFIX_CHECKPOINT_DIR):  # of a checkpoint all ranks write their shards
            # No rank holds the weights that were gathered: they go into a model of the same making.
            with whole_models():
                model = make_model(self.spec, torch.device("cpu"))
            model.load_state_dict(state_dict)
            model.save(folder)


class Collate:
    """Units of rows as a batch: encoded, or what was read of them before."""

    def __init__(self, model: RewardModel, states: ResponseStates | None = None) -> None:
        self.model = model
        self.states = states

    def __call__(self, units: list[list[Row]]) -> dict[str, Any]:
        rows = [row for unit in units for row in unit]
        read = None if self.states is None else self.states.of([row["position"] for row in rows])
        encoded = self.model.encode(rows) if read is None else read
        grades = [row.get("grade") for row in rows]
        chosen: list[int] = []
        rejected: list[int] = []
        at = 0
        for unit in units:
            if len(unit) == 2:
                first = bool(unit[0]["chosen"])
                chosen.append(at if first else at + 1)
                rejected.append(at + 1 if first else at)
            at += len(unit)
        device = self.model.device
        return {
            "encoded": encoded,
            "grades": torch.tensor([0.0 if grade is None else float(grade) for grade in grades], device=device),
            "has_grade": torch.tensor([grade is not None for grade in grades], device=device),
            "chosen": torch.tensor(chosen, dtype=torch.long, device=device),
            "rejected": torch.tensor(rejected, dtype=torch.long, device=device),
        }


def make_model(spec: dict[str, Any], device: torch.device) -> RewardModel:
    """The model to train, with what does not learn frozen and adapters where they learn instead."""
    model = RewardModel.start(spec["model"], device)
    train_only(model.backbone, spec.get("train", "all"))
    lora = lora_config(spec, model.backbone)
    if lora is not None:
        model.adapt(lora)
    return model


def states_of(
    spec: dict[str, Any],
    model: RewardModel,
    units: list[list[Row]],
    arguments: TrainingArguments,
    channel: Channel,
) -> ResponseStates | None:
    """What to read once, where the head alone learns; None where rows are read as they are drawn."""
    if spec.get("train") != "head" or sharding() is not None:  # ranks that share weights must read equally often
        return None
    rows = [row for unit in units for row in unit]
    for position, row in enumerate(rows):
        row["position"] = position
    states = ResponseStates(model, rows, [row["tokens"] for row in rows], spec["batchSize"])
    per_step = arguments.per_device_train_batch_size * arguments.gradient_accumulation_steps
    megabytes = spec.get("statesMemory", STATES_MEMORY)
    return states_worth_keeping(states, arguments.max_steps * per_step, len(units), megabytes, channel)


def run(spec: dict[str, Any], channel: Channel) -> dict[str, Any]:
    rows = read_rows(spec["data"], COLUMNS[:4], COLUMNS[4:])
    prepared = prepare(spec["model"], rows, ("prompt", "response"), channel, response="response")
    rows = [{**row, "tokens": length} for row, length in zip(prepared.rows, prepared.lengths, strict=True)]
    units = units_of(rows, spec["loss"])
    left = len(rows) - sum(map(len, units))
    if left > 0:
        missing = "no grade" if spec["loss"] == "mse" else "no pair"
        message = f"left out: {left} of {len(rows)} rows have {missing}, which loss {spec['loss']} learns from"
        channel.emit({"type": "warning", "message": message})
    device = set_up(spec)
    model = make_model(spec, device)
    reused = reuse_if_frozen(model)
    job = TrainingJob(spec, channel, device, rows, COLUMNS)
    arguments = TrainingArguments(
        output_dir=str(job.checkpoints_folder),
        **job.keep_batch(
            {
                **trainer_defaults(spec, device),
                # A backbone that stays as it is computes as it will when it scores.
                **({"bf16": False, "fp16": False} if spec.get("train") == "head" else {}),
                "gradient_checkpointing": False,
                "max_steps": spec["steps"],
                "per_device_train_batch_size": spec["batchSize"],
                "learning_rate": spec["learningRate"],
                "lr_scheduler_type": "cosine",
                # The first step of a warm-up has a learning rate of 0: of a single step nothing would be left.
                "warmup_steps": min(max(1, spec["steps"] // 20), spec["steps"] - 1),
                "logging_steps": spec["loggingSteps"],
                "save_steps": spec["saveSteps"],
                "dataloader_pin_memory": False,
                "max_grad_norm": 1.0,
            }
        ),
    )
    heed(arguments)
    callback = EventCallback(channel)
    states = states_of(spec, model, units, arguments, channel)
    if states is not None and reused is not None:
        reused.alone = False  # all rows are read in batches that never change
    trainer = RewardTrainer(
        model=model,
        args=arguments,
        train_dataset=units,
        data_collator=NamedRows(Collate(model, states), lambda unit: [str(row["id"]) for row in unit]),
        callbacks=[*([] if states is None else [ReadBeforeTraining(states, channel)]), callback],
        spec=spec,
    )
    return run_trainer(trainer, callback, job)
