"""The line to Node: one JSON message per text line, over one file descriptor that is used for nothing else.

A thread reads all the time, so the end of Node is seen at once, however busy Python is.
"""

import os
import queue
import threading
from collections.abc import Callable
from typing import Any

from medgr2.strict_json import strict_dumps

#: pythonia hands a message to the handler registered under its `c`; ours is this.
PUSH = "medgr2"


class Line:
    """Has the shape of pythonia's ipc object: `queue` to send, `readline` to receive."""

    def __init__(self, file: int, lost: Callable[[], None]) -> None:
        self._file = file
        self._lost = lost
        self._writing = threading.Lock()
        self._incoming: queue.SimpleQueue[str] = queue.SimpleQueue()
        os.set_blocking(file, True)
        os.set_inheritable(file, False)
        threading.Thread(target=self._read, name="medgr2-line", daemon=True).start()

    def readline(self) -> str:
        return self._incoming.get()

    def queue(self, what: Any) -> None:
        """Sends a message, from any thread. A value that JSON cannot hold raises here, where its maker can say so."""
        text = what if isinstance(what, str) else strict_dumps(what)
        rest = memoryview(text.encode("utf-8") + b"\n")
        try:
            with self._writing:
                while rest:
                    rest = rest[os.write(self._file, rest) :]
        except OSError:
            self._lost()

    def push(self, job: str | None, message: dict[str, Any]) -> None:
        """A message that nobody asked for."""
        self.queue({"c": PUSH, "job": job, "message": message})

    def _read(self) -> None:
        try:
            with open(self._file, "rb", buffering=1 << 16, closefd=False) as lines:
                for line in lines:
                    self._incoming.put(line.decode("utf-8"))
        except OSError:
            pass
        self._lost()
