"""The `complete` job: completions of a policy for each (image, prompt), greedy or sampled."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import torch

from medgr2.channel import Channel, JobCancelled
from medgr2.models import job_start, load_vlm, model_path, set_up
from medgr2.processing import load_processor, open_image, prompt_text
from medgr2.rows import read_rows


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
    sampling = (
        {"do_sample": True, "temperature": spec["temperature"], "top_k": 0, "top_p": 1.0}
        if spec["temperature"] > 0
        else {"do_sample": False}
    )
    path = Path(spec["outDir"]) / "completions.jsonl"
    end = processor.tokenizer.eos_token_id
    with path.open("w", encoding="utf-8") as out:
        for start in range(0, len(rows), spec["batchSize"]):
            if channel.should_stop():
                raise JobCancelled(f"stopped after {start} of {len(rows)} rows")
            batch = rows[start : start + spec["batchSize"]]
            inputs = processor(
                images=[open_image(row["image"]) for row in batch],
                text=[prompt_text(processor, row["prompt"]) for row in batch],
                padding=True,
                padding_side="left",
                return_tensors="pt",
            ).to(device)
            width = inputs["input_ids"].shape[1]
            with torch.inference_mode():
                ids_BT = model.generate(
                    **inputs, max_new_tokens=spec["maxNewTokens"], num_return_sequences=samples, **sampling
                )[:, width:]
            texts = processor.tokenizer.batch_decode(ids_BT, skip_special_tokens=True)
            for index, text in enumerate(texts):
                ids = ids_BT[index].tolist()
                finished = end in ids
                line = {
                    "id": batch[index // samples]["id"],
                    "index": index % samples,
                    "text": text,
                    "promptTokens": int(inputs["attention_mask"][index // samples].sum()),
                    "tokens": ids.index(end) + 1 if finished else len(ids),
                    "finished": finished,
                }
                out.write(json.dumps(line, ensure_ascii=False) + "\n")
            out.flush()
            channel.emit({"type": "progress", "done": start + len(batch), "total": len(rows)})
    return {
        "kind": "complete",
        "completions": str(path),
        "count": len(rows) * samples,
        "seconds": time.monotonic() - started,
    }
