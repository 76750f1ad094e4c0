"""How a trained model is split over the ranks of a job: `fsdp` (PyTorch's FSDP2) or `zero3` (DeepSpeed), by accelerate.

The executor says which by an environment variable, as `accelerate launch` does; no library is imported before it must.
A model that only scores beside it is split too (split_layers).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

#: `fsdp`, `zero3`, or nothing: every rank holds the whole model.
SHARDING = "MEDGR2_SHARDING"


def sharding() -> str | None:
    return os.environ.get(SHARDING) or None


def ranks() -> int:
    """Processes that share this job, as their launcher says."""
    return int(os.environ.get("WORLD_SIZE", "1"))


class ShardingRefused(RuntimeError):
    """The sharding that is asked for cannot be had in this job, on this machine."""


def sharding_options() -> dict[str, Any]:
    """Options of every trainer for the sharding of this job; none where every rank holds the whole model."""
    if sharding() == "fsdp":
        plan = {"version": 2, "auto_wrap_policy": "TRANSFORMER_BASED_WRAP", "state_dict_type": "FULL_STATE_DICT"}
        return {"fsdp": True, "fsdp_config": {**plan, "reshard_after_forward": True}}
    if sharding() == "zero3":
        zero = {"stage": 3, "stage3_gather_16bit_weights_on_model_save": True}
        auto = ("train_batch_size", "train_micro_batch_size_per_gpu", "gradient_accumulation_steps")
        plan = dict.fromkeys((*auto, "gradient_clipping"), "auto")
        return {
            "deepspeed": {
                **plan,
                "zero_optimization": zero,
                "bf16": {"enabled": "auto"},
                "zero_allow_untested_optimizer": True,
            }
        }
    return {}


def heed(arguments: Any) -> None:
    """After a trainer's arguments were made, before the trainer is: FSDP on CPU ranks too.

    accelerate has it for devices alone and leaves it out on CPU ranks without a word: what it would set is set here.
    """
    if sharding() != "fsdp" or not arguments.use_cpu:
        return
    from accelerate import Accelerator, PartialState
    from accelerate.utils import DistributedType, FullyShardedDataParallelPlugin

    plugin = FullyShardedDataParallelPlugin(**arguments.fsdp_plugin_args)
    precision = "bf16" if arguments.bf16 else "fp16" if arguments.fp16 else "no"
    state = Accelerator(cpu=True, mixed_precision=precision, fsdp_plugin=plugin).state
    if precision != "no":
        plugin.set_mixed_precision(precision)
    state.fsdp_plugin = plugin
    # Every further Accelerator takes this over from the state of the process.
    PartialState._shared_state["distributed_type"] = state.distributed_type = DistributedType.FSDP


def check_ranks(trainer: Any) -> None:
    """Raises where a trainer would leave the sharding out, or split batches by itself."""
    if trainer.args.n_gpu > 1:
        raise ShardingRefused(
            f"{trainer.args.n_gpu} GPUs in one process: transformers would split each batch over them and train "
            "something else (DataParallel)"
        )
    real = {"fsdp": trainer.is_fsdp_enabled, "zero3": trainer.is_deepspeed_enabled}
    wanted = sharding()
    if wanted is not None and not real.get(wanted, False):
        raise ShardingRefused(f"sharding is {wanted}, and accelerate would leave it out on {trainer.args.device}")


def check_reference(spec: dict[str, Any], is_adapter: bool) -> None:
    """Raises where GRPO's KL penalty would be against another model than the one that training starts from.

    TRL loads the reference by name, which of an adapter's folder is that of its base; weights that are put in its place
    afterwards (grpo_trainer.py) cannot be put into shards.
    """
    if sharding() is not None and is_adapter and spec.get("lora") is None and (spec.get("trl") or {}).get("beta"):
        raise ShardingRefused(
            "GRPO with a KL penalty (grpo.klBeta) over sharded weights cannot start from an adapter's folder, which "
            "is the reference too: train adapters in GRPO as well (lora), or leave the penalty out"
        )


@contextmanager
def whole_models() -> Iterator[None]:
    """One rank loads a model for itself: under ZeRO-3 transformers would split it, and wait for the other ranks."""
    if sharding() != "zero3":
        yield
        return
    from transformers.integrations import deepspeed

    kept = deepspeed._hf_deepspeed_config_weak_ref
    own = None if kept is None else kept()
    deepspeed.unset_hf_deepspeed_config()
    try:
        yield
    finally:
        if own is not None:
            deepspeed.set_hf_deepspeed_config(own)


def save_whole(trainer: Any, folder: str) -> None:
    """The finished model, as one process saves it. All ranks take part in the gathering, and one writes."""
    if sharding() is None:
        trainer.save_model(folder)
        return
    weights = trainer.accelerator.get_state_dict(trainer.model_wrapped)
    if trainer.args.should_save:
        # Gathered one by one, tied weights are no longer seen to be the same.
        for name in getattr(trainer.accelerator.unwrap_model(trainer.model), "all_tied_weights_keys", {}):
            weights.pop(name, None)
        trainer._save(folder, state_dict=weights)


def split_layers(vlm: Any, device: Any) -> None:
    """Splits a model that only scores, once the job's ranks have met: by FSDP2, beside ZeRO-3 too. From then on all
    ranks must call it equally often.

    accelerate leaves such a model whole under FSDP2, and TRL's way for references gathers all of it at once. Here the
    layers of the language model are split, nearly all of a large model, and gathered one by one; tower, embeddings and
    output layer stay whole, since ranks read other numbers of images and of parts of a vocabulary's scores.
    """
    import torch
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import fully_shard
    from torch.distributed.tensor import DTensor

    from medgr2.training.trained_parts import language_model

    vlm.requires_grad_(False)
    text: Any = language_model(vlm)
    mesh = init_device_mesh(device.type, (ranks(),))
    for layer in text.layers:
        fully_shard(layer, mesh=mesh, reshard_after_forward=True)
    whole = {value for value in text.parameters() if not isinstance(value, DTensor)}
    fully_shard(text, mesh=mesh, reshard_after_forward=True, ignored_params=whole)
    if device.type == "cuda":
        torch.cuda.empty_cache()  # of what other ranks hold now


def most_of_all_ranks(count: int, device: Any) -> int:
    import torch

    counts = torch.tensor(count, device=device)
    torch.distributed.all_reduce(counts, op=torch.distributed.ReduceOp.MAX)
    return int(counts)
