"""`python -m medgr2 track`: tells trackers what a run writes into events.jsonl, until its standard input ends.

A process for each tracker of a run, so that none of their imports, threads and servers are the run's, and one that
hangs holds up no other. How far it has come is in the run folder (`trackers/position-KIND.json`): another process goes
on from there. A tracker that fails hears no more of this one.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from uuid import uuid4

from medgr2.trackers.clients import Settings, Tracker, open_tracker
from medgr2.trackers.event_figures import Told, told_of
from medgr2.trackers.lineage import lineage_of

POLL_S = 0.25
#: Seconds that a tracker gets for an event until a person is told. Nothing ends by it.
PATIENCE_S = 60.0


class Position:
    """Bytes and events told so far, and the key of the run; kept when something was told."""

    def __init__(self, folder: Path, kind: str) -> None:
        self._file = folder / f"position-{kind}.json"
        earlier = folder / "position.json"  # once, of all trackers together
        found = next((file for file in (self._file, earlier) if file.exists()), None)
        kept = json.loads(found.read_text()) if found else {}
        self.bytes: int = kept.get("bytes", 0)
        self.events: int = kept.get("events", 0)
        self.key: str = kept.get("key", uuid4().hex[:12])

    def keep(self) -> None:
        aside = self._file.with_suffix(".partial")
        aside.write_text(json.dumps({"bytes": self.bytes, "events": self.events, "key": self.key}))
        aside.replace(self._file)


class _Silence:
    """Says once that a tracker takes long over what it was given."""

    def __init__(self, kind: str) -> None:
        self._line = {"late": kind, "seconds": PATIENCE_S}
        self._said = False

    @contextmanager
    def watched(self) -> Iterator[None]:
        timer = threading.Timer(PATIENCE_S, self._say)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _say(self) -> None:
        if not self._said:
            self._said = True
            _say(self._line)


def follow(run: Path, settings: Settings, config: dict[str, Any], over: threading.Event) -> None:
    """Prints a line where the tracker failed, or takes long. The run does not wait: what it writes is told."""
    kind = settings["kind"]
    folder = run / "trackers"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    position = Position(folder, kind)
    position.keep()  # the key, before the tracker has heard it
    silence = _Silence(kind)
    try:
        with silence.watched():
            tracker = open_tracker(settings, run, run.name, position.key, config, position.events)
        if tracker.from_start:
            _tell_again(tracker, run / "events.jsonl", position.events, silence)
        status: str | None = None
        for line in _lines(run / "events.jsonl", position, over):
            event = json.loads(line)
            status = event["status"] if event["type"] == "run-end" else None
            with silence.watched():
                _tell(tracker, event, position.events)
            position.bytes += len(line)
            position.events += 1
            position.keep()
        with silence.watched():
            tracker.finish(lineage_of(run), status)
    except Exception as error:
        _say_failed(kind, error)


def _tell_again(tracker: Tracker, file: Path, events: int, silence: _Silence) -> None:
    """What earlier processes told, to one that hears a run as a whole."""
    if events == 0:
        return
    with file.open("rb") as lines:
        for step in range(events):
            with silence.watched():
                _tell(tracker, json.loads(lines.readline()), step)


def _tell(tracker: Tracker, event: dict[str, Any], step: int) -> None:
    told = told_of(event)
    if told != Told():
        tracker.tell(step, datetime.fromisoformat(event["time"]).timestamp(), told)


def _lines(file: Path, position: Position, over: threading.Event) -> Iterator[bytes]:
    """Whole lines from the position on; ends when all is read and nobody will write more."""
    while True:
        last = over.is_set()  # asked before reading: what was written until then is read
        if file.exists():
            with file.open("rb") as events:
                events.seek(position.bytes)
                for line in events:
                    if not line.endswith(b"\n"):
                        break  # being written, or cut short: mended by whoever goes on
                    yield line
        if last:
            return
        time.sleep(POLL_S)


def run_following(run: str, settings: Settings, config: dict[str, Any]) -> int:
    """Prints `{"ready": true}` once it is known that the client is installed; else that it is not, with exit code 1."""
    over = threading.Event()
    sys.stdout = sys.stderr

    def wait_for_the_end() -> None:
        # Not by sys.stdin: a thread that waits in its buffer as Python ends makes that end a crash.
        while os.read(0, 4096):
            pass
        over.set()

    threading.Thread(target=wait_for_the_end, daemon=True).start()
    # Clients take seconds to import, and are looked for in none: a run is refused at once, or goes on at once.
    if find_spec(settings["kind"]) is None:
        _say({"missing": settings["kind"]})
        return 1
    _say({"ready": True})
    follow(Path(run).resolve(), settings, config, over)
    return 0


def _say(line: dict[str, Any]) -> None:
    print(json.dumps(line), file=_OWN_OUTPUT, flush=True)


#: Clients print; what Node reads is ours alone.
_OWN_OUTPUT = sys.stdout


def _say_failed(kind: str, error: Exception) -> None:
    traceback.print_exception(error, file=sys.stderr)
    _say({"failed": kind, "message": f"{type(error).__name__}: {error}".splitlines()[0]})
