"""A GPU that is here and cannot be used is an error, never a silent CPU: the signs of one are made up in a folder."""

from pathlib import Path

import pytest
import torch

from medgr2 import models
from medgr2.devices import nvidia_gpu

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
