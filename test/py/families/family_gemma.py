"""Gemma 3 and PaliGemma, tiny and in the hub's form."""

# ruff: noqa: E501  (templates and tables read better unbroken)
from __future__ import annotations

from pathlib import Path

from family_base import HALF, PIXELS, TEXT, VISION, build
from family_tokenizers import space_marked, write


def gemma3(folder: Path) -> Path:
    special = [
        "<pad>",
        "<eos>",
        "<bos>",
        "<start_of_turn>",
        "<end_of_turn>",
        "<start_of_image>",
        "<end_of_image>",
        "<image_soft_token>",
    ]
    ids = write(
        folder,
        space_marked(special, bos="<bos>", prefix=False),
        {
            "bos_token": "<bos>",
            "eos_token": "<eos>",
            "pad_token": "<pad>",
            "unk_token": "<unk>",
            "extra_special_tokens": {
                "boi_token": "<start_of_image>",
                "eoi_token": "<end_of_image>",
                "image_token": "<image_soft_token>",
            },
        },
    )
    config = {
        "model_type": "gemma3",
        "text_config": {
            **TEXT,
            "head_dim": 16,
            "vocab_size": len(ids),
            "bos_token_id": ids["<bos>"],
            "eos_token_id": ids["<eos>"],
            "pad_token_id": ids["<pad>"],
            "sliding_window": 64,
            "query_pre_attn_scalar": 16,
            "layer_types": ["sliding_attention", "full_attention"],
        },
        "vision_config": {**VISION, "image_size": 56, "patch_size": 14, "vision_use_head": False},
        "mm_tokens_per_image": 4,
        "boi_token_index": ids["<start_of_image>"],
        "eoi_token_index": ids["<end_of_image>"],
        "image_token_index": ids["<image_soft_token>"],
        "eos_token_id": [ids["<eos>"], ids["<end_of_turn>"]],
    }
    preprocessor = {
        **PIXELS,
        **HALF,
        "size": {"height": 56, "width": 56},
        "image_processor_type": "Gemma3ImageProcessor",
        "image_seq_length": 4,
        "processor_class": "Gemma3Processor",
        "resample": 2,
    }
    template = (
        "{{ bos_token }}{% for message in messages %}{% set role = 'model' if message['role'] == 'assistant' else message['role'] %}"
        "{{ '<start_of_turn>' + role + '\n' }}{% if message['content'] is string %}{{ message['content'] | trim }}{% else %}"
        "{% for item in message['content'] %}{% if item['type'] == 'image' %}{{ '<start_of_image>' }}"
        "{% elif item['type'] == 'text' %}{{ item['text'] | trim }}{% endif %}{% endfor %}{% endif %}{{ '<end_of_turn>\n' }}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}"
    )
    generation = {
        "bos_token_id": ids["<bos>"],
        "eos_token_id": [ids["<eos>"], ids["<end_of_turn>"]],
        "pad_token_id": ids["<pad>"],
        "do_sample": True,
        "top_k": 64,
        "top_p": 0.95,
        "cache_implementation": "hybrid",
    }
    processor = {"image_seq_length": 4, "processor_class": "Gemma3Processor"}
    return build(folder, config, preprocessor, template, "chat_template.json", generation, processor)


def paligemma(folder: Path) -> Path:
    special = ["<pad>", "<eos>", "<bos>", "<image>"]
    ids = write(
        folder,
        space_marked(special, bos="<bos>", prefix=False),
        {
            "bos_token": "<bos>",
            "eos_token": "<eos>",
            "pad_token": "<pad>",
            "unk_token": "<unk>",
            "extra_special_tokens": {"image_token": "<image>"},
        },
    )
    size = len(ids) + 1152  # the processor adds places and segments
    config = {
        "model_type": "paligemma",
        "text_config": {
            **TEXT,
            "model_type": "gemma",
            "head_dim": 16,
            "vocab_size": size,
            "bos_token_id": ids["<bos>"],
            "eos_token_id": ids["<eos>"],
            "pad_token_id": ids["<pad>"],
        },
        "vision_config": {
            **VISION,
            "model_type": "siglip_vision_model",
            "image_size": 28,
            "patch_size": 7,
            "projection_dim": 32,
            "vision_use_head": False,
        },
        "image_token_index": ids["<image>"],
        "projection_dim": 32,
        "hidden_size": 32,
        "bos_token_id": ids["<bos>"],
        "eos_token_id": ids["<eos>"],
        "pad_token_id": ids["<pad>"],
    }
    preprocessor = {
        **PIXELS,
        **HALF,
        "size": {"height": 28, "width": 28},
        "image_processor_type": "SiglipImageProcessor",
        "image_seq_length": 16,
        "processor_class": "PaliGemmaProcessor",
        "resample": 3,
    }
    generation = {"bos_token_id": ids["<bos>"], "eos_token_id": ids["<eos>"], "pad_token_id": ids["<pad>"]}
    return build(folder, config, preprocessor, None, "", generation)
