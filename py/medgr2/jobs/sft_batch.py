"""SFT's batches, made by the one encoding that scoring and evaluation use: loss on the completion and its end only."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch

from medgr2.models.load_models import context_length, model_path
from medgr2.node.job_channel import Channel
from medgr2.rows.encode import Row, encode
from medgr2.rows.image_memo import ImageMemo
from medgr2.rows.prepare_rows import checked_processor
from medgr2.rows.row_bounds import fitting, row_lengths

#: What no loss is taken on, in transformers.
IGNORED = -100
#: Images read at once.
TOGETHER = 32

Batch = dict[str, torch.Tensor]


class SftBatch:
    """TRL's collator for rows {id, image, prompt, completion}; `most` cuts completions, as TRL's `max_length` does."""

    def __init__(self, processor: Any, most: int | None = None) -> None:
        self.processor = processor
        self.most = most
        self.images = ImageMemo()

    def __call__(self, rows: Sequence[Row]) -> dict[str, torch.Tensor]:
        asked = [
            {"id": row["id"], "image": row["image"], "prompt": row["prompt"], "response": row["completion"]}
            for row in rows
        ]
        with self.images.of(self.processor):
            inputs, response_BT = encode(self.processor, asked, most=self.most)
        return {**inputs, "labels": inputs["input_ids"].masked_fill(~response_BT, IGNORED)}


def one_of_each_image(rows: Sequence[Row], drawn: float, collate: Callable[[list[Row]], Batch]) -> Iterator[Batch]:
    """Batches that hold every image once; none where fewer rows are drawn than there are."""
    if drawn < len(rows):
        return
    found: dict[str, Row] = {}
    for row in rows:
        found.setdefault(row["image"], row)
    firsts = list(found.values())
    for start in range(0, len(firsts), TOGETHER):
        yield collate(firsts[start : start + TOGETHER])


def sft_rows(spec: dict[str, Any], rows: list[Row], channel: Channel) -> tuple[Any, list[Row]]:
    """The processor, and the rows that the model can read, or of which `trl.max_length` leaves something to learn."""
    processor = checked_processor(spec["model"], rows, ("prompt", "completion"))
    context = context_length(spec["model"])
    cut = (spec.get("trl") or {}).get("max_length")
    if cut is not None:
        # The rest is cut off; an image or a prompt cannot be.
        lengths = row_lengths(processor, rows)
        kept = fitting(rows, lengths, min(cut, context or cut), 1, "trl.max_length", channel)
    else:
        lengths = row_lengths(processor, rows, "completion")
        kept = fitting(rows, lengths, context, 0, model_path(spec["model"]), channel)
    return processor, [rows[index] for index in kept]
