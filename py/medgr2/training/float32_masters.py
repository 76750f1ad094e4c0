"""Weights that train are held in float32 beside half-precision compute: their masters.

AdamW moves a weight by about the learning rate. At 1e-5 and below that is less than half precision can add to most
weights, and the update is rounded away: of a reward model at 1e-5, 8 % of the weights move in bfloat16, and all in
float32. What is saved is rounded once, after the last step; adapters and the reward head are float32 on disk too.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

#: Name of a parameter -> the number format that it has beside its master.
Held = dict[str, torch.dtype]

HALF = (torch.bfloat16, torch.float16)


def hold(model: torch.nn.Module) -> Held:
    """Makes masters of all weights that train in half precision, of the same values. Before an optimiser is made."""
    held: Held = {}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad and parameter.dtype in HALF:
            held[name] = parameter.dtype
            parameter.data = parameter.data.float()
    if held and any(value.dtype in HALF and not value.requires_grad for value in model.parameters()):
        _embed_in_half(getattr(model, "backbone", model))
    elif held:
        _features_as_embeddings(getattr(model, "backbone", model))
    return held


def _features_as_embeddings(vlm: Any) -> None:
    """SmolVLM writes features, in half precision under autocast, into the masters' embeddings without a conversion."""
    for name, module in vlm.named_modules():
        if name.rpartition(".")[2] == "connector":
            words = vlm.get_input_embeddings()
            module.register_forward_hook(lambda _module, _inputs, output, words=words: output.to(words.weight.dtype))


def _embed_in_half(vlm: Any) -> None:
    """A tower that stays in half precision writes into the text's embeddings, in some families without a conversion."""
    embedding = vlm.get_input_embeddings()
    if embedding.weight.requires_grad:
        dtype = next(value.dtype for value in vlm.parameters() if value.dtype in HALF)
        embedding.register_forward_hook(lambda _module, _inputs, output: output.to(dtype))


def release(model: torch.nn.Module, held: Held) -> None:
    """Rounds masters to what they stand for, for good. Adapters stay: small beside what they are added to."""
    for name, parameter in model.named_parameters():
        if name in held and not is_adapter(name):
            parameter.data = parameter.data.to(held[name])


@contextmanager
def in_half(model: torch.nn.Module, held: Held) -> Iterator[None]:
    """Within it the model writes as it will once it is saved, and no weight is converted again for each token."""
    parameters = {name: value for name, value in model.named_parameters() if name in held and not is_adapter(name)}
    masters = {name: value.data for name, value in parameters.items()}
    try:
        for name, parameter in parameters.items():
            parameter.data = masters[name].to(held[name])
        yield
    finally:
        for name, parameter in parameters.items():
            parameter.data = masters[name]


def is_adapter(name: str) -> bool:
    return ".lora_" in name


def share_that_moves(model: torch.nn.Module, rate: float) -> float:
    """Of the weights that train, the share that a step of this learning rate changes in their own number format."""
    moved = total = 0
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                moved += int((parameter - rate).ne(parameter).sum())
                total += parameter.numel()
    return moved / max(1, total)


def precision_options(dtype: torch.dtype, on_cpu: bool) -> dict[str, Any]:
    """Options of every trainer for computing in `dtype`. A CPU has no float16 to train in: it computes in float32."""
    return {"bf16": dtype == torch.bfloat16, "fp16": dtype == torch.float16 and not on_cpu}
