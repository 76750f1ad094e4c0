"""The trackers' own clients behind one interface. Each is imported only where it is asked for.

A step is the number of the event in the run's events.jsonl: whatever was told twice, since a process ended between
telling and noting it, is one point to every tracker. Offline is the default: files below the run folder, and nothing is
sent.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from medgr2.trackers.figures import Table

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
    """`time` is when the event was, in seconds since 1970."""

    def figures(self, step: int, time: float, values: dict[str, float]) -> None: ...

    def table(self, step: int, table: Table) -> None: ...

    def note(self, step: int, time: float, text: str) -> None: ...

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
    def __init__(
        self, settings: Settings, place: Path, name: str, key: str, config: dict[str, Any], begin: int
    ) -> None:
        import wandb

        self._wandb = wandb
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

    def figures(self, step: int, time: float, values: dict[str, float]) -> None:
        self._run.log({**values, "eventTime": time}, step=step)

    def table(self, step: int, table: Table) -> None:
        self._run.log({table.name: self._wandb.Table(columns=table.columns, data=table.rows)}, step=step)

    def note(self, step: int, time: float, text: str) -> None:
        self._run.log({"note": text, "eventTime": time}, step=step)

    def finish(self, lineage: list[dict[str, Any]], status: str | None) -> None:
        if status is not None:
            self._run.summary["lineage"] = lineage
            self._run.summary["status"] = status
        self._run.finish()


class _MLflow:
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

    def figures(self, step: int, time: float, values: dict[str, float]) -> None:
        from mlflow.entities import Metric

        # The same value at the same time and step is one row to MLflow's database.
        metrics = [Metric(_plain(name), value, round(time * 1000), step) for name, value in values.items()]
        self._client.log_batch(self._id, metrics=metrics)

    def table(self, step: int, table: Table) -> None:
        columns = {name: [row[at] for row in table.rows] for at, name in enumerate(table.columns)}
        self._client.log_dict(self._id, columns, f"tables/{step:06d}-{_plain(table.name).replace('/', '-')}.json")

    def note(self, step: int, time: float, text: str) -> None:
        self._client.log_text(self._id, text, f"notes/{step:06d}.txt")

    def finish(self, lineage: list[dict[str, Any]], status: str | None) -> None:
        if status is None:
            return
        self._client.log_dict(self._id, {"stages": lineage}, "lineage.json")
        self._client.set_terminated(self._id, {"complete": "FINISHED", "failed": "FAILED"}.get(status, "KILLED"))


class _TensorBoard:
    def __init__(
        self, settings: Settings, place: Path, name: str, key: str, config: dict[str, Any], begin: int
    ) -> None:
        from torch.utils.tensorboard import SummaryWriter

        # What an earlier process wrote from this step on, and could not note, counts as never written.
        self._writer = SummaryWriter(str(place), purge_step=begin)
        if begin == 0:
            self._writer.add_text("config", "\n".join(f"- {name}: {value}" for name, value in config.items()), 0)

    def figures(self, step: int, time: float, values: dict[str, float]) -> None:
        for name, value in values.items():
            self._writer.add_scalar(name, value, step, walltime=time)
        self._writer.flush()

    def table(self, step: int, table: Table) -> None:
        lines: list[list[Any]] = [[*table.columns], ["---"] * len(table.columns), *table.rows]
        self._writer.add_text(table.name, "\n".join("|".join(str(cell) for cell in line) for line in lines), step)

    def note(self, step: int, time: float, text: str) -> None:
        self._writer.add_text("note", text, step, walltime=time)

    def finish(self, lineage: list[dict[str, Any]], status: str | None) -> None:
        if status is not None:
            lines = [f"- {one['cycle']} {one['stage']} {one['fingerprint']} from {one['inputHash']}" for one in lineage]
            self._writer.add_text("lineage", "\n".join(lines), 0)
        self._writer.close()


class _Trackio:
    def __init__(
        self, settings: Settings, place: Path, name: str, key: str, config: dict[str, Any], begin: int
    ) -> None:
        os.environ["TRACKIO_DIR"] = str(place)
        import trackio

        self._trackio = trackio
        space = os.environ["TRACKIO_SPACE_ID"] if settings["online"] else None
        self._run = trackio.init(
            project=settings["project"],
            name=f"{name}-{key}",
            resume="allow",
            config=config,
            space_id=space,
            embed=False,
        )

    def figures(self, step: int, time: float, values: dict[str, float]) -> None:
        self._run.log({**values, "eventTime": time}, step=step)

    def table(self, step: int, table: Table) -> None:
        import pandas

        frame = pandas.DataFrame(table.rows, columns=table.columns)
        self._run.log({table.name: self._trackio.Table(dataframe=frame)}, step=step)

    def note(self, step: int, time: float, text: str) -> None:
        self._run.log({"note": text, "eventTime": time}, step=step)

    def finish(self, lineage: list[dict[str, Any]], status: str | None) -> None:
        self._run.finish()


#: MLflow knows fewer signs in names.
def _plain(name: str) -> str:
    return "".join(sign if sign.isalnum() or sign in "_-./ " else "_" for sign in name)


Opener = Callable[[Settings, Path, str, str, dict[str, Any], int], Tracker]
KINDS: dict[str, Opener] = {"wandb": _WandB, "mlflow": _MLflow, "tensorboard": _TensorBoard, "trackio": _Trackio}
