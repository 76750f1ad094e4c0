"""`python -m medgr2 job`: one job without Node. `… gpu-check`: what the GPU does. `… supervise`: what Node talks to."""

import argparse
import importlib
import json
import multiprocessing.util
import os
import platform
import shutil
import signal
import sys
from typing import Any

from medgr2.executors.local import LocalExecutor
from medgr2.executors.ranks import RanksExecutor, spreads
from medgr2.gpu_check import command
from medgr2.node.node_line import Line
from medgr2.node.strict_json import strict_dumps
from medgr2.node.supervisor import Supervisor
from medgr2.single_job import run_single
from medgr2.stand_in_rewards import RULES


def supervise(file: int, pythonia: str, executor: LocalExecutor, apart: bool) -> None:
    """Serves Node until the line ends, then leaves no process behind. `apart`: as no child of Node's, in its group."""
    group = os.getpgrp() if os.getpgrp() == os.getpid() else None
    if apart and os.fork() > 0:  # before there are threads
        os._exit(0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for Node, which cancels politely
    signal.signal(signal.SIGTERM, signal.SIG_IGN)

    def push(job: str, message: str) -> None:
        line.push(job, message)

    supervisor = Supervisor(executor, push)
    line = Line(file, lost=lambda: _leave(supervisor, group))
    bridge = _pythonia_bridge(pythonia, line)
    bridge.m[0]["supervisor"] = supervisor
    line.push(None, strict_dumps({"type": "ready", "pid": os.getpid(), "python": platform.python_version()}))
    supervisor.warm()
    while True:
        message = json.loads(line.readline())
        bridge.onMessage(message["r"], message["action"], message["ffid"], message["key"], message["val"])


def _pythonia_bridge(folder: str, line: Line) -> Any:
    """pythonia's own Python side, from the npm package. Its folder is on the path only while it loads: it has
    modules with names like `proxy` and `ws`, which jobs must not see."""
    sys.path.insert(0, folder)
    try:
        return importlib.import_module("Bridge").Bridge(line)
    finally:
        sys.path.remove(folder)


def _leave(supervisor: Supervisor, group: int | None) -> None:
    """`group`: the process group that is ours alone, if there is one."""
    supervisor.kill_all()
    shutil.rmtree(multiprocessing.util.get_temp_dir(), ignore_errors=True)  # the forkserver's socket
    if group is not None:
        os.killpg(group, signal.SIGKILL)  # the forkserver, and this process
    os._exit(0)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m medgr2", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("supervise", help="serve a Node process")
    serve.add_argument("--fd", type=int, required=True, help="the file descriptor of the line")
    serve.add_argument("--pythonia", required=True, help="folder of pythonia's Python files")
    serve.add_argument("--no-preload", action="store_true", help="let each job import torch by itself")
    serve.add_argument("--executor", type=json.loads, default={"kind": "local"}, help="where jobs run, as JSON")
    serve.add_argument("--apart", action="store_true", help="leave the process that Node started, which ends")
    one = commands.add_parser(
        "job",
        help="run one job here, without Node",
        description="Runs one job: events as JSON lines on stdout, how it ended last, everything else on stderr. "
        "Exit code 0: done, 1: failed, 2: wrong use, 130: stopped.",
    )
    one.add_argument("spec", help="JSON file as TypeScript's job specs are, or - for stdin")
    one.add_argument(
        "--rewards",
        action="append",
        default=[],
        metavar="[NAME=]RULE",
        help=f"GRPO: a stand-in for a reward, which TypeScript would have given ({', '.join(RULES)}); once for each",
    )
    gpu = commands.add_parser("gpu-check", help="what this machine's GPU does, in what time and memory")
    command.add_arguments(gpu)
    track = commands.add_parser("track", help="tell a tracker what a run writes, until standard input ends")
    track.add_argument("run", help="the run folder")
    track.add_argument("--tracker", type=json.loads, required=True, help="{kind, online, project}, as JSON")
    track.add_argument("--config", type=json.loads, default={}, help="settings that it shows, as JSON")
    options = parser.parse_args()
    if options.command == "job":
        sys.exit(run_single(options.spec, options.rewards))
    if options.command == "track":
        from medgr2.trackers.follow import run_following

        sys.exit(run_following(options.run, options.tracker, options.config))
    if options.command == "gpu-check":
        sys.exit(command.run(options))
    supervise(options.fd, options.pythonia, _executor(options.executor, not options.no_preload), options.apart)


def _executor(settings: dict[str, Any], preload: bool) -> LocalExecutor:
    if settings["kind"] == "local":
        return RanksExecutor(settings, preload) if spreads(settings) else LocalExecutor(preload)
    from medgr2.executors.ray import RayExecutor

    return RayExecutor(settings)


if __name__ == "__main__":
    main()
