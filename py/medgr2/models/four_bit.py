"""The base below adapters in 4 bits (QLoRA), by bitsandbytes. Of a job alone: nothing on disk is ever in 4 bits.

The language model's linear layers are packed, which are nearly all of a VLM; its tower, embeddings and output stay.
"""

from __future__ import annotations

from typing import Any

import torch

from medgr2.models.load_models import load_policy, model_path, torch_dtype
from medgr2.models.weights import load_weights
from medgr2.training.sharding import ShardingRefused, sharding
from medgr2.training.trained_parts import language_model


class FourBitRefused(RuntimeError):
    """Weights of 4 bits cannot be had in this job, or on this machine."""


def check_four_bit(spec: dict[str, Any]) -> None:
    """Raises what a job in 4 bits would fail of; before anything is loaded."""
    if not spec.get("quantize"):
        return
    if sharding() is not None:
        raise ShardingRefused(f"weights in 4 bits (quantize) cannot be split over ranks ({sharding()})")
    if (spec.get("trl") or {}).get("use_vllm"):
        raise FourBitRefused("quantize: 4bit cannot be with trl.use_vllm, which is sent whole weights")


def load_for_training(spec: dict[str, Any], device: torch.device) -> Any:
    """The policy that a job trains, in 4 bits where `quantize` says so."""
    return (load_four_bit if spec.get("quantize") else load_policy)(spec["model"], device)


def load_four_bit(reference: dict[str, Any], device: torch.device) -> Any:
    """As `load_policy`, the language model's layers packed on the way to the device."""
    dtype = torch_dtype(reference, device)
    model = load_weights(model_path(reference), dtype)
    try:
        _pack(language_model(model), dtype)
        model.to(device)
    except (ImportError, RuntimeError, OSError, NotImplementedError) as error:
        if isinstance(error, torch.OutOfMemoryError):
            raise
        raise FourBitRefused(f"bitsandbytes cannot pack weights into 4 bits on {device}: {error}") from error
    model.is_loaded_in_4bit = True  # how peft and TRL tell
    return model.eval()


def _pack(part: torch.nn.Module, dtype: torch.dtype) -> None:
    from bitsandbytes.nn import Linear4bit, Params4bit

    for module in list(part.modules()):
        for name, layer in list(module.named_children()):
            if type(layer) is not torch.nn.Linear:
                continue
            packed = Linear4bit(
                layer.in_features, layer.out_features, layer.bias is not None, dtype, quant_type="nf4", device="meta"
            )
            packed.weight = Params4bit(layer.weight.data, requires_grad=False, quant_type="nf4")
            packed.bias = layer.bias
            setattr(module, name, packed)
