"""The `evaluate` job: a policy's greedy completion of each (image, prompt), and how likely it finds each option."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from medgr2.channel import Channel
from medgr2.complete import complete_batch
from medgr2.likelihood import response_log_likelihoods
from medgr2.models import job_start, load_vlm, model_path, set_up
from medgr2.processing import load_processor
from medgr2.rows import Row, batches, read_rows

ANSWER_BLOCK = "<answer>"


def run(spec: dict[str, Any], channel: Channel) -> dict[str, Any]:
    """Writes answers.jsonl: {id, text, tokens, finished, responses: [{logLikelihood, tokens}]}, in the rows' order."""
    rows = read_rows(spec["data"], ("id", "image", "prompt", "responses"))
    device = set_up(spec)
    processor = load_processor(model_path(spec["model"]), spec["model"].get("maxPixels"))
    model = load_vlm(spec["model"], device)
    channel.emit(job_start("evaluate", device, model))
    started = time.monotonic()
    path = Path(spec["outDir"]) / "answers.jsonl"
    with path.open("w", encoding="utf-8") as out:
        for batch in batches(rows, spec["batchSize"], channel):
            completions = complete_batch(model, processor, device, batch, spec["maxNewTokens"])
            prefixes = [reasoning(item["text"]) if spec["reasoning"] == "own" else "" for item in completions]
            likelihoods = option_likelihoods(model, processor, batch, prefixes, spec["batchSize"])
            for row, completion, responses in zip(batch, completions, likelihoods, strict=True):
                line = {"id": row["id"], **completion, "responses": responses}
                out.write(json.dumps(line, ensure_ascii=False) + "\n")
    return {"kind": "evaluate", "answers": str(path), "count": len(rows), "seconds": time.monotonic() - started}


def reasoning(text: str) -> str:
    """What a completion says before its last answer block; nothing where it has none."""
    at = text.rfind(ANSWER_BLOCK)
    return "" if at == -1 else text[:at]


def option_likelihoods(
    model: Any, processor: Any, batch: list[Row], prefixes: list[str], batch_size: int
) -> list[list[dict[str, Any]]]:
    """For each row one {logLikelihood, tokens} per response; all pairs of the batch in passes of `batch_size`."""
    pairs = [(index, response) for index, row in enumerate(batch) for response in row["responses"] or []]
    found: list[list[dict[str, Any]]] = [[] for _ in batch]
    for start in range(0, len(pairs), batch_size):
        part = pairs[start : start + batch_size]
        scored = response_log_likelihoods(
            model,
            processor,
            [batch[index]["image"] for index, _ in part],
            [batch[index]["prompt"] for index, _ in part],
            [prefixes[index] for index, _ in part],
            [response for _, response in part],
        )
        for (index, _), (total, tokens) in zip(part, scored, strict=True):
            found[index].append({"logLikelihood": total, "tokens": tokens})
    return found
