"""Jobs under a real local Ray with two CPU workers: with MEDGR2_TEST_RAY=1, on a machine with time to spare."""

import importlib.util
import json
import os
import signal
import time
from multiprocessing import forkserver
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from PIL import Image

from medgr2.contract import with_defaults
from medgr2.executors.ray import RayExecutor

pytestmark = pytest.mark.skipif(
    os.environ.get("MEDGR2_TEST_RAY") != "1" or importlib.util.find_spec("ray") is None,
    reason="set MEDGR2_TEST_RAY=1, with ray installed: medgr2 setup --with ray",
)
#: A cluster that runs already: `auto` for one of this machine (ray start --head --num-cpus=3). Else a Ray for each job.
ADDRESS = os.environ.get("MEDGR2_TEST_RAY_ADDRESS")
SETTINGS = {"address": ADDRESS, "kind": "ray", "workers": 2, "gpu": False, "cpusPerWorker": 1, "listen": "127.0.0.1"}
ROOT = Path(__file__).resolve().parents[3]


def follow(worker, answer=None):
    """All messages but heartbeats, with every ask answered."""
    heard = []
    for frame in worker.messages():
        if frame.kind == "beat":
            continue
        message = frame.read()
        heard.append(message)
        if message["type"] == "ask":
            worker.send({"type": "answer", "ask": message["ask"], "reply": {"scores": answer(message["request"])}})
        if message["type"] in ("done", "failed", "cancelled"):
            break
    worker.finish(20)
    return heard


def gone(pid):
    """Nothing is left that the driver started: Ray's servers have it as an ancestor or die with it.

    A worker that was just starting looks for its raylet for half a minute before it gives up.
    """
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = [
            entry.name
            for entry in Path("/proc").iterdir()
            if entry.name.isdigit() and f"MEDGR2_RAY_TEST={pid}\0".encode() in _read(entry / "environ")
            if b"resource_tracker" not in _read(entry / "cmdline")  # Python's own, which ends with pytest
        ]
        if not found:
            return True
        time.sleep(0.2)
    return False


def _read(file):
    try:
        return file.read_bytes()
    except OSError:
        return b""


@pytest.fixture
def launch(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT / "py"), str(tmp_path)]))
    monkeypatch.setenv("MEDGR2_RAY_TEST", str(os.getpid()))  # the forkserver and all below it inherit this
    executor = RayExecutor(SETTINGS)

    def start(spec, module=None):
        return executor.launch(spec, module, str(tmp_path / "job.log"))

    yield start
    forkserver._forkserver._stop()  # in a supervisor it ends with the process group
    assert gone(os.getpid())


def test_grpo_over_two_ranks_asks_for_all_rewards_and_trains_one_model(launch, tmp_path):
    Image.new("L", (84, 84), 90).save(tmp_path / "a.png")
    rows = [{"id": str(n), "image": str(tmp_path / "a.png"), "prompt": f"Name it {n}."} for n in range(4)]
    parquet.write_table(pa.Table.from_pylist(rows), tmp_path / "rows.parquet")
    spec = {
        "kind": "grpo",
        "seed": 1,
        "threads": 1,
        "device": "cpu",
        "model": {"path": "phantom"},
        "data": str(tmp_path / "rows.parquet"),
        "outDir": str(tmp_path / "out"),
        "rewards": [{"name": "length", "weight": 1}],
        "trl": {
            "max_steps": 1,
            "num_generations": 2,
            "per_device_train_batch_size": 2,
            "max_completion_length": 6,
            "logging_steps": 1,
        },
    }
    worker = launch(with_defaults(spec))
    heard = follow(worker, lambda ask: {"length": [float(len(item["completion"])) for item in ask["items"]]})
    log = (tmp_path / "job.log").read_text()
    assert heard[-1]["type"] == "done", log
    asks = [message["request"] for message in heard if message["type"] == "ask"]
    assert [len(ask["items"]) for ask in asks] == [2, 2]  # a group for each rank
    assert len({item["id"] for ask in asks for item in ask["items"]}) == 2
    assert [m["event"]["type"] for m in heard if m["type"] == "event"].count("job-start") == 1
    assert heard[-1]["result"]["steps"] == 1
    assert (tmp_path / "out" / "model" / "model.safetensors").is_file()
    assert not (tmp_path / "out" / ".ray").exists()


def test_a_rank_that_fails_ends_the_job_with_its_own_error(launch, tmp_path):
    (tmp_path / "ranked.py").write_text(
        "import os, time\n"
        "def run(spec, channel):\n"
        "    if os.environ['RANK'] == '1':\n"
        "        raise ValueError('rank 1 of ' + os.environ['WORLD_SIZE'])\n"
        "    time.sleep(600)\n"
    )
    heard = follow(launch({}, "ranked"))
    assert heard[-1]["type"] == "failed", json.dumps(heard)
    assert heard[-1]["error"]["message"] == "rank 1 of 2"


def test_a_killed_driver_leaves_nothing(launch, tmp_path):
    (tmp_path / "slow.py").write_text(
        "import time\n"
        "def run(spec, channel):\n"
        "    channel.emit({'type': 'progress', 'done': 0, 'total': 1})\n"
        "    time.sleep(600)\n"
    )
    worker = launch({}, "slow")
    for frame in worker.messages():
        if frame.kind == "event":
            worker.signal_group(signal.SIGKILL)
    assert worker.finish(10) == -signal.SIGKILL


def test_a_cancel_reaches_every_rank(launch, tmp_path):
    (tmp_path / "patient.py").write_text(
        "import os, time\n"
        "from pathlib import Path\n"
        "from medgr2.node.job_channel import JobCancelled\n"
        "def run(spec, channel):\n"
        "    here = Path(spec['outDir'])\n"
        "    (here / ('started-' + os.environ['RANK'])).touch()\n"
        "    while len(list(here.glob('started-*'))) < 2:\n"
        "        time.sleep(0.05)\n"
        "    channel.emit({'type': 'progress', 'done': 0, 'total': 1})\n"
        "    while not channel.should_stop():\n"
        "        time.sleep(0.05)\n"
        "    (here / ('stopped-' + os.environ['RANK'])).touch()\n"
        "    raise JobCancelled('stopped')\n"
    )
    worker = launch({"outDir": str(tmp_path)}, "patient")
    ended = None
    for frame in worker.messages():
        if frame.kind == "event":
            worker.send({"type": "stop"})
        if frame.kind in ("done", "failed", "cancelled"):
            ended = frame.kind
    worker.finish(20)
    assert ended == "cancelled", (tmp_path / "job.log").read_text()
    assert sorted(file.name for file in tmp_path.glob("stopped-*")) == ["stopped-0", "stopped-1"]
