"""Packages that only some jobs need: what is missing is told with the line that installs it, before a model is."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from typing import Any

from medgr2.training.sharding import sharding

#: What the optimisers of transformers that are bitsandbytes' begin with.
BITSANDBYTES = ("adamw_bnb", "adamw_8bit", "ademamix", "lion_", "paged_", "rmsprop_bnb")
#: How a person starts medgr2; Node says how where it starts a job (src/called-as.ts).
CALLED_AS = os.environ.get("MEDGR2_CALLED_AS", "medgr2")


class ExtraMissing(RuntimeError):
    """An extra is not installed in the Python that runs the jobs."""


def need(extra: str, why: str) -> None:
    """Raises where the extra's package is not there; an extra that a job needs has the name of what is imported."""
    if importlib.util.find_spec(extra) is None:
        raise ExtraMissing(missing(extra, why))


def missing(extra: str, why: str) -> str:
    file = Path(__file__).resolve().parents[2] / f"requirements-{extra}.txt"
    return f"{why} needs {extra}, which is not installed: {CALLED_AS} setup --with {extra} ({by_hand(file)})"


def by_hand(file: Path) -> str:
    return f"in a Python of your own: {sys.executable} -m pip install -r {file}"


def check_extras(spec: dict[str, Any]) -> None:
    """Raises where this job would fail for want of one, in words of its spec."""
    options = spec.get("trl") or {}
    if options.get("use_vllm"):
        need("vllm", "trl.use_vllm")
    optimiser = str(options.get("optim") or "")
    if optimiser.startswith(BITSANDBYTES):
        need("bitsandbytes", f"trl.optim: {optimiser}")
    if spec.get("quantize"):
        need("bitsandbytes", f"quantize: {spec['quantize']}")
    if sharding() == "zero3":
        need("deepspeed", "executor.sharding: zero3")
