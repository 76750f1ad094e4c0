"""Which folders are reward models and which policies: a job that is given the other kind says so before it loads."""

from __future__ import annotations

from pathlib import Path

HEAD_FILE = "reward_head.safetensors"
ABOUT_FILE = "reward_model.json"


class NotARewardModel(ValueError):
    """A job that scores was given a model without a reward head, which could only score at random."""


class NotAPolicy(ValueError):
    """A job that writes or trains answers was given a reward model."""


def is_reward_model(path: str) -> bool:
    return (Path(path) / HEAD_FILE).exists() or (Path(path) / ABOUT_FILE).exists()


def check_reward_model(path: str) -> None:
    if not (Path(path) / HEAD_FILE).is_file():
        raise NotARewardModel(
            f"{path} is no reward model: there is no {HEAD_FILE} in it, so that its scores would be random"
        )


def check_policy(path: str) -> None:
    if is_reward_model(path):
        raise NotAPolicy(f"{path} is a reward model: it scores responses and is not trained to write them")
