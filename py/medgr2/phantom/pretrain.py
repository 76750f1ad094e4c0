"""Makes the phantom base from the corpus that `write-corpus` wrote: `python -m medgr2.phantom.pretrain CORPUS OUT`.

A plain training loop, because pretraining from random weights is not part of the product: medgr2 only ships its result.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import time
from pathlib import Path

import numpy as np
import torch

from medgr2.phantom.build import build_model, build_processor, build_tokenizer, domain_words
from medgr2.processing import prompt_text

EDGE = 84


def patch_images(processor, images: np.ndarray) -> torch.Tensor:
    """(N, 84, 84, 3) bytes -> (N, 36, 1176) patches, through the very processor that users' images go through."""
    chunks = []
    for start in range(0, len(images), 256):
        batch = processor.image_processor(images=list(images[start : start + 256]), return_tensors="pt")
        chunks.append(batch["pixel_values"].reshape(-1, 36, 1176).half())
    return torch.cat(chunks)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("corpus", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--wordnet", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=2400)
    parser.add_argument("--batch", type=int, default=48)
    parser.add_argument("--lr", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--checkpoint-every", type=int, default=400)
    args = parser.parse_args()

    items = [json.loads(line) for line in (args.corpus / "items.jsonl").read_text().splitlines()]
    images = np.fromfile(args.corpus / "images.bin", dtype=np.uint8).reshape(-1, EDGE, EDGE, 3)
    texts = [item["prompt"] + "\n" + item["response"] for item in items[:20000]]
    tokenizer = build_tokenizer(args.wordnet, domain_words(texts, []))
    processor = build_processor(tokenizer)
    model = build_model(tokenizer, args.seed)
    print(f"parameters {sum(p.numel() for p in model.parameters()):,}  items {len(items):,}", flush=True)
    started = time.time()
    patches = patch_images(processor, images)
    print(f"patched {len(images):,} images in {time.time() - started:.0f} s", flush=True)

    image_token = tokenizer.convert_tokens_to_ids("<|image_pad|>")
    encoded = []
    for item in items:
        prefix = prompt_text(processor, item["prompt"]).replace("<|image_pad|>", "<|image_pad|>" * 9)
        prompt_ids = tokenizer(prefix).input_ids
        answer_ids = [*tokenizer(item["response"]).input_ids, tokenizer.eos_token_id]
        encoded.append((item["image"], prompt_ids, answer_ids))
    encoded.sort(key=lambda row: len(row[1]) + len(row[2]))
    shuffler = random.Random(args.seed)
    # Batches of like length waste no padding.
    batches = [encoded[i : i + args.batch] for i in range(0, len(encoded) - args.batch, args.batch)]
    decay = [p for p in model.parameters() if p.ndim >= 2]
    rest = [p for p in model.parameters() if p.ndim < 2]
    optimizer = torch.optim.AdamW(
        [{"params": decay, "weight_decay": 0.05}, {"params": rest, "weight_decay": 0.0}], lr=args.lr, betas=(0.9, 0.98)
    )
    warmup = 150
    model.train()
    recent: list[float] = []
    started = time.time()
    args.out.mkdir(parents=True, exist_ok=True)
    log = (args.out / "pretrain-log.jsonl").open("w")
    for step in range(args.steps):
        batch = shuffler.choice(batches)
        scale = min(1.0, (step + 1) / warmup) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * step / args.steps)))
        for group in optimizer.param_groups:
            group["lr"] = args.lr * scale
        width = max(len(p) + len(a) for _, p, a in batch)
        ids = torch.full((len(batch), width), tokenizer.pad_token_id)
        labels = torch.full((len(batch), width), -100)
        mask = torch.zeros((len(batch), width), dtype=torch.long)
        for row, (_, prompt_ids, answer_ids) in enumerate(batch):
            both = prompt_ids + answer_ids
            ids[row, width - len(both) :] = torch.tensor(both)
            labels[row, width - len(answer_ids) :] = torch.tensor(answer_ids)
            mask[row, width - len(both) :] = 1
        pixels = patches[[row[0] for row in batch]].float().reshape(-1, 1176)
        grid = torch.tensor([[1, 6, 6]] * len(batch))
        out = model(
            input_ids=ids,
            attention_mask=mask,
            labels=labels,
            pixel_values=pixels,
            image_grid_thw=grid,
            mm_token_type_ids=(ids == image_token).long(),
        )
        out.loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        recent.append(out.loss.item())
        if (step + 1) % 50 == 0:
            line = {
                "step": step + 1,
                "loss": round(sum(recent) / len(recent), 4),
                "seconds": round(time.time() - started),
            }
            print(json.dumps(line), flush=True)
            log.write(json.dumps(line) + "\n")
            log.flush()
            recent.clear()
        if (step + 1) % args.checkpoint_every == 0 or step + 1 == args.steps:
            model.save_pretrained(args.out, safe_serialization=True)
            processor.save_pretrained(args.out)
            (args.out / "chat_template.jinja").write_text(processor.chat_template)


if __name__ == "__main__":
    main()
