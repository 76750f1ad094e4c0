"""What fails deep in TRL or transformers, and what they take and never use, told by the options that a person set."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from transformers import GenerationConfig

#: Every job has them, and they are checked: the last to be suspected.
USUAL = {
    "max_steps",
    "num_train_epochs",
    "per_device_train_batch_size",
    "gradient_accumulation_steps",
    "learning_rate",
    "logging_steps",
    "save_steps",
    "num_generations",
    "max_completion_length",
}
#: Of the machine, not of an option.
OF_THE_MACHINE = (torch.OutOfMemoryError, MemoryError, OSError)


class TrainerOptionFailed(RuntimeError):
    """TRL or transformers failed in a job that sets options of theirs beyond the usual."""


@contextmanager
def naming_options(spec: dict[str, Any], config: type) -> Iterator[None]:
    """Around making and running a trainer: what is not ours to name is told with the options that may be its cause."""
    try:
        yield
    except OF_THE_MACHINE:
        raise
    except Exception as error:
        suspects = _suspects(spec.get("trl", {}), config, str(error))
        ours = type(error).__module__.split(".")[0] == "medgr2"
        if ours or not suspects or isinstance(error, StopIteration) or "CUDA" in str(error):
            raise
        told = ", ".join(f"{name}: {value}" for name, value in suspects.items())
        words = f"{type(error).__name__}: {error} (options of trl that may be the cause: {told})"
        raise TrainerOptionFailed(words) from error


def _suspects(options: dict[str, Any], config: type, message: str) -> dict[str, Any]:
    defaults = {field.name: field.default for field in dataclasses.fields(config)}
    changed = {name: value for name, value in options.items() if value is not None and value != defaults.get(name)}
    named = {name: value for name, value in changed.items() if name in message}
    return named or {name: value for name, value in changed.items() if name not in USUAL}


def check_half(options: dict[str, Any], on_cpu: bool) -> None:
    if on_cpu and options.get("fp16"):
        raise TrainerOptionFailed("trl.fp16 changes nothing on a CPU: use bf16, or model.dtype")


def check_generation_options(options: dict[str, Any]) -> None:
    """transformers keeps a misspelt name of these in its configuration, and never looks at it."""
    known = vars(GenerationConfig())
    unknown = [name for name in options.get("generation_kwargs") or {} if name not in known]
    if unknown and not options.get("use_vllm"):
        raise TrainerOptionFailed(f"trl.generation_kwargs: transformers generates with no {', '.join(unknown)}")
