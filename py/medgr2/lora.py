"""LoRA settings of a job as a peft config."""

from __future__ import annotations

import re
from typing import Any

from medgr2.models import language_parts


def lora_config(spec: dict[str, Any], model: Any) -> Any:
    """None where the weights themselves are trained. With `train: language` nothing that reads pixels gets adapters."""
    lora = spec.get("lora")
    if lora is None:
        return None
    from peft import LoraConfig

    return LoraConfig(
        r=lora["rank"],
        lora_alpha=lora["alpha"],
        lora_dropout=lora["dropout"],
        target_modules=lora["targetModules"],
        exclude_modules=_all_but_language(model) if spec.get("train") == "language" else None,
        task_type="CAUSAL_LM",
    )


def _all_but_language(model: Any) -> str:
    """A pattern of the names of all other modules; freezing alone would not keep adapters out of them."""
    return rf"(?!(?:{'|'.join(re.escape(name) for name in language_parts(model))})(?:\.|$)).*"
