"""Mixed in before a library's trainer: whole checkpoints, strictly loaded, with all that a run needs to go on.

Beyond weights, optimiser and random state that is the loss since the last log, the metrics' running lists, and what
GRPO has generated and not yet used. Of a sharded run (FSDP, DeepSpeed) the library saves and loads the weights.
"""

from __future__ import annotations

import math
import random
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from transformers.trainer import OPTIMIZER_NAME, SCHEDULER_NAME

from medgr2.resuming.checkpoints import Checkpoints
from medgr2.resuming.trained_weights import load_trained, save_trained
from medgr2.training.float32_masters import Held
from medgr2.training.training_faults import CheckpointMismatch, CheckpointNotSaved, TrainingDiverged

Progress = dict[str, Any]


class Resumable:
    """`checkpoints` is set before training."""

    checkpoints: Checkpoints
    #: Of the whole run: the largest gradient norm and learning rate of a step.
    largest_gradient = 0.0
    largest_rate = 0.0
    _saving = False
    _whole_step: Progress | None = None
    #: Weights that have masters (float32_masters.py); set before training.
    held: Held

    # What a run is, beside weights and optimiser.

    def progress(self: Any) -> Progress:
        return {
            "loss": self._tr_loss.clone(),
            "lossBefore": self._total_loss_scalar,
            "lastLogged": self._globalstep_last_logged,
            "inputTokens": self.state.num_input_tokens_seen,
            "largest": [self.largest_gradient, self.largest_rate],
            "metrics": {name: list(values) for name, values in self._train_metrics().items()},
            "told": self.event_callback.progress(),
        }

    def restore(self: Any, progress: Progress) -> None:
        self._tr_loss = progress["loss"].to(self.args.device).clone()
        self._total_loss_scalar = progress["lossBefore"]
        self._globalstep_last_logged = progress["lastLogged"]
        self.state.num_input_tokens_seen = progress["inputTokens"]
        self.largest_gradient, self.largest_rate = progress["largest"]
        metrics = self._train_metrics()
        metrics.clear()
        for name, values in progress["metrics"].items():
            metrics[name].extend(values)
        self.event_callback.restore(progress["told"])

    def _train_metrics(self: Any) -> Any:
        """TRL's lists of what the next log averages; transformers' own Trainer has none."""
        return self._metrics["train"] if hasattr(self, "_metrics") else {}

    def outcome_warnings(self) -> list[str]:
        """What a person should know of a run that did teach something."""
        return []

    def tokens_seen(self: Any) -> float | None:
        return float(self.state.num_input_tokens_seen) or None

    def more_result(self) -> dict[str, Any]:
        """What the job's result has beyond that of every trainer."""
        return {}

    # Saving.

    def _maybe_log_save_evaluate(self: Any, *args: Any, **kwargs: Any) -> None:
        super()._maybe_log_save_evaluate(*args, **kwargs)  # type: ignore[misc]
        self._whole_step = {"random": _random_state(), **self.progress()}

    def save_cut_step(self: Any) -> None:
        """A step that was cut short changed neither weights nor optimiser; all else goes back to the last whole one."""
        step = self.state.global_step
        if self.args.world_size > 1 or self._whole_step is None or self.checkpoints.path_of(step).exists():
            return
        _set_random_state(self._whole_step["random"])
        self.restore(self._whole_step)
        self._save_checkpoint(self.model, trial=None)
        self.callback_handler.on_save(self.args, self.state, self.control)

    def _get_output_dir(self: Any, trial: Any) -> str:
        aside = str(self.checkpoints.unfinished)
        return aside if self._saving else super()._get_output_dir(trial)  # type: ignore[misc]

    def _save_checkpoint(self: Any, model: Any, trial: Any) -> None:
        step = self.state.global_step
        self._saving = True
        try:
            if self.is_world_process_zero():
                shutil.rmtree(self.checkpoints.unfinished, ignore_errors=True)
            self.accelerator.wait_for_everyone()
            super()._save_checkpoint(model, trial)  # type: ignore[misc]
            aside = self.checkpoints.unfinished / f"checkpoint-{step}"
            torch.save(self.progress(), aside / self._progress_file())
            self.accelerator.wait_for_everyone()
            if self.is_world_process_zero():
                self.checkpoints.finish(step, self.args.save_total_limit)
            self.accelerator.wait_for_everyone()
        except (OSError, RuntimeError, SafetensorError) as error:  # a full disk has several
            raise not_saved(self.checkpoints.path_of(step), error, self.checkpoints.unfinished) from error
        finally:
            self._saving = False

    def save_model(self: Any, output_dir: str | None = None, _internal_call: bool = False) -> None:
        if not _internal_call or self._is_sharded():
            super().save_model(output_dir, _internal_call)  # type: ignore[misc]
        elif self.args.should_save:
            save_trained(self.accelerator.unwrap_model(self.model), Path(str(output_dir)))

    # Going on.

    def _load_from_checkpoint(self: Any, resume_from_checkpoint: str, model: Any = None) -> None:
        if self._is_sharded():
            super()._load_from_checkpoint(resume_from_checkpoint, model)  # type: ignore[misc]
        else:
            load_trained(self.accelerator.unwrap_model(self.model), Path(resume_from_checkpoint))

    def _load_optimizer_and_scheduler(self: Any, checkpoint: Any) -> None:
        try:
            if self.args.world_size > 1 and self.args.device.type == "cpu" and not self._is_sharded():
                # The library loads onto a device `cpu:0`, which torch does not know.
                for part, name in ((self.optimizer, OPTIMIZER_NAME), (self.lr_scheduler, SCHEDULER_NAME)):
                    part.load_state_dict(torch.load(Path(checkpoint) / name, map_location="cpu", weights_only=True))
            else:
                super()._load_optimizer_and_scheduler(checkpoint)  # type: ignore[misc]
        except (ValueError, KeyError, RuntimeError) as error:
            raise CheckpointMismatch(f"the optimiser of the checkpoint {checkpoint} does not fit: {error}") from error

    def restore_progress(self: Any, checkpoint: Path) -> None:
        files = sorted(checkpoint.glob("progress*.pt"))
        if len(files) == self.args.world_size:
            self.restore(torch.load(checkpoint / self._progress_file(), map_location="cpu", weights_only=True))
            return
        parts = [torch.load(file, map_location="cpu", weights_only=True) for file in files]
        loss = torch.stack([part["loss"] for part in parts]).mean(dim=0)
        self.restore_of_other_ranks({**parts[0], "loss": loss}, len(parts) / self.args.world_size)

    def restore_of_other_ranks(self: Any, progress: Progress, more: float) -> None:
        """Each rank now does `more` times the batches of a step that one did before."""
        self.restore(progress)

    def _progress_file(self: Any) -> str:
        return "progress.pt" if self.args.world_size <= 1 else f"progress_{self.args.process_index}.pt"

    def _is_sharded(self: Any) -> bool:
        return bool(self.is_fsdp_enabled or self.is_deepspeed_enabled)

    # Watching over each step.

    def nothing_taught(self) -> str | None:
        """Why the steps that were done cannot have taught anything, where the trainer knows."""
        return None

    def training_step(self: Any, *args: Any, **kwargs: Any) -> torch.Tensor:
        loss: torch.Tensor = super().training_step(*args, **kwargs)  # type: ignore[misc]
        if not self._is_scaled() and not bool(torch.isfinite(loss)):
            raise self._diverged(f"the loss is {loss.item()}")
        return loss

    def _get_grad_norm(self: Any, model: Any, grad_norm: Any = None) -> Any:
        norm = super()._get_grad_norm(model, grad_norm)  # type: ignore[misc]
        value = float(norm) if norm is not None else 0.0
        if math.isfinite(value):
            self.largest_gradient = max(self.largest_gradient, value)
        elif not self._is_scaled():
            raise self._diverged(f"the norm of the gradients is {value}")
        self.largest_rate = max(self.largest_rate, float(self._get_learning_rate()))
        return norm

    def _is_scaled(self: Any) -> bool:
        """With float16, steps that overflow are left out and the scale is lowered: they are no failure."""
        return getattr(self.accelerator, "scaler", None) is not None

    def _diverged(self: Any, what: str) -> TrainingDiverged:
        step = f"step {self.state.global_step + 1} of {self.state.max_steps}"
        rate = self._get_learning_rate()
        return TrainingDiverged(f"{what} in {step}, at a learning rate of {rate:.3g}: the weights before it are kept")


def not_saved(place: Path, error: Exception, aside: Path) -> CheckpointNotSaved:
    """The typed error for a disk that took less than all of it; what it did take is removed, as it is in the way."""
    parent = next(folder for folder in (aside, *aside.parents) if folder.exists())
    free = shutil.disk_usage(parent).free
    shutil.rmtree(aside, ignore_errors=True)
    return CheckpointNotSaved(f"cannot write {place}: {error} ({free / 1e6:.0f} MB were free on its disk)")


def _random_state() -> dict[str, Any]:
    return {
        "python": random.getstate(),
        "numpy": np.random.get_state(),
        "torch": torch.random.get_rng_state(),
        "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else None,
    }


def _set_random_state(state: dict[str, Any]) -> None:
    random.setstate(state["python"])
    np.random.set_state(state["numpy"])
    torch.random.set_rng_state(state["torch"])
    if state["cuda"] is not None:
        torch.cuda.set_rng_state_all(state["cuda"])
