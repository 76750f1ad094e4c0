"""What all three trainers share: going on from a checkpoint, training to the planned end, and a result that is one."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from medgr2.models.load_models import job_start, model_path, torch_dtype
from medgr2.node.job_channel import Channel, JobCancelled
from medgr2.resuming.checkpoints import KEPT, Checkpoints
from medgr2.resuming.job_identity import Identity, identity_of
from medgr2.resuming.resumable_trainer import not_saved
from medgr2.resuming.trained_weights import bits
from medgr2.resuming.weight_seal import put_in_place
from medgr2.shares import percent
from medgr2.training.float32_masters import hold, precision_options, release, share_that_moves
from medgr2.training.global_batch import carried_on
from medgr2.training.lora import base_has_its_words
from medgr2.training.own_settings import OwnSettings
from medgr2.training.sharding import check_ranks, ranks, save_whole, sharding, sharding_options
from medgr2.training.train_events import EventCallback, finite
from medgr2.training.trained_parts import check_parts, trainable_parts
from medgr2.training.training_faults import OwnOutput, RowError
from medgr2.training.training_outcome import check_outcome


@dataclass
class TrainingJob:
    """One job, as its trainer is run. `columns` are those of the rows that it reads."""

    spec: dict[str, Any]
    channel: Channel
    device: torch.device
    rows: list[dict[str, Any]]
    columns: tuple[str, ...]
    #: What the model came with and trainers write over; put back before it is saved.
    own: OwnSettings | None = None
    #: Of the outcome, for the result as well.
    warnings: list[str] = field(default_factory=list)
    #: Ranks by which its checkpoints know it.
    processes: int = 1
    _known: Identity | None = None

    def keep_batch(self, options: dict[str, Any]) -> dict[str, Any]:
        """A trainer's options such that going on with other ranks than before has steps of the same rows."""
        batch = carried_on(options, self.checkpoints_folder, self.identity, ranks())
        self.processes = batch.processes
        if batch.told is not None:
            self.tell(batch.told)
        return batch.options

    def identity(self, processes: int) -> Identity:
        if self._known is None:
            self._known = identity_of(self.spec, self.rows, self.columns, self.device, processes)
        # Checkpoints of sharded weights have a form of their own.
        shards = {} if sharding() is None else {"sharding": sharding()}
        return {**self._known, "processes": processes, **shards}

    @property
    def folder(self) -> Path:
        return Path(self.spec["outDir"])

    @property
    def checkpoints_folder(self) -> Path:
        return self.folder / "checkpoints"

    def refuse_own_output(self) -> None:
        for name in ("model", "rewardModel"):
            read = self.spec.get(name)
            place = (self.folder / "model").resolve()
            if read is not None and Path(model_path(read)).resolve() == place:
                raise OwnOutput(f"{name}.path is {place}, which this job would replace by what it trains")

    def tell(self, message: str) -> None:
        self.channel.emit({"type": "warning", "message": message})

    def warn(self, message: str) -> None:
        self.warnings.append(message)
        self.tell(message)


