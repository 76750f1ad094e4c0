"""LoRA settings of a job as a peft config."""

from __future__ import annotations

from typing import Any

from medgr2.training.trained_parts import not_language


def lora_config(spec: dict[str, Any], model: Any) -> Any:
    """None where the weights themselves are trained. With `train: language` only the language model gets adapters."""
    lora = spec.get("lora")
    if lora is None:
        return None
    from peft import LoraConfig

    return LoraConfig(
        r=lora["rank"],
        lora_alpha=lora["alpha"],
        lora_dropout=lora["dropout"],
        target_modules=lora["targetModules"],
        exclude_modules=not_language(model) if spec.get("train") == "language" else None,
        task_type="CAUSAL_LM",
    )
