"""The only place that reads a model's weights: a folder, an adapter's folder or a Hugging Face id, strict about keys.

transformers and peft fill in what a file lacks with random numbers and pass over what they do not know; here either is
an error that names folder and keys.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from transformers import AutoConfig, AutoModelForImageTextToText

from medgr2.resuming.weight_seal import SealBroken, check_seal
from medgr2.training.lora import base_has_its_words
from medgr2.training.merge_adapters import merge_adapters

PHANTOM_BASE = Path(__file__).parents[1] / "phantom" / "base"
#: The models that ship with this package, by the names that they have anywhere.
SHIPPED = {"phantom": PHANTOM_BASE, "phantom-judge": PHANTOM_BASE.with_name("judge")}
ADAPTER_CONFIG = "adapter_config.json"
ADAPTER_WEIGHTS = "adapter_model.safetensors"
#: Buffers that older releases saved and newer ones compute.
COMPUTED = ("rotary_emb.inv_freq", "position_ids")
SHOWN = 4


class ModelUnloadable(ValueError):
    """A model's files are missing, damaged, or are not those of the architecture that its config names."""


def shipped_name(path: str) -> str | None:
    """What a shipped model's folder is called; None for any other."""
    return next((name for name, folder in SHIPPED.items() if str(folder) == path), None)


def adapter_base(path: str) -> str | None:
    """The model that a LoRA adapter's folder was trained on; None where the path is a whole model.

    Within a run folder it is named from the adapter's own folder, so that the run can be moved or copied.
    """
    config = Path(path) / ADAPTER_CONFIG
    if not config.exists():
        return None
    try:
        base = str(json.loads(config.read_text(encoding="utf-8"))["base_model_name_or_path"])
    except (ValueError, KeyError, TypeError) as error:
        raise ModelUnloadable(f"{config} does not name the adapter's base model: {_words(error)}") from error
    if base in SHIPPED:
        return str(SHIPPED[base])
    return os.path.normpath(Path(path) / base) if base.startswith(("./", "../")) else base


def chain_of(path: str) -> list[str]:
    """The model, and below an adapter's folder all that it stands on; the last one is a whole model."""
    chain = [path]
    # An adapter may stand on another: GRPO's on that of SFT, a generator's on that of the cycle before.
    while (base := adapter_base(chain[-1])) is not None:
        if base in chain:
            raise ModelUnloadable(f"the adapter {chain[-1]} stands on {base}, which stands on it again")
        chain.append(base)
    return chain


def base_of(path: str) -> str:
    """The whole model that a model is, or stands on."""
    return chain_of(path)[-1]


def load_weights(path: str, dtype: torch.dtype) -> Any:
    """The model with all of its weights, on the CPU. LoRA adapters are merged into what they stand on, rounded once."""
    chain = chain_of(path)
    last = len(chain) - 1
    with _reading(chain, last):
        model = _load_whole(chain[last], dtype)
    if last == 0:
        return model
    adapted, names = model, []
    for index in range(last - 1, -1, -1):
        with _reading(chain, index):
            names.append(f"adapter{index}")
            adapted = _load_adapter(adapted, chain[index], names[-1])
    merged = merge_adapters(adapted, names)
    # peft writes this name into an adapter that is trained next; with the base's own, this one would be lost.
    merged.name_or_path = path
    return merged


@contextmanager
def _reading(chain: list[str], index: int) -> Iterator[None]:
    """Checks the seal; an error of what others stand on says so."""
    try:
        check_seal(Path(chain[index]))
        yield
    except (SealBroken, ModelUnloadable) as error:
        told = str(error)
        for above, below in reversed(list(pairwise(chain[: index + 1]))):
            told = f"the adapter {above} stands on {below}, which cannot be loaded: {told}"
        raise ModelUnloadable(told) from error


