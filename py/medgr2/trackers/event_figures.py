"""What a tracker is told of one event of a run: numbers by name, and small tables. Pure.

Names are `stage/figure`, of a comparison `arm/stage/figure`. Completions, questions and names of images are in none of
them: what a tracker has may leave the machine.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

Event = dict[str, Any]
Row = list[str | float | None]


@dataclass(frozen=True)
class Table:
    name: str
    columns: list[str]
    rows: list[Row]


@dataclass(frozen=True)
class Told:
    """Of one event. `note` is a line for people: an alarm, a promotion, a warning."""

    values: dict[str, float] = field(default_factory=dict)
    tables: list[Table] = field(default_factory=list)
    note: str | None = None


def told_of(event: Event) -> Told:
    """Empty where an event has nothing for a tracker."""
    match event["type"]:
        case "job":
            return Told(_numbers(_place(event), _of_job(event["event"])))
        case "stage-end":
            return _of_stage(event)
        case "promotion":
            reasons = "; ".join(event["reasons"])
            return Told(note=f"promotion of the {event['what']}: {event['promoted']} ({reasons})")
        case "alarm":
            return Told(note=f"alarm {event.get('guard', '')}: {event.get('message', '')}")
        case "warning":
            return Told(note=f"warning: {event['message']}")
        case "run-end":
            return Told({"run/seconds": float(event["seconds"])}, note=f"run {event['status']}")
    return Told()


def _place(event: Event) -> str:
    arm = event.get("arm")
    return event["stage"] if arm is None else f"{arm}/{event['stage']}"


def _of_job(event: Event) -> dict[str, Any]:
    match event["type"]:
        case "train-step":
            grpo = event.get("grpo") or {}
            rewards = {f"reward/{name}": one["mean"] for name, one in grpo.get("rewards", {}).items()}
            plain = {name: value for name, value in grpo.items() if name != "rewards"}
            return {**{name: event[name] for name in event if name not in ("type", "grpo")}, **plain, **rewards}
        case "rewards":
            return {f"reward/{name}/batch": one["mean"] for name, one in event["rewards"].items()}
        case "memory":
            return {f"{event['of']}MemoryPeak": event["peak"]}
    return {}


def _of_stage(event: Event) -> Told:
    place = _place(event)
    values = {**event["metrics"], "seconds": event["seconds"], "cycle": event["cycle"]}
    return Told(_numbers(place, values), _tables(place, event.get("detail")))


def _tables(place: str, detail: dict[str, Any] | None) -> list[Table]:
    match (detail or {}).get("kind"):
        case "evaluation":
            groups = [(by, detail[by]) for by in ("byModality", "byQuestionType")]  # type: ignore[index]
            rows: list[Row] = [
                [name, g["n"], g["correct"], g["correct"] / g["n"]] for _, of in groups for name, g in of.items()
            ]
            return [Table(f"{place}/groups", ["group", "n", "correct", "accuracy"], rows)]
        case "reward-model":
            bins = detail["reliability"]  # type: ignore[index]
            reliability: list[Row] = [[b["from"], b["to"], b["n"], b["positiveShare"]] for b in bins]
            return [Table(f"{place}/reliability", ["from", "to", "n", "positiveShare"], reliability)]
        case "generation":
            dropped: list[Row] = [[reason, n] for reason, n in detail["dropped"].items()]  # type: ignore[index]
            return [Table(f"{place}/dropped", ["reason", "n"], dropped)] if dropped else []
        case "grading":
            grades: list[Row] = [[grade, n] for grade, n in detail["rowsByGrade"].items()]  # type: ignore[index]
            return [Table(f"{place}/grades", ["grade", "rows"], grades)]
    return []


def _numbers(place: str, values: dict[str, Any]) -> dict[str, float]:
    """Those that are numbers: trackers draw them; words are in the run folder."""
    return {
        f"{place}/{name}": float(value)
        for name, value in values.items()
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    }
