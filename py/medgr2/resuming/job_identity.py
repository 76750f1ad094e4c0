"""What a checkpoint belongs to: everything that decides how a training job goes, by content, as flat JSON.

Where a job writes, on what device it runs, how often it logs and saves, what it keeps in memory: none decides what it
learns.
"""

from __future__ import annotations

import re
from typing import Any

import torch

from medgr2.models.load_models import torch_dtype
from medgr2.resuming.content_hashes import model_hash, rows_hash

Identity = dict[str, Any]

FREE = {"outDir", "device", "threads", "shownCompletions", "loggingSteps", "saveSteps", "statesMemory"}
FREE_OPTIONS = re.compile(
    r"trl\.(logging_.*|log_.*|save_.*|disable_tqdm|num_completions_to_print|skip_memory_metrics|"
    r"vllm_(server_.*|group_port|gpu_memory_utilization|enable_sleep_mode|tensor_parallel_size|max_model_length)|"
    r"dataloader_(num_workers|pin_memory|persistent_workers|prefetch_factor|multiprocessing_context))"
)
#: How a difference is told; everything else is told by its name and both values.
BY_CONTENT = {"data": "the data", "model.content": "the model", "rewardModel.content": "the reward model"}

REWARD_SOURCE = re.compile(r"rewards\.(.+)\.source")


def identity_of(
    spec: dict[str, Any], rows: list[dict[str, Any]], columns: tuple[str, ...], device: torch.device, processes: int
) -> Identity:
    """`columns` are those of the rows that the job reads; `processes` share each batch."""
    found: Identity = {"data": rows_hash(rows, columns), "processes": processes}
    for name, value in spec.items():
        if name in ("model", "rewardModel"):
            found[f"{name}.content"] = model_hash(value)
            found[f"{name}.dtype"] = str(torch_dtype(value, device)).removeprefix("torch.")
            found[f"{name}.maxPixels"] = value.get("maxPixels")
        elif name != "data" and name not in FREE:
            found.update(_flat(name, value))
    return {name: value for name, value in found.items() if value is not None and not FREE_OPTIONS.fullmatch(name)}


def _flat(name: str, value: Any) -> Identity:
    if name == "rewards":  # by their names, so that a difference says which
        value = {reward["name"]: {part: reward.get(part) for part in ("weight", "source")} for reward in value}
    if not isinstance(value, dict):
        return {name: value}
    return {key: inner for part, kept in value.items() for key, inner in _flat(f"{name}.{part}", kept).items()}


def differences(now: Identity, then: Identity) -> list[str]:
    """In words, what the two jobs do not share; empty where they are the same job."""
    words = []
    for name in sorted(now.keys() | then.keys()):
        ours, theirs = now.get(name), then.get(name)
        if ours != theirs and (reward := REWARD_SOURCE.fullmatch(name)):
            words.append(f"the function of the reward {reward[1]}")
        elif ours != theirs:
            words.append(BY_CONTENT.get(name) or f"{name} is {_told(ours)}, was {_told(theirs)}")
    return words


def _told(value: Any) -> str:
    return "not set" if value is None else str(value)