def _load_whole(path: str, dtype: torch.dtype) -> Any:
    def load() -> Any:
        return AutoModelForImageTextToText.from_pretrained(
            path,
            dtype=dtype,
            trust_remote_code=False,
            use_safetensors=True,
            attn_implementation="sdpa",
            ignore_mismatched_sizes=True,  # reported below, with the others
            output_loading_info=True,
        )

    model, info = _attempt(path, load)
    tied = _tied(model)
    missing = [key for key in info["missing_keys"] if key not in tied]
    unexpected = [key for key in info["unexpected_keys"] if not key.endswith(COMPUTED)]
    mismatched = [
        f"{key} ({tuple(saved)} in the file, {tuple(own)} in the model)" for key, saved, own in info["mismatched_keys"]
    ]
    _check_keys(path, type(model).__name__, missing, unexpected, mismatched)
    if info.get("error_msgs"):
        raise ModelUnloadable(f"{path}: {'; '.join(map(str, info['error_msgs']))}")
    check_finite(path, model.named_parameters())
    return model


def _load_adapter(model: Any, path: str, name: str) -> Any:
    """`model` with one more adapter in its layers, under this name."""
    from peft import PeftModel, get_peft_model_state_dict

    if isinstance(model, PeftModel):
        adapted = model
        _attempt(path, lambda: model.load_adapter(path, adapter_name=name))
    else:
        adapted = _attempt(path, lambda: PeftModel.from_pretrained(model, path, adapter_name=name))
    saved = _attempt(path, lambda: load_file(Path(path) / ADAPTER_WEIGHTS))
    with base_has_its_words():
        live = get_peft_model_state_dict(adapted, adapter_name=name)
    mismatched = [
        f"{key} ({tuple(saved[key].shape)} in the file, {tuple(live[key].shape)} in the model)"
        for key in saved
        if key in live and saved[key].shape != live[key].shape
    ]
    _check_keys(path, "the adapter", sorted(live.keys() - saved.keys()), sorted(saved.keys() - live.keys()), mismatched)
    check_finite(path, saved.items())
    return adapted


def stored_dtype(path: str) -> torch.dtype:
    """The number format that a model's weights, or those of what it stands on, have on disk."""
    base = base_of(path)
    config = _attempt(base, lambda: AutoConfig.from_pretrained(base, trust_remote_code=False))
    text = config.get_text_config()
    found = getattr(config, "dtype", None) or getattr(text, "dtype", None) or torch.float32
    return found if isinstance(found, torch.dtype) else getattr(torch, str(found))


def check_finite(path: str, weights: Iterable[tuple[str, torch.Tensor]]) -> None:
    """Raises where a weight is NaN or infinite: whatever such a model says is no result."""
    for name, weight in weights:
        if weight.is_floating_point() and not bool(torch.isfinite(weight).all()):
            raise ModelUnloadable(f"{path}: {name} holds numbers that are not finite; the file is damaged")


def _check_keys(path: str, what: str, missing: list[str], unexpected: list[str], mismatched: list[str]) -> None:
    found = [
        f"{len(keys)} {words}: {', '.join(keys[:SHOWN])}{', …' if len(keys) > SHOWN else ''}"
        for words, keys in (
            ("weights are missing", missing),
            ("are not of this model", unexpected),
            ("have another shape", mismatched),
        )
        if keys
    ]
    if found:
        raise ModelUnloadable(f"{path} does not hold the weights of {what}: {'; '.join(found)}")


def _tied(model: Any) -> set[str]:
    """Names of weights that are another weight under a second name: files hold them once."""
    return set(getattr(model, "all_tied_weights_keys", None) or {})


def _attempt(path: str, load: Callable[[], Any]) -> Any:
    try:
        return load()
    except (OSError, ValueError, KeyError, RuntimeError, TypeError) as error:
        if isinstance(error, torch.OutOfMemoryError):
            raise
        raise ModelUnloadable(f"cannot load the model {path}: {_words(error)}") from error
    except Exception as error:
        if type(error).__name__ != "SafetensorError":
            raise
        raise ModelUnloadable(f"cannot load the model {path}: its weights are damaged: {_words(error)}") from error


def _words(error: Exception) -> str:
    return str(error).strip().split("\n\n")[0] or type(error).__name__
