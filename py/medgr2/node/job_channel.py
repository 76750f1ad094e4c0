"""What a job has of the world: it tells events, asks TypeScript, and learns whether it should stop.

Every executor gives a job the same channel. Messages are JSON bytes, never pickle.
"""

import json
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any, Protocol

from medgr2.contract import check_event
from medgr2.node.message_frame import pack
from medgr2.node.strict_json import to_plain

#: Seconds between two heartbeats.
BEAT_SECONDS = 1.0


class JobCancelled(Exception):
    """A job raises this after it was told to stop and has saved what it can go on from."""


class AskFailed(Exception):
    """TypeScript could not answer, for instance because a reward threw. The job is to let this pass."""


class Channel(Protocol):
    """The interface that job modules are written against."""

    def emit(self, event: dict[str, Any]) -> None:
        """Tell TypeScript something: one of the contract's job events. NaN and Infinity arrive as null."""

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """Ask TypeScript and wait for its answer. Raises JobCancelled when the job is told to stop meanwhile."""

    def should_stop(self) -> bool:
        """True once the job was cancelled: save a checkpoint, then raise JobCancelled."""


class PipeChannel:
    """A channel over a multiprocessing connection to the supervisor, safe to use from any thread.

    When the supervisor's end closes before `finish`, nobody is left to work for: `orphaned` is called.
    """

    def __init__(self, connection: "Connection[Any, Any]", orphaned: Callable[[], None] | None = None) -> None:
        self._connection = connection
        self._orphaned = orphaned or kill_own_group
        self._writing = threading.Lock()
        self._changed = threading.Condition()
        self._stop = False
        self._finished = False
        self._asked = 0
        self._answers: dict[int, dict[str, Any]] = {}
        threading.Thread(target=self._listen, name="medgr2-channel", daemon=True).start()

    def start_beating(self) -> None:
        """Tells the supervisor every second that the interpreter is alive, from a thread of its own."""
        threading.Thread(target=self._beat, name="medgr2-heartbeat", daemon=True).start()

    def _beat(self) -> None:
        while not self._finished:
            self.beat()
            time.sleep(BEAT_SECONDS)

    def beat(self) -> None:
        """One sign of life."""
        with suppress(OSError):  # a supervisor that has gone is noticed by who listens
            self._send({"type": "beat"})

    def emit(self, event: dict[str, Any]) -> None:
        plain = to_plain(event)
        check_event(plain)
        self._send({"type": "event", "event": plain})

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        # A batch of completions is large: TypeScript checks it, twenty times faster than it could be done here.
        with self._changed:
            if self._stop:
                raise JobCancelled("cancelled before asking")
            self._asked += 1
            number = self._asked
        self._send({"type": "ask", "ask": number, "request": request})
        with self._changed:
            self._changed.wait_for(lambda: number in self._answers or self._stop)
            answer = self._answers.pop(number, None)
        # Who is told to stop answering may say so by an error: that is no fault of the job's either.
        if answer is None or ("error" in answer and self._stop):
            raise JobCancelled("cancelled while waiting for an answer")
        if "error" in answer:
            raise AskFailed(answer["error"])
        reply: dict[str, Any] = answer["reply"]
        return reply

    def should_stop(self) -> bool:
        return self._stop

    def finish(self, ending: dict[str, Any]) -> None:
        """The last message: how the job ended."""
        self._finished = True
        self._send(ending)

    def _send(self, message: dict[str, Any]) -> None:
        payload = pack(message)
        with self._writing:
            self._connection.send_bytes(payload)

    def _listen(self) -> None:
        while True:
            try:
                message = json.loads(self._connection.recv_bytes())
            except (EOFError, OSError):
                if not self._finished:
                    self._orphaned()
                return
            with self._changed:
                if message["type"] == "stop":
                    self._stop = True
                elif message["type"] == "answer":
                    self._answers[message["ask"]] = message
                self._changed.notify_all()


def kill_own_group() -> None:
    """Ends this process and everything it started, at once."""
    os.killpg(os.getpgrp(), signal.SIGKILL)
