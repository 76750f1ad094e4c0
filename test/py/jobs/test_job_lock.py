"""One job at a time in an outDir, and a holder that dies lets go."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from medgr2.contract import with_defaults
from medgr2.jobs import run_job as jobs
from medgr2.jobs.job_lock import LOCK_FILE, holding
from medgr2.training.training_faults import FolderInUse

ROOT = Path(__file__).resolve().parents[3]
HOLDER = """
import sys, time
from pathlib import Path
from medgr2.jobs.job_lock import holding
with holding(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def holder(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(ROOT / "py")},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()


def test_the_second_is_refused_by_folder_and_holder(holder, tmp_path):
    with pytest.raises(FolderInUse, match=f"{tmp_path} is in use: process {holder.pid} "), holding(tmp_path):
        raise AssertionError("both hold it")


def test_a_holder_that_was_killed_lets_go(holder, tmp_path):
    holder.kill()
    holder.wait()
    with holding(tmp_path):
        assert (tmp_path / LOCK_FILE).read_text() == f"{os.getpid()}\n"
    assert not (tmp_path / LOCK_FILE).exists()


def test_every_kind_of_job_takes_it_before_it_reads_its_rows(holder, tmp_path):
    spec = {"kind": "score", "outDir": str(tmp_path), "seed": 1, "model": {"path": "m"}, "data": "no such file"}
    ending = jobs.end_job(with_defaults(spec), None)
    assert ending["error"]["type"] == "FolderInUse"


def test_no_two_of_many_hold_it_together(tmp_path):
    from concurrent.futures import ThreadPoolExecutor

    inside: list[int] = []

    def take(number: int) -> bool:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                with holding(tmp_path):
                    inside.append(number)
                    assert inside == [number]
                    inside.remove(number)
                    return True
            except FolderInUse:
                time.sleep(0.001)
        return False

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(take, range(40)))


def test_other_ranks_of_one_job_do_not_ask(holder, tmp_path, monkeypatch):
    monkeypatch.setenv("RANK", "1")
    with holding(tmp_path):
        pass
