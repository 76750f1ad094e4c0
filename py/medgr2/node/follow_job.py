"""One job from launch to end, as the supervisor follows it: in a thread, by what its worker sends."""

import signal
import threading
from collections.abc import Callable
from typing import Any

from medgr2.executors import Executor, Worker
from medgr2.node.awake_time import AwakeTimer
from medgr2.node.describe_failure import describe
from medgr2.node.silent_job import Watch
from medgr2.node.strict_json import strict_dumps

#: Seconds a job that has ended, or was sent SIGTERM, gets to leave.
LEAVE_SECONDS = 5.0
#: Seconds that a hung job gets to write its Python stacks into the log before it is killed.
STACK_SECONDS = 0.5
#: Seconds without a heartbeat, where the request does not say.
HANG_SECONDS = 120.0

#: Takes a message as JSON.
Push = Callable[[str], None]


class JobRun:
    def __init__(self, request: dict[str, Any], executor: Executor, push: Push, ended: Callable[[], None]) -> None:
        """`request` is {id, spec, module, log, limits?}; `ended` is called before the end is pushed."""
        self._request = request
        self._executor = executor
        self._push = push
        self._ended = ended
        self._state = threading.Lock()
        self._worker: Worker | None = None
        self._cancelled = False
        self._hung: dict[str, Any] | None = None
        self._over = False
        self._timers: list[AwakeTimer] = []
        self._watch: Watch | None = None
        threading.Thread(target=self._follow, name=f"medgr2-job-{request['id']}", daemon=True).start()

    def answer(self, message: dict[str, Any]) -> None:
        worker = self._worker
        if worker is not None:
            if self._watch is not None:
                self._watch.release()
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
        self._timers.append(AwakeTimer(seconds, lambda: self._signal(number)))

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
        self._push(strict_dumps({"type": "end", "ending": ending}))

    def _run(self) -> dict[str, Any]:
        if self._cancelled:
            return {"type": "cancelled"}
        worker = self._executor.launch(self._request["spec"], self._request["module"], self._request["log"])
        with self._state:
            self._worker = worker
        self._push(strict_dumps({"type": "started", "pid": worker.pid}))
        if self._cancelled:
            self.cancel(0)
        ending = self._listen(worker)
        with self._state:
            self._over = True
        exit_code = worker.finish(LEAVE_SECONDS)
        if ending is not None:
            return ending
        if self._cancelled:
            return {"type": "cancelled"}
        return self._hung or {"type": "lost", "exitCode": exit_code}

    def _listen(self, worker: Worker) -> dict[str, Any] | None:
        """Passes on what the job says. Its last message, or None where it left or was ended without one."""
        limits = self._request.get("limits") or {}
        watch = self._watch = Watch(limits.get("hang") or HANG_SECONDS, limits.get("silence"), self._expired)
        try:
            for frame in worker.messages():
                if frame.kind == "beat":
                    watch.beat()
                elif frame.kind in ("event", "ask"):
                    watch.heard()
                    if frame.kind == "ask":
                        watch.hold()  # until it is answered
                    with watch.away():  # a Node that is slow to read holds this thread up
                        self._push(frame.text)  # as the job wrote it: strict JSON, which Node checks
                else:
                    return frame.read()
            return None
        finally:
            watch.stop()

    def _expired(self, missed: str, seconds: float) -> None:
        self._hung = {"type": "hung", "missed": missed, "seconds": seconds}
        self._signal(signal.SIGABRT)  # Python's fault handler writes the stacks
        self._later(STACK_SECONDS, signal.SIGKILL)
