"""Whether a training job did what it was for. Steps that were counted and taught nothing are no success."""

from __future__ import annotations

from typing import Any

from medgr2.trained_parts import part_names
from medgr2.trained_weights import bits, not_finite
from medgr2.training_faults import NothingLearned, TrainingDiverged, TrainingIncomplete


def check_outcome(trainer: Any, job: Any, start: dict[str, int] | None) -> None:
    """`start`: the bits of what trains before the first step; None where the weights are sharded over processes.

    Raises TrainingIncomplete, TrainingDiverged or NothingLearned. After the last two nothing is left to go on from.
    """
    state = trainer.state
    if state.global_step < state.max_steps:
        raise TrainingIncomplete(
            f"training ended at step {state.global_step} of {state.max_steps}, and nobody stopped it: the data ran out"
        )
    try:
        _check_learned(trainer, job, start)
    except (TrainingDiverged, NothingLearned):
        trainer.checkpoints.forget()  # the same job would go on from the end, and fail the same way for ever
        raise


def _check_learned(trainer: Any, job: Any, start: dict[str, int] | None) -> None:
    model = trainer.accelerator.unwrap_model(trainer.model)
    broken = [] if start is None else not_finite(model)
    if broken:
        raise TrainingDiverged(f"after the last step {len(broken)} tensors hold what is no number, as {broken[0]}")
    steps = f"all {trainer.state.global_step} steps"
    reason = trainer.nothing_taught()
    if reason is not None:
        if job.spec.get("deadGroups", "fail") == "warn" and not trainer.all_unrewarded():
            return job.warn(f"{steps} taught nothing: {reason}")
        raise NothingLearned(f"{steps} taught nothing: {reason}")
    if trainer.largest_gradient == 0.0:
        raise NothingLearned(f"{steps} taught nothing: every gradient was zero{_unlabelled(trainer)}")
    if start is not None:
        _check_moved(trainer, job, start, steps)
    unlabelled = _rows_without_labels(trainer)
    if unlabelled:
        what = "no token to learn from (the completion is empty or was cut off)"
        job.warn(f"{len(unlabelled)} rows have {what}, as {unlabelled[0]}")
    for message in trainer.outcome_warnings():
        job.warn(message)


def _check_moved(trainer: Any, job: Any, start: dict[str, int], steps: str) -> None:
    model = trainer.accelerator.unwrap_model(trainer.model)
    # As they will be saved: a master may have moved by less than is left of it then.
    moved = {name for name, now in bits(model, trainer.held).items() if now != start[name]}
    if not moved:
        raise NothingLearned(f"no weight moved in {steps}: {_why_still(trainer)}")
    parts = part_names(model)
    for part in sorted(set(parts.values()) - {parts[name] for name in moved}):
        job.warn(f"no weight of the {part} moved in {steps}, though it should have learned")


def _why_still(trainer: Any) -> str:
    rate = trainer.largest_rate
    if rate == 0.0:
        return f"the learning rate was 0 in each of them ({trainer.args.warmup_steps} are steps of warm-up)"
    return f"a learning rate of {rate:.3g} changed nothing that the number format of the saved model can hold"


def _rows_without_labels(trainer: Any) -> list[str]:
    return list(getattr(trainer.data_collator, "unlabelled", {}))


def _unlabelled(trainer: Any) -> str:
    rows = _rows_without_labels(trainer)
    return f"; {len(rows)} rows have no token to learn from, as {rows[0]}" if rows else ""
