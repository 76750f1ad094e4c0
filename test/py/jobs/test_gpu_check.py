"""The GPU check: its tiny half on the CPU, for real; what needs a GPU by a played one; and its sums."""

import argparse
import json
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest
from job_fixtures import Kept

from medgr2.contract import with_defaults
from medgr2.gpu_check import command, figures
from medgr2.gpu_check.cases import Size, cases, write_rows
from medgr2.gpu_check.model_shape import write_3b
from medgr2.jobs.run_job import run_job

ROOT = Path(__file__).resolve().parents[3]
TRAINED = ["sft-lora", "reward-model-lora", "grpo-lora", "sft-full", "reward-model-full", "grpo-full"]


def gpu_check(*values):
    path = {**os.environ, "PYTHONPATH": str(ROOT / "py"), "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    command_line = [sys.executable, "-m", "medgr2", "gpu-check", *values]
    return subprocess.run(command_line, env=path, capture_output=True, text=True, check=False)


def test_without_a_gpu_it_says_so_and_measures_nothing():
    done = gpu_check("--quick")
    assert (done.returncode, done.stdout) == (1, "")
    assert "nothing was measured; --device cpu --tiny tries the check itself" in done.stderr


def test_the_3b_shape_is_not_for_a_cpu():
    assert gpu_check("--device", "cpu").returncode == 2


def test_the_tiny_half_on_a_cpu_does_every_job_and_measures_it():
    done = gpu_check("--quick", "--tiny", "--device", "cpu", "--json")
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr
    found = json.loads(done.stdout)
    rows = {row["case"]: row for row in found["rows"]}
    assert found["device"].startswith("CPU") and "torch" in found["versions"]
    assert list(rows) == [*TRAINED[:2], "score", "grpo-lora", "evaluate", *TRAINED[3:]]
    for name in TRAINED:
        row = rows[name]
        assert len(row["losses"]) == 3 and row["stepSeconds"] > 0 and row["peak"] > 100e6, name
        assert ("shares" in row) == name.startswith("grpo")
        if "shares" in row:
            assert sum(row["shares"].values()) == pytest.approx(1, abs=0.01) and min(row["shares"].values()) > 0
        if name.startswith("sft"):
            assert row["tokensPerSecond"] > 0 and 0.2 < row["againstPlain"] < 5
    assert rows["score"]["rowsPerSecond"] > 0 and rows["evaluate"]["rowsPerSecond"] > 0


def options(**more):
    return argparse.Namespace(**{"quick": True, "tiny": False, "device": "cuda", "json": False, **more})


@pytest.fixture
def played(monkeypatch):
    """A machine with a GPU on which every job takes a second a step, with losses of the test's choice."""
    asked = []
    losses = {"cuda": 1.0, "cpu": 1.0}

    def measure(executor, spec, log, plain=False):
        asked.append((spec["kind"], spec["device"], spec["model"]["path"], plain))
        event = {"loss": losses[spec["device"]], "stepSeconds": 2.0 if plain else 1.0}
        steps = [{**event, "tokens": 100.0 * n} for n in range(1, 4)] if "trl" in spec or "steps" in spec else []
        ending = {"type": "done", "result": {"count": 8, "seconds": 2.0}}
        return {"ending": ending, "steps": steps, "wall": 3.0, "measured": {"peak": 2**31, "shares": {}}}

    monkeypatch.setattr(command, "measure", measure)
    monkeypatch.setattr(command, "in_process", lambda executor, folder, device: "/3b")
    monkeypatch.setattr(command, "device_name", lambda device: "NVIDIA H100 80GB HBM3")
    monkeypatch.setattr(command, "LocalExecutor", lambda preload: None)
    return argparse.Namespace(asked=asked, losses=losses)


def test_on_a_gpu_the_tiny_model_is_held_to_the_cpu_and_the_3b_shape_is_measured(played, capsys):
    assert command.run(options(json=True)) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert {row["shape"] for row in rows} == {"tiny", "3B shape"}
    assert {(device, path) for _, device, path, _ in played.asked if path in ("phantom", "/3b")} == {
        ("cuda", "phantom"),
        ("cpu", "phantom"),
        ("cuda", "/3b"),
    }
    sft = next(row for row in rows if (row["shape"], row["case"]) == ("3B shape", "sft-lora"))
    assert sft["againstPlain"] == 0.5
    assert sft["mfu"] == pytest.approx(4 * 3_085_938_688 * 100 / 989e12)
    assert next(row for row in rows if row["case"] == "sft-full")["againstCpu"] == 0.0


def test_losses_that_are_not_the_cpus_are_an_exit_code(played, capsys):
    played.losses["cuda"] = 1.2
    assert command.run(options(tiny=True)) == 1
    assert "| tiny | sft-lora |" in (text := capsys.readouterr().out) and "1.7e-01" in text


def test_a_case_that_fails_is_a_note_and_an_exit_code():
    error = {"type": "OutOfMemoryError", "message": "CUDA out of memory. Tried to allocate 20 GiB"}
    run = {"ending": {"type": "failed", "error": error}, "steps": [], "wall": 1.0, "measured": {"peak": 2**30}}
    row = figures.row_of("sft-full", "3B shape", run, 1, "NVIDIA L4")
    assert row["failed"] == "out of memory"
    assert figures.table([row]).splitlines()[-1].endswith("| 1.00 |  |  | out of memory |")


def test_peaks_by_the_device_s_name():
    assert figures.peak_flops("NVIDIA L40S") == 362e12 and figures.peak_flops("NVIDIA L40") == 181e12
    assert figures.peak_flops("NVIDIA H100 PCIe") == 756e12 and figures.peak_flops("Tesla P4") is None


def test_differences_of_losses():
    assert figures.difference([1.0, 2.0], [1.0, 2.02]) == pytest.approx(0.0099, abs=1e-4)
    assert figures.difference([1.0], [1.0, 2.0]) == float("inf")


def test_the_3b_shape_is_a_model_that_trains_here_with_fewer_layers(tmp_path):
    """All that makes it, at a size for a CPU; the true width is left."""
    text = {"num_hidden_layers": 1, "layer_types": ["full_attention"], "vocab_size": 2048, "intermediate_size": 512}
    vision = {"depth": 1, "fullatt_block_indexes": [0], "intermediate_size": 256}
    model = write_3b(tmp_path / "model", "cpu", text, vision)
    size = Size(batch=2, steps=1, rows=2, completion=4, edge=112)
    case = cases(model, write_rows(tmp_path, size), tmp_path, "cpu", size, full=False)[0]
    channel = Kept()
    run_job(with_defaults(case.spec), channel)  # type: ignore[arg-type]
    losses = [event["loss"] for event in channel.events if event["type"] == "train-step"]
    assert losses and all(math.isfinite(loss) for loss in losses)
