"""LoRA settings of a job as a peft config, and adapters read and written without a question to the hub."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
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


@contextmanager
def base_has_its_words() -> Iterator[None]:
    """Jobs add no words to a model. peft asks the hub, whenever it takes or saves adapters on a base with a hub id,
    whether they did: to save embeddings beside the adapters then. It says so in no setting that transformers,
    accelerate and TRL, which call it, would pass on.
    """
    from peft.utils import save_and_load

    own = save_and_load.check_file_exists_on_hf_hub
    save_and_load.check_file_exists_on_hf_hub = lambda *_, **__: False
    try:
        yield
    finally:
        save_and_load.check_file_exists_on_hf_hub = own
