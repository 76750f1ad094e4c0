"""GRPO's figures of a step, from TRL's logs: rewards, KL, completion length, dead groups, entropy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from medgr2.training.train_events import finite


def grpo_figures(names: tuple[str, ...]) -> Callable[[Any], dict[str, Any]]:
    def figures(logs: Any) -> dict[str, Any]:
        return {
            "reward": finite(logs.get("reward")),
            "rewardStd": finite(logs.get("reward_std")),
            "rewards": {
                name: {"mean": finite(logs.get(f"rewards/{name}/mean")), "std": finite(logs.get(f"rewards/{name}/std"))}
                for name in names
            },
            "kl": finite(logs.get("kl")),
            "completionLength": finite(logs.get("completions/mean_length")),
            "deadGroups": finite(logs.get("frac_reward_zero_std")),
            "entropy": finite(logs.get("entropy")),
        }

    return figures
