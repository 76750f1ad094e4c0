"""Where jobs run. An executor launches a worker; every worker has the same face, wherever it is."""

from collections.abc import Iterator
from typing import Any, Protocol

from medgr2.node.message_frame import Frame


class Worker(Protocol):
    """One job at work, seen from the supervisor."""

    pid: int

    def messages(self) -> Iterator[Frame]:
        """What the job sends, until it has gone."""

    def send(self, message: dict[str, Any]) -> None:
        """To the job; silently dropped when it has gone."""

    def signal_group(self, number: int) -> None:
        """A signal to the job and all it started."""

    def finish(self, timeout: float) -> int | None:
        """Waits for the job to leave, then ends what is left of it. Exit code; negative: the signal that ended it."""


class Executor(Protocol):
    def warm(self) -> None:
        """Begins, in the background, what makes the first job start fast."""

    def launch(self, spec: dict[str, Any], module: str | None, log: str) -> Worker: ...

    def warm_seconds(self) -> float | None:
        """How long warming took; None while it goes on."""
