"""Finds, before a model is loaded, texts that hold tokens with a meaning of their own to the model.

A question that says `<|image_pad|>` asks for an image that is not there, one that says `<|im_end|>` ends its own turn.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

#: What replies are made of. A tokenizer may have them as tokens of its own; they are text all the same.
REPLY_TAGS = ("<think>", "</think>", "<answer>", "</answer>")
SHOWN = 5


class ReservedTokens(ValueError):
    """A text of a sample holds a token that the model reads as an image, a turn or an end."""


@lru_cache(maxsize=32)
def reserved_tokens(processor: Any) -> tuple[str, ...]:
    """Special tokens of the tokenizer and placeholders of the processor, longest first."""
    tokenizer = processor.tokenizer
    special = {str(token) for token in tokenizer.added_tokens_decoder.values() if token.special}
    special |= {str(token) for token in tokenizer.all_special_tokens}
    placeholders = {
        value
        for owner in (processor, tokenizer)
        for name, value in vars(owner).items()
        if name.endswith("_token") and isinstance(value, str)
    }
    named = {token for token in special | placeholders if token.strip() and token not in REPLY_TAGS}
    return tuple(sorted(named, key=lambda token: (-len(token), token)))


def check_texts(processor: Any, rows: Sequence[dict[str, Any]], columns: Iterable[str], model: str) -> None:
    """Raises where a text of a row holds a reserved token: names samples, columns and tokens, and how many there are.

    A column may hold a text, a list of texts, or nothing.
    """
    reserved = reserved_tokens(processor)
    found: list[str] = []
    samples: set[Any] = set()
    for row in rows:
        for column in columns:
            for text in _texts(row.get(column)):
                token = next((token for token in reserved if token in text), None)
                if token is not None:
                    found.append(f"sample {row['id']}: {column} holds {token}")
                    samples.add(row["id"])
    if found:
        more = f"; and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
        raise ReservedTokens(
            f"{len(samples)} of {len(rows)} samples hold tokens that {model} reads as an image or as a turn's end: "
            f"{'; '.join(found[:SHOWN])}{more}"
        )


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [text for text in value if isinstance(text, str)] if isinstance(value, (list, tuple)) else []
