"""Which parts of a model train, made so by name and checked: a model may come with gradients off, as if merged."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import torch

from medgr2.training_faults import WrongPartTrains

#: What families call the part that reads and writes text.
LANGUAGE_MODELS = ("language_model", "text_model")
Part = str


def language_model(model: Any) -> torch.nn.Module:
    """The part of a VLM that works on tokens, whatever its family calls it."""
    for name in LANGUAGE_MODELS:
        part: torch.nn.Module | None = getattr(model.model, name, None)
        if part is not None:
            return part
    raise ValueError(
        f"train: language is not known for {type(model).__name__}: no language model found; use train: all"
    )


def train_only(model: Any, train: str) -> None:
    """`all` of a VLM, its `language` model and output layer alone (no vision tower, no projector), or nothing."""
    for value in model.parameters():
        if value.is_floating_point():
            value.requires_grad_(train == "all")
    if train == "language":
        language_model(model).requires_grad_(True)
        output = model.get_output_embeddings()
        if output is not None:
            output.requires_grad_(True)


def not_language(model: Any) -> str:
    """A pattern of the names of all modules outside the language model; freezing would not keep adapters out."""
    inside = language_model(model)
    name = next(name for name, module in model.named_modules() if module is inside)
    return rf"(?!{re.escape(name)}\.).*"


def trainable_parts(model: Any) -> dict[Part, int]:
    """How many parameters train, by part; parts where none does are left out."""
    sizes = {name: value.numel() for name, value in model.named_parameters()}
    counts: Counter[Part] = Counter()
    for name, part in part_names(model).items():
        counts[part] += sizes[name]
    return dict(counts)


def part_names(model: Any) -> dict[str, Part]:
    """Name of each parameter that trains -> its part: language, vision, head, or adapters in one of the first two."""
    vlm = vlm_of(model)
    try:
        inside = {id(value) for value in language_model(vlm).parameters()}
    except ValueError:
        inside = {id(value) for value in vlm.parameters()}
    output = vlm.get_output_embeddings()
    inside |= {id(value) for value in output.parameters()} if output is not None else set()
    head = {id(value) for value in model.head.parameters()} if hasattr(model, "backbone") else set()
    found = {}
    for name, value in model.named_parameters():
        if value.requires_grad:
            part = "head" if id(value) in head else "language" if id(value) in inside else "vision"
            found[name] = f"{part}-adapters" if ".lora_" in name else part
    return found


def check_parts(model: Any, train: str, lora: bool) -> None:
    """Raises WrongPartTrains unless exactly what the job names has gradients."""
    parts = set(part_names(model).values())
    head = {"head"} if hasattr(model, "backbone") else set()
    language, vision = ("language-adapters", "vision-adapters") if lora else ("language", "vision")
    wanted = {"all": {language, vision}, "language": {language}, "head": set()}[train] | head
    frozen = [] if lora or train != "all" else [n for n, p in model.named_parameters() if _could_train(p)]
    if (
        parts - wanted
        or not parts
        or (train != "head" and not lora and language not in parts)
        or frozen
        or not head <= parts
    ):
        raise WrongPartTrains(
            f"train: {train}{' with lora' if lora else ''} should train {', '.join(sorted(wanted))}, but trains "
            f"{', '.join(sorted(parts)) or 'nothing'}{f' and leaves out {frozen[0]}' if frozen else ''}"
        )


def _could_train(parameter: torch.nn.Parameter) -> bool:
    return parameter.is_floating_point() and not parameter.requires_grad


def vlm_of(model: Any) -> Any:
    """The vision-language model inside of reward model and adapters."""
    inner = getattr(model, "backbone", model)
    return inner.get_base_model() if hasattr(inner, "get_base_model") else inner
