"""A Ray job's driver: starts Ray Train's workers, relays for them, and sums up how they ended.

Ray sets the ranks that accelerate, and so TRL, reads. Data and output folders must have the same path on all machines.
"""

from __future__ import annotations

import functools
import json
import os
import shutil
import signal
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Client, Connection
from pathlib import Path
from typing import Any

from medgr2.channel import PipeChannel
from medgr2.executors.relay import Relay
from medgr2.executors.worker import enter, leave
from medgr2.extras import ExtraMissing, missing
from medgr2.failure import describe
from medgr2.jobs import end_job
from medgr2.sharding import SHARDING

#: Seconds that killed processes get to be gone.
LEAVE_SECONDS = 10.0
#: Seconds that the workers' last words may take after Ray has said that they are over.
LAST_WORDS_SECONDS = 5.0
#: Ray puts the machine's outward address in place of 127.0.0.1; it leaves this one, which is loopback as well.
LOOPBACK = "127.0.0.2"
#: Times that Ray is started on this machine before it is given up.
TRIES = 3
#: Seconds for what Ray gives a minute by default, which is short on a busy machine. What the user has set stays.
PATIENCE = {"RAY_TRAIN_WORKER_GROUP_START_TIMEOUT_S": "600", "RAY_worker_register_timeout_seconds": "300"}
#: Times that a job whose worker was lost is begun again, from its last checkpoint.
RESTARTS = 3
#: Of Node's surroundings for Python (src/bridge/process.ts), what workers of a cluster need as well.
PASSED_ON = ("PYTHONPATH", "TOKENIZERS_PARALLELISM", "OMP_WAIT_POLICY", "PYTORCH_NVML_BASED_CUDA_CHECK")


class RayNotStarted(RuntimeError):
    """Ray's own processes did not come up on this machine.

    Its agents have 15 s to write their ports, a constant in its raylet (ray-project/ray issue 65983) that no setting of
    Ray 2.60 lengthens: a busy machine may take longer, above all while everything is still to be read from disk.
    """


def drive(connection: Connection[Any, Any], request: str) -> None:
    """Body of the driver's process; `request` is JSON: {spec, module, log, ray}."""
    job = json.loads(request)
    channel = enter(connection, job["log"])
    try:
        ending = _run(job, channel)
    except BaseException as error:  # Ray missing, no such cluster, no such device
        ending = {"type": "failed", "error": describe(error)}
    leave(channel, ending)


def _run(job: dict[str, Any], channel: PipeChannel) -> dict[str, Any]:
    settings = job["ray"]
    _start_ray(settings, channel)
    if channel.should_stop():  # starting takes seconds, and nobody is left to want what comes after
        return {"type": "cancelled"}
    from ray.train import RunConfig, ScalingConfig
    from ray.train.torch import TorchTrainer

    spec = job["spec"] if job["module"] is not None else _absolute(job["spec"])
    relay = Relay(channel, settings["listen"], settings["workers"])
    address = (settings["listen"], relay.port)
    # Ray wants a folder that all machines see; nothing that we keep goes there.
    storage = Path(spec.get("outDir") or Path(job["log"]).parent).absolute() / ".ray"
    body = functools.partial(work, spec, job["module"], address, relay.key, settings.get("sharding"))
    scaling = ScalingConfig(
        num_workers=settings["workers"],
        use_gpu=settings["gpu"],
        resources_per_worker={"CPU": settings["cpusPerWorker"], **({"GPU": 1} if settings["gpu"] else {})},
    )

    def fit() -> None:
        TorchTrainer(body, scaling_config=scaling, run_config=RunConfig(name="job", storage_path=str(storage))).fit()

    return fit_again(fit, relay, channel, storage)


