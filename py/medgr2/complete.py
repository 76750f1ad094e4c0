"""The `complete` job: completions of a policy for each (image, prompt), greedy or sampled."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from medgr2.channel import Channel
from medgr2.decoding import generate
from medgr2.encode import Row, encode
from medgr2.frozen_towers import reuse_features
from medgr2.image_memo import ImageMemo
from medgr2.models import context_length, job_start, load_policy, model_path, set_up
from medgr2.prepare import checked_processor
from medgr2.roles import check_policy
from medgr2.row_bounds import fitting, plan_batches, row_lengths
from medgr2.row_gate import check_ids
from medgr2.rows import in_batches, read_rows


def run(spec: dict[str, Any], channel: Channel) -> dict[str, Any]:
    """Writes completions.jsonl: {id, index, text, promptTokens, tokens, finished}.

    `finished` is false where the length ran out; a prompt that leaves no room gets an empty text that is not finished.
    The lines of a batch are in the file before its progress is told.
    """
    rows = read_rows(spec["data"], ("id", "image", "prompt"))
    check_ids(spec["data"], rows)
    check_policy(model_path(spec["model"]))
    processor = checked_processor(spec["model"], rows, ("prompt",))
    lengths = row_lengths(processor, rows)
    most: int = spec["maxNewTokens"]
    fits = set(fitting(rows, lengths, context_length(spec["model"]), most, model_path(spec["model"]), channel))
    device = set_up(spec)
    model = load_policy(spec["model"], device)
    reuse_features(model)
    channel.emit(job_start("complete", device, model))
    started = time.monotonic()
    samples: int = spec["samples"]
    path = Path(spec["outDir"]) / "completions.jsonl"
    with path.open("w", encoding="utf-8") as out, ImageMemo().of(processor):
        plan = plan_batches(lengths, spec["batchSize"], after=most, copies=samples)
        for positions, batch in in_batches(rows, plan, channel):
            written = iter(
                complete_batch(
                    model,
                    processor,
                    [row for at, row in zip(positions, batch, strict=True) if at in fits],
                    most,
                    samples,
                    spec["temperature"],
                )
            )
            for at, row in zip(positions, batch, strict=True):
                for index in range(samples):
                    line = next(written) if at in fits else no_room(lengths[at])
                    out.write(json.dumps({"id": row["id"], "index": index, **line}, ensure_ascii=False) + "\n")
            out.flush()
    return {
        "kind": "complete",
        "completions": str(path),
        "count": len(rows) * samples,
        "seconds": time.monotonic() - started,
    }


def no_room(prompt_tokens: int) -> dict[str, Any]:
    return {"text": "", "promptTokens": prompt_tokens, "tokens": 0, "finished": False}


def complete_batch(
    model: Any, processor: Any, batch: list[Row], max_new_tokens: int, samples: int = 1, temperature: float = 0
) -> list[dict[str, Any]]:
    """`samples` completions of each row as {text, promptTokens, tokens, finished}; temperature 0 is greedy."""
    if not batch:
        return []
    asked = [{name: row[name] for name in ("id", "image", "prompt")} for row in batch]
    encoded = encode(processor, asked, side="left")
    inputs = {name: value.to(model.device) for name, value in encoded.inputs.items()}
    prompt_tokens = inputs["attention_mask"].sum(dim=1).tolist()
    lines: list[dict[str, Any]] = []
    for index, (ids, finished) in enumerate(generate(model, processor, inputs, max_new_tokens, samples, temperature)):
        line = {
            "text": processor.tokenizer.decode(ids, skip_special_tokens=True),
            "promptTokens": int(prompt_tokens[index // samples]),
            "tokens": len(ids),
            "finished": finished,
        }
        lines.append(line)
    return lines
