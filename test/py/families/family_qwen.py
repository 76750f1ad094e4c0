"""Qwen2-VL, Qwen2.5-VL and Qwen3-VL, tiny and in the hub's form."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from family_base import CLIP_MEAN, HALF, PIXELS, TEXT, build, chatml
from family_tokenizers import byte_level, write

QWEN_TOKENS = [
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|image_pad|>",
    "<|video_pad|>",
]


def _qwen(folder: Path, kind: str, where: str, shards: str | None = None) -> Path:
    ids = write(
        folder,
        byte_level(QWEN_TOKENS),
        {"eos_token": "<|im_end|>", "pad_token": "<|endoftext|>", "tokenizer_class": "Qwen2Tokenizer"},
    )
    vision: dict[str, Any] = {"depth": 2, "num_heads": 2, "patch_size": 14, "spatial_merge_size": 2}
    text: dict[str, Any] = {
        **TEXT,
        "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [2, 3, 3]},
    }
    name, template = (
        "Qwen2_5_VLProcessor",
        chatml("<|vision_start|><|image_pad|><|vision_end|>", "You are a helpful assistant."),
    )
    if kind == "qwen2_vl":
        vision |= {"embed_dim": 32, "hidden_size": 32, "mlp_ratio": 2}
        name = "Qwen2VLProcessor"
    elif kind == "qwen2_5_vl":
        vision |= {
            "hidden_size": 32,
            "intermediate_size": 48,
            "out_hidden_size": 32,
            "window_size": 56,
            "fullatt_block_indexes": [1],
        }
    else:
        vision |= {
            "hidden_size": 32,
            "intermediate_size": 48,
            "out_hidden_size": 32,
            "patch_size": 16,
            "num_position_embeddings": 16,
            "deepstack_visual_indexes": [0],
        }
        text |= {"head_dim": 16}
        name, template = "Qwen3VLProcessor", chatml("<|vision_start|><|image_pad|><|vision_end|>")
    side = vision["patch_size"] * 2
    config = {
        "model_type": kind,
        "text_config": {
            **text,
            "vocab_size": len(ids),
            "bos_token_id": None,
            "eos_token_id": ids["<|im_end|>"],
            "pad_token_id": ids["<|endoftext|>"],
        },
        "vision_config": vision,
        "image_token_id": ids["<|image_pad|>"],
        "video_token_id": ids["<|video_pad|>"],
        "vision_start_token_id": ids["<|vision_start|>"],
        "vision_end_token_id": ids["<|vision_end|>"],
        "tie_word_embeddings": kind == "qwen2_vl",
    }
    size = {"min_pixels": side * side, "max_pixels": 16 * side * side}
    if kind == "qwen3_vl":
        size = {"size": {"shortest_edge": side * side, "longest_edge": 16 * side * side}}  # type: ignore[dict-item]
    preprocessor = {
        **PIXELS,
        **CLIP_MEAN,
        **size,
        "patch_size": vision["patch_size"],
        "temporal_patch_size": 2,
        "merge_size": 2,
        "resample": 3,
        "image_processor_type": "Qwen2VLImageProcessor" + ("Fast" if kind == "qwen3_vl" else ""),
        "processor_class": name,
    }
    ends = [ids["<|im_end|>"], ids["<|endoftext|>"]]
    generation = {
        "do_sample": True,
        "eos_token_id": ends,
        "pad_token_id": ends[1],
        "repetition_penalty": 1.05,
        "temperature": 1e-6,
        "top_k": 1,
    }
    return build(folder, config, preprocessor, template, where, generation, shards=shards)


def qwen2_vl(folder: Path) -> Path:
    return _qwen(folder, "qwen2_vl", "chat_template.json")


def qwen2_5_vl(folder: Path) -> Path:
    return _qwen(folder, "qwen2_5_vl", "chat_template.json", shards="60KB")


def qwen3_vl(folder: Path) -> Path:
    _qwen(folder, "qwen3_vl", "tokenizer_config.json")
    video = {"size": {"shortest_edge": 4096, "longest_edge": 25165824}, "video_processor_type": "Qwen3VLVideoProcessor"}
    (folder / "video_preprocessor_config.json").write_text(json.dumps({**PIXELS, **HALF, **video, "patch_size": 16}))
    return folder
