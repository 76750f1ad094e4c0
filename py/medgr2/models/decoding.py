"""How a policy's tokens are chosen: as the job says and in no other way.

A model's generation_config.json may hold penalties, filters and lengths, which transformers fills in for whatever a
caller leaves out. None of them reaches a job; all of its ends of turn do.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from transformers import GenerationConfig

from medgr2.models.chat_format import end_ids


def plain_settings(model: Any, processor: Any, **chosen: Any) -> GenerationConfig:
    """The model's ends of turn and its padding, what the job chose, and nothing else that its folder says."""
    return GenerationConfig(
        bos_token_id=model.generation_config.bos_token_id,
        eos_token_id=end_ids(model, processor),
        pad_token_id=processor.tokenizer.pad_token_id,
        **chosen,
    )


@contextmanager
def plain_generation(model: Any, processor: Any) -> Iterator[list[int]]:
    """While it lasts, the model's own settings are its ends alone, which it gives."""
    own = model.generation_config
    model.generation_config = plain_settings(model, processor)
    try:
        yield model.generation_config.eos_token_id
    finally:
        model.generation_config = own


def generate(
    model: Any, processor: Any, inputs: dict[str, torch.Tensor], most: int, samples: int, temperature: float
) -> list[tuple[list[int], bool]]:
    """`samples` continuations of each row as (tokens with the end, whether it ended); temperature 0 is greedy."""
    sampling = (
        {"do_sample": True, "temperature": temperature, "top_k": 0, "top_p": 1.0}
        if temperature > 0
        else {"do_sample": False}
    )
    width = inputs["input_ids"].shape[1]
    with torch.inference_mode(), plain_generation(model, processor) as ends:
        # Where none is given, transformers makes a default configuration of the whole model first, each time.
        settings = plain_settings(model, processor, max_new_tokens=most, num_return_sequences=samples, **sampling)
        ids_BT = model.generate(**inputs, generation_config=settings)
    found = []
    for ids in ids_BT[:, width:].tolist():
        at = next((index for index, number in enumerate(ids) if number in ends), None)
        found.append((ids, False) if at is None else (ids[: at + 1], True))
    return found
