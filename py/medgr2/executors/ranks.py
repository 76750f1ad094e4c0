"""Jobs on several GPUs of this machine, or on several CPU ranks: one process each, started by torch's elastic agent.

Each such job has a driver, which the supervisor treats like a local job; the ranks come to its relay as Ray's do.
"""

from __future__ import annotations

import functools
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from multiprocessing import connection as connections
from multiprocessing import get_context
from multiprocessing.connection import Client, Connection
from typing import Any

from medgr2.executors import Worker
from medgr2.executors.local import LocalExecutor
from medgr2.executors.worker import leave, take_place, work
from medgr2.executors.worker_relay import Relay
from medgr2.jobs.run_job import SPREAD, end_job
from medgr2.models.devices import visible_gpus
from medgr2.node.describe_failure import describe
from medgr2.node.job_channel import PipeChannel
from medgr2.training.sharding import SHARDING, ShardingRefused

#: Ranks of one machine speak to each other on it alone.
LOOPBACK = "127.0.0.1"
#: Seconds that the ranks' last words may take after the agent has left.
LAST_WORDS_SECONDS = 5.0
#: Seconds that the others get to stop as well, after the first rank has: one may wait for a rank that has stopped.
STOP_SECONDS = 10.0
#: Gloo otherwise listens where the machine's name points to.
LOOPBACK_INTERFACE = "lo0" if sys.platform == "darwin" else "lo"


class TooFewGpus(RuntimeError):
    """More GPUs are asked for than this machine shows."""


class RankLost(RuntimeError):
    """A rank left without a word, and the others could not go on."""


def spreads(settings: dict[str, Any]) -> bool:
    """Whether these settings of a local executor ask for ranks."""
    return settings.get("gpus") is not None or settings.get("workers", 1) > 1


class RanksExecutor(LocalExecutor):
    def __init__(self, settings: dict[str, Any], preload: bool) -> None:
        """`settings` is the `executor` of an engine, see src/config/sections/executor.ts."""
        super().__init__(preload, body=drive)
        self._settings = settings

    def launch(self, spec: dict[str, Any], module: str | None, log: str) -> Worker:
        job = {"spec": spec, "module": module, "log": log}
        if module is None and spec["kind"] not in SPREAD:
            return self.start_process(job, body=work)
        return self.start_process({**job, "ranks": self._settings})


def drive(connection: Connection[Any, Any], request: str) -> None:
    """Body of the driver's process; `request` is JSON: {spec, module, log, ranks}."""
    job = json.loads(request)
    take_place(job["log"])
    try:
        count = settle(job)
    except RuntimeError as error:
        leave(PipeChannel(connection), {"type": "failed", "error": describe(error)})
    if count == 1:  # one GPU, by `all` or by number: a plain job
        channel = PipeChannel(connection)
        channel.start_beating()
        leave(channel, end_job(job["spec"], channel, job["module"]))
    # Forked while this process has no thread: a rank must not inherit a lock that nobody will release.
    orders, theirs = connections.Pipe()
    agent = get_context("fork").Process(target=_start_ranks, args=(theirs, connection, job, count))
    agent.start()
    theirs.close()
    channel = PipeChannel(connection)
    relay = Relay(channel, LOOPBACK, count)
    orders.send_bytes(json.dumps({"port": relay.port, "key": relay.key.hex()}).encode("ascii"))
    left = _wait(agent, relay, count)
    leave(channel, _ending(relay, count, left))


