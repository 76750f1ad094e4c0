"""What trackers are told of a run; and what each one's own client reads: killed, gone on with, nothing twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from time import sleep
from typing import Any

import pytest

from medgr2.trackers import follow
from medgr2.trackers.event_figures import told_of

#: The folder that `python -m medgr2` is imported from.
SOURCES = Path(__file__).resolve().parents[3] / "py"
Points = list[tuple[int, float]]
Followed = Callable[["Heard"], list[dict[str, Any]]]
Reader = Callable[[Path], Points]


def _step(step: int, loss: float) -> dict[str, Any]:
    event = {"type": "train-step", "step": step, "totalSteps": 4, "epoch": None, "loss": loss, "grpo": None}
    return {"type": "job", "cycle": 1, "stage": "sft", "job": "cycle-1-sft", "event": event}


GROUPS = {"byModality": {"CT": {"n": 4, "correct": 3}}, "byQuestionType": {}}
EVENTS: list[dict[str, Any]] = [
    {"type": "run-start", "runDir": "/secret/place", "seed": 0, "cycles": 1, "resumed": False},
    _step(1, 2.0),
    _step(2, 1.5),
    {"type": "warning", "message": "slow"},
    _step(3, 1.25),
    {
        "type": "stage-end",
        "cycle": 1,
        "stage": "evaluate-sft",
        "seconds": 3.5,
        "metrics": {"accuracy": 0.75, "questions": 4, "verdict": "words"},
        "detail": {"kind": "evaluation", **GROUPS},
    },
    {
        "type": "promotion",
        "cycle": 1,
        "what": "policy",
        "promoted": "cycle-1/sft",
        "refused": [],
        "reasons": ["better"],
    },
    {"type": "run-end", "status": "complete", "seconds": 9.0, "error": None},
]


def test_numbers_go_by_stage_and_words_stay() -> None:
    told = [told_of(event) for event in EVENTS]
    assert told[1].values == {"sft/step": 1.0, "sft/totalSteps": 4.0, "sft/loss": 2.0}
    expected = {"accuracy": 0.75, "questions": 4.0, "seconds": 3.5, "cycle": 1.0}
    assert told[5].values == {f"evaluate-sft/{name}": value for name, value in expected.items()}
    assert told[5].tables[0].rows == [["CT", 4, 3, 0.75]]
    assert told[6].note == "promotion of the policy: cycle-1/sft (better)"
    assert told_of({**EVENTS[5], "arm": "top"}).values["top/evaluate-sft/accuracy"] == 0.75


def test_a_table_never_takes_the_name_of_a_figure() -> None:
    detail = {"kind": "generation", "dropped": {"blocked": 2}}
    told = told_of({**EVENTS[5], "stage": "generate", "metrics": {"dropped": 2}, "detail": detail})
    assert told.values["generate/dropped"] == 2
    assert [table.name for table in told.tables] == ["tables/generate/dropped"]


def test_rewards_are_told_and_completions_are_not() -> None:
    grpo = {"reward": 0.5, "rewards": {"brief": {"mean": 0.25, "std": None}}, "entropy": None}
    trained = {**EVENTS[1], "stage": "grpo", "event": {**EVENTS[1]["event"], "grpo": grpo}}
    assert told_of(trained).values["grpo/reward/brief"] == 0.25
    shown = {"type": "completions", "step": 1, "items": [{"id": "a", "completion": "the patient", "rewards": {}}]}
    assert told_of({**trained, "event": shown}).values == {}


def _write(run: Path, events: list[dict[str, Any]]) -> None:
    with (run / "events.jsonl").open("a") as file:
        for event in events:
            # An hour after another, so that a time tells which.
            file.write(json.dumps({"time": f"2026-01-01T{EVENTS.index(event):02d}:00:00.000Z", **event}) + "\n")


def _follow(run: Path, kind: str) -> subprocess.Popen[str]:
    tracker = json.dumps({"kind": kind, "online": False, "project": "tests"})
    command = [sys.executable, "-m", "medgr2", "track", str(run), "--tracker", tracker, "--config", '{"seed": 0}']
    env = {name: value for name, value in os.environ.items() if not name.startswith(("WANDB", "MLFLOW", "TRACKIO"))}
    env["PYTHONPATH"] = str(SOURCES)
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env)
    assert child.stdout is not None
    assert json.loads(child.stdout.readline()) == {"ready": True}
    return child


def _told(run: Path, kind: str) -> int:
    position = run / "trackers" / f"position-{kind}.json"
    return int(json.loads(position.read_text())["events"]) if position.exists() else 0


def _killed_and_gone_on_with(run: Path, kind: str) -> None:
    _write(run, EVENTS[:3])
    first = _follow(run, kind)
    deadline = time.monotonic() + 60
    while _told(run, kind) < 3 and time.monotonic() < deadline:
        time.sleep(0.05)
    first.send_signal(signal.SIGKILL)
    first.wait()
    # As where the end came between telling the third event and noting that it was told.
    position = run / "trackers" / f"position-{kind}.json"
    kept = json.loads(position.read_text())
    last = len((run / "events.jsonl").read_bytes().splitlines(keepends=True)[2])
    position.write_text(json.dumps({**kept, "bytes": kept["bytes"] - last, "events": 2}))
    _write(run, EVENTS[3:])
    second = _follow(run, kind)
    said, _ = second.communicate()
    assert (second.returncode, said) == (0, "")
    assert _told(run, kind) == len(EVENTS)


def _tensorboard(place: Path) -> Points:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    read = EventAccumulator(str(place))
    read.Reload()
    assert "evaluate-sft/accuracy" in read.Tags()["scalars"]
    assert {"tables/evaluate-sft/groups/text_summary", "lineage/text_summary"} <= set(read.Tags()["tensors"])
    return [(one.step, one.value) for one in read.Scalars("sft/loss")]


def _mlflow(place: Path) -> Points:
    from mlflow.tracking import MlflowClient

    client = MlflowClient(tracking_uri=f"sqlite:///{place / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("tests")
    assert experiment is not None
    (run,) = client.search_runs([experiment.experiment_id])
    assert (run.info.status, run.data.params["seed"]) == ("FINISHED", "0")
    assert run.data.metrics["evaluate-sft/accuracy"] == 0.75
    assert {file.path for file in client.list_artifacts(run.info.run_id)} >= {"lineage.json", "tables", "notes"}
    return [(one.step, one.value) for one in client.get_metric_history(run.info.run_id, "sft/loss")]


TRACKIO = """
import json, sys, trackio
from trackio.sqlite_storage import SQLiteStorage
(run,) = trackio.Api().runs("tests")
rows = SQLiteStorage.get_logs("tests", run.name)
print(json.dumps([[row["step"], row["sft/loss"]] for row in rows if "sft/loss" in row]))
"""


def _trackio(place: Path) -> Points:
    # Where it looks is settled when it is imported.
    env = {**os.environ, "TRACKIO_DIR": str(place)}
    said = subprocess.run([sys.executable, "-c", TRACKIO], env=env, capture_output=True, text=True, check=True).stdout
    return [(step, loss) for step, loss in json.loads(said)]


def _wandb(place: Path) -> Points:
    from wandb.proto import wandb_internal_pb2

    points: Points = []
    (file,) = place.glob("wandb/offline-run-*/*.wandb")
    for data in _records(file.read_bytes()):
        record = wandb_internal_pb2.Record()
        record.ParseFromString(data)
        items = {"/".join(one.nested_key) or one.key: one.value_json for one in record.history.item}
        if "sft/loss" in items:
            points.append((record.history.step.num, float(items["sft/loss"])))
    return points


def _records(data: bytes) -> Iterator[bytes]:
    """W&B's file, as LevelDB writes logs: blocks of 32 KiB, in them pieces {checksum, length, whole, first … last}."""
    at, whole = 7, b""
    while at + 7 <= len(data):
        if 32768 - at % 32768 < 7:
            at += 32768 - at % 32768
            continue
        length, part = int.from_bytes(data[at + 4 : at + 6], "little"), data[at + 6]
        whole += data[at + 7 : at + 7 + length]
        at += 7 + length
        if part in (1, 4):
            yield whole
            whole = b""


