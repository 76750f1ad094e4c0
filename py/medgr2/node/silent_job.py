"""Notices a job that gives no sign of life: no heartbeat, or, where asked for, no event for too long.

It only tells; ending the job is its owner's. The clocks stand still while somebody else is waited for, and while this
process itself was frozen: the job was frozen with it then, or could not be heard.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from medgr2.node.awake_time import LONGEST_STEP, awake_part

Expired = Callable[[str, float], None]


class Watch:
    def __init__(
        self, hang: float, silence: float | None, expired: Expired, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`hang`: seconds without a heartbeat, counted from the first one. `silence`: seconds without `heard`."""
        self._hang = hang
        self._silence = silence
        self._expired = expired
        self._clock = clock
        self._lock = threading.Lock()
        #: Seconds awake since the last heartbeat; None before the first one.
        self._beatless: float | None = None
        #: Seconds awake since the last event or question.
        self._silent = 0.0
        self._held = 0
        self._over = threading.Event()
        threading.Thread(target=self._watch, name="medgr2-watch", daemon=True).start()

    def beat(self) -> None:
        with self._lock:
            self._beatless = 0.0

    def heard(self) -> None:
        """An event or a question: also a heartbeat, from one that has them."""
        with self._lock:
            self._silent = 0.0
            if self._beatless is not None:
                self._beatless = 0.0

    def hold(self) -> None:
        """The job waits for somebody else from now on: its silence is no fault of its own."""
        with self._lock:
            self._held += 1

    def release(self) -> None:
        with self._lock:
            self._held = max(0, self._held - 1)
            self._silent = 0.0

    @contextmanager
    def away(self) -> Iterator[None]:
        """Nobody listens to the job meanwhile, so neither clock may run."""
        with self._lock:
            beats = self._beatless is not None
            self._beatless = None
        self.hold()
        try:
            yield
        finally:
            self.release()
            if beats:
                self.beat()

    def stop(self) -> None:
        self._over.set()

    def _watch(self) -> None:
        step = min(min(self._hang, self._silence or self._hang) / 10, LONGEST_STEP)
        last = self._clock()
        while not self._over.wait(step):
            now = self._clock()
            missed = self._missed(awake_part(now - last, step))
            last = now
            if missed is not None:
                self._expired(*missed)
                return

    def _missed(self, passed: float) -> tuple[str, float] | None:
        with self._lock:
            if self._beatless is not None:
                self._beatless += passed
                if self._beatless > self._hang:
                    return "heartbeat", self._hang
            if self._held == 0:
                self._silent += passed
                if self._silence is not None and self._silent > self._silence:
                    return "event", self._silence
        return None
