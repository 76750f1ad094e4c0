"""A trainer's logs as `train-step` events, its checkpoints as `checkpoint` events, and stopping when told to."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from medgr2.node.job_channel import Channel


def finite(value: Any) -> float | None:
    """A JSON number, or None where there is none or it is not finite."""
    return float(value) if isinstance(value, (int, float)) and math.isfinite(value) else None


class EventCallback(TrainerCallback):
    """Turns a trainer's logs into `train-step` events and a cancel into a saved checkpoint."""

    def __init__(self, channel: Channel, figures: Callable[[Any], dict[str, Any]] | None = None) -> None:
        self.channel = channel
        self.figures = figures
        self.stopped = False
        self.losses: list[float] = []
        self.tokens: float | None = None
        self._since = (time.monotonic(), 0)

    def progress(self) -> dict[str, Any]:
        """What the result takes from steps already done, for a checkpoint."""
        return {"loss": self.losses[-1:], "tokens": self.tokens}

    def restore(self, progress: dict[str, Any]) -> None:
        self.losses = list(progress["loss"])
        self.tokens = progress["tokens"]

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
                "grpo": None if self.figures is None else self.figures(logs),
            }
        )

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        path = str(Path(args.output_dir or ".") / f"checkpoint-{state.global_step}")
        self.channel.emit({"type": "checkpoint", "step": state.global_step, "path": path})
