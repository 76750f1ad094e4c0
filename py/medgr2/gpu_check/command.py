"""`gpu-check`: runs the cases one after another, tells each as it ends, and prints the table or JSON."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from medgr2.executors.local import LocalExecutor
from medgr2.gpu_check.cases import Case, Size, cases, write_rows
from medgr2.gpu_check.figures import HEAD, cells, difference, row_of, table
from medgr2.gpu_check.measure_case import measure
from medgr2.models.devices import nvidia_gpu, pin_one_gpu
from medgr2.single_job import ENVIRONMENT

TINY, TINY_QUICK = Size(8, 20, 64, 32, 84), Size(4, 3, 8, 8, 84)
LARGE, LARGE_QUICK = Size(4, 20, 32, 128, 448), Size(4, 4, 8, 32, 448)
#: Largest relative difference between the losses of the GPU and the CPU, in float32, that is rounding.
ROUNDING = 1e-2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--quick", action="store_true", help="few steps: under four minutes on one GPU")
    parser.add_argument("--tiny", action="store_true", help="the tiny model alone")
    parser.add_argument(
        "--device", choices=("cuda", "cpu"), default="cuda", help="cpu, with --tiny: a trial of the check"
    )
    parser.add_argument("--json", action="store_true", help="all that was measured, as one JSON object on stdout")


def run(options: argparse.Namespace) -> int:
    """The exit code: 0 where every case ended well and the losses are the CPU's, 1 where not, 2 for wrong use."""
    if options.device == "cpu" and not options.tiny:
        print("medgr2: the 3B shape takes hours on a CPU: --device cpu goes with --tiny", file=sys.stderr)
        return 2
    # The last: processes that end at once leave semaphores behind, which Python's tracker then tells of.
    quiet = {"PYTORCH_NVML_BASED_CUDA_CHECK": "1", "PYTHONWARNINGS": "ignore:resource_tracker"}
    for name, value in {**ENVIRONMENT, **quiet}.items():
        os.environ.setdefault(name, value)  # before torch is imported
    pin_one_gpu()
    device = device_name(options.device)
    if device is None:
        there = nvidia_gpu()
        why = "there is no NVIDIA GPU here" if there is None else f"torch cannot use the GPU that is here ({there})"
        print(f"medgr2: {why}: nothing was measured; --device cpu --tiny tries the check itself", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="medgr2-gpu-check-") as folder:
        rows = check(options, device, Path(folder))
    if options.json:
        lines = {"head": HEAD, "cells": [cells(row) for row in rows]}
        print(json.dumps({"device": device, "versions": versions(), "rows": rows, **lines}))
    else:
        print(f"{device}; {', '.join(f'{name} {version}' for name, version in versions().items())}\n\n{table(rows)}")
    good = all("failed" not in row and row.get("againstCpu", 0.0) <= ROUNDING for row in rows)
    return 0 if good else 1


def check(options: argparse.Namespace, device: str, folder: Path) -> list[dict[str, Any]]:
    executor = LocalExecutor(preload=True)
    size = TINY_QUICK if options.quick else TINY
    found = measure_all("tiny", "phantom", options.device, size, folder / "tiny", executor, device, full=True)
    if options.device == "cuda":
        # The same on the CPU, for its numbers.
        beside = measure_all("tiny, CPU", "phantom", "cpu", size, folder / "cpu", executor, "CPU", full=True)
        for row, other in zip(found, beside, strict=True):
            if "losses" in row and "losses" in other and not row["case"].startswith("grpo"):
                row["againstCpu"] = difference(row["losses"], other["losses"])
    if not options.tiny:
        size = LARGE_QUICK if options.quick else LARGE
        model = in_process(executor, folder / "3b-model", options.device)
        full = not options.quick
        found += measure_all("3B shape", model, options.device, size, folder / "3b", executor, device, full)
    return found


def measure_all(
    shape: str, model: str, device: str, size: Size, folder: Path, executor: LocalExecutor, name: str, full: bool
) -> list[dict[str, Any]]:
    folder.mkdir(parents=True)
    rows = []
    for case in cases(model, write_rows(folder, size), folder, device, size, full):
        row = measured_row(case, shape, executor, folder, name) | {"batch": size.batch, "completion": size.completion}
        ended = row.get("failed") or f"{row['wall']:.0f} s"
        print(f"  {shape}: {case.name}: {ended}", file=sys.stderr, flush=True)
        rows.append(row)
    return rows


def measured_row(case: Case, shape: str, executor: LocalExecutor, folder: Path, device: str) -> dict[str, Any]:
    ours = measure(executor, case.spec, folder / f"{case.name}.log")
    row = row_of(case.name, shape, ours, parameters(shape), device)
    if case.plain and "stepSeconds" in row and device != "CPU":
        spec = {**case.spec, "outDir": str(folder / f"{case.name}-plain")}
        plain = row_of(case.name, shape, measure(executor, spec, folder / f"{case.name}-plain.log", plain=True), 0, "")
        if "stepSeconds" in plain:
            row["againstPlain"] = row["stepSeconds"] / plain["stepSeconds"]
            row["plainPeak"] = plain["peak"]
    return row


def parameters(shape: str) -> int:
    """Weights that a token passes through, the vision tower left out: it sees patches, not tokens."""
    return 1_100_000 if shape.startswith("tiny") else 3_085_938_688


def in_process(executor: LocalExecutor, folder: Path, device: str) -> str:
    """The 3B-shaped folder, written by a process that leaves the GPU's memory behind."""
    worker = executor.start_process({"folder": str(folder), "device": device}, body=write_shape)
    if worker.finish(600) != 0:
        raise RuntimeError(f"the model of 3B shape could not be written to {folder}: is there room for 8 GB?")
    return str(folder)


def write_shape(_: Any, request: str) -> None:
    from medgr2.gpu_check.model_shape import write_3b

    wanted = json.loads(request)
    write_3b(Path(wanted["folder"]), wanted["device"])


def device_name(device: str) -> str | None:
    """Asked in this process, which does no more with the device than that."""
    if device == "cpu":
        return f"CPU ({os.cpu_count()} cores)"
    if nvidia_gpu() is None:
        return None
    import subprocess

    import torch

    if not torch.cuda.is_available():
        return None

    code = "import torch; print(torch.cuda.get_device_name(0))"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def versions() -> dict[str, str]:
    from importlib.metadata import version

    return {name: version(name) for name in ("torch", "transformers", "trl", "peft", "accelerate")}