class Heard:
    """A tracker that notes the steps it was told, and its end as -1."""

    from_start = False

    def __init__(self, steps: list[int], refuses: int | None = None, slow: float = 0) -> None:
        self._steps, self._refuses, self._slow = steps, refuses, slow

    def tell(self, step: int, time: float, told: object) -> None:
        if step == self._refuses:
            raise OSError("no server")
        if step == 1:
            sleep(self._slow)
        self._steps.append(step)

    def finish(self, lineage: object, status: object) -> None:
        self._steps.append(-1)


@pytest.fixture
def followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Followed:
    """Tells a tracker the first three events; what was said of it."""
    monkeypatch.setattr(follow, "PATIENCE_S", 0.5)
    _write(tmp_path, EVENTS[:3])
    over = threading.Event()
    over.set()

    def run(tracker: Heard) -> list[dict[str, Any]]:
        monkeypatch.setattr(follow, "_OWN_OUTPUT", sys.stdout)
        monkeypatch.setattr(follow, "open_tracker", lambda *_: tracker)
        follow.follow(tmp_path, {"kind": "mlflow"}, {}, over)
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return run


def test_one_that_fails_is_told_and_another_process_goes_on_where_it_was(followed: Followed) -> None:
    steps: list[int] = []
    assert followed(Heard(steps, refuses=2)) == [{"failed": "mlflow", "message": "OSError: no server"}]
    assert followed(Heard(steps)) == []
    assert steps == [1, 2, -1]


def test_one_that_takes_long_is_told_once_and_hears_all(followed: Followed) -> None:
    steps: list[int] = []
    assert followed(Heard(steps, slow=1.0)) == [{"late": "mlflow", "seconds": 0.5}]
    assert steps == [1, 2, -1]


def test_a_client_that_is_not_installed_is_said_at_once(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "medgr2", "track", str(tmp_path), "--config", "{}", "--tracker"]
    wanted = json.dumps({"kind": "no_such_client", "online": False, "project": "tests"})
    env = {**os.environ, "PYTHONPATH": str(SOURCES)}
    said = subprocess.run([*command, wanted], stdin=subprocess.DEVNULL, capture_output=True, text=True, env=env)
    assert (said.returncode, json.loads(said.stdout)) == (1, {"missing": "no_such_client"})


READERS: dict[str, Reader] = {"tensorboard": _tensorboard, "mlflow": _mlflow, "trackio": _trackio, "wandb": _wandb}


@pytest.mark.parametrize("kind", READERS)
def test_a_trackers_own_client_reads_the_run_once(kind: str, tmp_path: Path) -> None:
    pytest.importorskip(kind, reason=f"{kind} is not installed: `setup --with trackers`")
    _killed_and_gone_on_with(tmp_path, kind)
    assert READERS[kind](tmp_path / "trackers" / kind) == [(1, 2.0), (2, 1.5), (4, 1.25)]
    for file in (tmp_path / "trackers").rglob("*"):
        assert not file.is_file() or b"/secret/place" not in file.read_bytes()
