"""The trackers' own clients behind one interface. Each is imported only where it is asked for.

A step is the number of the event in the run's events.jsonl: whatever was told twice, since a process ended between
telling and noting it, is one point to every tracker. Offline is the default: files below the run folder, and nothing is
sent.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from medgr2.trackers.event_figures import Told

Settings = dict[str, Any]
#: Of the clients themselves: what they would tell their makers about whoever uses them.
QUIET = {
    "WANDB_ERROR_REPORTING": "false",
    "WANDB_SILENT": "true",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "1",
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_DISABLE_TELEMETRY": "1",
}
#: So that a client which asks its server by itself finds none.
OFFLINE = {"wandb": {"WANDB_MODE": "offline"}, "trackio": {"HF_HUB_OFFLINE": "1"}}


class Tracker(Protocol):
    #: Whether another process tells it the run from its first event again, instead of going on.
    from_start: bool

    def tell(self, step: int, time: float, told: Told) -> None:
        """`time` is when the event was, in seconds since 1970."""

    def finish(self, lineage: list[dict[str, Any]], status: str | None) -> None:
        """`status` is None where the run has not ended, only this telling of it."""


def open_tracker(settings: Settings, run: Path, name: str, key: str, config: dict[str, Any], begin: int) -> Tracker:
    """`key` is the run's own in this tracker, for ever; `begin` the first step that will be told."""
    kind = settings["kind"]
    place = run / "trackers" / kind
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.environ.update(QUIET if settings["online"] else {**QUIET, **OFFLINE.get(kind, {})})
    return KINDS[kind](settings, place, name, key, config, begin)


class _WandB:
    from_start = True

    def __init__(
        self, settings: Settings, place: Path, name: str, key: str, config: dict[str, Any], begin: int
    ) -> None:
        import wandb

        self._wandb = wandb
        # Its files are written by a server of its own, which keeps some of it in memory; and of two files of one run
        # the second takes the place of the first when they are sent on. So there is one, and it is whole.
        if not settings["online"]:
            for before in place.glob(f"wandb/offline-run-*-{key}"):
                shutil.rmtree(before, ignore_errors=True)
        # Neither the code, the machine nor what it prints: only what is told here.
        quiet = wandb.Settings(
            console="off",
            disable_git=True,
            disable_code=True,
            save_code=False,
            x_disable_stats=True,
            x_disable_meta=True,
        )
        self._run = wandb.init(
            project=settings["project"],
            name=name,
            id=key,
            resume="allow",
            dir=str(place),
            mode="online" if settings["online"] else "offline",
            config=config,
            settings=quiet,
        )

    def tell(self, step: int, time: float, told: Told) -> None:
        tables = {one.name: self._wandb.Table(columns=one.columns, data=one.rows) for one in told.tables}
        self._run.log({**told.values, **tables, **_note(told), "eventTime": time}, step=step)

    def finish(self, lineage: list[dict[str, Any]], status: str | None) -> None:
        if status is not None:
            self._run.summary["lineage"] = lineage
            self._run.summary["status"] = status
        self._run.finish()


class _MLflow:
    from_start = False

    def __init__(
        self, settings: Settings, place: Path, name: str, key: str, config: dict[str, Any], begin: int
    ) -> None:
        from mlflow.tracking import MlflowClient

        uri = os.environ["MLFLOW_TRACKING_URI"] if settings["online"] else f"sqlite:///{place / 'mlflow.db'}"
        self._client = MlflowClient(tracking_uri=uri)
        found = self._client.get_experiment_by_name(settings["project"])
        artifacts = None if settings["online"] else (place / "artifacts").as_uri()
        experiment = found.experiment_id if found else self._client.create_experiment(settings["project"], artifacts)
        known = self._client.search_runs([experiment], f"tags.medgr2_run = '{key}'")
        if known:
            self._id = known[0].info.run_id
            self._client.update_run(self._id, "RUNNING")
            return
        self._id = self._client.create_run(experiment, run_name=name, tags={"medgr2_run": key}).info.run_id
        for param, value in config.items():
            self._client.log_param(self._id, param, str(value)[:500])

    def tell(self, step: int, time: float, told: Told) -> None:
        from mlflow.entities import Metric

        # The same value at the same time and step is one row to MLflow's database; a file of one name is one file.
        metrics = [Metric(_plain(name), value, round(time * 1000), step) for name, value in told.values.items()]
        self._client.log_batch(self._id, metrics=metrics)
        for table in told.tables:
            columns = {name: [row[at] for row in table.rows] for at, name in enumerate(table.columns)}
            self._client.log_dict(self._id, columns, f"tables/{step:06d}-{_plain(table.name).replace('/', '-')}.json")
        if told.note is not None:
            self._client.log_text(self._id, told.note, f"notes/{step:06d}.txt")

    def finish(self, lineage: list[dict[str, Any]], status: str | None) -> None:
        if status is None:
            return
        self._client.log_dict(self._id, {"stages": lineage}, "lineage.json")
        self._client.set_terminated(self._id, {"complete": "FINISHED", "failed": "FAILED"}.get(status, "KILLED"))


