"""Time that counts only while this process could run.

One that was frozen (`docker pause`, a batch system's suspend) wakes with every wait overdue, though nobody was late.
"""

import threading
import time
from collections.abc import Callable

#: Longest time between two looks at the clock, in seconds.
LONGEST_STEP = 1.0


def awake_part(passed: float, step: float) -> float:
    """Of the seconds between two looks, what counts: a busy machine is a little late, a frozen process much."""
    return step if passed > 2 * step + LONGEST_STEP else passed


class AwakeTimer:
    """Calls back once after `seconds` awake, in a thread of its own."""

    def __init__(
        self, seconds: float, callback: Callable[[], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._left = seconds
        self._callback = callback
        self._clock = clock
        self._cancelled = threading.Event()
        threading.Thread(target=self._run, name="medgr2-timer", daemon=True).start()

    def cancel(self) -> None:
        self._cancelled.set()

    def _run(self) -> None:
        step = min(LONGEST_STEP, self._left / 8)
        last = self._clock()
        while self._left > 0:
            if self._cancelled.wait(min(step, self._left)):
                return
            now = self._clock()
            self._left -= awake_part(now - last, step)
            last = now
        self._callback()