def fit_again(fit: Callable[[], None], relay: Relay, channel: PipeChannel, storage: Path) -> dict[str, Any]:
    """Until the job is over, as it ended. Where a worker was lost Ray waits for one in its place, and jobs go on from
    their last checkpoint; Ray's own restarts would also repeat what a worker has failed at for a reason."""
    for restart in range(1, RESTARTS + 2):
        try:
            fit()
        except Exception as error:
            bad = relay.bad_ending(LAST_WORDS_SECONDS)
            lost = relay.lost() is not None or (bad is None and not relay.endings)
            if not lost or restart > RESTARTS or channel.should_stop():
                return bad or {"type": "failed", "error": describe(error)}
            which = "a worker" if relay.lost() is None else f"worker {relay.lost()}"
            told = f"{which} was lost: the job begins again ({restart} of {RESTARTS} times), from its last checkpoint"
            relay.begin_again()
            channel.emit({"type": "warning", "message": f"{told}. Ray says: {str(error)[:500]}"})
            continue
        finally:
            shutil.rmtree(storage, ignore_errors=True)
        relay.wait_for_endings(LAST_WORDS_SECONDS)
        break
    return relay.endings[0]


def _start_ray(settings: dict[str, Any], channel: PipeChannel) -> None:
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # nothing is told to anybody
    os.environ["RAY_TRAIN_V2_ENABLED"] = "1"
    for name, seconds in PATIENCE.items():
        os.environ.setdefault(name, seconds)
    package = Path(__file__).resolve().parents[1]
    try:
        import ray
    except ModuleNotFoundError as error:
        raise ExtraMissing(missing("ray", "executor.kind: ray")) from error
    if settings.get("address"):
        # This package goes along; what it imports must be installed on every machine.
        variables = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        ray.init(
            address=settings["address"],
            runtime_env={"py_modules": [str(package)], "env_vars": variables},
            log_to_driver=True,
        )
        return
    devices = settings["workers"] if settings["gpu"] else 0
    # One CPU more than the workers take: Ray Train's controller needs to run somewhere.
    cpus = settings["workers"] * settings["cpusPerWorker"] + 1
    for number in range(1, TRIES + 1):
        try:
            ray.init(num_cpus=cpus, num_gpus=devices, include_dashboard=False, _node_ip_address=LOOPBACK)
            return
        except Exception as error:
            if number == TRIES:
                raise RayNotStarted(f"Ray did not start on this machine in {TRIES} tries: {error}") from error
            message = f"Ray did not start on this machine, and is tried again ({number} of {TRIES} tries): {error}"
        _end_children()  # what a try that failed has started is in the way of the next one
        ray.shutdown()
        if channel.should_stop():
            return  # whoever called looks as well
        channel.emit({"type": "warning", "message": message})


def _end_children() -> None:
    """All that this process started, which is Ray's."""
    import psutil

    children = psutil.Process().children(recursive=True)
    for child in children:
        with suppress(psutil.NoSuchProcess):
            child.kill()
    psutil.wait_procs(children, LEAVE_SECONDS)


def _absolute(spec: dict[str, Any]) -> dict[str, Any]:
    """A worker may have another working directory."""
    fixed = dict(spec)
    for name in ("outDir", "data"):
        fixed[name] = str(Path(spec[name]).absolute())
    for name in ("model", "rewardModel"):
        if name in fixed and Path(fixed[name]["path"]).exists():
            fixed[name] = {**fixed[name], "path": str(Path(fixed[name]["path"]).absolute())}
    return fixed


class WorkerEnded(Exception):
    """A rank did not finish its part: Ray then ends the others, which would wait for it."""


def work(
    spec: dict[str, Any], module: str | None, address: tuple[str, int], key: bytes, sharding: str | None = None
) -> None:
    """What each Ray Train worker does."""
    from ray.train import get_context

    if sharding is not None:
        os.environ[SHARDING] = sharding
    connection = Client(address, authkey=key)
    connection.send_bytes(json.dumps({"rank": get_context().get_world_rank()}).encode("ascii"))
    channel = PipeChannel(connection, orphaned=functools.partial(os.kill, os.getpid(), signal.SIGKILL))
    channel.start_beating()
    ending = end_job(spec, channel, module)
    channel.finish(ending)
    if ending["type"] != "done":
        raise WorkerEnded(ending.get("error", {}).get("message", ending["type"]))
