"""LoRA settings of a job as a peft config."""

from __future__ import annotations

from typing import Any


def lora_config(spec: dict[str, Any]) -> Any:
    """None where the whole model is trained."""
    lora = spec.get("lora")
    if lora is None:
        return None
    from peft import LoraConfig

    return LoraConfig(
        r=lora["rank"],
        lora_alpha=lora["alpha"],
        lora_dropout=lora["dropout"],
        target_modules=lora["targetModules"],
        task_type="CAUSAL_LM",
    )
