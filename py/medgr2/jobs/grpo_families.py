"""Families whose inputs TRL's GRPO does not pass on: refused before a model is loaded, by what TRL itself takes."""

from __future__ import annotations

import inspect
from typing import Any

from trl import GRPOTrainer

from medgr2.models.chat_format import is_prefix_model
from medgr2.rows.encode import Row, encode


class NotForGrpo(ValueError):
    """TRL's GRPO cannot train this family."""


def check_grpo_family(processor: Any, row: Row) -> None:
    """`row` is any of the job's."""
    name = type(processor).__name__.removesuffix("Processor")
    if is_prefix_model(processor):
        raise NotForGrpo(f"TRL's GRPO needs a chat template, which {name} has not: train it by SFT")
    given = encode(processor, [{part: row[part] for part in ("id", "image", "prompt")}]).inputs
    taken = inspect.signature(GRPOTrainer._get_per_token_logps_and_entropies).parameters
    lost = sorted(given.keys() - taken.keys())
    if lost:
        raise NotForGrpo(f"TRL's GRPO does not pass on {', '.join(lost)}, which {name} needs: train it by SFT")
