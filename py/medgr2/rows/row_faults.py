"""Faults in making rows into model inputs, named by row. None is a StopIteration: loops take it for the data's end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch

from medgr2.training.training_faults import RowError

#: Nothing that a row is to blame for.
NOT_A_ROWS = (MemoryError, torch.OutOfMemoryError, RowError)
IDS_SHOWN = 3


class NamedRows:
    """A collator that says which row it could not take. Remembers the rows that have nothing to learn from."""

    def __init__(self, collate: Callable[[list[Any]], Any], ids_of: Callable[[Any], list[str]]) -> None:
        self.collate = collate
        self.ids_of = ids_of
        self.unlabelled: dict[str, None] = {}

    def __call__(self, examples: list[Any]) -> Any:
        try:
            batch = self.collate([_copy(example) for example in examples])
        except NOT_A_ROWS:
            raise
        except Exception as error:
            raise row_error(error, examples, self.ids_of, lambda one: self.collate([_copy(one)])) from error
        labels = batch.get("labels") if hasattr(batch, "get") else None
        if isinstance(labels, torch.Tensor) and labels.dim() == 2:
            for example, row_labels in zip(examples, labels, strict=True):
                if bool((row_labels == -100).all()):
                    self.unlabelled.update(dict.fromkeys(self.ids_of(example)))
        return batch


def row_error(
    error: BaseException, examples: Sequence[Any], ids_of: Callable[[Any], list[str]], alone: Callable[[Any], Any]
) -> RowError:
    """Finds the row by trying each `alone`; where none fails by itself, the batch is named."""
    for example in examples:
        try:
            alone(example)
        except NOT_A_ROWS:
            raise
        except Exception as own:
            name = ", ".join(ids_of(example))
            found = RowError(f"row {name} cannot be made into what the model reads: {_told(own)}")
            found.alone = True
            return found
    ids = list(dict.fromkeys(name for example in examples for name in ids_of(example)))
    more = f" and {len(ids) - IDS_SHOWN} more" if len(ids) > IDS_SHOWN else ""
    shown = ", ".join(ids[:IDS_SHOWN])
    return RowError(f"the rows {shown}{more} cannot be made into what the model reads together: {_told(error)}")


def _told(error: BaseException) -> str:
    if isinstance(error, StopIteration):
        return "its text has more image placeholders than it has images"
    return f"{type(error).__name__}: {error}"


def _copy(example: Any) -> Any:
    """Collators write into the examples they get."""
    return dict(example) if isinstance(example, dict) else example
