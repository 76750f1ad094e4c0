"""The line to Node: one JSON message per text line, over one file descriptor that is used for nothing else.

A thread waits for nothing but its end, so that the end of Node is seen at once, however busy Python is.
"""

import io
import json
import os
import select
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from medgr2.node.strict_json import strict_dumps

#: pythonia hands a message to the handler registered under its `c`; ours is this.
PUSH = "medgr2"


class Line:
    """Has the shape of pythonia's ipc object: `queue` to send, `readline` to receive."""

    def __init__(self, file: int, lost: Callable[[], None]) -> None:
        self._file = file
        self._lost = lost
        self._writing = threading.Lock()
        os.set_blocking(file, True)
        os.set_inheritable(file, False)
        self._lines = io.BufferedReader(io.FileIO(file, closefd=False), 1 << 16)
        threading.Thread(target=self._watch, name="medgr2-line", daemon=True).start()

    def readline(self) -> str:
        """The next message; empty when Node has gone."""
        line = b""
        with suppress(OSError):
            line = self._lines.readline()
        if not line:
            self._lost()
        return line.decode("utf-8")

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

    def push(self, job: str | None, message: str) -> None:
        """A message that nobody asked for, as JSON."""
        if "\n" in message:  # it would cut the line that all jobs share
            raise ValueError("a message is one line of JSON")
        self.queue(f'{{"c":"{PUSH}","job":{json.dumps(job)},"message":{message}}}')

    def _watch(self) -> None:
        hung_up = select.poll()
        hung_up.register(self._file, select.POLLHUP)
        hung_up.poll()
        self._lost()