def settle(job: dict[str, Any]) -> int:
    """How many ranks; puts into the surroundings and the spec what they need. Raises where the machine cannot."""
    settings, spec = job["ranks"], job["spec"]
    on_cpu = os.environ.get("DS_ACCELERATOR") == "cpu"  # DeepSpeed's own setting, for trials
    if settings.get("sharding") == "zero3" and settings.get("gpus") is None and not on_cpu:
        raise ShardingRefused("sharding: zero3 needs GPUs (executor.gpus): CPU ranks are sharded by fsdp")
    os.environ.setdefault("GLOO_SOCKET_IFNAME", LOOPBACK_INTERFACE)
    if settings.get("sharding") is not None:
        os.environ[SHARDING] = settings["sharding"]
    wanted = settings.get("gpus")
    if wanted is None:
        if spec.get("device") == "cuda":
            raise TooFewGpus("executor.workers are ranks on the CPU, and device is cuda: use executor.gpus")
        count: int = settings["workers"]
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
        spec["device"] = "cpu"
        # As many processes with a thread for each core would stand in each other's way.
        if not spec.get("threads") and job["module"] is None:
            spec["threads"] = max(1, (os.cpu_count() or 1) // count)
        return count
    if spec.get("device") == "cpu":
        raise TooFewGpus(f"executor.gpus is {wanted}, and device is cpu: use executor.workers, or another device")
    gpus = visible_gpus()
    count = len(gpus) if wanted == "all" else wanted
    if not gpus or count > len(gpus):
        shown = os.environ.get("CUDA_VISIBLE_DEVICES")
        by = "" if shown is None else f" (CUDA_VISIBLE_DEVICES={shown})"
        raise TooFewGpus(f"executor.gpus is {wanted}, and {len(gpus) or 'no'} GPUs are visible here{by}")
    if count == 1 and settings.get("sharding") is not None:
        raise ShardingRefused(f"executor.gpus is {wanted}, one GPU here: there is nothing to split a model over")
    os.environ["CUDA_VISIBLE_DEVICES"] = ",".join(gpus[:count])
    return count


def _wait(agent: Any, relay: Relay, count: int) -> int | None:
    """Until the agent has left. Its exit code; None where a rank has stopped and another one cannot."""
    stopped: float | None = None
    while not connections.wait([agent.sentinel], 0.2):
        endings = list(relay.endings.values())
        if len(endings) < count and any(ending["type"] == "cancelled" for ending in endings):
            stopped = stopped or time.monotonic()
            if time.monotonic() - stopped > STOP_SECONDS:
                return None  # the supervisor ends what is left of this group
    agent.join()
    code: int = agent.exitcode
    return code


def _ending(relay: Relay, count: int, left: int | None) -> dict[str, Any]:
    if left == 0:
        relay.wait_for_endings(LAST_WORDS_SECONDS)
    bad = relay.bad_ending(LAST_WORDS_SECONDS if left else 0.0)
    if bad is not None:
        return bad
    if len(relay.endings) == count:
        return relay.endings[0]
    silent = sorted(set(range(count)) - relay.endings.keys())
    words = f"of {count} ranks {', '.join(map(str, silent))} left without a word; the log says how each one ended"
    return {"type": "failed", "error": describe(RankLost(words))}


def _start_ranks(orders: Connection[Any, Any], above: Connection[Any, Any], job: dict[str, Any], count: int) -> None:
    """The agent's process: starts the ranks and ends all where one fails, as `torchrun` does."""
    above.close()  # the driver's alone
    meet = json.loads(orders.recv_bytes())
    from torch.distributed.elastic.multiprocessing import DefaultLogsSpecs
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.launcher.api import LaunchConfig, elastic_launch

    notes = tempfile.mkdtemp(prefix="medgr2-ranks-")  # how each rank failed, for the agent; the job's log has it too
    config = LaunchConfig(
        logs_specs=DefaultLogsSpecs(log_dir=notes),
        min_nodes=1,
        max_nodes=1,
        nproc_per_node=count,
        run_id=f"medgr2-{os.getpid()}",
        rdzv_backend="c10d",
        rdzv_endpoint=f"{LOOPBACK}:0",
        local_addr=LOOPBACK,
        max_restarts=0,
        start_method="fork",  # the heavy libraries are loaded, and CUDA is untouched
    )
    try:
        elastic_launch(config, rank)(json.dumps({**job, **meet}))
    except ChildFailedError as error:
        print(error, file=sys.stderr)
        sys.exit(1)
    finally:
        shutil.rmtree(notes, ignore_errors=True)


class RankEnded(Exception):
    """A rank did not finish its part: the agent then ends the others, which would wait for it."""


def rank(request: str) -> None:
    """What each rank does; `request` is JSON: {spec, module, port, key}."""
    job = json.loads(request)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # the agent has a handler of its own
    connection = Client((LOOPBACK, job["port"]), authkey=bytes.fromhex(job["key"]))
    connection.send_bytes(json.dumps({"rank": int(os.environ["RANK"])}).encode("ascii"))
    channel = PipeChannel(connection, orphaned=functools.partial(os.kill, os.getpid(), signal.SIGKILL))
    channel.start_beating()
    ending = end_job(job["spec"], channel, job["module"])
    channel.finish(ending)
    # One that was told to stop has saved its part, and leaves the others the time to save theirs.
    if ending["type"] == "failed":
        print(ending["error"]["traceback"], file=sys.stderr, flush=True)
        raise RankEnded(ending["error"]["message"])
