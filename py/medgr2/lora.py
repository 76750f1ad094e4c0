"""LoRA settings of a job as a peft config."""

from __future__ import annotations

import re
from typing import Any

from medgr2.models import vision_tower


def lora_config(spec: dict[str, Any], model: Any) -> Any:
    """None where the weights themselves are trained. With `train: language` the vision tower gets no adapters."""
    lora = spec.get("lora")
    if lora is None:
        return None
    from peft import LoraConfig

    return LoraConfig(
        r=lora["rank"],
        lora_alpha=lora["alpha"],
        lora_dropout=lora["dropout"],
        target_modules=lora["targetModules"],
        exclude_modules=_vision(model) if spec.get("train") == "language" else None,
        task_type="CAUSAL_LM",
    )


def _vision(model: Any) -> str:
    """A pattern of the names of all modules in the vision tower; freezing alone would not keep adapters out of it."""
    tower = vision_tower(model)
    name = next(name for name, module in model.named_modules() if module is tower)
    return rf"{re.escape(name)}\..*"
