"""One job from launch to end, as the supervisor follows it: in a thread, by what its worker sends."""

import signal
import threading
from collections.abc import Callable
from typing import Any

from medgr2.executors import Executor, Worker
from medgr2.failure import describe

#: Seconds a job that has ended, or was sent SIGTERM, gets to leave.
LEAVE_SECONDS = 5.0

Push = Callable[[dict[str, Any]], None]


class JobRun:
    def __init__(self, request: dict[str, Any], executor: Executor, push: Push, ended: Callable[[], None]) -> None:
        """`request` is {id, spec, module, log}; `ended` is called before the end is pushed."""
        self._request = request
        self._executor = executor
        self._push = push
        self._ended = ended
        self._state = threading.Lock()
        self._worker: Worker | None = None
        self._cancelled = False
        self._over = False
        self._timers: list[threading.Timer] = []
        threading.Thread(target=self._follow, name=f"medgr2-job-{request['id']}", daemon=True).start()

    def answer(self, message: dict[str, Any]) -> None:
        worker = self._worker
        if worker is not None:
            worker.send({"type": "answer", **message})

    def cancel(self, grace: float) -> None:
        """Asks the job to stop; after `grace` seconds SIGTERM, then SIGKILL. No grace: SIGKILL now."""
        self._cancelled = True
        worker = self._worker
        if worker is not None:
            worker.send({"type": "stop"})
        if grace <= 0:
            self.kill()
            return
        self._later(grace, signal.SIGTERM)
        self._later(grace + LEAVE_SECONDS, signal.SIGKILL)

    def kill(self) -> None:
        self._signal(signal.SIGKILL)

    def _later(self, seconds: float, number: int) -> None:
        timer = threading.Timer(seconds, self._signal, [number])
        timer.daemon = True
        self._timers.append(timer)
        timer.start()

    def _signal(self, number: int) -> None:
        with self._state:  # not after the end: the number may be another process's by then
            if self._worker is not None and not self._over:
                self._worker.signal_group(number)

    def _follow(self) -> None:
        try:
            ending = self._run()
        except BaseException as error:  # a fault of ours must end the job, not leave it pending
            ending = {"type": "failed", "error": describe(error)}
        for timer in self._timers:
            timer.cancel()
        self._ended()
        self._push({"type": "end", "ending": ending})

    def _run(self) -> dict[str, Any]:
        if self._cancelled:
            return {"type": "cancelled"}
        worker = self._executor.launch(self._request["spec"], self._request["module"], self._request["log"])
        with self._state:
            self._worker = worker
        self._push({"type": "started", "pid": worker.pid})
        if self._cancelled:
            self.cancel(0)
        ending = None
        for message in worker.messages():
            if message["type"] in ("event", "ask"):
                self._push(message)
            else:
                ending = message
                break
        with self._state:
            self._over = True
        exit_code = worker.finish(LEAVE_SECONDS)
        if ending is not None:
            return ending
        if self._cancelled:
            return {"type": "cancelled"}
        return {"type": "lost", "exitCode": exit_code}
