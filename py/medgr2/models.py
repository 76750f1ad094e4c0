"""Loads vision-language models: the shipped phantom base, a folder, a LoRA adapter's folder, or a Hugging Face id."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForImageTextToText

from medgr2.devices import nvidia_gpu

PHANTOM_BASE = Path(__file__).parent / "phantom" / "base"
DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


def model_path(reference: dict[str, Any]) -> str:
    """`phantom` means the base that ships with this package; anything else is taken as it is."""
    return str(PHANTOM_BASE) if reference["path"] == "phantom" else str(reference["path"])


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
        return torch.bfloat16 if device.type == "cuda" and model_path(reference) != str(PHANTOM_BASE) else torch.float32
    return DTYPES[name]


def load_vlm(reference: dict[str, Any], device: torch.device) -> Any:
    """The model in evaluation mode on `device`. A LoRA adapter is merged into its base."""
    model = _load_weights(model_path(reference), torch_dtype(reference, device))
    model.to(device)
    return model.eval()


def adapter_base(path: str) -> str | None:
    """The model that a LoRA adapter's folder was trained on; None where the path is a whole model.

    Within a run folder it is named from the adapter's own folder, so that the run can be moved or copied.
    """
    config = Path(path) / "adapter_config.json"
    if not config.exists():
        return None
    base = str(json.loads(config.read_text())["base_model_name_or_path"])
    if base == "phantom":
        return str(PHANTOM_BASE)
    return os.path.normpath(os.path.join(path, base)) if base.startswith(("./", "../")) else base


def _load_weights(path: str, dtype: torch.dtype) -> Any:
    base = adapter_base(path)
    if base is None:
        return AutoModelForImageTextToText.from_pretrained(
            path, dtype=dtype, trust_remote_code=False, use_safetensors=True, attn_implementation="sdpa"
        )
    from peft import PeftModel

    # An adapter may stand on another: GRPO's on that of SFT, a generator's on that of the cycle before.
    model = PeftModel.from_pretrained(_load_weights(base, dtype), path).merge_and_unload()
    # peft writes this name into an adapter that is trained next; with the base's own, this one would be lost.
    model.name_or_path = path
    return model


def freeze(model: Any, train: str) -> None:
    """Leaves as it is what `train` does not name: `language` the vision tower, `head` the whole backbone."""
    if train == "head":
        model.requires_grad_(False)
    elif train == "language":
        vision_tower(model).requires_grad_(False)


def vision_tower(model: Any) -> torch.nn.Module:
    """The part of a VLM that reads pixels, whatever its family calls it."""
    for name in ("visual", "vision_tower", "vision_model"):
        tower = getattr(model.model, name, None)
        if tower is not None:
            return tower
    raise ValueError(f"train: language is not known for {type(model).__name__}: no vision tower found; use train: all")


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
