"""Tokenizers of tiny families: byte-level like Qwen's, or with a mark for spaces like Llama 2's and Gemma's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

TEXT = [
    "Which imaging method was used for this picture? Computed tomography, magnetic resonance, ultrasound.",
    "USER: ASSISTANT: user assistant model system You are a helpful assistant. User: Assistant:",
    "The answer is: A) CT B) MRI <think>It shows the left lung.</think> <answer>CT</answer>\n\n",
] * 4


def byte_level(special: list[str], bos: str | None = None, size: int = 500) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    tokenizer.train_from_iterator(TEXT, trainer)
    return _with_special(tokenizer, special, bos)


def space_marked(special: list[str], bos: str | None = None, prefix: bool = True, size: int = 500) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE(byte_fallback=True, fuse_unk=True, unk_token="<unk>"))
    if prefix:  # Llama 2: the first word gets a mark too
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
    else:  # Gemma
        tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    pieces = ["<unk>", *(f"<0x{number:02X}>" for number in range(256))]
    trainer = trainers.BpeTrainer(vocab_size=size, special_tokens=pieces, show_progress=False)
    tokenizer.train_from_iterator([line.replace(" ", "▁") for line in TEXT], trainer)
    return _with_special(tokenizer, special, bos)


def _with_special(tokenizer: Tokenizer, special: list[str], bos: str | None) -> Tokenizer:
    tokenizer.add_special_tokens([AddedToken(token, normalized=False, special=True) for token in special])
    if bos is not None:
        number = tokenizer.token_to_id(bos)
        tokenizer.post_processor = processors.TemplateProcessing(
            single=f"{bos} $A", pair=f"{bos} $A {bos} $B", special_tokens=[(bos, number)]
        )
    return tokenizer


def write(folder: Path, tokenizer: Tokenizer, config: dict[str, Any]) -> dict[str, int]:
    """In the hub's form; gives the numbers of all tokens."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    added = {
        str(number): {
            "content": str(token.content),
            "lstrip": False,
            "normalized": False,
            "rstrip": False,
            "single_word": False,
            "special": True,
        }
        for number, token in tokenizer.get_added_tokens_decoder().items()
    }
    whole = {"added_tokens_decoder": added, "tokenizer_class": "PreTrainedTokenizerFast", **config}
    (folder / "tokenizer_config.json").write_text(json.dumps(whole))
    return tokenizer.get_vocab(with_added_tokens=True)
