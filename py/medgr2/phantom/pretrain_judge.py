"""Makes the judge's base from a corpus of its own: `python -m medgr2.phantom.pretrain_judge CORPUS OUT`.

The reward model's base sees better than the policy's (patches of 7 pixels, a deeper tower, images moved, mirrored and
made noisy) and speaks as it does: tokenizer and language model start from the policy's base. Weights are bfloat16.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import Qwen2_5_VLForConditionalGeneration
from transformers.modeling_outputs import BaseModelOutputWithPooling

from medgr2.models.load_processor import load_processor
from medgr2.phantom.build import JUDGE_VISION, build_model, build_processor
from medgr2.phantom.pretrain import EDGE, IMAGE_TOKENS, WARMUP, Encoded, encode, padded_texts
from medgr2.phantom.vary_images import VariedImages, patches_of
from medgr2.phantom.vision_phase import learn_to_look, scene_labels

BASE = Path(__file__).parent / "base"
#: Batches whose rows are drawn together and then sorted by length: little of a batch is padding.
TOGETHER = 16


def features_of(visual: Any, images: torch.Tensor) -> torch.Tensor:
    """(N, 9, 128): what the finished tower makes of each image. It stands still while the language model learns."""
    found = []
    with torch.no_grad():
        for some in images.split(128):
            grid = torch.tensor([[1, 12, 12]] * len(some))
            tokens = visual(patches_of(some, JUDGE_VISION), grid_thw=grid).pooler_output
            found.append(tokens.reshape(len(some), IMAGE_TOKENS, -1))
    return torch.cat(found)


def batches(encoded: list[Encoded], size: int, shuffler: random.Random) -> Iterator[list[Encoded]]:
    while True:
        drawn = sorted((shuffler.choice(encoded) for _ in range(size * TOGETHER)), key=lambda one: len(one[1] + one[2]))
        parts = [drawn[start : start + size] for start in range(0, len(drawn), size)]
        shuffler.shuffle(parts)
        yield from parts


def collate(batch: list[Encoded], pad: int, image_token: int) -> dict[str, torch.Tensor]:
    """As pretrain.py's, with the image's number in the place of its pixels."""
    return {**padded_texts(batch, pad, image_token, 12), "pixel_values": torch.tensor([image for image, _, _ in batch])}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("corpus", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--looking-steps", type=int, default=1200)
    parser.add_argument("--looking-batch", type=int, default=64)
    parser.add_argument("--steps", type=int, default=1200)
    parser.add_argument("--batch", type=int, default=48)
    parser.add_argument("--looking-lr", type=float, default=2e-3)
    parser.add_argument("--lr", type=float, default=1.5e-3)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()

    items = [json.loads(line) for line in (args.corpus / "items.jsonl").read_text().splitlines()]
    pixels = np.fromfile(args.corpus / "images.bin", dtype=np.uint8).reshape(-1, EDGE, EDGE, 3)
    tokenizer = load_processor(str(BASE), None).tokenizer
    processor = build_processor(tokenizer, JUDGE_VISION)
    images = torch.from_numpy(pixels)
    model = build_model(tokenizer, args.seed, JUDGE_VISION)
    spoken = Qwen2_5_VLForConditionalGeneration.from_pretrained(BASE, dtype=torch.float32)
    model.model.language_model.load_state_dict(spoken.model.language_model.state_dict())
    args.out.mkdir(parents=True, exist_ok=True)
    log_file = (args.out / "pretrain-log.jsonl").open("w")

    def log(line: dict[str, Any]) -> None:
        print(json.dumps(line), flush=True)
        log_file.write(json.dumps(line) + "\n")
        log_file.flush()

    parameters = sum(p.numel() for p in model.parameters())
    log({"seed": args.seed, "parameters": parameters, "images": len(images), "items": len(items)})
    model.train()
    labels = scene_labels(args.corpus / "scenes.jsonl")
    looks = VariedImages(images, labels, processor, JUDGE_VISION, args.seed)
    visual = model.model.visual
    shape = {"steps": args.looking_steps, "batch": args.looking_batch, "rate": args.looking_lr}
    learn_to_look(visual, looks, labels, **shape, seed=args.seed, log=log)
    visual.requires_grad_(False)
    torch.save(visual.state_dict(), args.out / "tower.pt")

    features = features_of(visual, images)

    def seen(pixel_values: torch.Tensor, *_: Any, **__: Any) -> BaseModelOutputWithPooling:
        return BaseModelOutputWithPooling(pooler_output=tuple(features[pixel_values]))

    model.model.get_image_features = seen
    encoded = encode(processor, items)
    image_token = tokenizer.convert_tokens_to_ids("<|image_pad|>")
    speaking = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(speaking, lr=args.lr, betas=(0.9, 0.98), weight_decay=0.05)
    recent: list[float] = []
    started = time.time()
    drawn = batches(encoded, args.batch, random.Random(args.seed))
    for step in range(args.steps):
        decay = 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * step / args.steps))
        for group in optimizer.param_groups:
            group["lr"] = args.lr * min(1.0, (step + 1) / WARMUP) * decay
        loss = model(**collate(next(drawn), tokenizer.pad_token_id, image_token)).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(speaking, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        recent.append(loss.item())
        if (step + 1) % 50 == 0:
            mean = round(sum(recent) / len(recent), 4)
            log({"phase": "speaking", "step": step + 1, "loss": mean, "seconds": round(time.time() - started)})
            recent.clear()
    del model.model.get_image_features
    model.to(torch.bfloat16).save_pretrained(args.out, safe_serialization=True)
    processor.save_pretrained(args.out)
    (args.out / "chat_template.jinja").write_text(processor.chat_template)
    (args.out / "tower.pt").unlink()


if __name__ == "__main__":
    main()
