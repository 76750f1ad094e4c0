"""`python -m medgr2 job spec.json`: one job in this process, without Node, for debugging and batch systems.

Events are JSON lines on stdout and the last line says how it ended; all else that is printed goes to stderr.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any, TextIO

from medgr2.channel import JobCancelled
from medgr2.contract import ContractError, check_event, check_spec, with_defaults
from medgr2.jobs import end_job
from medgr2.stand_in import StandIn, StandInError, choose, rewards_event
from medgr2.strict_json import strict_dumps, to_plain
from medgr2.terminal_text import for_terminal

#: What Node sets for its jobs; see src/bridge/process.ts.
ENVIRONMENT = {"TOKENIZERS_PARALLELISM": "false", "OMP_WAIT_POLICY": "PASSIVE"}

#: A spec names files; rows are in them.
LARGEST_SPEC = 4 * 1024 * 1024

DONE, FAILED, WRONG_USE, INTERRUPTED = 0, 1, 2, 130


class LineChannel:
    """A channel that writes lines instead of messages, and answers asks by stand-ins."""

    def __init__(self, out: TextIO, rewards: StandIn | None) -> None:
        self._out = out
        self._rewards = rewards
        self._stop = False

    def emit(self, event: dict[str, Any]) -> None:
        plain = to_plain(event)
        check_event(plain)
        self.write(plain)

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        if self._stop:
            raise JobCancelled("stopped before asking")
        if self._rewards is None:
            raise RuntimeError(f"nobody answers a question of type {request.get('type')!r} here")
        scores = self._rewards.answer(to_plain(request))
        self.emit(rewards_event(request["step"], scores))
        return {"scores": scores}

    def should_stop(self) -> bool:
        return self._stop

    def stop(self) -> None:
        self._stop = True

    def write(self, message: dict[str, Any]) -> None:
        self._out.write(strict_dumps(message) + "\n")
        self._out.flush()


def run_single(path: str, wanted: list[str]) -> int:
    """Runs the job of a spec file (`-`: stdin) and returns the exit code."""
    try:
        spec = _read_spec(path)
        rewards = choose(spec, wanted)
    except (OSError, ValueError, RecursionError, ContractError, StandInError) as error:
        print(for_terminal(f"medgr2: {path}: {error}"), file=sys.stderr)
        return WRONG_USE
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)  # before torch is imported
    channel = LineChannel(_own_stdout(), rewards)
    _stop_politely(channel)
    ending = end_job(spec, channel)
    channel.write(ending)
    if ending["type"] == "failed":
        print(for_terminal(ending["error"]["traceback"]), file=sys.stderr)
    return {"done": DONE, "cancelled": INTERRUPTED}.get(ending["type"], FAILED)


def _read_spec(path: str) -> dict[str, Any]:
    """The spec with its defaults filled in, as TypeScript would send it."""
    spec = json.loads(_spec_text(path))
    complete: dict[str, Any] = with_defaults(spec)
    check_spec(complete)
    return complete


def _spec_text(path: str) -> str:
    if path == "-":
        text = sys.stdin.read(LARGEST_SPEC + 1)
    else:
        if not Path(path).is_file() and Path(path).exists():  # a pipe would wait, a device never end
            raise OSError("is no file; give `-` to read from a pipe")
        with Path(path).open(encoding="utf-8") as file:
            text = file.read(LARGEST_SPEC + 1)
    if len(text) > LARGEST_SPEC:
        raise OSError(f"is longer than {LARGEST_SPEC} characters: that is no spec of a job")
    return text


def _own_stdout() -> TextIO:
    """stdout for our lines alone: what libraries print, in C as well, goes to stderr from now on."""
    sys.stdout.flush()
    ours = os.dup(1)
    os.dup2(2, 1)
    # Started once per device by a launcher (torchrun, srun), the first one speaks for all.
    silent = int(os.environ.get("RANK", "0")) > 0
    return Path(os.devnull).open("w", encoding="utf-8") if silent else os.fdopen(ours, "w", encoding="utf-8")


def _stop_politely(channel: LineChannel) -> None:
    """Ctrl-C, or the SIGTERM of a batch system near its time limit, saves a checkpoint; a second one ends it now."""

    def stop(number: int, _: Any) -> None:
        if channel.should_stop():
            os._exit(INTERRUPTED)
        print(f"medgr2: {signal.Signals(number).name}: saving what there is; again to end now", file=sys.stderr)
        channel.stop()

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
