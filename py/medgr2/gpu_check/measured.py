"""One case in a process of its own: the job, its peak memory, and where its time went."""

from __future__ import annotations

import functools
import json
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from medgr2.executors.local import LocalExecutor
from medgr2.executors.worker import enter, leave
from medgr2.failure import describe
from medgr2.gpu_check.cases import REWARD
from medgr2.jobs import end_job
from medgr2.peak_memory import peak_memory


def measure(executor: LocalExecutor, spec: dict[str, Any], log: Path, plain: bool = False) -> dict[str, Any]:
    """{ending, steps, measured}: how the job ended, its train-step events, and what its process measured."""
    request = {"spec": spec, "log": str(log), "plain": plain}
    begin = time.monotonic()
    worker = executor.start_process(request, body=work)
    steps, ending = [], None
    for frame in worker.messages():
        message = {} if frame.kind == "beat" else frame.read()
        if frame.kind == "event" and message["event"]["type"] == "train-step":
            steps.append(message["event"])
        elif frame.kind == "ask":
            items = message["request"]["items"]
            scores = [1.0 - min(len(item["completion"]), 400) / 400 for item in items]
            worker.send({"type": "answer", "ask": message["ask"], "reply": {"scores": {REWARD: scores}}})
        elif frame.kind in ("done", "failed", "cancelled"):
            ending = message
            break
    code = worker.finish(30)
    if ending is None:
        error = {"type": "Lost", "message": f"the process left without a word (exit code {code}); see {log}"}
        ending = {"type": "failed", "error": error}
    return {"ending": ending, "steps": steps, "wall": time.monotonic() - begin, "measured": ending.pop("measured", {})}


def work(connection: Connection[Any, Any], request: str) -> None:
    """Body of the process."""
    job = json.loads(request)
    channel = enter(connection, job["log"])
    times: dict[str, float] = {}
    if job["spec"]["kind"] == "grpo":
        _watch_grpo(times)
    if job["plain"]:
        from medgr2.gpu_check.plain import plain_sft

        ending = _ended(lambda: plain_sft(job["spec"], channel))
    else:
        ending = end_job(job["spec"], channel)
    leave(channel, {**ending, "measured": {"shares": times, **_peak()}})


def _ended(action: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return {"type": "done", "result": action()}
    except BaseException as error:  # as a job's own
        return {"type": "failed", "error": describe(error)}


def _watch_grpo(times: dict[str, float]) -> None:
    """Seconds that TRL's trainer spends in writing completions and in having them judged."""
    from trl import GRPOTrainer

    for name, method in (("generation", "_generate"), ("reward", "_calculate_rewards")):
        setattr(GRPOTrainer, method, _timed(getattr(GRPOTrainer, method), times, name))


def _timed(method: Callable[..., Any], times: dict[str, float], name: str) -> Callable[..., Any]:
    @functools.wraps(method)
    def call(*values: Any, **named: Any) -> Any:
        begin = time.monotonic()
        try:
            return method(*values, **named)
        finally:
            _wait_for_device()
            times[name] = times.get(name, 0.0) + time.monotonic() - begin

    return call


def _wait_for_device() -> None:
    import torch

    if torch.cuda.is_initialized():
        torch.cuda.synchronize()


def _peak() -> dict[str, Any]:
    """The largest memory at once, in bytes."""
    import torch

    used = peak_memory()
    reserved = {"reserved": torch.cuda.max_memory_reserved()} if used["of"] == "gpu" else {}
    return {"peak": used["peak"], **reserved}