class GoOn(TrainerCallback):
    """Puts back what a checkpoint has beside weights and optimiser, once the trainer has set its own to nothing."""

    def __init__(self, trainer: Any, checkpoint: Path | None) -> None:
        self.trainer = trainer
        self.checkpoint = checkpoint

    def on_train_begin(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        if self.checkpoint is not None:
            state.compute_steps(args, state.max_steps)  # how often to log and save is this attempt's to say
            self.trainer.restore_progress(self.checkpoint)


def run_trainer(trainer: Any, callback: EventCallback, job: TrainingJob) -> dict[str, Any]:
    """Trains to the planned end, from this job's last checkpoint; saves the model to `model` and returns the result."""
    job.refuse_own_output()
    check_ranks(trainer)
    spec, model = job.spec, trainer.accelerator.unwrap_model(trainer.model)
    sharded = trainer._is_sharded()
    check_parts(model, spec.get("train", "all"), "lora" in spec)
    start = None if sharded else bits(model)
    # Where weights are sharded, accelerate and DeepSpeed hold masters of their own.
    pure = spec.get("trainedWeights") == "dtype"
    trainer.held = {} if sharded or pure else hold(model)
    if pure:
        _warn_of_rounding(trainer, job)
    identity = job.identity(job.processes)
    if trainer.held:
        identity["trainedWeights"] = "float32"
    trainer.event_callback = callback
    trainer.checkpoints = Checkpoints(job.checkpoints_folder, identity, job.tell)
    checkpoint = _agreed(trainer)
    about = job_start(spec["kind"], job.device, model, None if checkpoint is None else str(checkpoint))
    trainable = trainable_parts(model)
    job.channel.emit({**about, "trainable": trainable})
    started = time.monotonic()
    with base_has_its_words():
        training_loss = _train(trainer, callback, checkpoint)
        check_outcome(trainer, job, start)
        if job.own is not None:
            job.own.put_back()
        release(model, trainer.held)
        saved = _save(trainer, job.folder / "model")
    trainer.checkpoints.clear()
    return {
        "kind": spec["kind"],
        "checkpoint": str(saved),
        "steps": trainer.state.global_step,
        "seconds": time.monotonic() - started,
        "loss": callback.losses[-1] if callback.losses else training_loss,
        "tokens": callback.tokens,
        "trainable": trainable,
        "warnings": job.warnings,
        **trainer.more_result(),
    }


def _train(trainer: Any, callback: EventCallback, checkpoint: Path | None) -> float | None:
    """Returns the mean loss. After a checkpoint of the last step nothing is left to do; the library does one more."""
    if checkpoint is not None:
        state = TrainerState.load_from_json(str(checkpoint / "trainer_state.json"))
        if state.global_step >= state.max_steps:
            return _take_over(trainer, callback, checkpoint, state)
    trainer.add_callback(GoOn(trainer, checkpoint))
    try:
        output = trainer.train(resume_from_checkpoint=None if checkpoint is None else str(checkpoint))
    except JobCancelled:  # in the middle of a step, for instance while it waited for rewards
        trainer.save_cut_step()
        raise
    except StopIteration as error:  # which any loop above us would take for the end of the data
        raise RowError("a row could not be made into what the model reads; the traceback says where") from error
    if callback.stopped:
        raise JobCancelled(f"stopped at step {trainer.state.global_step} of {trainer.state.max_steps}")
    return finite(output.training_loss)


def _warn_of_rounding(trainer: Any, job: TrainingJob) -> None:
    dtype = torch_dtype(job.spec["model"], job.device)
    rate = trainer.args.learning_rate
    share = share_that_moves(trainer.accelerator.unwrap_model(trainer.model), rate)
    if dtype != torch.float32:
        job.warn(
            f"what trains is held in {str(dtype).removeprefix('torch.')} (trainedWeights: dtype): of its weights "
            f"{percent(share)} can move by a step of the learning rate {rate:.3g}, and the others stay as they are"
        )


def _take_over(trainer: Any, callback: EventCallback, checkpoint: Path, state: TrainerState) -> float | None:
    trainer.state = state
    trainer._load_from_checkpoint(str(checkpoint))
    trainer._tr_loss = torch.zeros(())
    trainer.restore_progress(checkpoint)
    callback.tokens = trainer.tokens_seen()
    return finite((trainer._total_loss_scalar + trainer._tr_loss.item()) / max(1, state.global_step))


def _agreed(trainer: Any) -> Path | None:
    """The checkpoint to go on from; of many processes the first looks, and the others take its word."""
    if trainer.args.world_size <= 1:
        return trainer.checkpoints.newest()
    from accelerate.utils import broadcast_object_list

    found = broadcast_object_list([trainer.checkpoints.newest() if trainer.is_world_process_zero() else None])
    return found[0]


def _save(trainer: Any, place: Path) -> Path:
    """Written aside and renamed: files of an earlier model in the same folder would be loaded with it."""
    aside = place.with_name(f"{place.name}.unfinished")
    first = trainer.is_world_process_zero()
    if first:
        shutil.rmtree(aside, ignore_errors=True)
    trainer.accelerator.wait_for_everyone()
    try:
        if first:
            _leave_no_padding(trainer)
        save_whole(trainer, str(aside))
        trainer.accelerator.wait_for_everyone()
        if first:
            put_in_place(aside, place)
    except (OSError, RuntimeError, SafetensorError) as error:
        raise not_saved(place, error, aside) from error
    trainer.accelerator.wait_for_everyone()
    return place


def _leave_no_padding(trainer: Any) -> None:
    """A fast tokenizer saves how it was last called: what is saved would depend on the last batch."""
    model = trainer.accelerator.unwrap_model(trainer.model)
    processor = trainer.processing_class or getattr(model, "processor", None)
    backend = getattr(getattr(processor, "tokenizer", processor), "backend_tokenizer", None)
    if backend is not None:
        backend.no_padding()
        backend.no_truncation()


def trainer_defaults(spec: dict[str, Any], device: torch.device) -> dict[str, Any]:
    """Options that the loop decides for every trainer. What a user sets in `trl` comes after and wins."""
    on_cpu = device.type == "cpu"
    return {
        "seed": spec["seed"],
        "data_seed": spec["seed"],
        "use_cpu": on_cpu,
        **precision_options(torch_dtype(spec["model"], device), on_cpu),
        "gradient_checkpointing": not on_cpu,
        "report_to": "none",
        "disable_tqdm": True,
        "logging_steps": 5,
        "logging_first_step": True,
        "save_strategy": "steps",
        "save_steps": 50,
        "save_total_limit": KEPT,
        "remove_unused_columns": False,
        "dataloader_pin_memory": not on_cpu,
        **sharding_options(),
    }
