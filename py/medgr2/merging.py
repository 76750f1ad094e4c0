"""LoRA adapters become part of the weights they stand on: added up in float32, and rounded once."""

from __future__ import annotations

from typing import Any

import torch


def merge_adapters(adapted: Any, names: list[str]) -> Any:
    """The model without adapters. `names` go from the lowest to the topmost; each layer keeps its number format.

    peft adds in the format of the base, one adapter after the other: in half precision most of a small one is lost.
    One layer at a time is float32 here, and not the whole model.
    """
    from peft.tuners.tuners_utils import BaseTunerLayer

    with torch.no_grad():
        for module in adapted.modules():
            if not isinstance(module, BaseTunerLayer):
                continue
            own = list(module.get_base_layer().parameters(recurse=False))
            formats = [value.dtype for value in own]
            for value in own:
                value.data = value.data.float()
            module.merge(adapter_names=names)
            for value, dtype in zip(own, formats, strict=True):
                value.data = value.data.to(dtype)
    return adapted.unload()
