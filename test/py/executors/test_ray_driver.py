"""What a Ray job says where Ray is missing or does not come up. No Ray is needed here."""

import os
import subprocess
import sys
from multiprocessing import forkserver
from types import SimpleNamespace

import pytest

from medgr2.executors import ray_driver
from medgr2.jobs.job_extras import ExtraMissing

OWN = {"address": None, "workers": 2, "gpu": False, "cpusPerWorker": 1, "listen": "127.0.0.1"}


@pytest.fixture(autouse=True)
def surroundings(monkeypatch):
    for name in ("RAY_USAGE_STATS_ENABLED", "RAY_TRAIN_V2_ENABLED", *ray_driver.PATIENCE):
        monkeypatch.setenv(name, "")  # set by the driver; put back afterwards
    forkserver._forkserver._stop()  # the driver ends all children of its process, which a job has to itself


class Desk:
    """The channel of a job that is told to stop after so many warnings."""

    def __init__(self, patience=99):
        self.told = []
        self.patience = patience

    def emit(self, event):
        self.told.append(event)

    def should_stop(self):
        return len(self.told) >= self.patience


class PlayedRay:
    """Comes up at a certain try; each try that fails leaves a process behind."""

    def __init__(self, up):
        self.up = up
        self.started = []
        self.left = []

    def init(self, **settings):
        self.started.append(settings)
        if len(self.started) < self.up:
            self.left.append(subprocess.Popen(["sleep", "600"]))
            raise Exception("The current node timed out during startup.")

    def shutdown(self):
        assert all(process.poll() is not None for process in self.left)


@pytest.fixture
def play(monkeypatch):
    def put(up):
        ray = PlayedRay(up)
        monkeypatch.setitem(sys.modules, "ray", ray)
        return ray

    return put


def test_a_missing_ray_is_told_with_the_command_that_installs_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ExtraMissing, match=r"setup --with ray .*-m pip install -r .*requirements-ray\.txt"):
        ray_driver._start_ray(OWN, Desk())


def test_a_ray_that_does_not_come_up_is_tried_again_and_then_an_error_of_its_own(play):
    ray, desk = play(up=99), Desk()
    with pytest.raises(ray_driver.RayNotStarted, match=r"in 3 tries: .* timed out during startup") as raised:
        ray_driver._start_ray(OWN, desk)
    assert raised.value.__cause__ is not None
    assert [event["type"] for event in desk.told] == ["warning", "warning"]
    # Two workers, and Ray Train's controller; nothing that listens beyond this machine.
    own = {"num_cpus": 3, "num_gpus": 0, "include_dashboard": False, "_node_ip_address": "127.0.0.2"}
    assert ray.started == [own, own, own]
    for process in ray.left:
        process.kill()


def test_what_a_failed_try_left_is_gone_before_the_next(play):
    ray, desk = play(up=2), Desk()
    ray_driver._start_ray(OWN, desk)
    assert len(ray.started) == 2 and ray.left[0].returncode is not None
    assert "tried again (1 of 3 tries): The current node" in desk.told[0]["message"]


def test_a_job_that_is_cancelled_meanwhile_waits_for_no_further_try(play):
    ray, desk = play(up=99), Desk(patience=0)
    ray_driver._start_ray(OWN, desk)
    assert len(ray.started) == 1 and desk.told == []


def test_the_limits_of_the_user_stay(play, monkeypatch):
    play(up=1)
    monkeypatch.setenv("RAY_worker_register_timeout_seconds", "7")
    monkeypatch.delenv("RAY_TRAIN_WORKER_GROUP_START_TIMEOUT_S")
    ray_driver._start_ray(OWN, Desk())
    assert os.environ["RAY_worker_register_timeout_seconds"] == "7"  # noqa: SIM112 (Ray spells it so)
    assert os.environ["RAY_TRAIN_WORKER_GROUP_START_TIMEOUT_S"] == "600"


def test_nothing_is_started_for_a_job_that_was_cancelled_meanwhile(monkeypatch):
    monkeypatch.setattr(ray_driver, "_start_ray", lambda settings, channel: None)
    monkeypatch.setitem(sys.modules, "ray.train", None)  # would fail if it were reached
    channel = SimpleNamespace(should_stop=lambda: True)
    assert ray_driver._run({"ray": OWN, "spec": {}, "module": "m"}, channel) == {"type": "cancelled"}


class PlayedRelay:
    """Of a job whose attempts end one after another: a rank that is lost, an ending, or neither."""

    def __init__(self, *attempts):
        self.attempts = list(attempts)
        self.begun = 0

    @property
    def endings(self):
        return {0: self.attempts[0]["ending"]} if "ending" in self.attempts[0] else {}

    def lost(self):
        return self.attempts[0].get("lost")

    def bad_ending(self, seconds):
        return self.attempts[0].get("ending")

    def begin_again(self):
        self.begun += 1
        self.attempts.pop(0)

    def wait_for_endings(self, seconds):
        pass

    def fit(self):
        if self.attempts[0].get("ending", {}).get("type") != "done":
            raise RuntimeError("the node died")


FAILED = {"type": "failed", "error": {"message": "Connection closed by peer"}}
DONE = {"ending": {"type": "done"}}


@pytest.mark.parametrize("first", [{"lost": 1}, {"lost": 1, "ending": FAILED}, {}])
def test_a_job_that_lost_a_worker_begins_again_and_says_so(first, tmp_path):
    relay, desk = PlayedRelay(first, DONE), Desk()
    assert ray_driver.fit_again(relay.fit, relay, desk, tmp_path / "ray") == {"type": "done"}
    (told,) = desk.told
    assert "was lost: the job begins again (1 of 3 times), from its last checkpoint" in told["message"]
    assert "the node died" in told["message"]


def test_a_job_that_loses_workers_again_and_again_fails(tmp_path):
    relay, desk = PlayedRelay(*[{"lost": 0}] * 5), Desk()
    ended = ray_driver.fit_again(relay.fit, relay, desk, tmp_path / "ray")
    assert ended["type"] == "failed" and "the node died" in ended["error"]["message"]
    assert relay.begun == 3


def test_what_failed_for_a_reason_or_was_told_to_stop_is_not_repeated(tmp_path):
    failed = PlayedRelay({"ending": FAILED})
    assert ray_driver.fit_again(failed.fit, failed, Desk(), tmp_path / "ray") == FAILED
    stopped = PlayedRelay({"lost": 1, "ending": {"type": "cancelled"}})
    assert ray_driver.fit_again(stopped.fit, stopped, Desk(patience=0), tmp_path / "ray") == {"type": "cancelled"}
    assert failed.begun == stopped.begun == 0
