"""LoRA adapters become part of the weights they stand on: added up in float32, and rounded once.

The one rule for all that adds: loading a chain of adapters, `merge`, a finished reward model, what vLLM is sent. peft
adds in the format of the base, one adapter after the other: in half precision most of a small one is lost.
"""

from __future__ import annotations

from typing import Any

import torch


def merge_adapters(adapted: Any, names: list[str]) -> Any:
    """The model without adapters. `names` go from the lowest to the topmost; each layer keeps its number format."""
    from peft.tuners.tuners_utils import BaseTunerLayer

    for module in adapted.modules():
        if isinstance(module, BaseTunerLayer):
            _add(module, names)
    return adapted.unload()


def with_adapters(layer: Any) -> torch.Tensor:
    """A layer's weight as its active adapters make it, in a tensor of its own; the layer stays as it is, to the bit."""
    parameters = list(layer.get_base_layer().parameters(recurse=False))
    kept = [value.data for value in parameters]
    try:
        for value in parameters:
            value.data = value.data.clone()
        _add(layer, list(layer.active_adapters))
        whole: torch.Tensor = layer.get_base_layer().weight.data
    finally:
        for value, own in zip(parameters, kept, strict=True):
            value.data = own
        layer.merged_adapters.clear()
    return whole


@torch.no_grad()
def _add(layer: Any, names: list[str]) -> None:
    """One layer at a time is float32, and not the whole model."""
    own = list(layer.get_base_layer().parameters(recurse=False))
    formats = [value.dtype for value in own]
    for value in own:
        value.data = value.data.float()
    layer.merge(adapter_names=names)
    for value, dtype in zip(own, formats, strict=True):
        value.data = value.data.to(dtype)
