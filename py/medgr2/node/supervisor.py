"""What Node talks to: starts jobs, passes answers on, cancels. Never imports torch, never works long.

Every method takes and gives strings of JSON, so that pythonia has nothing to wrap, and none raises.
"""

import functools
import json
import os
import threading
from collections.abc import Callable
from typing import Any

from medgr2.contract import check_spec
from medgr2.executors import Executor
from medgr2.node.describe_failure import describe
from medgr2.node.follow_job import JobRun
from medgr2.node.strict_json import strict_dumps

#: Takes the id of a job and a message about it, as JSON.
Push = Callable[[str, str], None]


def _answered(method: Callable[..., Any]) -> Callable[..., str]:
    """The return value, or what was raised, as JSON: {"value": ...} or {"error": ...}."""

    @functools.wraps(method)
    def call(*args: Any) -> str:
        try:
            return strict_dumps({"value": method(*args)})
        except Exception as error:
            return strict_dumps({"error": describe(error)})

    return call


class Supervisor:
    def __init__(self, executor: Executor, push: Push) -> None:
        self._executor = executor
        self._push = push
        self._jobs: dict[str, JobRun] = {}
        self._lock = threading.Lock()

    @_answered
    def start(self, text: str) -> None:
        """Begins the job {id, spec, module, log}. Its messages are pushed under its id."""
        request = json.loads(text)
        job = request["id"]
        if request["module"] is None:
            check_spec(request["spec"])
        with self._lock:
            if job in self._jobs:
                raise ValueError(f"a job {job} is running already")
            self._jobs[job] = JobRun(
                request, self._executor, functools.partial(self._push, job), functools.partial(self._forget, job)
            )

    @_answered
    def answer(self, job: str, text: str) -> bool:
        """{ask, reply} or {ask, error} for a waiting job; False where the job is over."""
        run = self._find(job)
        if run is not None:
            run.answer(json.loads(text))
        return run is not None

    @_answered
    def cancel(self, job: str, grace: float) -> bool:
        run = self._find(job)
        if run is not None:
            run.cancel(grace)
        return run is not None

    @_answered
    def status(self) -> dict[str, Any]:
        return {"pid": os.getpid(), "jobs": list(self._jobs), "warmSeconds": self._executor.warm_seconds()}

    @_answered
    def echo(self, text: str) -> str:
        """For measuring the line."""
        return text

    def warm(self) -> None:
        self._executor.warm()

    def kill_all(self) -> None:
        with self._lock:
            runs = list(self._jobs.values())
        for run in runs:
            run.kill()

    def _find(self, job: str) -> JobRun | None:
        with self._lock:
            return self._jobs.get(job)

    def _forget(self, job: str) -> None:
        with self._lock:
            self._jobs.pop(job, None)
