"""Families that cut images into tiles: InternVL3, SmolVLM, Idefics3 and Mllama."""

# ruff: noqa: E501  (templates and tables read better unbroken)
from __future__ import annotations

import json
from pathlib import Path

from family_base import CLIP_MEAN, HALF, PARTS, PIXELS, TEXT, VISION, build, chatml
from family_tokenizers import byte_level, write


def internvl(folder: Path) -> Path:
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<img>", "</img>", "<IMG_CONTEXT>", "<video>"]
    ids = write(
        folder,
        byte_level(special),
        {
            "eos_token": "<|im_end|>",
            "pad_token": "<|endoftext|>",
            "tokenizer_class": "Qwen2Tokenizer",
            "extra_special_tokens": {
                "context_image_token": "<IMG_CONTEXT>",
                "start_image_token": "<img>",
                "end_image_token": "</img>",
                "video_token": "<video>",
            },
        },
    )
    config = {
        "model_type": "internvl",
        "text_config": {
            **TEXT,
            "model_type": "qwen2",
            "vocab_size": len(ids),
            "eos_token_id": ids["<|im_end|>"],
            "pad_token_id": ids["<|endoftext|>"],
            "tie_word_embeddings": False,
        },
        "vision_config": {**VISION, "image_size": [28, 28], "patch_size": [7, 7]},
        "image_token_id": ids["<IMG_CONTEXT>"],
        "image_seq_length": 4,
        "tie_word_embeddings": False,
    }
    preprocessor = {
        **PIXELS,
        **CLIP_MEAN,
        "size": {"height": 28, "width": 28},
        "crop_to_patches": False,
        "min_patches": 1,
        "max_patches": 6,
        "image_processor_type": "GotOcr2ImageProcessorFast",
        "processor_class": "InternVLProcessor",
    }
    processor = {"image_seq_length": 4, "processor_class": "InternVLProcessor"}
    generation = {"eos_token_id": [ids["<|im_end|>"], ids["<|endoftext|>"]], "pad_token_id": ids["<|endoftext|>"]}
    template = chatml("<IMG_CONTEXT>\n")
    video = {
        **PIXELS,
        **CLIP_MEAN,
        "size": {"height": 28, "width": 28},
        "video_processor_type": "InternVLVideoProcessor",
    }
    build(folder, config, preprocessor, template, "chat_template.jinja", generation, processor)
    (folder / "video_preprocessor_config.json").write_text(json.dumps(video))
    return folder


def _idefics(folder: Path, kind: str) -> Path:
    tiles = [f"<row_{row}_col_{col}>" for row in range(1, 5) for col in range(1, 5)]
    special = [
        "<|endoftext|>",
        "<|im_start|>",
        "<end_of_utterance>",
        "<fake_token_around_image>",
        "<global-img>",
        "<image>",
        *tiles,
    ]
    ids = write(
        folder,
        byte_level(special),
        {"bos_token": "<|im_start|>", "eos_token": "<end_of_utterance>", "pad_token": "<|endoftext|>"},
    )
    config = {
        "model_type": kind,
        "text_config": {
            **TEXT,
            "model_type": "llama",
            "vocab_size": len(ids),
            "bos_token_id": ids["<|im_start|>"],
            "eos_token_id": ids["<end_of_utterance>"],
            "pad_token_id": ids["<|endoftext|>"],
        },
        "vision_config": {**VISION, "image_size": 64, "patch_size": 8},
        "image_token_id": ids["<image>"],
        "pad_token_id": ids["<|endoftext|>"],
        "scale_factor": 4,
    }
    name = "SmolVLM" if kind == "smolvlm" else "Idefics3"
    preprocessor = {
        **PIXELS,
        **HALF,
        "do_image_splitting": True,
        "do_pad": True,
        "max_image_size": {"longest_edge": 64},
        "size": {"longest_edge": 128},
        "image_processor_type": f"{name}ImageProcessor",
        "processor_class": f"{name}Processor",
        "resample": 1,
    }
    template = (
        "<|im_start|>{% for message in messages %}{{ message['role'] | capitalize }}"
        "{% if message['content'][0]['type'] == 'image' %}{{ ':' }}{% else %}{{ ': ' }}{% endif %}"
        "{% for line in message['content'] %}{% if line['type'] == 'text' %}{{ line['text'] }}"
        "{% elif line['type'] == 'image' %}{{ '<image>' }}{% endif %}{% endfor %}<end_of_utterance>\n{% endfor %}"
        "{% if add_generation_prompt %}{{ 'Assistant:' }}{% endif %}"
    )
    generation = {
        "bos_token_id": ids["<|im_start|>"],
        "eos_token_id": ids["<end_of_utterance>"],
        "pad_token_id": ids["<|endoftext|>"],
    }
    build(
        folder,
        config,
        preprocessor,
        template,
        "chat_template.json",
        generation,
        {"image_seq_len": 4, "processor_class": f"{name}Processor"},
    )
    if kind == "smolvlm":
        video = {
            **PIXELS,
            **HALF,
            "size": {"longest_edge": 64},
            "max_image_size": {"longest_edge": 64},
            "video_processor_type": "SmolVLMVideoProcessor",
        }
        (folder / "video_preprocessor_config.json").write_text(json.dumps(video))
    return folder


