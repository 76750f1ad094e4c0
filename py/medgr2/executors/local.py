"""Jobs on this machine: each a process of its own, forked from a server that has the heavy libraries loaded.

Linux and macOS only. One process per job; ranks.py spreads one over several.
"""

import multiprocessing
import multiprocessing.connection
import os
import queue
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from typing import Any

from medgr2.executors import Worker, worker
from medgr2.node.message_frame import Frame, unpack
from medgr2.node.strict_json import strict_dumps


def _nothing() -> None:
    """A process that only shows that processes can be started."""


#: What a job's process does, given its end of the pipe and the request as JSON.
Body = Callable[["Connection[Any, Any]", str], None]


class LocalExecutor:
    def __init__(self, preload: bool, body: Body = worker.work) -> None:
        self._body = body
        # Python reads an exit code twice when two threads look after processes at once; the second read is wrong.
        self._processes = threading.Lock()
        self._context = multiprocessing.get_context("forkserver")
        self._warm_seconds: float | None = None
        modules = [body.__module__]
        if preload:
            modules.append("medgr2.executors.preload")
        self._context.set_forkserver_preload(modules)

    def warm(self) -> None:
        threading.Thread(target=self._warm, name="medgr2-warm", daemon=True).start()

    def _warm(self) -> None:
        begin = time.monotonic()
        with self._processes:
            process = self._context.Process(target=_nothing)
            process.start()
            process.join()
        self._warm_seconds = time.monotonic() - begin

    def warm_seconds(self) -> float | None:
        return self._warm_seconds

    def launch(self, spec: dict[str, Any], module: str | None, log: str) -> Worker:
        return self.start_process({"spec": spec, "module": module, "log": log})

    def start_process(self, request: dict[str, Any], body: Body | None = None) -> Worker:
        """A process that does the body, the executor's own by default, with this request."""
        ours, theirs = self._context.Pipe(duplex=True)
        with self._processes:
            process = self._context.Process(target=body or self._body, args=(theirs, strict_dumps(request)))
            process.start()
        theirs.close()
        return LocalWorker(process, ours, self._processes)


class LocalWorker:
    def __init__(
        self, process: ForkServerProcess, connection: "Connection[Any, Any]", processes: threading.Lock
    ) -> None:
        self._process = process
        self._connection = connection
        self._processes = processes
        self._outgoing: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self.pid: int = process.pid or 0
        threading.Thread(target=self._write, name=f"medgr2-to-{self.pid}", daemon=True).start()

    def messages(self) -> Iterator[Frame]:
        # The sentinel is watched too: a child that the job left behind may hold its end of the pipe open.
        while True:
            ready = multiprocessing.connection.wait([self._connection, self._process.sentinel])
            if self._connection not in ready and not self._connection.poll(0):
                return
            try:
                payload = self._connection.recv_bytes()
            except (EOFError, OSError):
                return
            yield unpack(payload)

    def send(self, message: dict[str, Any]) -> None:
        # Written by a thread of its own: a job that does not read must not make the supervisor wait.
        self._outgoing.put(message)

    def _write(self) -> None:
        while (message := self._outgoing.get()) is not None:
            with suppress(OSError):
                self._connection.send_bytes(strict_dumps(message).encode("ascii"))

    def signal_group(self, number: int) -> None:
        # Before the job has made its group, the process alone is there to be signalled.
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def finish(self, timeout: float) -> int | None:
        gone = multiprocessing.connection.wait([self._process.sentinel], timeout)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)  # whatever the job started and left
        if not gone:
            multiprocessing.connection.wait([self._process.sentinel], 5)
        with self._processes:
            self._process.join(0)
        self._outgoing.put(None)
        return self._process.exitcode
