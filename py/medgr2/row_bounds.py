"""How many tokens a row takes, which rows a model cannot read, and batches whose padding stays in bounds."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from PIL import Image

from medgr2.channel import Channel
from medgr2.chat import adds_special_tokens, is_prefix_model, prompt_text, turn_of
from medgr2.encode import Row, SampleUnreadable, boundary
from medgr2.images import ImageUnreadable, image_size

#: Tokens a row may take in a full batch before the batch is made smaller, where its neighbours are short.
USUAL_TOKENS = 512
#: Tokens of one pass over whole rows, padding among them, whatever the rows of a batch: what a layer holds for each is
#: about 120 KB in a model of 3B and 210 KB in one of 7B, and no device is faster for more of them at once.
PASS_TOKENS = 16_384
#: Tokens whose keys and values are held while completions are written: 36 to 57 KB each.
HELD_TOKENS = 65_536
SHOWN = 5


class RowsTooLong(ValueError):
    """Samples do not fit into what the model can read."""


def row_lengths(processor: Any, rows: Sequence[Row], response: str | None = None) -> list[int]:
    """Tokens of image, prompt and, where a column is named, response. Images' come from their sizes: none is decoded.

    Rows may be many, and a tokenizer is much faster on many texts than on each.
    """
    if not rows:
        return []
    starts = [boundary(processor, row["prompt"]) for row in rows]
    adds = adds_special_tokens(processor, starts[0]) and not is_prefix_model(processor)
    end, before = (0, "") if response is None else (1, turn_of(processor).before)
    texts = [
        start + (before + (row[response] or "") if response else "") for start, row in zip(starts, rows, strict=True)
    ]
    images = [image_tokens(processor, row) for row in rows]
    if is_prefix_model(processor):  # its processor writes the image's tokens and a first one before the prompt
        more = 1
    elif hasattr(processor, "full_image_sequence"):
        # Gemma 3: the lines' ends around the image join those of the template.
        texts = [text.replace(processor.boi_token, processor.full_image_sequence, 1) for text in texts]
        images, more = [0] * len(rows), 0
    else:
        more = -1  # the image's tokens stand in the place of one
    words = processor.tokenizer(texts, add_special_tokens=adds).input_ids
    return [len(ids) + more + image + end for ids, image in zip(words, images, strict=True)]


def image_tokens(processor: Any, row: Row) -> int:
    """What the processor puts in the place of the image's one placeholder."""
    try:
        width, height = image_size(row["image"])
    except ImageUnreadable as error:
        raise ImageUnreadable(f"sample {row['id']}: {error}") from error
    try:
        return _tokens_of_size(processor, width, height)
    except ValueError as error:
        raise SampleUnreadable(f"sample {row['id']} (image {row['image']}): {error}") from error


@lru_cache(maxsize=4096)
def _tokens_of_size(processor: Any, width: int, height: int) -> int:
    if type(processor).__name__ == "MllamaProcessor":  # looks at the image beside the text
        return 1
    try:
        return int(processor._get_num_multimodal_tokens(image_sizes=[[height, width]])["num_image_tokens"][0])
    except (AttributeError, NotImplementedError):  # a family that has no rule: SmolVLM
        blank = Image.new("RGB", (width, height))
        text = prompt_text(processor, "?")
        with_image = processor(images=[[blank]], text=[text], add_special_tokens=False)["input_ids"][0]
        return len(with_image) - len(processor.tokenizer(text, add_special_tokens=False).input_ids) + 1


def fitting(
    rows: Sequence[Row], lengths: Sequence[int], most: int | None, after: int, what: str, channel: Channel
) -> list[int]:
    """Positions of the rows that leave room for `after` tokens more; what is left out is told, and all is an error."""
    kept = [index for index, length in enumerate(lengths) if most is None or length + after <= most]
    if len(kept) < len(rows):
        out = sorted(set(range(len(rows))) - set(kept))
        words = too_long(rows, lengths, out, most, after, what)
        if not kept:
            raise RowsTooLong(f"{words}: none is left")
        channel.emit({"type": "warning", "message": f"left out: {words}"})
    return kept


def too_long(
    rows: Sequence[Row], lengths: Sequence[int], out: Sequence[int], most: int | None, after: int, what: str
) -> str:
    named = ", ".join(f"{rows[index]['id']} ({lengths[index]})" for index in out[:SHOWN])
    more = f" and {len(out) - SHOWN} more" if len(out) > SHOWN else ""
    room = f" with {after} for the reply" if after else ""
    return f"{len(out)} of {len(rows)} samples have more tokens than the {most} of {what}{room}: {named}{more}"


def plan_batches(
    lengths: Sequence[int], size: int, sort: bool = False, after: int = 0, copies: int = 1
) -> list[list[int]]:
    """Positions in batches of at most `size`; one with long rows is smaller: the one bound on what a pass may take.

    Of each row `copies` are read, and each is followed by `after` tokens. With `sort` rows of like length stand
    together, longest first: what does not fit into memory fails at once.
    """
    order = sorted(range(len(lengths)), key=lambda index: (-lengths[index], index)) if sort else range(len(lengths))
    usual = sorted(lengths)[len(lengths) // 2] if lengths else 0
    padded = size * max(USUAL_TOKENS, 2 * usual)
    found: list[list[int]] = []
    longest = 0
    for index in order:
        longest = max(longest, lengths[index])
        rows = len(found[-1]) + 1 if found else 1
        read, held = rows * copies * longest, rows * copies * (longest + after)
        if not found or rows > size or rows * longest > padded or read > PASS_TOKENS or held > HELD_TOKENS:
            found.append([])
            longest = lengths[index]
        found[-1].append(index)
    return found
