"""A GPU that is here and cannot be used is an error, never a silent CPU: the signs of one are made up in a folder."""

import os
import sys
import types
from pathlib import Path

import pytest
import torch

from medgr2.executors.ranks import settle
from medgr2.jobs import run_job as jobs
from medgr2.models import load_models as models
from medgr2.models.devices import nvidia_gpu, pin_one_gpu, visible_gpus
from medgr2.training.sharding import ShardingRefused, check_ranks, check_reference

SPEC = {"seed": 0, "device": "auto"}


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine without a GPU, and what puts signs of one into it."""
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    for name in ("bin", "dev", "sys/bus/pci/devices"):
        (tmp_path / name).mkdir(parents=True)
    return tmp_path


def put_smi(machine: Path, script: str) -> None:
    program = machine / "bin" / "nvidia-smi"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


def put_card(machine: Path, vendor: str = "0x10de", kind: str = "0x030200") -> None:
    device = machine / "sys/bus/pci/devices/0000:01:00.0"
    device.mkdir()
    (device / "vendor").write_text(vendor + "\n")
    (device / "class").write_text(kind + "\n")


LISTED = "echo 'GPU 0: NVIDIA L40 (UUID: GPU-1)'"
BROKEN = 'echo "NVIDIA-SMI has failed because it couldn\'t communicate with the NVIDIA driver."; exit 9'


def test_no_sign_is_no_gpu(machine):
    assert nvidia_gpu(machine) is None


def test_a_device_node_is_a_sign(machine):
    (machine / "dev" / "nvidiactl").touch()
    assert nvidia_gpu(machine) is None
    (machine / "dev" / "nvidia0").touch()
    assert nvidia_gpu(machine) == "/dev/nvidia0"


def test_what_nvidia_smi_lists_is_a_sign(machine):
    put_smi(machine, LISTED)
    assert nvidia_gpu(machine) == "GPU 0: NVIDIA L40, by nvidia-smi"


def test_a_driver_that_does_not_answer_is_one_only_beside_a_card(machine):
    put_smi(machine, BROKEN)
    assert nvidia_gpu(machine) is None
    put_card(machine)
    assert "PCI 0000:01:00.0, though nvidia-smi fails: NVIDIA-SMI has failed" in nvidia_gpu(machine)


@pytest.mark.parametrize(("vendor", "kind"), [("0x1002", "0x030000"), ("0x10de", "0x040300")])
def test_a_card_of_another_maker_and_an_audio_device_are_none(machine, vendor, kind):
    put_smi(machine, BROKEN)
    put_card(machine, vendor, kind)
    assert nvidia_gpu(machine) is None


@pytest.mark.parametrize(("visible", "seen"), [("", False), ("-1", False), ("0", True), ("GPU-1,-1", True)])
def test_one_that_is_hidden_on_purpose_is_not_missed(machine, monkeypatch, visible, seen):
    put_smi(machine, LISTED)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert (nvidia_gpu(machine) is not None) == seen


@pytest.mark.parametrize(
    ("cuda", "error"),
    [(None, models.TorchWithoutCuda), ("13.0", models.DeviceUnavailable)],
)
def test_auto_does_not_fall_back_to_the_cpu_beside_a_gpu(machine, monkeypatch, cuda, error):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.version, "cuda", cuda)
    put_smi(machine, LISTED)
    with pytest.raises(models.DeviceUnavailable, match="GPU 0: NVIDIA L40") as raised:
        models.set_up(SPEC)
    assert raised.type is error
    assert models.set_up({**SPEC, "device": "cpu"}).type == "cpu"


TWO = "echo 'GPU 0: L40 (UUID: GPU-1)'; echo '  MIG 1g Device 0: (UUID: MIG-1)'; echo 'GPU 1: L40 (UUID: GPU-2)'"


@pytest.fixture
def alone(machine, monkeypatch):
    """A process that no launcher has given a rank; what it sets is put back."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "x")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    monkeypatch.delenv("LOCAL_RANK", raising=False)
    return machine


@pytest.mark.parametrize(
    ("visible", "gpus"),
    [("0,1", ["0", "1"]), ("3, GPU-1,-1,2", ["3", "GPU-1"]), ("", []), ("-1,0", []), (None, ["0", "1"])],
)
def test_the_gpus_that_cuda_would_show(alone, monkeypatch, visible, gpus):
    put_smi(alone, TWO)
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert visible_gpus(alone) == gpus


def test_without_nvidia_smi_the_device_nodes_count_and_cuda_numbers_them_from_0(alone):
    for name in ("nvidia2", "nvidia5", "nvidiactl"):
        (alone / "dev" / name).touch()
    assert visible_gpus(alone) == ["0", "1"]


