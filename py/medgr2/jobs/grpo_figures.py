"""GRPO's figures: what the groups of a batch can teach, and those of a step, from TRL's logs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from medgr2.training.train_events import finite

#: TRL averages what is listed under a name over the steps of a log.
DEAD = "rewards/{}/dead_groups"
LEFT_OUT = "groups_left_out"
#: TRL's own share is of the scale that it divides by, which of a whole batch (`scale_rewards: batch`) is never none.
ALL_DEAD = "groups_dead"


def same_in_group(values_BG: torch.Tensor) -> torch.Tensor:
    """Per group, whether all completions with a value have the same; (B, G) -> (B,), true where none has one."""
    none_BG = values_BG.isnan()
    highest_B = values_BG.masked_fill(none_BG, -torch.inf).max(dim=1).values
    lowest_B = values_BG.masked_fill(none_BG, torch.inf).min(dim=1).values
    return highest_B <= lowest_B


def has_value(values_BG: torch.Tensor) -> torch.Tensor:
    """Per group, whether a completion of it has a value; (B, G) -> (B,)."""
    return ~values_BG.isnan().all(dim=1)


def grpo_figures(names: tuple[str, ...]) -> Callable[[Any], dict[str, Any]]:
    def figures(logs: Any) -> dict[str, Any]:
        return {
            "reward": finite(logs.get("reward")),
            "rewardStd": finite(logs.get("reward_std")),
            "rewards": {
                name: {
                    "mean": finite(logs.get(f"rewards/{name}/mean")),
                    "std": finite(logs.get(f"rewards/{name}/std")),
                    "deadGroups": finite(logs.get(DEAD.format(name))),
                }
                for name in names
            },
            "kl": finite(logs.get("kl")),
            "completionLength": finite(logs.get("completions/mean_length")),
            "deadGroups": finite(logs.get(ALL_DEAD)),
            "entropy": finite(logs.get("entropy")),
            "leftOut": finite(logs.get(LEFT_OUT)),
        }

    return figures
