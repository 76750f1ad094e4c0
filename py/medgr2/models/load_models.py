"""Loads vision-language models: the shipped phantom base, a folder, a LoRA adapter's folder, or a Hugging Face id."""

from __future__ import annotations

import os
import sys
from typing import Any

import torch
from transformers import AutoConfig

from medgr2.models.devices import nvidia_gpu
from medgr2.models.model_roles import check_policy
from medgr2.models.weights import SHIPPED, adapter_base, load_weights, shipped_name

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


def model_path(reference: dict[str, Any]) -> str:
    """`phantom` and `phantom-judge` are bases that ship with this package; anything else is taken as it is."""
    return str(SHIPPED.get(reference["path"], reference["path"]))


class DeviceUnavailable(RuntimeError):
    """The device that was asked for, or that is there to be used, cannot be used."""


class TorchWithoutCuda(DeviceUnavailable):
    """The same, because torch is a build that can use none."""


def set_up(spec: dict[str, Any]) -> torch.device:
    """Seeds torch, sets its threads, and picks the job's device. CUDA is first touched here, after the fork."""
    from transformers import set_seed

    if spec.get("threads"):
        torch.set_num_threads(spec["threads"])
    set_seed(spec["seed"])
    wanted = spec.get("device", "auto")
    if wanted == "cpu":
        return torch.device("cpu")
    if torch.cuda.is_available():
        return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
    gpu = nvidia_gpu()
    if wanted == "auto" and gpu is None:
        return torch.device("cpu")
    # A week on the CPU because of a driver is nobody's wish: whoever wants the CPU says so.
    build = "a CPU build" if torch.version.cuda is None else f"built for CUDA {torch.version.cuda}"
    there = "there is no sign of an NVIDIA GPU" if gpu is None else f"there is an NVIDIA GPU ({gpu})"
    kind = TorchWithoutCuda if torch.version.cuda is None else DeviceUnavailable
    raise kind(f"device is {wanted}, {there}, and torch {torch.__version__} ({build}) in {sys.executable} can use none")


def torch_dtype(reference: dict[str, Any], device: torch.device) -> torch.dtype:
    """`auto` is bfloat16 on CUDA, float32 on CPU, where bfloat16 is slow."""
    name = reference.get("dtype", "auto")
    if name == "auto":
        return (
            torch.bfloat16 if device.type == "cuda" and shipped_name(model_path(reference)) is None else torch.float32
        )
    return DTYPES[name]


def load_vlm(reference: dict[str, Any], device: torch.device) -> Any:
    """The model in evaluation mode on `device`. A LoRA adapter is merged into its base."""
    model = load_weights(model_path(reference), torch_dtype(reference, device))
    model.to(device)
    return model.eval()


def load_policy(reference: dict[str, Any], device: torch.device) -> Any:
    """The same for a job that writes or trains answers: a reward model is refused."""
    check_policy(model_path(reference))
    return load_vlm(reference, device)


def context_length(reference: dict[str, Any]) -> int | None:
    """Tokens that the model can read at once; None where its configuration does not say."""
    path = model_path(reference)
    while (base := adapter_base(path)) is not None:
        path = base
    config = AutoConfig.from_pretrained(path, trust_remote_code=False)
    return getattr(config.get_text_config(), "max_position_embeddings", None)


def count_parameters(model: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


def job_start(
    kind: str, device: torch.device, model: torch.nn.Module, resumed_from: str | None = None
) -> dict[str, Any]:
    """The `job-start` event: what works where, and the checkpoint a trainer goes on from."""
    return {
        "type": "job-start",
        "kind": kind,
        "pid": os.getpid(),
        "device": str(device),
        "parameters": count_parameters(model),
        "resumedFrom": resumed_from,
    }