def test_a_job_gets_one_of_two_gpus_and_a_person_is_told(alone, monkeypatch):
    put_smi(alone, TWO)
    assert "GPU 0, one of 2" in pin_one_gpu(alone)
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "0"
    assert pin_one_gpu(alone) is None  # nothing is left to choose from
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "5,7")
    assert "GPU 5, one of 2" in pin_one_gpu(alone)


def test_a_rank_keeps_what_its_launcher_has_set(alone, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    monkeypatch.setenv("LOCAL_RANK", "1")
    assert pin_one_gpu(alone) is None and os.environ["CUDA_VISIBLE_DEVICES"] == "0,1"


@pytest.mark.parametrize("kind", ["score", "sft"])
def test_a_job_is_pinned_before_its_module_runs(alone, monkeypatch, kind, tmp_path):
    """Whoever runs a job: the executor's worker, `python -m medgr2 job`."""
    put_smi(alone, TWO)
    seen, told = [], []
    module = types.ModuleType("spy_job")
    module.run = lambda spec, channel: seen.append(os.environ["CUDA_VISIBLE_DEVICES"]) or {}
    monkeypatch.setitem(sys.modules, "spy_job", module)
    monkeypatch.setitem(jobs.MODULES, kind, "spy_job")
    monkeypatch.setattr(jobs, "check_spec", lambda spec: None)
    monkeypatch.setattr(jobs, "check_result", lambda result: None)
    spec = {"kind": kind, "device": "auto", "outDir": str(tmp_path / "out")}
    jobs.run_job(spec, types.SimpleNamespace(emit=told.append))
    assert seen == ["0"]
    assert [event["type"] for event in told] == [*(["warning"] if kind == "sft" else []), "memory"]


SETTINGS = {"kind": "local", "workers": 1}


@pytest.mark.parametrize(
    ("settings", "device", "words"),
    [
        ({"gpus": 3}, "auto", "executor.gpus is 3, and 2 GPUs are visible here"),
        ({"gpus": "all"}, "cpu", "device is cpu"),
        ({"gpus": 1, "sharding": "fsdp"}, "auto", "one GPU here: there is nothing to split"),
        ({"workers": 2}, "cuda", "use executor.gpus"),
        ({"workers": 2, "sharding": "zero3"}, "auto", "zero3 needs GPUs"),
    ],
)
def test_ranks_that_this_machine_cannot_start_are_refused_before_anything_is_loaded(
    alone, monkeypatch, settings, device, words
):
    put_smi(alone, TWO)
    with pytest.raises(RuntimeError, match=words):
        settle({"spec": {"device": device}, "module": None, "ranks": {**SETTINGS, **settings}})


def test_gpus_all_is_a_rank_for_each_that_is_visible(alone, monkeypatch):
    put_smi(alone, TWO)
    for name in ("GLOO_SOCKET_IFNAME", "MEDGR2_SHARDING"):
        monkeypatch.setenv(name, "")
    job = {"spec": {"device": "auto"}, "module": None, "ranks": {**SETTINGS, "gpus": "all", "sharding": "fsdp"}}
    assert settle(job) == 2
    assert (os.environ["CUDA_VISIBLE_DEVICES"], os.environ["MEDGR2_SHARDING"]) == ("0,1", "fsdp")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,5,6")
    assert settle({**job, "ranks": {**SETTINGS, "gpus": 2}}) == 2
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "4,5"


def test_what_would_train_something_else_is_refused():
    trainer = types.SimpleNamespace(args=types.SimpleNamespace(n_gpu=2, device="cuda:0"))
    with pytest.raises(ShardingRefused, match="DataParallel"):
        check_ranks(trainer)


def test_a_sharding_that_would_be_left_out_is_refused(monkeypatch):
    monkeypatch.setenv("MEDGR2_SHARDING", "fsdp")
    args = types.SimpleNamespace(n_gpu=0, device="cpu")
    trainer = types.SimpleNamespace(args=args, is_fsdp_enabled=False, is_deepspeed_enabled=False)
    with pytest.raises(ShardingRefused, match="sharding is fsdp, and accelerate would leave it out"):
        check_ranks(trainer)


@pytest.mark.parametrize(
    ("adapter", "more", "refused"),
    [
        (True, {"trl": {"beta": 0.1}}, True),
        (False, {"trl": {"beta": 0.1}}, False),
        (True, {"trl": {"beta": 0.0}}, False),
        (True, {"trl": {"beta": 0.1}, "lora": {"rank": 4}}, False),
    ],
)
def test_a_reference_that_would_be_another_model_is_refused(monkeypatch, adapter, more, refused):
    monkeypatch.setenv("MEDGR2_SHARDING", "fsdp")
    if refused:
        with pytest.raises(ShardingRefused, match=r"grpo\.klBeta"):
            check_reference(more, adapter)
    else:
        check_reference(more, adapter)
    monkeypatch.delenv("MEDGR2_SHARDING")
    check_reference(more, adapter)