class _TensorBoard:
    from_start = False

    def __init__(
        self, settings: Settings, place: Path, name: str, key: str, config: dict[str, Any], begin: int
    ) -> None:
        from torch.utils.tensorboard import SummaryWriter

        # What an earlier process wrote from this step on, and could not note, counts as never written.
        self._writer = SummaryWriter(str(place), purge_step=begin)
        if begin == 0:
            self._writer.add_text("config", "\n".join(f"- {name}: {value}" for name, value in config.items()), 0)

    def tell(self, step: int, time: float, told: Told) -> None:
        for name, value in told.values.items():
            self._writer.add_scalar(name, value, step, walltime=time)
        for table in told.tables:
            lines: list[list[Any]] = [[*table.columns], ["---"] * len(table.columns), *table.rows]
            text = "\n".join("|".join(str(cell) for cell in line) for line in lines)
            self._writer.add_text(table.name, text, step, walltime=time)
        if told.note is not None:
            self._writer.add_text("note", told.note, step, walltime=time)
        self._writer.flush()

    def finish(self, lineage: list[dict[str, Any]], status: str | None) -> None:
        if status is not None:
            lines = [f"- {one['cycle']} {one['stage']} {one['fingerprint']} from {one['inputHash']}" for one in lineage]
            self._writer.add_text("lineage", "\n".join(lines), 0)
        self._writer.close()


class _Trackio:
    from_start = False

    def __init__(
        self, settings: Settings, place: Path, name: str, key: str, config: dict[str, Any], begin: int
    ) -> None:
        os.environ["TRACKIO_DIR"] = str(place)
        import trackio

        self._trackio = trackio
        self._space = os.environ["TRACKIO_SPACE_ID"] if settings["online"] else None
        title = f"{name}-{key}"
        # It has rows, not points: what an earlier process told and could not note is not told again.
        last = trackio.sqlite_storage.SQLiteStorage.get_last_step(settings["project"], title)
        self._known = -1 if last is None or self._space is not None else int(last)
        self._run = trackio.init(
            project=settings["project"],
            name=title,
            resume="allow",
            config=config,
            space_id=self._space,
            embed=False,
            auto_log_cpu=False,
            auto_log_gpu=False,
        )

    def tell(self, step: int, time: float, told: Told) -> None:
        import pandas

        if step <= self._known:
            return
        tables = {one.name: pandas.DataFrame(one.rows, columns=one.columns) for one in told.tables}
        shown = {name: self._trackio.Table(dataframe=frame) for name, frame in tables.items()}
        self._run.log({**told.values, **shown, **_note(told), "eventTime": time}, step=step)
        if self._space is None:
            self._run._flush_queues_inline()  # its thread writes twice in a second: what is noted as told must be there

    def finish(self, lineage: list[dict[str, Any]], status: str | None) -> None:
        self._run.finish()


def _note(told: Told) -> dict[str, str]:
    return {} if told.note is None else {"note": told.note}


#: MLflow knows fewer signs in names.
def _plain(name: str) -> str:
    return "".join(sign if sign.isalnum() or sign in "_-./ " else "_" for sign in name)


Opener = Callable[[Settings, Path, str, str, dict[str, Any], int], Tracker]
KINDS: dict[str, Opener] = {"wandb": _WandB, "mlflow": _MLflow, "tensorboard": _TensorBoard, "trackio": _Trackio}
