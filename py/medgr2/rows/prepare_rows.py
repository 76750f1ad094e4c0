"""What jobs do with their rows before weights are read: no reserved tokens, no rows longer than the model reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from medgr2.models.load_models import context_length, model_path
from medgr2.models.load_processor import load_processor
from medgr2.node.job_channel import Channel
from medgr2.rows.encode import Row
from medgr2.rows.reserved_tokens import check_texts
from medgr2.rows.row_bounds import fitting, row_lengths


class Prepared(NamedTuple):
    processor: Any
    #: The rows that fit, and their lengths in tokens without the reply that is still to be written.
    rows: list[Row]
    lengths: list[int]
    #: Tokens that the model can read at once, where it says so.
    context: int | None


def checked_processor(reference: dict[str, Any], rows: Sequence[Row], columns: tuple[str, ...]) -> Any:
    """The model's processor, once no text of the rows means more to it than its words."""
    path = model_path(reference)
    processor = load_processor(path, reference.get("maxPixels"))
    check_texts(processor, rows, columns, path)
    return processor


def prepare(
    reference: dict[str, Any],
    rows: list[Row],
    columns: tuple[str, ...],
    channel: Channel,
    reply: int = 0,
    response: str | None = None,
) -> Prepared:
    """Leaves out, and tells, what does not fit beside a reply of so many tokens or beside the column `response`."""
    processor = checked_processor(reference, rows, columns)
    context = context_length(reference)
    lengths = row_lengths(processor, rows, response)
    kept = fitting(rows, lengths, context, reply, model_path(reference), channel)
    return Prepared(processor, [rows[index] for index in kept], [lengths[index] for index in kept], context)
