"""The one way from samples to model inputs: for SFT's batches, the reward model, likelihoods and generation alike.

The prompt goes through the family's processor exactly as it does before generation; a response is tokens after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import torch

from medgr2.models.chat_format import adds_special_tokens, is_prefix_model, prompt_text, turn_of
from medgr2.rows.image_memo import opened
from medgr2.rows.open_image import ImageUnreadable
from medgr2.rows.reserved_tokens import reserved_tokens

Row = dict[str, Any]
Tensors = dict[str, torch.Tensor]


class SampleUnreadable(ValueError):
    """A sample cannot be made into model inputs."""


class Encoded(NamedTuple):
    inputs: Tensors
    #: (B, T) bool: the tokens of the response and of its end, without what stands before as `prefix`.
    response_BT: torch.Tensor


def encode(processor: Any, rows: Sequence[Row], side: str = "right", most: int | None = None) -> Encoded:
    """Rows {id, image, prompt, response?, prefix?} as a padded batch; without `response` they end where one begins.

    `most` cuts rows to so many tokens at their end, as TRL's `max_length` does.
    """
    prompts = _prompts(processor, rows)
    mask_BT = prompts["attention_mask"].bool()
    replies = [
        reply_ids(processor, row["prompt"], row.get("response"), row.get("prefix") or "", whole)
        for row, whole in zip(rows, _whole_texts(processor, rows), strict=True)
    ]
    length = max(int(used) + len(ids) for used, (ids, _) in zip(mask_BT.sum(dim=1), replies, strict=True))
    length = min(length, most or length)
    response_BT = torch.zeros(len(rows), length, dtype=torch.bool)
    per_token = {name for name, value in prompts.items() if _is_per_token(name, value, mask_BT)}
    batch = {
        name: value.new_full((len(rows), length, *value.shape[2:]), _padding(processor, name))
        if name in per_token
        else value
        for name, value in prompts.items()
    }
    for row, (ids, counted) in enumerate(replies):
        used = int(mask_BT[row].sum())
        whole = min(used + len(ids), length)
        start = 0 if side == "right" else length - whole
        for name in per_token:
            own = prompts[name][row][mask_BT[row]]
            batch[name][row, start : start + whole] = torch.cat([own, _continued(processor, name, own, ids)])[:whole]
        response_BT[row, start + min(whole, used + len(ids) - counted) : start + whole] = True
    return Encoded(batch, response_BT)


def _whole_texts(processor: Any, rows: Sequence[Row]) -> list[list[int] | None]:
    """Tokens of prompt and response in one text, all rows at once, which is faster; None where there is no response."""
    answered = [at for at, row in enumerate(rows) if row.get("response") is not None]
    wholes: list[list[int] | None] = [None] * len(rows)
    if not answered:
        return wholes
    before = turn_of(processor).before
    texts = []
    for at in answered:
        row = rows[at]
        texts.append(f"{boundary(processor, row['prompt'])}{before}{row.get('prefix') or ''}{row['response']}")
    adds = adds_special_tokens(processor, texts[0]) and not is_prefix_model(processor)
    for at, ids in zip(answered, processor.tokenizer(texts, add_special_tokens=adds).input_ids, strict=True):
        wholes[at] = ids
    return wholes


def reply_ids(
    processor: Any, prompt: str, response: str | None, prefix: str = "", together: list[int] | None = None
) -> tuple[list[int], int]:
    """Tokens after the prompt, with the response's end, and how many of them, from the last on, are the response's.

    `together`: tokens of prompt and response in one text, where they are known.
    """
    if response is None:
        return [], 0
    turn = turn_of(processor)
    start = boundary(processor, prompt)
    whole = [*_after(processor, start, f"{turn.before}{prefix}{response}", together), turn.end]
    if not prefix:
        return whole, len(whole)
    alone = _after(processor, start, f"{turn.before}{prefix}")
    common = 0
    while common < min(len(alone), len(whole)) and alone[common] == whole[common]:
        common += 1
    return whole, len(whole) - common


def boundary(processor: Any, prompt: str) -> str:
    """The text that a response follows."""
    return f"{prompt}\n" if is_prefix_model(processor) else prompt_text(processor, prompt)


def _after(processor: Any, start: str, text: str, together: list[int] | None = None) -> list[int]:
    """Tokens of `text` after `start`, whose own tokens stay what they are alone: generation goes on from them."""
    tokenizer = processor.tokenizer
    if any(token in text for token in reserved_tokens(processor)):
        return _as_plain_text(processor, text)
    adds = adds_special_tokens(processor, start) and not is_prefix_model(processor)
    alone = _start_ids(processor, start, adds)
    whole: list[int] = together or tokenizer(start + text, add_special_tokens=adds).input_ids
    if tuple(whole[: len(alone)]) == alone:
        return whole[len(alone) :]
    return list(tokenizer(text, add_special_tokens=False).input_ids)


@lru_cache(maxsize=4096)  # a prompt is asked with several responses
def _start_ids(processor: Any, start: str, adds: bool) -> tuple[int, ...]:
    return tuple(processor.tokenizer(start, add_special_tokens=adds).input_ids)


def _as_plain_text(processor: Any, text: str) -> list[int]:
    """What spells a special token is spelled out: a model may write it, and it must not become an image."""
    tokenizer = processor.tokenizer
    ids: list[int] = tokenizer(text, add_special_tokens=False, split_special_tokens=True).input_ids
    images = {number for number in (getattr(processor, "image_token_ids", None) or []) if number is not None}
    if images & set(ids):
        raise SampleUnreadable(f"a response holds an image token that its tokenizer cannot spell out: {text[:200]!r}")
    return ids


def _prompts(processor: Any, rows: Sequence[Row]) -> Tensors:
    texts = [prompt_text(processor, row["prompt"]) for row in rows]
    images = [[_image(row)] for row in rows]
    try:
        return _process(processor, images, texts)
    except Exception:  # processors raise many kinds, StopIteration among them, and do not say for which sample
        for row, image, text in zip(rows, images, texts, strict=True):
            try:
                _process(processor, [image], [text])
            except Exception as error:
                words = str(error) or type(error).__name__
                raise SampleUnreadable(f"sample {row['id']} (image {row['image']}): {words}") from error
        raise


def _process(processor: Any, images: list[list[Any]], texts: list[str]) -> Tensors:
    given = processor(
        images=images,
        text=texts,
        add_special_tokens=adds_special_tokens(processor, texts[0]) and not is_prefix_model(processor),
        padding=True,
        padding_side="left",
        return_tensors="pt",
    )
    return {name: value for name, value in given.items() if isinstance(value, torch.Tensor) and name != "labels"}


def _image(row: Row) -> Any:
    try:
        return opened(row["image"])
    except ImageUnreadable as error:
        raise ImageUnreadable(f"sample {row['id']}: {error}") from error


def _is_per_token(name: str, value: torch.Tensor, mask_BT: torch.Tensor) -> bool:
    return not name.startswith(("pixel", "image", "aspect")) and value.shape[:2] == mask_BT.shape


def _padding(processor: Any, name: str) -> int:
    return int(processor.tokenizer.pad_token_id) if name == "input_ids" else 0


def _continued(processor: Any, name: str, own: torch.Tensor, ids: list[int]) -> torch.Tensor:
    """What a tensor that runs along the tokens has at the response's."""
    if name == "input_ids":
        return own.new_tensor(ids)
    if name == "cross_attention_mask":  # Mllama: a response sees what the prompt's last token sees
        return own[-1:].expand(len(ids), *own.shape[1:])
    ones = name == "attention_mask" or (name == "token_type_ids" and is_prefix_model(processor))
    return own.new_full((len(ids), *own.shape[1:]), int(ones))
