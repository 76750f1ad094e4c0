"""The `score` job: what the reward model gives each (image, prompt, response)."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from medgr2.channel import Channel
from medgr2.models import job_start, set_up
from medgr2.reward_backbone import RewardModel
from medgr2.rows import batches, read_rows


def run(spec: dict[str, Any], channel: Channel) -> dict[str, Any]:
    """Writes scores.jsonl: {id, score}, raw (not clamped), in the order of the rows."""
    rows = read_rows(spec["data"], ("id", "image", "prompt", "response"))
    device = set_up(spec)
    model = RewardModel.load(spec["model"], device)
    channel.emit(job_start("score", device, model))
    started = time.monotonic()
    path = Path(spec["outDir"]) / "scores.jsonl"
    with path.open("w", encoding="utf-8") as out:
        for batch in batches(rows, spec["batchSize"], channel):
            scores = model.score(
                [row["image"] for row in batch], [row["prompt"] for row in batch], [row["response"] for row in batch]
            )
            for row, score in zip(batch, scores, strict=True):
                out.write(json.dumps({"id": row["id"], "score": score}) + "\n")
    return {"kind": "score", "scores": str(path), "count": len(rows), "seconds": time.monotonic() - started}
