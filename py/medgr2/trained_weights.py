"""What of a model trains: saved under the names that the live model has, and read back strictly into the same model.

transformers saves many families under the names of the hub and maps them back only in `from_pretrained`. A checkpoint
is read by the very model that wrote it, so it keeps that model's names; all that does not train is the start model's.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file

from medgr2.masters import Held
from medgr2.training_faults import CheckpointMismatch

WHOLE_FILE = "model.safetensors"
ADAPTER_FILE = "adapter_model.safetensors"
#: peft's name of the adapter that a job trains; files leave it out.
ADAPTER_NAME = ".default."
NAMES_SHOWN = 5


def trained_state(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    """File name -> live tensor, of every parameter that trains and every buffer that is kept. Shared ones come once."""
    # A state has more than that: how packed weights are to be read (bitsandbytes) is in it too.
    buffers = {name for name, _ in model.named_buffers(remove_duplicate=False)}
    found = {name: value for name, value in model.named_parameters() if value.requires_grad}
    found.update({name: value for name, value in model.state_dict().items() if name in buffers})
    named = {name.replace(ADAPTER_NAME, "."): value for name, value in found.items()}
    if len(named) != len(found):
        raise CheckpointMismatch("two tensors of the model would get one name in a checkpoint")
    return named


def save_trained(model: torch.nn.Module, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    state = trained_state(model)
    write_tensors(state, folder / _file_name(state))


def load_trained(model: torch.nn.Module, folder: Path) -> None:
    """Raises CheckpointMismatch unless names, shapes and types are exactly those of the model."""
    live = trained_state(model)
    read_tensors(live, folder / _file_name(live))


def write_tensors(state: dict[str, torch.Tensor], path: Path) -> None:
    save_file(
        {name: value.detach().cpu().contiguous() for name, value in state.items()}, path, metadata={"format": "pt"}
    )


def read_tensors(live: dict[str, torch.Tensor], path: Path) -> None:
    """Into the tensors of `live`, in place."""
    if not path.exists():
        raise CheckpointMismatch(f"the checkpoint {path.parent} has no {path.name}: another kind of training wrote it")
    with safe_open(path, framework="pt") as file:
        saved = set(file.keys())
        problems = [
            _listed("lacks", live.keys() - saved),
            _listed("has, and the model has not,", saved - live.keys()),
        ]
        if any(problems):
            raise CheckpointMismatch(f"the checkpoint {path} {' and '.join(filter(None, problems))}")
        with torch.no_grad():
            for name, target in live.items():
                value = file.get_tensor(name)
                if value.shape != target.shape or value.dtype != target.dtype:
                    told = f"{list(value.shape)} {value.dtype}, the model's {list(target.shape)} {target.dtype}"
                    raise CheckpointMismatch(f"the checkpoint {path} does not fit: its {name} is {told}")
                target.copy_(value)


def bits(model: torch.nn.Module, held: Held | None = None) -> dict[str, int]:
    """A number for each parameter that trains, another one as soon as any bit changes; of masters as they round."""
    formats = held or {}
    return {
        name: _bits(value.detach().to(formats.get(name, value.dtype)))
        for name, value in model.named_parameters()
        if value.requires_grad
    }


def not_finite(model: torch.nn.Module) -> list[str]:
    return [n for n, value in model.named_parameters() if value.requires_grad and not bool(value.isfinite().all())]


def _bits(value: torch.Tensor) -> int:
    whole = {8: torch.int64, 4: torch.int32, 2: torch.int16, 1: torch.int8}[value.element_size()]
    # Multiplied by what is odd, so that two changes that cancel out in the sum do not in the product of the two sums.
    flat = value.detach().contiguous().flatten().view(whole)
    half = flat[::2].sum(dtype=torch.int64)
    return int(flat.sum(dtype=torch.int64)) * 1_000_003 + int(half)


def _file_name(state: dict[str, Any]) -> str:
    return ADAPTER_FILE if any(".lora_" in name for name in state) else WHOLE_FILE


def _listed(what: str, names: set[str]) -> str:
    shown = sorted(names)[:NAMES_SHOWN]
    more = f" and {len(names) - len(shown)} more" if len(names) > len(shown) else ""
    return f"{what} {', '.join(shown)}{more}" if names else ""
