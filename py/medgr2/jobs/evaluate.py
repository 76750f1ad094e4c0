"""The `evaluate` job: a policy's greedy completions, samples beside them, and how likely it finds each option."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from medgr2.jobs.complete import complete_batch
from medgr2.models.frozen_towers import reuse_features
from medgr2.models.likelihood import response_log_likelihoods
from medgr2.models.load_models import context_length, job_start, load_policy, model_path, set_up
from medgr2.models.model_roles import check_policy
from medgr2.node.job_channel import Channel
from medgr2.rows.encode import Row, reply_ids
from medgr2.rows.image_memo import ImageMemo
from medgr2.rows.prepare_rows import checked_processor
from medgr2.rows.read_rows import in_batches, read_rows
from medgr2.rows.row_bounds import RowsTooLong, plan_batches, row_lengths, too_long
from medgr2.rows.row_gate import check_ids

ANSWER_BLOCK = "<answer>"


def run(spec: dict[str, Any], channel: Channel) -> dict[str, Any]:
    """Writes answers.jsonl: {id, text, tokens, finished, responses: [{logLikelihood, tokens}]}, in the rows' order.

    With `samples`, each line also has `sampled`: so many of {text, tokens, finished}, drawn at `temperature`.
    """
    rows = read_rows(spec["data"], ("id", "image", "prompt", "responses"))
    check_ids(spec["data"], rows)
    check_policy(model_path(spec["model"]))
    processor = checked_processor(spec["model"], rows, ("prompt", "responses"))
    most: int = spec["maxNewTokens"]
    samples: int = spec.get("samples", 0)
    lengths = row_lengths(processor, rows)
    _check_room(spec, processor, rows, lengths, most)
    device = set_up(spec)
    model = load_policy(spec["model"], device)
    reuse_features(model)
    channel.emit(job_start("evaluate", device, model))
    started = time.monotonic()
    path = Path(spec["outDir"]) / "answers.jsonl"
    with path.open("w", encoding="utf-8") as out, ImageMemo().of(processor):
        plan = plan_batches(lengths, spec["batchSize"], after=most, copies=max(1, samples))
        for _, batch in in_batches(rows, plan, channel):
            completions = complete_batch(model, processor, batch, most)
            drawn = sampled(model, processor, batch, most, samples, spec.get("temperature", 1.0))
            prefixes = [reasoning(item["text"]) if spec["reasoning"] == "own" else "" for item in completions]
            likelihoods = option_likelihoods(model, processor, batch, prefixes, spec["batchSize"])
            for row, completion, responses, more in zip(batch, completions, likelihoods, drawn, strict=True):
                line = {"id": row["id"], **completion, "responses": responses, **more}
                out.write(json.dumps(line, ensure_ascii=False) + "\n")
    return {"kind": "evaluate", "answers": str(path), "count": len(rows), "seconds": time.monotonic() - started}


def sampled(
    model: Any, processor: Any, batch: list[Row], most: int, samples: int, temperature: float
) -> list[dict[str, Any]]:
    """For each row {sampled: its samples}; an empty dictionary where none are asked for."""
    if samples == 0:
        return [{} for _ in batch]
    lines = complete_batch(model, processor, batch, most, samples, temperature)
    drawn = [{name: line[name] for name in ("text", "tokens", "finished")} for line in lines]
    return [{"sampled": drawn[at : at + samples]} for at in range(0, len(drawn), samples)]


def _check_room(spec: dict[str, Any], processor: Any, rows: list[Row], lengths: list[int], reply: int) -> None:
    """No row of an evaluation may be left out: what it says would be of other questions."""
    context = context_length(spec["model"])
    if context is None:
        return
    longest = [
        max((len(reply_ids(processor, row["prompt"], text)[0]) for text in row["responses"] or []), default=0)
        for row in rows
    ]
    own = reply if spec["reasoning"] == "own" else 0
    out = [index for index, length in enumerate(lengths) if length + max(reply, own + longest[index]) > context]
    if out:
        words = too_long(rows, lengths, out, context, reply, model_path(spec["model"]))
        raise RowsTooLong(f"{words}; set maxNewTokens or model.maxPixels lower, or take these samples out")


def reasoning(text: str) -> str:
    """What a completion says before its last answer block; nothing where it has none."""
    at = text.rfind(ANSWER_BLOCK)
    return "" if at == -1 else text[:at]


def option_likelihoods(
    model: Any, processor: Any, batch: list[Row], prefixes: list[str], batch_size: int
) -> list[list[dict[str, Any]]]:
    """For each row one {logLikelihood, tokens} per response; all pairs of the batch, `batch_size` at most at once."""
    pairs = [(index, response) for index, row in enumerate(batch) for response in row["responses"] or []]
    asked = [{**batch[index], "prefix": prefixes[index], "response": response} for index, response in pairs]
    whole = [{**row, "reply": row["prefix"] + row["response"]} for row in asked]
    found: list[list[dict[str, Any]]] = [[] for _ in batch]
    for part in plan_batches(row_lengths(processor, whole, "reply"), batch_size):
        scored = response_log_likelihoods(model, processor, [asked[at] for at in part])
        for at, (total, tokens) in zip(part, scored, strict=True):
            found[pairs[at][0]].append({"logLikelihood": total, "tokens": tokens})
    return found
