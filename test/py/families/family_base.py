"""Tiny random models of the families people use, as folders in the form in which the hub has them.

Real configuration, model, processor and tokenizer classes; the shapes are small and the weights random. Templates are
what the families' own do, in fewer words.
"""

# ruff: noqa: E501  (templates read better unbroken)
from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig, AutoModelForImageTextToText

CLIP_MEAN = {"image_mean": [0.48145466, 0.4578275, 0.40821073], "image_std": [0.26862954, 0.26130258, 0.27577711]}
HALF = {"image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]}
PIXELS = {
    "do_convert_rgb": True,
    "do_normalize": True,
    "do_rescale": True,
    "do_resize": True,
    "rescale_factor": 1 / 255,
}
CONTEXT = 512
TEXT = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "max_position_embeddings": CONTEXT,
}
VISION = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 2}
PARTS = "{% for part in message['content'] %}{% if part['type'] == 'image' %}IMAGE{% else %}{{ part['text'] }}{% endif %}{% endfor %}"


def chatml(image: str, system: str = "") -> str:
    opening = (
        f"{{% if messages[0]['role'] != 'system' %}}<|im_start|>system\n{system}<|im_end|>\n{{% endif %}}"
        if system
        else ""
    )
    content = (
        "{% if message['content'] is string %}{{ message['content'] }}{% else %}"
        + PARTS.replace("IMAGE", image)
        + "{% endif %}"
    )
    return (
        opening
        + "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
        + content
        + "<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
    )


def build(
    folder: Path,
    config: dict[str, Any],
    preprocessor: dict[str, Any],
    template: str | None,
    where: str,
    generation: dict[str, Any],
    processor: dict[str, Any] | None = None,
    shards: str | None = None,
) -> Path:
    """Weights with all that stands beside them. `where` is the file in which the chat template stands."""
    torch.manual_seed(1)
    model = AutoModelForImageTextToText.from_config(AutoConfig.for_model(**config))
    with torch.no_grad():
        for weight in model.parameters():
            if weight.ndim > 1:
                weight.normal_(std=0.2)
    model.save_pretrained(folder, **({"max_shard_size": shards} if shards else {}))
    (folder / "generation_config.json").write_text(json.dumps(generation))
    (folder / "preprocessor_config.json").write_text(json.dumps(preprocessor))
    if processor is not None:
        (folder / "processor_config.json").write_text(json.dumps(processor))
    if template is not None and where == "chat_template.json":
        (folder / where).write_text(json.dumps({"chat_template": template}))
    elif template is not None and where == "chat_template.jinja":
        (folder / where).write_text(template)
    elif template is not None:
        own = json.loads((folder / "tokenizer_config.json").read_text())
        (folder / "tokenizer_config.json").write_text(json.dumps({**own, "chat_template": template}))
    return folder
