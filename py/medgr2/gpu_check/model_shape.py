"""A model to measure with beside the phantom base: random weights in the true shape of Qwen2.5-VL-3B."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from medgr2.models.weights import PHANTOM_BASE

#: What config.json of Qwen/Qwen2.5-VL-3B-Instruct says; the phantom's tokenizer uses the first of its tokens.
TEXT_3B = {
    "vocab_size": 151_936,
    "hidden_size": 2048,
    "intermediate_size": 11_008,
    "num_hidden_layers": 36,
    "num_attention_heads": 16,
    "num_key_value_heads": 2,
    "max_position_embeddings": 32_768,
    "rms_norm_eps": 1e-06,
    "layer_types": ["full_attention"] * 36,
    "rope_parameters": {"rope_type": "default", "rope_theta": 1e6, "mrope_section": [16, 24, 24]},
}
VISION_3B = {
    "depth": 32,
    "hidden_size": 1280,
    "intermediate_size": 3420,
    "num_heads": 16,
    "out_hidden_size": 2048,
    "fullatt_block_indexes": [7, 15, 23, 31],
    "window_size": 112,
}
#: 256 tokens an image.
PIXELS_3B = 448 * 448


def write_3b(
    folder: Path, device: str, text: dict[str, Any] | None = None, vision: dict[str, Any] | None = None
) -> str:
    """A model folder of random bfloat16 weights in the true shape, or in one that a test makes smaller."""
    import torch
    from transformers import AutoConfig, AutoModelForImageTextToText

    shutil.copytree(PHANTOM_BASE, folder, ignore=shutil.ignore_patterns("*.safetensors", "*.jsonl"))
    config = json.loads((folder / "config.json").read_text())
    config["text_config"].update({**TEXT_3B, **(text or {})})
    config["vision_config"].update({**VISION_3B, **(vision or {})})
    (folder / "config.json").write_text(json.dumps(config))
    processor = json.loads((folder / "processor_config.json").read_text())
    processor["image_processor"]["size"] = {"longest_edge": PIXELS_3B, "shortest_edge": PIXELS_3B}
    (folder / "processor_config.json").write_text(json.dumps(processor))
    torch.manual_seed(0)
    with torch.device(device):
        model = AutoModelForImageTextToText.from_config(AutoConfig.from_pretrained(folder), dtype=torch.bfloat16)
    model.save_pretrained(folder)
    return str(folder)
