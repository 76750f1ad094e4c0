"""Makes the phantom base from the corpus that `write-corpus` wrote: `python -m medgr2.phantom.pretrain CORPUS OUT`.

First the vision tower learns to look (vision_phase.py), then the whole model learns to speak about what it sees.
A plain training loop, because pretraining from random weights is not part of the product: medgr2 only ships its result.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from medgr2.models.chat_format import prompt_text
from medgr2.phantom.build import build_model, build_processor, build_tokenizer, domain_words
from medgr2.phantom.vision_phase import SamePatches, learn_to_look, scene_labels

EDGE = 84
IMAGE_TOKENS = 9
WARMUP = 100

Encoded = tuple[int, list[int], list[int]]


def patch_images(processor: Any, images: np.ndarray) -> torch.Tensor:
    """(N, 84, 84, 3) bytes -> (N, 36, 1176) patches, through the very processor that users' images go through."""
    chunks = []
    for start in range(0, len(images), 256):
        batch = processor.image_processor(images=list(images[start : start + 256]), return_tensors="pt")
        chunks.append(batch["pixel_values"].reshape(-1, 36, 1176).half())
    return torch.cat(chunks)


def encode(processor: Any, items: list[dict[str, Any]]) -> list[Encoded]:
    """(image, prompt tokens, response tokens) of each item."""
    tokenizer = processor.tokenizer
    rows = []
    for item in items:
        prefix = prompt_text(processor, item["prompt"]).replace("<|image_pad|>", "<|image_pad|>" * IMAGE_TOKENS)
        response = [*tokenizer(item["response"]).input_ids, tokenizer.eos_token_id]
        rows.append((item["image"], tokenizer(prefix).input_ids, response))
    return rows


def collate(batch: list[Encoded], patches: torch.Tensor, pad: int, image_token: int) -> dict[str, torch.Tensor]:
    """Left-padded inputs (B, T) with labels on the responses only, and the pixels of each image."""
    pixels = patches[[image for image, _, _ in batch]].float().reshape(-1, 1176)
    return {**padded_texts(batch, pad, image_token, 6), "pixel_values": pixels}


def padded_texts(batch: list[Encoded], pad: int, image_token: int, side: int) -> dict[str, torch.Tensor]:
    """All that `collate` gives beside the pixels, of images of `side` by `side` patches."""
    width = max(len(prompt) + len(response) for _, prompt, response in batch)
    ids_BT = torch.full((len(batch), width), pad)
    labels_BT = torch.full((len(batch), width), -100)
    mask_BT = torch.zeros((len(batch), width), dtype=torch.long)
    for row, (_, prompt, response) in enumerate(batch):
        ids_BT[row, width - len(prompt) - len(response) :] = torch.tensor(prompt + response)
        labels_BT[row, width - len(response) :] = torch.tensor(response)
        mask_BT[row, width - len(prompt) - len(response) :] = 1
    return {
        "input_ids": ids_BT,
        "attention_mask": mask_BT,
        "labels": labels_BT,
        "image_grid_thw": torch.tensor([[1, side, side]] * len(batch)),
        "mm_token_type_ids": (ids_BT == image_token).long(),
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("corpus", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--wordnet", type=Path, required=True)
    parser.add_argument("--looking-steps", type=int, default=700)
    parser.add_argument("--steps", type=int, default=2800)
    parser.add_argument("--batch", type=int, default=48)
    parser.add_argument("--lr", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()

    items = [json.loads(line) for line in (args.corpus / "items.jsonl").read_text().splitlines()]
    images = np.fromfile(args.corpus / "images.bin", dtype=np.uint8).reshape(-1, EDGE, EDGE, 3)
    texts = [item["prompt"] + "\n" + item["response"] for item in items[:20000]]
    processor = build_processor(build_tokenizer(args.wordnet, domain_words(texts)))
    tokenizer = processor.tokenizer
    model = build_model(tokenizer, args.seed)
    args.out.mkdir(parents=True, exist_ok=True)
    log_file = (args.out / "pretrain-log.jsonl").open("w")

    def log(line: dict[str, Any]) -> None:
        print(json.dumps(line), flush=True)
        log_file.write(json.dumps(line) + "\n")
        log_file.flush()

    parameters = sum(p.numel() for p in model.parameters())
    log({"seed": args.seed, "parameters": parameters, "images": len(images), "items": len(items)})
    patches = patch_images(processor, images)
    model.train()
    labels = scene_labels(args.corpus / "scenes.jsonl")
    looks = SamePatches(patches, labels)
    learn_to_look(model.model.visual, looks, labels, steps=args.looking_steps, seed=args.seed, log=log)
    # From here on it stands still: the first, large gradients of a model that cannot speak yet would blind it again.
    model.model.visual.requires_grad_(False)

    encoded = encode(processor, items)
    image_token = tokenizer.convert_tokens_to_ids("<|image_pad|>")
    shuffler = random.Random(args.seed)
    speaking = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(speaking, lr=args.lr, betas=(0.9, 0.98), weight_decay=0.05)
    recent: list[float] = []
    started = time.time()
    for step in range(args.steps):
        decay = 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * step / args.steps))
        for group in optimizer.param_groups:
            group["lr"] = args.lr * min(1.0, (step + 1) / WARMUP) * decay
        batch = [shuffler.choice(encoded) for _ in range(args.batch)]
        loss = model(**collate(batch, patches, tokenizer.pad_token_id, image_token)).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(speaking, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        recent.append(loss.item())
        if (step + 1) % 50 == 0:
            mean = round(sum(recent) / len(recent), 4)
            log({"phase": "speaking", "step": step + 1, "loss": mean, "seconds": round(time.time() - started)})
            recent.clear()
        if (step + 1) % 300 == 0 or step + 1 == args.steps:
            model.save_pretrained(args.out, safe_serialization=True)
            processor.save_pretrained(args.out)
            (args.out / "chat_template.jinja").write_text(processor.chat_template)


if __name__ == "__main__":
    main()
