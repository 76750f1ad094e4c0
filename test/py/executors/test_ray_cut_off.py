"""A Ray cluster of two network namespaces, one of which is cut off in mid-job: with MEDGR2_TEST_RAY=1, as root.

Each namespace is a machine to Ray: an address of its own and a cable. The cable is pulled, not the process killed, so
nobody is told by the kernel that the other has gone. The folder of results is the same on both, as a cluster needs.
"""

import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import pytest
from safetensors.torch import load_file
from training_jobs import spec_of, write_rows

from medgr2.contract import with_defaults

HERE, AWAY = "medgr2-here", "medgr2-away"
ADDRESSES = {HERE: "10.213.71.1", AWAY: "10.213.71.2"}
CABLE = "medgr2c"
STEPS = 12
ROOT = Path(__file__).resolve().parents[3]
#: Ray notices a machine that has gone in seconds instead of a minute.
SOON = {"RAY_health_check_period_ms": "1000", "RAY_health_check_timeout_ms": "2000"}
SOON |= {"RAY_health_check_failure_threshold": "3"}
#: Ray gives its workers the last place in the queue (nice 15); beside anything else they would not come up in time.
SOON |= {"RAY_worker_niceness": "0"}
#: A job through the executor, its messages as lines; runs within a namespace.
DRIVER = """
import json, sys
from medgr2.executors.ray import RayExecutor
spec, settings, log = json.loads(sys.argv[1])
worker = RayExecutor(settings).launch(spec, None, log)
for frame in worker.messages():
    if frame.kind != "beat":
        message = frame.read()
        print(json.dumps(message), flush=True)
        if message["type"] in ("done", "failed", "cancelled"):
            break
worker.finish(20)
"""


def ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True)


def can_have_namespaces():
    if sys.platform != "linux" or os.geteuid() != 0 or shutil.which("ip") is None:
        return False
    name = f"medgr2-try-{os.getpid()}"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True).returncode == 0
    return made and subprocess.run(["ip", "netns", "del", name], capture_output=True).returncode == 0


ASKED = os.environ.get("MEDGR2_TEST_RAY") == "1" and importlib.util.find_spec("ray") is not None
pytestmark = [
    pytest.mark.skipif(not ASKED, reason="set MEDGR2_TEST_RAY=1, with ray installed: medgr2 setup --with ray"),
    pytest.mark.skipif(ASKED and not can_have_namespaces(), reason="network namespaces need root on Linux"),
]


class Cluster:
    def __init__(self, folder):
        self.folder = folder
        self.nodes = {}
        self.sockets = tempfile.mkdtemp(prefix="mr-")  # a socket's path has a hundred letters at most
        # Gloo otherwise listens where the machine's name points to, which is outside of the namespaces.
        self.env = {
            **os.environ,
            **SOON,
            "PYTHONPATH": str(ROOT / "py"),
            "GLOO_SOCKET_IFNAME": CABLE,
            "OMP_NUM_THREADS": "1",
        }

    def inside(self, where, *command, **more):
        return subprocess.Popen(["ip", "netns", "exec", where, *command], env=self.env, text=True, **more)

    def start(self, where):
        """Ray of one machine, with a folder for its sockets of its own; in the foreground, so that its end is seen."""
        own = ["--head", "--port=6379", "--include-dashboard=false", f"--temp-dir={self.sockets}"]
        if where == AWAY:  # it takes the other's path
            own = [f"--address={ADDRESSES[HERE]}:6379"]
        ray = f"{sys.executable} -m ray.scripts.scripts start --block --num-cpus=1 --disable-usage-stats"
        ray += f" --node-ip-address={ADDRESSES[where]} {' '.join(own)}"
        place = self.folder / f"{where}-{len(self.nodes.get(where, []))}.log"
        log = place.open("w")
        apart = "" if where == HERE else f"mount -t tmpfs none {self.sockets} && "
        command = ["sh", "-c", f"{apart}exec {ray}"]
        node = self.inside(where, *command, stdout=log, stderr=log, process_group=0)
        self.nodes.setdefault(where, []).append(node)
        while "Ray runtime started" not in place.read_text():
            assert node.poll() is None, place.read_text()
            time.sleep(0.2)

    def cut_off(self):
        ip("-n", AWAY, "link", "set", CABLE, "down")

    def plug_in(self):
        ip("-n", AWAY, "link", "set", CABLE, "up")

    def stop(self, where):
        found = subprocess.run(["ip", "netns", "pids", where], capture_output=True, text=True).stdout.split()
        for pid in found:
            with suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        for node in self.nodes.get(where, []):
            node.wait(20)


