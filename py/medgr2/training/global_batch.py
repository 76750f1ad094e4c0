"""Going on with another number of ranks: each step keeps its rows where gradient accumulation can make up for it.

Of weights that are sharded the checkpoints have a form of their own: those go on with as many ranks as made them.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from medgr2.resuming.checkpoints import begun
from medgr2.resuming.job_identity import Identity, differences
from medgr2.spec_rules import generation_batch
from medgr2.training.sharding import sharding

Options = dict[str, Any]


class Batch(NamedTuple):
    options: Options
    #: The ranks by which the job is known: those it began with.
    processes: int
    #: What a person should know of it.
    told: str | None = None


def carried_on(options: Options, folder: Path, identity: Callable[[int], Identity], now: int) -> Batch:
    """A trainer's options for `now` ranks, going on from what lies in `folder`; `identity` is the job's for so many."""
    as_asked = Batch(options, now)
    last = begun(folder)
    if last is None or sharding() is not None:
        return as_asked
    then = last.identity.get("processes")
    # Which weights have masters is known once the trainer is made; whoever goes on from the checkpoint compares that.
    masters = {"trainedWeights": last.identity.get("trainedWeights")}
    if not isinstance(then, int) or differences({**identity(then), **masters}, last.identity):
        return as_asked
    # A job that came to other ranks before is known by those it began with.
    was = options.get("gradient_accumulation_steps") or 1
    if then == now or was * then % now:
        return as_asked
    accumulation = was * then // now
    found = {**options, "gradient_accumulation_steps": accumulation}
    if "num_generations" in options:  # GRPO writes completions for several steps at once
        window = options.get("steps_per_generation")
        micro = (window or was) * (options.get("num_iterations") or 1)
        if options.get("generation_batch_size") is not None:
            micro = generation_batch(options, then).completions // (options["per_device_train_batch_size"] * then)
        if last.step * was % micro or (window or was) * then % now:
            return as_asked  # each rank holds its part of what was written, and not all of it is used
        if window is not None:
            found["steps_per_generation"] = window * then // now
    batches = "1 batch" if accumulation == 1 else f"{accumulation} batches"
    return Batch(
        found,
        then,
        f"this job began with {_ranks(then)} and goes on with {_ranks(now)}: gradients are accumulated over {batches} "
        f"instead of {was}, so that each step has as many rows as before",
    )


def _ranks(count: int) -> str:
    return f"{count} rank{'' if count == 1 else 's'}"