def smolvlm(folder: Path) -> Path:
    return _idefics(folder, "smolvlm")


def idefics3(folder: Path) -> Path:
    return _idefics(folder, "idefics3")


def mllama(folder: Path) -> Path:
    special = [
        "<|begin_of_text|>",
        "<|end_of_text|>",
        "<|finetune_right_pad_id|>",
        "<|start_header_id|>",
        "<|end_header_id|>",
        "<|eom_id|>",
        "<|eot_id|>",
        "<|python_tag|>",
        "<|image|>",
    ]
    ids = write(
        folder,
        byte_level(special, bos="<|begin_of_text|>"),
        {"bos_token": "<|begin_of_text|>", "eos_token": "<|eot_id|>", "pad_token": "<|finetune_right_pad_id|>"},
    )
    ends = [ids["<|end_of_text|>"], ids["<|eom_id|>"], ids["<|eot_id|>"]]
    config = {
        "model_type": "mllama",
        "text_config": {
            **TEXT,
            "vocab_size": len(ids) - 1,
            "cross_attention_layers": [1],
            "bos_token_id": ids["<|begin_of_text|>"],
            "eos_token_id": ends,
            "pad_token_id": ids["<|finetune_right_pad_id|>"],
            "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0},
        },
        "vision_config": {
            "hidden_size": 32,
            "intermediate_size": 48,
            "num_hidden_layers": 2,
            "num_global_layers": 1,
            "attention_heads": 2,
            "image_size": 28,
            "patch_size": 7,
            "max_num_tiles": 4,
            "intermediate_layers_indices": [0, 1],
            "vision_output_dim": 96,
        },
        "image_token_index": ids["<|image|>"],
    }
    preprocessor = {
        **PIXELS,
        **CLIP_MEAN,
        "do_pad": True,
        "size": {"height": 28, "width": 28},
        "max_image_tiles": 4,
        "image_processor_type": "MllamaImageProcessor",
        "processor_class": "MllamaProcessor",
        "resample": 2,
    }
    template = (
        "{{ bos_token }}{% for message in messages %}{{ '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n' }}"
        "{% if message['content'] is string %}{{ message['content'] }}{% else %}"
        + PARTS.replace("IMAGE", "<|image|>")
        + "{% endif %}"
        "{{ '<|eot_id|>' }}{% endfor %}{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}"
    )
    generation = {
        "bos_token_id": ids["<|begin_of_text|>"],
        "eos_token_id": ends,
        "pad_token_id": ids["<|finetune_right_pad_id|>"],
        "do_sample": True,
        "temperature": 0.6,
        "top_p": 0.9,
    }
    return build(folder, config, preprocessor, template, "chat_template.json", generation)
