"""Notices a job that gives no sign of life: no heartbeat, or, where asked for, no event for too long.

It only tells; ending the job is its owner's. The clocks stand still while somebody else is waited for.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Expired = Callable[[str, float], None]


class Watch:
    def __init__(self, hang: float, silence: float | None, expired: Expired) -> None:
        """`hang`: seconds without a heartbeat, counted from the first one. `silence`: seconds without `heard`."""
        self._hang = hang
        self._silence = silence
        self._expired = expired
        self._lock = threading.Lock()
        self._beat: float | None = None
        self._heard = time.monotonic()
        self._held = 0
        self._over = threading.Event()
        threading.Thread(target=self._watch, name="medgr2-watch", daemon=True).start()

    def beat(self) -> None:
        with self._lock:
            self._beat = time.monotonic()

    def heard(self) -> None:
        """An event or a question: also a heartbeat, from one that has them."""
        with self._lock:
            self._heard = time.monotonic()
            if self._beat is not None:
                self._beat = self._heard

    def hold(self) -> None:
        """The job waits for somebody else from now on: its silence is no fault of its own."""
        with self._lock:
            self._held += 1

    def release(self) -> None:
        with self._lock:
            self._held = max(0, self._held - 1)
            self._heard = time.monotonic()

    @contextmanager
    def away(self) -> Iterator[None]:
        """Nobody listens to the job meanwhile, so neither clock may run."""
        with self._lock:
            beat, self._beat = self._beat, None
        self.hold()
        try:
            yield
        finally:
            self.release()
            if beat is not None:
                self.beat()

    def stop(self) -> None:
        self._over.set()

    def _watch(self) -> None:
        period = min(self._hang, self._silence or self._hang) / 10
        while not self._over.wait(min(period, 1.0)):
            missed = self._missed()
            if missed is not None:
                self._expired(*missed)
                return

    def _missed(self) -> tuple[str, float] | None:
        now = time.monotonic()
        with self._lock:
            if self._beat is not None and now - self._beat > self._hang:
                return "heartbeat", self._hang
            if self._silence is not None and self._held == 0 and now - self._heard > self._silence:
                return "event", self._silence
        return None
