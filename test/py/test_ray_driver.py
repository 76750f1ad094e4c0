"""What a Ray job says where Ray is missing or does not come up. No Ray is needed here."""

import sys
from types import SimpleNamespace

import pytest

from medgr2.executors import ray_driver

OWN = {"address": None, "workers": 2, "gpu": False, "cpusPerWorker": 1, "listen": "127.0.0.1"}


@pytest.fixture(autouse=True)
def surroundings(monkeypatch):
    for name in ("RAY_USAGE_STATS_ENABLED", "RAY_TRAIN_V2_ENABLED"):
        monkeypatch.setenv(name, "")  # set by the driver; put back afterwards


def test_a_missing_ray_is_told_with_the_command_that_installs_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ray_driver.RayMissing, match=r"-m pip install -r .*requirements-ray\.txt"):
        ray_driver._start_ray(OWN)


def test_a_ray_that_does_not_come_up_is_an_error_of_its_own(monkeypatch):
    started = []

    def init(**settings):
        started.append(settings)
        raise Exception("The current node timed out during startup.")

    monkeypatch.setitem(sys.modules, "ray", SimpleNamespace(init=init))
    with pytest.raises(ray_driver.RayNotStarted, match="timed out during startup") as raised:
        ray_driver._start_ray(OWN)
    assert raised.value.__cause__ is not None
    # Two workers, and Ray Train's controller; nothing that listens beyond this machine.
    assert started == [{"num_cpus": 3, "num_gpus": 0, "include_dashboard": False, "_node_ip_address": "127.0.0.2"}]


def test_nothing_is_started_for_a_job_that_was_cancelled_meanwhile(monkeypatch):
    monkeypatch.setattr(ray_driver, "_start_ray", lambda settings: None)
    monkeypatch.setitem(sys.modules, "ray.train", None)  # would fail if it were reached
    channel = SimpleNamespace(should_stop=lambda: True)
    assert ray_driver._run({"ray": OWN, "spec": {}, "module": "m"}, channel) == {"type": "cancelled"}
