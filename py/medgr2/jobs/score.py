"""The `score` job: what the reward model gives each (image, prompt, response)."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any

from medgr2.models.load_models import context_length, job_start, model_path, set_up
from medgr2.models.model_roles import check_reward_model
from medgr2.models.reward_backbone import RewardModel
from medgr2.node.job_channel import Channel
from medgr2.rows.prepare_rows import checked_processor
from medgr2.rows.read_rows import in_batches, read_rows
from medgr2.rows.row_bounds import fitting, plan_batches, row_lengths
from medgr2.rows.row_gate import check_ids

LOWEST, HIGHEST, BINS = -6.0, 10.0, 32
"""Of the histogram that is told on the way: the grades' range."""
SECONDS_BETWEEN = 0.5
SHOWN = 8
"""Of the newest scores, so many are told: of some ten thousands one is likely to be of a sample the listener holds."""


def binned(scores: Iterable[float | None]) -> list[int]:
    """Counts of clamped scores; the last bin holds the highest grade itself. Rows without a score are left out."""
    counts = [0] * BINS
    for score in scores:
        if score is not None and math.isfinite(score):
            share = (score - LOWEST) / (HIGHEST - LOWEST)
            counts[min(BINS - 1, max(0, math.floor(share * BINS)))] += 1
    return counts


def shown(scored: Iterable[tuple[str, float | None]]) -> list[dict[str, Any]]:
    """The first few that have a score, as an event tells them: {id, score}."""
    kept = ({"id": id_, "score": score} for id_, score in scored if score is not None and math.isfinite(score))
    return list(islice(kept, SHOWN))


def run(spec: dict[str, Any], channel: Channel) -> dict[str, Any]:
    """Writes scores.jsonl: {id, score}, raw (not clamped), in the order of the rows; null where a row is too long."""
    rows = read_rows(spec["data"], ("id", "image", "prompt", "response"))
    check_ids(spec["data"], rows)
    check_reward_model(model_path(spec["model"]))
    processor = checked_processor(spec["model"], rows, ("prompt", "response"))
    lengths = row_lengths(processor, rows, "response")
    kept = fitting(rows, lengths, context_length(spec["model"]), 0, model_path(spec["model"]), channel)
    device = set_up(spec)
    model = RewardModel.load(spec["model"], device, processor=processor)
    channel.emit(job_start("score", device, model))
    started = time.monotonic()
    told = started
    scores: dict[int, float | None] = {}
    plan = [
        [kept[at] for at in part] for part in plan_batches([lengths[i] for i in kept], spec["batchSize"], sort=True)
    ]
    for positions, batch in in_batches(rows, plan, channel):
        scores.update(zip(positions, model.score_at_once(batch), strict=True))
        if time.monotonic() - told >= SECONDS_BETWEEN:
            told = time.monotonic()
            newest = shown((rows[at]["id"], scores[at]) for at in positions)
            channel.emit({"type": "scores", "counts": binned(scores.values()), "newest": newest})
    path = Path(spec["outDir"]) / "scores.jsonl"
    with path.open("w", encoding="utf-8") as out:
        for index, row in enumerate(rows):
            out.write(json.dumps({"id": row["id"], "score": scores.get(index)}) + "\n")
    return {"kind": "score", "scores": str(path), "count": len(rows), "seconds": time.monotonic() - started}
