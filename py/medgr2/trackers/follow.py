"""`python -m medgr2 track`: tells trackers what a run writes into events.jsonl, until its standard input ends.

One process for all trackers of a run, so that none of their imports, threads and servers are the run's. How far it has
come is in the run folder (`trackers/position.json`): another process goes on from there. A tracker that fails hears no
more.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from uuid import uuid4

from medgr2.trackers.clients import Settings, Tracker, open_tracker
from medgr2.trackers.event_figures import Told, told_of
from medgr2.trackers.lineage import lineage_of

POLL_S = 0.25


class Position:
    """Bytes and events told so far, and the key of the run; kept when something was told."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "position.json"
        kept = json.loads(self._file.read_text()) if self._file.exists() else {}
        self.bytes: int = kept.get("bytes", 0)
        self.events: int = kept.get("events", 0)
        self.key: str = kept.get("key", uuid4().hex[:12])

    def keep(self) -> None:
        aside = self._file.with_suffix(".partial")
        aside.write_text(json.dumps({"bytes": self.bytes, "events": self.events, "key": self.key}))
        aside.replace(self._file)


def follow(run: Path, wanted: list[Settings], config: dict[str, Any], over: threading.Event) -> None:
    """Prints a line for each tracker that failed. The run waits for none: what it writes meanwhile is told then."""
    folder = run / "trackers"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    position = Position(folder)
    position.keep()  # the key, before a tracker has heard it
    trackers: dict[str, Tracker] = {}
    for settings in wanted:
        kind = settings["kind"]
        try:
            trackers[kind] = open_tracker(settings, run, run.name, position.key, config, position.events)
        except Exception as error:
            _say_failed(kind, error)
    _tell_again(trackers, run / "events.jsonl", position.events)
    status: str | None = None
    for line in _lines(run / "events.jsonl", position, over):
        event = json.loads(line)
        status = event["status"] if event["type"] == "run-end" else None
        _tell(trackers, event, position.events)
        position.bytes += len(line)
        position.events += 1
        position.keep()
    lineage = lineage_of(run)
    for kind, tracker in trackers.items():
        try:
            tracker.finish(lineage, status)
        except Exception as error:
            _say_failed(kind, error)


def _tell_again(trackers: dict[str, Tracker], file: Path, events: int) -> None:
    """What earlier processes told, to those that hear a run as a whole."""
    afresh = {kind: tracker for kind, tracker in trackers.items() if tracker.from_start}
    if events == 0 or not afresh:
        return
    with file.open("rb") as lines:
        for step in range(events):
            _tell(afresh, json.loads(lines.readline()), step)
    for kind in trackers.keys() - afresh.keys():
        if trackers[kind].from_start:
            del trackers[kind]  # it failed


def _tell(trackers: dict[str, Tracker], event: dict[str, Any], step: int) -> None:
    told = told_of(event)
    if told == Told():
        return
    when = datetime.fromisoformat(event["time"]).timestamp()
    for kind, tracker in list(trackers.items()):
        try:
            tracker.tell(step, when, told)
        except Exception as error:
            del trackers[kind]
            _say_failed(kind, error)


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


def run_following(run: str, trackers: list[Settings], config: dict[str, Any]) -> int:
    """Prints `{"ready": true}` once it is known that every client is installed; else which is not, with exit code 1."""
    over = threading.Event()
    sys.stdout = sys.stderr

    def wait_for_the_end() -> None:
        # Not by sys.stdin: a thread that waits in its buffer as Python ends makes that end a crash.
        while os.read(0, 4096):
            pass
        over.set()

    threading.Thread(target=wait_for_the_end, daemon=True).start()
    # Clients take seconds to import, and are looked for in none: a run is refused at once, or goes on at once.
    missing = [one["kind"] for one in trackers if find_spec(one["kind"]) is None]
    if missing:
        _say({"missing": missing[0]})
        return 1
    _say({"ready": True})
    follow(Path(run).resolve(), trackers, config, over)
    return 0


def _say(line: dict[str, Any]) -> None:
    print(json.dumps(line), file=_OWN_OUTPUT, flush=True)


#: Clients print; what Node reads is ours alone.
_OWN_OUTPUT = sys.stdout


def _say_failed(kind: str, error: Exception) -> None:
    traceback.print_exception(error, file=sys.stderr)
    _say({"failed": kind, "message": f"{type(error).__name__}: {error}".splitlines()[0]})
