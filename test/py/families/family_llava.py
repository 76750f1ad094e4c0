"""LLaVA-1.5, LLaVA-OneVision and GLM-4.1V, tiny and in the hub's form."""

# ruff: noqa: E501  (templates and tables read better unbroken)
from __future__ import annotations

import json
from pathlib import Path

from family_base import CLIP_MEAN, HALF, PARTS, PIXELS, TEXT, VISION, build
from family_tokenizers import byte_level, space_marked, write

LLAVA = (
    "{% for message in messages %}{% if message['role'] != 'system' %}{{ message['role'].upper() + ': ' }}{% endif %}"
    "{% for content in message['content'] | selectattr('type', 'equalto', 'image') %}{{ '<image>\n' }}{% endfor %}"
    "{% for content in message['content'] | selectattr('type', 'equalto', 'text') %}{{ content['text'] + ' ' }}{% endfor %}"
    "{% endfor %}{% if add_generation_prompt %}{{ 'ASSISTANT:' }}{% endif %}"
)


def llava(folder: Path) -> Path:
    ids = write(
        folder,
        space_marked(["<s>", "</s>", "<pad>", "<image>"], bos="<s>"),
        {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"},
    )
    config = {
        "model_type": "llava",
        "text_config": {
            **TEXT,
            "model_type": "llama",
            "vocab_size": len(ids),
            "bos_token_id": ids["<s>"],
            "eos_token_id": ids["</s>"],
            "pad_token_id": ids["<pad>"],
        },
        "vision_config": {
            **VISION,
            "model_type": "clip_vision_model",
            "image_size": 28,
            "patch_size": 7,
            "projection_dim": 32,
        },
        "image_token_index": ids["<image>"],
        "image_seq_length": 16,
        "vision_feature_layer": -2,
    }
    preprocessor = {
        **PIXELS,
        **CLIP_MEAN,
        "do_center_crop": True,
        "crop_size": {"height": 28, "width": 28},
        "size": {"shortest_edge": 28},
        "resample": 3,
        "image_processor_type": "CLIPImageProcessor",
        "processor_class": "LlavaProcessor",
    }
    processor = {
        "patch_size": 7,
        "num_additional_image_tokens": 1,
        "vision_feature_select_strategy": "default",
        "image_token": "<image>",
        "processor_class": "LlavaProcessor",
    }
    generation = {"bos_token_id": ids["<s>"], "eos_token_id": ids["</s>"], "pad_token_id": ids["<pad>"]}
    return build(folder, config, preprocessor, LLAVA, "chat_template.json", generation, processor)


def llava_onevision(folder: Path) -> Path:
    ids = write(
        folder,
        byte_level(["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<image>", "<video>"]),
        {"eos_token": "<|im_end|>", "pad_token": "<|endoftext|>", "tokenizer_class": "Qwen2Tokenizer"},
    )
    grids = [[28, 28], [28, 56], [56, 28], [56, 56]]
    config = {
        "model_type": "llava_onevision",
        "text_config": {
            **TEXT,
            "model_type": "qwen2",
            "vocab_size": len(ids),
            "eos_token_id": ids["<|im_end|>"],
            "pad_token_id": ids["<|endoftext|>"],
        },
        "vision_config": {
            **VISION,
            "model_type": "siglip_vision_model",
            "image_size": 28,
            "patch_size": 7,
            "vision_use_head": False,
        },
        "image_token_index": ids["<image>"],
        "video_token_index": ids["<video>"],
        "image_grid_pinpoints": grids,
    }
    preprocessor = {
        **PIXELS,
        **HALF,
        "size": {"height": 28, "width": 28},
        "image_grid_pinpoints": grids,
        "resample": 3,
        "image_processor_type": "LlavaOnevisionImageProcessor",
        "processor_class": "LlavaOnevisionProcessor",
    }
    processor = {
        "num_image_tokens": 16,
        "vision_feature_select_strategy": "full",
        "image_token": "<image>",
        "video_token": "<video>",
        "processor_class": "LlavaOnevisionProcessor",
    }
    template = (
        "{% for message in messages %}{{ '<|im_start|>' + message['role'] + ' ' }}"
        "{% for content in message['content'] | selectattr('type', 'equalto', 'image') %}{{ '<image>' }}{% endfor %}"
        "{% for content in message['content'] | selectattr('type', 'equalto', 'text') %}{{ '\n' + content['text'] }}{% endfor %}"
        "{{ '<|im_end|>' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
    )
    generation = {"eos_token_id": ids["<|im_end|>"], "pad_token_id": ids["<|endoftext|>"]}
    build(folder, config, preprocessor, template, "chat_template.json", generation, processor)
    video = {
        **PIXELS,
        **HALF,
        "size": {"height": 28, "width": 28},
        "video_processor_type": "LlavaOnevisionVideoProcessor",
    }
    (folder / "video_preprocessor_config.json").write_text(json.dumps(video))
    return folder


def glm4v(folder: Path) -> Path:
    special = [
        "<|endoftext|>",
        "[gMASK]",
        "<sop>",
        "<|system|>",
        "<|user|>",
        "<|assistant|>",
        "<|observation|>",
        "<|begin_of_image|>",
        "<|end_of_image|>",
        "<|image|>",
        "<|begin_of_video|>",
        "<|end_of_video|>",
        "<|video|>",
    ]
    ids = write(folder, byte_level(special), {"eos_token": "<|endoftext|>", "pad_token": "<|endoftext|>"})
    config = {
        "model_type": "glm4v",
        "text_config": {
            **TEXT,
            "vocab_size": len(ids),
            "pad_token_id": ids["<|endoftext|>"],
            "eos_token_id": [ids["<|endoftext|>"], ids["<|user|>"]],
            "rope_parameters": {
                "rope_type": "default",
                "rope_theta": 10000.0,
                "partial_rotary_factor": 0.5,
                "mrope_section": [1, 1, 2],
            },
        },
        "vision_config": {
            "depth": 2,
            "hidden_size": 32,
            "intermediate_size": 48,
            "num_heads": 2,
            "out_hidden_size": 32,
            "image_size": 56,
            "patch_size": 14,
        },
        "image_token_id": ids["<|image|>"],
        "video_token_id": ids["<|video|>"],
        "image_start_token_id": ids["<|begin_of_image|>"],
        "image_end_token_id": ids["<|end_of_image|>"],
        "video_start_token_id": ids["<|begin_of_video|>"],
        "video_end_token_id": ids["<|end_of_video|>"],
    }
    preprocessor = {
        **PIXELS,
        **CLIP_MEAN,
        "size": {"shortest_edge": 12544, "longest_edge": 12544 * 4},
        "patch_size": 14,
        "temporal_patch_size": 2,
        "merge_size": 2,
        "image_processor_type": "Glm4vImageProcessor",
        "processor_class": "Glm4vProcessor",
    }
    template = (
        "[gMASK]<sop>\n{% for message in messages %}<|{{ message['role'] }}|>\n{% if message['content'] is string %}{{ message['content'] }}"
        "{% else %}" + PARTS.replace("IMAGE", "<|begin_of_image|><|image|><|end_of_image|>") + "{% endif %}{% endfor %}"
        "{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
    )
    generation = {
        "eos_token_id": [ids["<|endoftext|>"], ids["<|user|>"]],
        "pad_token_id": ids["<|endoftext|>"],
        "do_sample": True,
        "top_k": 2,
    }
    build(folder, config, preprocessor, template, "chat_template.jinja", generation)
    video = {
        **PIXELS,
        **CLIP_MEAN,
        "patch_size": 14,
        "merge_size": 2,
        "temporal_patch_size": 2,
        "video_processor_type": "Glm4vVideoProcessor",
    }
    (folder / "video_preprocessor_config.json").write_text(json.dumps(video))
    return folder