@pytest.fixture
def cluster(tmp_path):
    cluster = Cluster(tmp_path)
    for where in ADDRESSES:
        subprocess.run(["ip", "netns", "del", where], capture_output=True)
        ip("netns", "add", where)
    ip("link", "add", CABLE, "netns", HERE, "type", "veth", "peer", "name", CABLE, "netns", AWAY)
    for where, address in ADDRESSES.items():
        ip("-n", where, "addr", "add", f"{address}/24", "dev", CABLE)
        ip("-n", where, "link", "set", CABLE, "up")
        ip("-n", where, "link", "set", "lo", "up")
    try:
        for where in ADDRESSES:
            cluster.start(where)
        yield cluster
    finally:
        for where in ADDRESSES:
            cluster.stop(where)
            ip("netns", "del", where)
        shutil.rmtree(cluster.sockets, ignore_errors=True)


def follow(cluster, spec, log, on_message=lambda message: None):
    settings = {"address": f"{ADDRESSES[HERE]}:6379", "kind": "ray", "workers": 2, "gpu": False, "cpusPerWorker": 1}
    settings["listen"] = ADDRESSES[HERE]
    job = json.dumps([with_defaults(spec), settings, str(log)])
    driver = cluster.inside(HERE, sys.executable, "-c", DRIVER, job, stdout=subprocess.PIPE, process_group=0)
    heard = []
    for line in driver.stdout:
        heard.append(json.loads(line))
        on_message(heard[-1])
    driver.wait(60)
    return heard


def test_a_machine_that_is_cut_off_in_mid_job_costs_the_steps_since_the_last_checkpoint(cluster, tmp_path):
    data = write_rows(tmp_path / "rows")
    trl = {"max_steps": STEPS, "save_steps": 2, "logging_steps": 1}
    whole = follow(cluster, spec_of("sft", tmp_path / "whole", data, trl=trl), tmp_path / "whole.log")
    assert whole[-1]["type"] == "done", (tmp_path / "whole.log").read_text()[-5000:]
    told = []

    def pull(message):
        event = message.get("event", {})
        if event.get("type") == "train-step" and event["step"] == 3 and not told:
            told.append("cut")
            cluster.cut_off()
        if event.get("type") == "warning" and "was lost" in event["message"]:
            told.append(event["message"])
            cluster.plug_in()
            cluster.stop(AWAY)  # as whoever looks after the machine would: Ray takes none back that it gave up
            cluster.start(AWAY)

    heard = follow(cluster, spec_of("sft", tmp_path / "cut", data, trl=trl), tmp_path / "cut.log", pull)
    assert heard[-1]["type"] == "done", (heard[-1], (tmp_path / "cut.log").read_text()[-5000:])
    assert told[0] == "cut" and len(told) == 2 and "begins again (1 of 3 times)" in told[1], told
    events = [message["event"] for message in heard if message["type"] == "event"]
    started = [event["resumedFrom"] for event in events if event["type"] == "job-start"]
    assert started[0] is None and len(started) == 2, started
    saved = int(started[1].rpartition("-")[2])
    steps = [event["step"] for event in events if event["type"] == "train-step"]
    # A cable is pulled while steps go on: a few more may be done by then.
    done = steps[: -(STEPS - saved)]
    assert steps == [*range(1, len(done) + 1), *range(saved + 1, STEPS + 1)], steps
    assert saved == len(done) // 2 * 2 and 3 <= len(done) < STEPS, (saved, done)
    first, second = (load_file(tmp_path / name / "model" / "model.safetensors") for name in ("whole", "cut"))
    assert first.keys() == second.keys()
    assert [name for name in first if not first[name].equal(second[name])] == []
