"""The supervisor follows workers by what they send and how they leave; here over a worker that a test plays."""

import json
import queue
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from medgr2.node.message_frame import pack, unpack
from medgr2.node.supervisor import Supervisor

ROOT = Path(__file__).resolve().parents[3]
SPEC = {"kind": "score", "outDir": "o", "seed": 1, "device": "cpu", "model": {"path": "m", "dtype": "auto"}}
SPEC |= {"data": "d", "batchSize": 2}


class PlayedWorker:
    """Records what it is told; says what the test puts into `says`, and leaves after None."""

    pid = 4242

    def __init__(self):
        self.says: queue.Queue = queue.Queue()
        self.told: list = []
        self.exit_code = 0

    def messages(self):
        while (message := self.says.get()) is not None:
            yield unpack(pack(message))

    def send(self, message):
        self.told.append(message)

    def signal_group(self, number):
        self.told.append(number)
        self.exit_code = -number
        self.says.put(None)

    def finish(self, timeout):
        return self.exit_code


class PlayedExecutor:
    def __init__(self):
        self.worker = PlayedWorker()

    def warm(self):
        pass

    def warm_seconds(self):
        return None

    def launch(self, spec, module, log):
        if spec.get("broken"):
            raise OSError("no more processes")
        return self.worker


class Stage:
    def __init__(self):
        self.executor = PlayedExecutor()
        self.worker = self.executor.worker
        self.pushed: queue.Queue = queue.Queue()
        self.supervisor = Supervisor(self.executor, lambda job, text: self.pushed.put((job, json.loads(text))))

    def start(self, spec=SPEC, module=None):
        return json.loads(self.supervisor.start(json.dumps({"id": "j", "spec": spec, "module": module, "log": "l"})))

    def next(self):
        return self.pushed.get(timeout=60)


@pytest.fixture
def stage():
    return Stage()


def test_a_job_from_start_to_end(stage):
    assert stage.start() == {"value": None}
    assert stage.next() == ("j", {"type": "started", "pid": 4242})
    stage.worker.says.put({"type": "event", "event": {"n": 1}})
    assert stage.next() == ("j", {"type": "event", "event": {"n": 1}})
    stage.supervisor.answer("j", json.dumps({"ask": 1, "reply": {}}))
    stage.worker.says.put({"type": "done", "result": {"ok": True}})
    assert stage.next() == ("j", {"type": "end", "ending": {"type": "done", "result": {"ok": True}}})
    assert stage.worker.told == [{"type": "answer", "ask": 1, "reply": {}}]
    assert json.loads(stage.supervisor.status())["value"]["jobs"] == []
    assert json.loads(stage.supervisor.answer("j", "{}")) == {"value": False}


def test_a_worker_that_vanishes_is_lost(stage):
    stage.start()
    stage.next()
    stage.worker.exit_code = -signal.SIGKILL
    stage.worker.says.put(None)
    assert stage.next()[1]["ending"] == {"type": "lost", "exitCode": -9}


def test_cancel_asks_first_and_then_makes_sure(stage):
    stage.start()
    stage.next()
    stage.supervisor.cancel("j", 0.05)
    assert stage.next()[1]["ending"] == {"type": "cancelled"}
    assert stage.worker.told == [{"type": "stop"}, signal.SIGTERM]


def test_a_spec_outside_the_contract_is_refused(stage):
    answer = stage.start({**SPEC, "batchSize": "two"})
    assert answer["error"]["type"] == "ContractError"
    assert "job spec `score`.batchSize: 'two' is not of type 'integer'" in answer["error"]["message"]


def test_a_job_that_cannot_be_launched_fails(stage):
    stage.start({"broken": True}, module="any")
    assert stage.next()[1]["ending"]["error"]["message"] == "no more processes"


def test_starting_imports_no_torch():
    code = "import sys, medgr2.__main__; sys.exit('torch' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT / "py", check=False).returncode == 0
