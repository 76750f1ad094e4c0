"""Which module does which kind of job, and how one is run: spec checked on the way in, result on the way out.

A job module has `run(spec, channel) -> result`. This module imports none of them before it must.
"""

import importlib
from pathlib import Path
from typing import Any

from medgr2.channel import Channel, JobCancelled
from medgr2.contract import check_result, check_spec
from medgr2.devices import pin_one_gpu
from medgr2.extras import check_extras
from medgr2.failure import describe
from medgr2.job_lock import holding
from medgr2.peak_memory import peak_memory
from medgr2.strict_json import to_plain

MODULES = {
    "sft": "medgr2.sft",
    "grpo": "medgr2.grpo",
    "reward-model": "medgr2.reward_model",
    "score": "medgr2.score",
    "complete": "medgr2.complete",
    "evaluate": "medgr2.evaluate",
    "merge": "medgr2.merge",
}

#: Kinds of job that spread over several ranks: their trainers share the batch. The others are done by one.
SPREAD = ("sft", "grpo", "reward-model")


def run_job(spec: dict[str, Any], channel: Channel, module: str | None = None) -> dict[str, Any]:
    """Runs one job here and returns its result. A `module` of the caller's own has its own forms of spec and result."""
    if module is None:
        check_spec(spec)
        module = MODULES[spec["kind"]]
        check_extras(spec)
        folder = Path(spec["outDir"])
        folder.mkdir(parents=True, exist_ok=True)
        tell_gpu(spec, channel)
        with holding(folder):
            result = measured(spec, channel, module)
    else:
        tell_gpu(spec, channel)
        result = to_plain(importlib.import_module(module).run(spec, channel))
    if module in MODULES.values():
        check_result(result)
    if not isinstance(result, dict):
        raise TypeError(f"{module}.run returned a {type(result).__name__}, not a dict")
    return result


def measured(spec: dict[str, Any], channel: Channel, module: str) -> Any:
    """The job with its peak of memory, which is told of one that fails too: mostly it is why."""
    try:
        result = to_plain(importlib.import_module(module).run(spec, channel))
    except Exception:
        channel.emit({"type": "memory", **peak_memory()})
        raise
    peak = peak_memory()
    channel.emit({"type": "memory", **peak})
    return {**result, "peakMemory": peak["peak"]} if isinstance(result, dict) else result


def tell_gpu(spec: dict[str, Any], channel: Channel) -> None:
    """Leaves the job one GPU; a trainer, and a module of the caller's own, says so where there were more."""
    pinned = pin_one_gpu() if spec.get("device") != "cpu" else None
    if pinned is not None and spec.get("kind") in (*SPREAD, None):
        channel.emit({"type": "warning", "message": pinned})


def end_job(spec: dict[str, Any], channel: Channel, module: str | None = None) -> dict[str, Any]:
    """Runs one job and says how it ended, whatever it raised."""
    try:
        return {"type": "done", "result": run_job(spec, channel, module)}
    except JobCancelled:
        return {"type": "cancelled"}
    except BaseException as error:  # SystemExit from a library must not pass for success
        return {"type": "failed", "error": describe(error)}
