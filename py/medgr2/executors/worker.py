"""The first thing a job process does: a group, a log and a channel of its own. Then it is the job."""

import json
import os
import signal
import sys
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NoReturn

from medgr2.jobs.run_job import end_job
from medgr2.node.job_channel import PipeChannel


def work(connection: "Connection[Any, Any]", request: str) -> None:
    """Body of the process; `request` is JSON: {spec, module, log}."""
    job = json.loads(request)
    channel = enter(connection, job["log"])
    channel.start_beating()
    leave(channel, end_job(job["spec"], channel, job["module"]))


def enter(connection: "Connection[Any, Any]", log: str) -> PipeChannel:
    """Makes this process a job's: a group of its own, its output in the log, a channel to the supervisor."""
    take_place(log)
    return PipeChannel(connection)


def take_place(log: str) -> None:
    """A group of its own and its output in the log; no thread is started."""
    os.setsid()  # the supervisor ends the job and all it starts by this group
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for Node, which cancels politely
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # the supervisor ignores it, and that is inherited
    _write_output_to(log)


def leave(channel: PipeChannel, ending: dict[str, Any]) -> NoReturn:
    """Says how the job ended, and ends the process."""
    if ending["type"] == "failed":
        print(ending["error"]["traceback"], file=sys.stderr)
    sys.stdout.flush()
    sys.stderr.flush()
    channel.finish(ending)
    os._exit(0)  # a thread that some library left running must not keep a finished job


def _write_output_to(log: str) -> None:
    """Everything printed goes to the log, by C libraries and child processes as well."""
    Path(log).parent.mkdir(parents=True, exist_ok=True)
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for target in (1, 2):
        os.dup2(file, target)
    os.close(file)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)  # type: ignore[union-attr]
