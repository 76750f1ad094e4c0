"""The `merge` job: adapters and all that they stand on become one folder that plain transformers opens."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError

from medgr2.models.load_models import DTYPES, job_start, model_path, set_up
from medgr2.models.load_processor import load_processor, save_processor
from medgr2.models.model_roles import is_reward_model
from medgr2.models.reward_backbone import RewardModel
from medgr2.models.weights import base_of, load_weights, shipped_name, stored_dtype
from medgr2.node.job_channel import Channel
from medgr2.resuming.resumable_trainer import not_saved
from medgr2.resuming.weight_seal import put_in_place

CPU = torch.device("cpu")


def run(spec: dict[str, Any], channel: Channel) -> dict[str, Any]:
    """Writes outDir/model, or nothing. With dtype `auto` in the number format that the base has on disk."""
    started = time.monotonic()
    set_up({**spec, "device": "cpu"})
    path = model_path(spec["model"])
    name = spec["model"].get("dtype", "auto")
    dtype = stored_dtype(path) if name == "auto" else DTYPES[name]
    place = Path(spec["outDir"]) / "model"
    aside = place.with_name("model.unfinished")
    shutil.rmtree(aside, ignore_errors=True)
    model = _load(path, dtype)
    channel.emit(job_start("merge", CPU, model))
    try:
        _save(model, path, aside)
        put_in_place(aside, place)
    except (OSError, RuntimeError, SafetensorError) as error:  # a full disk has several
        raise not_saved(place, error, aside) from error
    base = base_of(path)
    return {
        "kind": "merge",
        "checkpoint": str(place),
        "base": shipped_name(base) or (Path(base).name if Path(base).exists() else base),
        "dtype": str(dtype).removeprefix("torch."),
        "seconds": time.monotonic() - started,
    }


def _load(path: str, dtype: torch.dtype) -> Any:
    if is_reward_model(path):
        return RewardModel.start({"path": path, "dtype": str(dtype).removeprefix("torch.")}, CPU)
    return load_weights(path, dtype)


def _save(model: Any, path: str, folder: Path) -> None:
    if isinstance(model, RewardModel):
        model.save(folder)
        return
    model.save_pretrained(folder, safe_serialization=True)
    save_processor(load_processor(path), folder)
