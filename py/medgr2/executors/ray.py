"""Jobs on many devices or machines by Ray Train. Ray is an extra: `medgr2 setup --with ray`.

Each job has a process of its own on this machine, its driver, which the supervisor treats like a local job.
"""

from __future__ import annotations

from typing import Any

from medgr2.executors import Worker
from medgr2.executors.local import LocalExecutor
from medgr2.executors.ray_driver import drive
from medgr2.jobs.run_job import SPREAD


class RayExecutor(LocalExecutor):
    def __init__(self, settings: dict[str, Any]) -> None:
        """`settings` is the `executor` of an engine, see src/config/sections/executor.ts."""
        super().__init__(preload=False, body=drive)
        self._settings = settings

    def launch(self, spec: dict[str, Any], module: str | None, log: str) -> Worker:
        spread = module is not None or spec["kind"] in SPREAD
        settings = self._settings if spread else {**self._settings, "workers": 1}
        return self.start_process({"spec": spec, "module": module, "log": log, "ray": settings})
