"""The phantom bases' shapes: tokenizer, processor and an untrained Qwen2.5-VL, the policy's or the judge's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast, Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration
from transformers.models.qwen2_5_vl.processing_qwen2_5_vl import Qwen2_5_VLProcessor
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

from medgr2.models.no_video import StillImagesOnly

# One line per turn; the same markers as Qwen2.5-VL, without its default system prompt.
CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{% if message['content'] is string %}{{ message['content'] }}"
    "{% else %}{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}<|vision_start|><|image_pad|><|vision_end|>"
    "{% elif part['type'] == 'text' %}{{ part['text'] }}{% endif %}{% endfor %}{% endif %}"
    "<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
SPECIAL = [
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|image_pad|>",
    "<|video_pad|>",
]
# Ordinary text, but one token each: the answer format costs four tokens, not twenty.
FORMAT = ["<think>", "</think>", "<answer>", "</answer>"]
VOCABULARY = 2048
MAX_PIXELS = 84 * 84
# Either way an image is 3 x 3 tokens for the language model; the judge looks at four times as many, smaller patches.
POLICY_VISION = {
    "depth": 2,
    "hidden_size": 128,
    "intermediate_size": 256,
    "num_heads": 4,
    "patch_size": 14,
    "spatial_merge_size": 2,
    "fullatt_block_indexes": [0, 1],
}
JUDGE_VISION = {
    "depth": 4,
    "hidden_size": 64,
    "intermediate_size": 192,
    "num_heads": 4,
    "patch_size": 7,
    "spatial_merge_size": 4,
    "fullatt_block_indexes": [0, 1, 2, 3],
}


def gloss_lines(wordnet: Path) -> Iterator[str]:
    """WordNet's glosses: general English with its medical words, so that real questions tokenize sensibly."""
    for name in ("data.noun", "data.adj", "data.verb"):
        for line in (wordnet / name).read_text(encoding="utf-8").splitlines():
            if " | " in line:
                yield line.split(" | ", 1)[1]


def build_tokenizer(wordnet: Path, words: list[str]) -> PreTrainedTokenizerFast:
    """Byte-level BPE. `words` are names (not sentences) that should be single tokens."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY - len(FORMAT),
        special_tokens=SPECIAL,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )

    def lines() -> Iterator[str]:
        for _ in range(3000):
            yield " " + " ".join(words)
            yield "\n".join(words)
        for index, line in enumerate(gloss_lines(wordnet)):
            if index % 4 == 0:
                yield line

    tokenizer.train_from_iterator(lines(), trainer)
    tokenizer.add_tokens([AddedToken(token, normalized=False) for token in FORMAT])
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token="<|im_end|>", pad_token="<|endoftext|>", padding_side="left"
    )
    fast.model_max_length = 2048
    return fast


def build_processor(tokenizer: PreTrainedTokenizerFast, vision: dict[str, Any] = POLICY_VISION) -> Qwen2_5_VLProcessor:
    image_processor = Qwen2VLImageProcessorPil(
        size={"shortest_edge": MAX_PIXELS, "longest_edge": MAX_PIXELS},
        patch_size=vision["patch_size"],
        merge_size=vision["spatial_merge_size"],
    )
    video = StillImagesOnly({"video_processor_type": "Qwen2VLVideoProcessor"})
    return Qwen2_5_VLProcessor(image_processor, tokenizer, video, chat_template=CHAT_TEMPLATE)


def build_model(
    tokenizer: PreTrainedTokenizerFast, seed: int, vision: dict[str, Any] = POLICY_VISION
) -> Qwen2_5_VLForConditionalGeneration:
    torch.manual_seed(seed)
    ids = {
        name: tokenizer.convert_tokens_to_ids(token)
        for name, token in {
            "image_token_id": "<|image_pad|>",
            "video_token_id": "<|video_pad|>",
            "vision_start_token_id": "<|vision_start|>",
            "vision_end_token_id": "<|vision_end|>",
        }.items()
    }
    config = Qwen2_5_VLConfig(
        text_config={
            "vocab_size": VOCABULARY,
            "hidden_size": 128,
            "intermediate_size": 384,
            "num_hidden_layers": 4,
            "num_attention_heads": 4,
            "num_key_value_heads": 4,
            "max_position_embeddings": 2048,
            "tie_word_embeddings": True,
            "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [4, 6, 6]},
            "bos_token_id": None,
            "eos_token_id": tokenizer.eos_token_id,
            "pad_token_id": tokenizer.pad_token_id,
        },
        vision_config={**vision, "out_hidden_size": 128, "window_size": 112},
        tie_word_embeddings=True,
        **ids,
    )
    model = Qwen2_5_VLForConditionalGeneration(config)
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    return model


def domain_words(texts: list[str]) -> list[str]:
    """Every distinct word of the texts; the order is fixed."""
    return sorted({word for text in texts for word in re.findall(r"[A-Za-z]+", text)})
