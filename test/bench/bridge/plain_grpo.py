"""GRPO as one would write it with TRL alone, rewards in Python: what `npm run bench:bridge` compares medgr2 with.

From medgr2 it takes only the processor, because transformers' own asks for torchvision. Usage: plain_grpo.py JOB.json
"""

import json
import re
import sys
import time
from pathlib import Path

import pyarrow.parquet as parquet
import torch
from datasets import Dataset
from PIL import Image
from transformers import AutoModelForImageTextToText, set_seed
from trl import GRPOConfig, GRPOTrainer

from medgr2.models.load_processor import load_processor

BLOCK = re.compile(r"<answer>(.*?)</answer>", re.DOTALL)


def answer_match(completions, answer, **_):
    found = [BLOCK.search(completion[0]["content"]) for completion in completions]
    return [
        1.0 if block is not None and block[1].strip().lower() == right.lower() else 0.0
        for block, right in zip(found, answer, strict=True)
    ]


def brevity(completions, **_):
    return [1 - min(len(completion[0]["content"]), 400) / 400 for completion in completions]


def examples(batch):
    return {
        "image": [Image.open(path).convert("RGB") for path in batch["image"]],
        "prompt": [[{"role": "user", "content": text}] for text in batch["prompt"]],
        "answer": batch["answer"],
    }


def main():
    job = json.loads(Path(sys.argv[1]).read_text())
    torch.set_num_threads(job["threads"])
    set_seed(job["seed"])
    processor = load_processor(job["model"], None)
    model = AutoModelForImageTextToText.from_pretrained(
        job["model"], dtype=torch.float32, use_safetensors=True, attn_implementation="sdpa"
    )
    rows = parquet.read_table(job["data"]).to_pylist()
    trainer = GRPOTrainer(
        model=model.eval(),
        reward_funcs=[answer_match, brevity],
        args=GRPOConfig(
            output_dir=job["outDir"],
            seed=job["seed"],
            data_seed=job["seed"],
            use_cpu=True,
            bf16=False,
            gradient_checkpointing=False,
            report_to="none",
            disable_tqdm=True,
            remove_unused_columns=False,
            dataloader_pin_memory=False,
            reward_weights=[1.0, 0.2],
            **job["trl"],
        ),
        train_dataset=Dataset.from_list(rows).with_transform(examples),
        processing_class=processor,
    )
    begin = time.monotonic()
    trainer.train()
    trainer.save_model(str(Path(job["outDir"]) / "model"))
    seconds = time.monotonic() - begin
    tokens = [entry["num_tokens"] for entry in trainer.state.log_history if "num_tokens" in entry][-1]
    print(json.dumps({"seconds": seconds, "tokens": tokens}))


main()
