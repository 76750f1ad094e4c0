"""The `complete` job: completions of a policy for each (image, prompt), greedy or sampled."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import torch

from medgr2.channel import Channel
from medgr2.models import job_start, load_vlm, model_path, set_up
from medgr2.processing import load_processor, open_image, prompt_text
from medgr2.rows import Row, batches, read_rows


def run(spec: dict[str, Any], channel: Channel) -> dict[str, Any]:
    """Writes completions.jsonl: {id, index, text, promptTokens, tokens, finished}.

    `finished` is false where the length ran out. The lines of a batch are in the file before its progress is told.
    """
    rows = read_rows(spec["data"], ("id", "image", "prompt"))
    device = set_up(spec)
    processor = load_processor(model_path(spec["model"]), spec["model"].get("maxPixels"))
    model = load_vlm(spec["model"], device)
    channel.emit(job_start("complete", device, model))
    started = time.monotonic()
    samples: int = spec["samples"]
    path = Path(spec["outDir"]) / "completions.jsonl"
    with path.open("w", encoding="utf-8") as out:
        for batch in batches(rows, spec["batchSize"], channel):
            lines = complete_batch(model, processor, device, batch, spec["maxNewTokens"], samples, spec["temperature"])
            for index, line in enumerate(lines):
                named = {"id": batch[index // samples]["id"], "index": index % samples, **line}
                out.write(json.dumps(named, ensure_ascii=False) + "\n")
            out.flush()
    return {
        "kind": "complete",
        "completions": str(path),
        "count": len(rows) * samples,
        "seconds": time.monotonic() - started,
    }


def complete_batch(
    model: Any,
    processor: Any,
    device: torch.device,
    batch: list[Row],
    max_new_tokens: int,
    samples: int = 1,
    temperature: float = 0,
) -> list[dict[str, Any]]:
    """`samples` completions of each row as {text, promptTokens, tokens, finished}; temperature 0 is greedy."""
    sampling = (
        {"do_sample": True, "temperature": temperature, "top_k": 0, "top_p": 1.0}
        if temperature > 0
        else {"do_sample": False}
    )
    end = processor.tokenizer.eos_token_id
    inputs = processor(
        images=[open_image(row["image"]) for row in batch],
        text=[prompt_text(processor, row["prompt"]) for row in batch],
        padding=True,
        padding_side="left",
        return_tensors="pt",
    ).to(device)
    width = inputs["input_ids"].shape[1]
    with torch.inference_mode():
        ids_BT = model.generate(**inputs, max_new_tokens=max_new_tokens, num_return_sequences=samples, **sampling)
    texts = processor.tokenizer.batch_decode(ids_BT[:, width:], skip_special_tokens=True)
    lines: list[dict[str, Any]] = []
    for index, (text, ids) in enumerate(zip(texts, ids_BT[:, width:].tolist(), strict=True)):
        finished = end in ids
        line = {
            "text": text,
            "promptTokens": int(inputs["attention_mask"][index // samples].sum()),
            "tokens": ids.index(end) + 1 if finished else len(ids),
            "finished": finished,
        }
        lines.append(line)
    return lines
