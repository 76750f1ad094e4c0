"""What all three trainers share: checkpoints to go on from, events for each logging step, and stopping when told to."""

from __future__ import annotations

import math
import shutil
import time
from pathlib import Path
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from transformers.trainer_utils import get_last_checkpoint

from medgr2.channel import Channel, JobCancelled
from medgr2.sharding import check_checkpoint, check_ranks, save_whole, sharding, sharding_options


def last_checkpoint(folder: Path) -> str | None:
    """The newest whole checkpoint. One that a kill left half written (its state file is written last) is removed."""
    while folder.is_dir() and (found := get_last_checkpoint(str(folder))) is not None:
        if (Path(found) / "trainer_state.json").exists():
            return found
        shutil.rmtree(found, ignore_errors=True)  # ranks look at the same time, and all remove it
    return None


def finite(value: Any) -> float | None:
    """A JSON number, or None where there is none or it is not finite."""
    return float(value) if isinstance(value, (int, float)) and math.isfinite(value) else None


class EventCallback(TrainerCallback):
    """Turns a trainer's logs into `train-step` events and a cancel into a saved checkpoint."""

    def __init__(self, channel: Channel, reward_names: tuple[str, ...] = ()) -> None:
        self.channel = channel
        self.reward_names = reward_names
        self.stopped = False
        self.losses: list[float] = []
        self.tokens: float | None = None
        self._since = (time.monotonic(), 0)

    def on_train_begin(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        self._since = (time.monotonic(), state.global_step)

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> TrainerControl:
        if self._told_to_stop(args):
            self.stopped = True
            control.should_save = True
            control.should_training_stop = True
        return control

    def _told_to_stop(self, args: TrainingArguments) -> bool:
        """All ranks must stop at the same step: one that went on would wait for the others for ever."""
        told = self.channel.should_stop()
        if args.world_size <= 1:
            return told
        import torch

        flag = torch.tensor([int(told)], device=args.device)
        torch.distributed.all_reduce(flag, op=torch.distributed.ReduceOp.MAX)
        return bool(flag.item())

    def on_log(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, logs: Any = None, **_: Any
    ) -> None:
        if not state.is_world_process_zero or not logs:
            return
        tokens = logs.get("num_tokens", state.num_input_tokens_seen or None)
        self.tokens = finite(tokens) if tokens is not None else self.tokens  # the last log has them too, but no loss
        if "loss" not in logs:
            return
        now = time.monotonic()
        then, step = self._since
        self._since = (now, state.global_step)
        loss = finite(logs["loss"])
        if loss is not None:
            self.losses.append(loss)
        self.channel.emit(
            {
                "type": "train-step",
                "step": state.global_step,
                "totalSteps": state.max_steps,
                "epoch": finite(state.epoch),
                "loss": loss,
                "learningRate": finite(logs.get("learning_rate")),
                "gradNorm": finite(logs.get("grad_norm")),
                "tokens": self.tokens,
                "stepSeconds": (now - then) / max(1, state.global_step - step),
                "grpo": self._grpo(logs) if self.reward_names else None,
            }
        )

    def _grpo(self, logs: dict[str, Any]) -> dict[str, Any]:
        return {
            "reward": finite(logs.get("reward")),
            "rewardStd": finite(logs.get("reward_std")),
            "rewards": {
                name: {"mean": finite(logs.get(f"rewards/{name}/mean")), "std": finite(logs.get(f"rewards/{name}/std"))}
                for name in self.reward_names
            },
            "kl": finite(logs.get("kl")),
            "completionLength": finite(logs.get("completions/mean_length")),
            "deadGroups": finite(logs.get("frac_reward_zero_std")),
            "entropy": finite(logs.get("entropy")),
        }

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        path = str(Path(args.output_dir or ".") / f"checkpoint-{state.global_step}")
        self.channel.emit({"type": "checkpoint", "step": state.global_step, "path": path})


def run_trainer(trainer: Any, callback: EventCallback, kind: str, folder: Path) -> dict[str, Any]:
    """Trains from the last checkpoint, saves the finished model to `folder/model`, and returns the job's result."""
    check_ranks(trainer)
    checkpoint = last_checkpoint(folder / "checkpoints")
    check_checkpoint(checkpoint)
    started = time.monotonic()
    try:
        output = trainer.train(resume_from_checkpoint=checkpoint)
    except JobCancelled:  # in the middle of a step, for instance while it waited for rewards
        if sharding() is None:  # all ranks write a sharded checkpoint, and not all need have stopped here
            _save_last_step(trainer, folder / "checkpoints")
        raise
    if callback.stopped:
        raise JobCancelled(f"stopped at step {trainer.state.global_step} of {trainer.state.max_steps}")
    model = folder / "model"
    save_whole(trainer, str(model))
    # Checkpoints carry optimiser state and are only for resuming; the finished model, which one rank writes, makes them
    # useless.
    if trainer.is_world_process_zero():
        shutil.rmtree(folder / "checkpoints", ignore_errors=True)
    return {
        "kind": kind,
        "checkpoint": str(model),
        "steps": trainer.state.global_step,
        "seconds": time.monotonic() - started,
        "loss": callback.losses[-1] if callback.losses else finite(output.training_loss),
        "tokens": callback.tokens,
    }


def _save_last_step(trainer: Any, folder: Path) -> None:
    """A step that was cut short changed neither weights nor optimiser: they are those of the last whole step."""
    state = trainer.state
    if state.global_step > 0 and not (folder / f"checkpoint-{state.global_step}").exists():
        trainer._save_checkpoint(trainer.model, trial=None)
        trainer.callback_handler.on_save(trainer.args, state, trainer.control)


def trainer_defaults(spec: dict[str, Any], on_cpu: bool, half: bool) -> dict[str, Any]:
    """Options that the loop decides for every trainer. What a user sets in `trl` comes after and wins."""
    return {
        "seed": spec["seed"],
        "data_seed": spec["seed"],
        "use_cpu": on_cpu,
        "bf16": half,
        "gradient_checkpointing": not on_cpu,
        "report_to": "none",
        "disable_tqdm": True,
        "logging_steps": 5,
        "logging_first_step": True,
        "save_strategy": "steps",
        "save_steps": 50,
        "save_total_limit": 1,
        "remove_unused_columns": False,
        "dataloader_pin_memory": not on_cpu,
        **sharding_options(),
    }
