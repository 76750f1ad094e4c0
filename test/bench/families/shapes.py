"""True shapes of Qwen2.5-VL with random weights on this machine's CPU: one LoRA step and scoring, with their peaks.

Prints one JSON object. Weights are drawn and written tensor by tensor: the whole model is never held to be made.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from transformers import AutoConfig, AutoModelForImageTextToText

from medgr2.contract import with_defaults
from medgr2.executors.local import LocalExecutor
from medgr2.gpu_check.cases import Size, write_rows
from medgr2.gpu_check.measure_case import measure
from medgr2.gpu_check.model_shape import PIXELS_3B, TEXT_3B, VISION_3B
from medgr2.models.model_roles import ABOUT_FILE, HEAD_FILE
from medgr2.models.reward_backbone import RewardHead
from medgr2.models.weights import PHANTOM_BASE

TEXT_7B = {
    **TEXT_3B,
    "vocab_size": 152_064,
    "hidden_size": 3584,
    "intermediate_size": 18_944,
    "num_hidden_layers": 28,
    "num_attention_heads": 28,
    "num_key_value_heads": 4,
    "layer_types": ["full_attention"] * 28,
}
#: Text, vision, whether the output layer is the embedding, and what is run: training 7B takes more than most machines.
SHAPES: dict[str, tuple[dict[str, Any], dict[str, Any], bool, tuple[str, ...]]] = {
    "3B": (TEXT_3B, VISION_3B, True, ("score", "sft-lora")),
    "7B": (TEXT_7B, {**VISION_3B, "out_hidden_size": 3584}, False, ("score",)),
}
SHARD_BYTES = 2**30
RANK = 64
SIZE = Size(batch=1, steps=1, rows=2, completion=32, edge=448)


def write(folder: Path, name: str) -> None:
    """A model folder in the shape."""
    text, vision, tied, _ = SHAPES[name]
    shutil.copytree(PHANTOM_BASE, folder, ignore=shutil.ignore_patterns("*.safetensors", "*.jsonl"))
    config = json.loads((folder / "config.json").read_text())
    config["text_config"].update(text)
    config["vision_config"].update(vision)
    config["tie_word_embeddings"] = config["text_config"]["tie_word_embeddings"] = tied
    (folder / "config.json").write_text(json.dumps(config))
    processor = json.loads((folder / "processor_config.json").read_text())
    processor["image_processor"]["size"] = {"longest_edge": PIXELS_3B, "shortest_edge": PIXELS_3B}
    (folder / "processor_config.json").write_text(json.dumps(processor))
    with torch.device("meta"):
        model = AutoModelForImageTextToText.from_config(AutoConfig.from_pretrained(folder), dtype=torch.bfloat16)
    torch.manual_seed(0)
    files: dict[str, str] = {}
    shard: dict[str, torch.Tensor] = {}
    total = 0

    def close() -> None:
        file = f"model-{len(set(files.values())):05}.safetensors"
        save_file(shard, folder / file, {"format": "pt"})
        files.update(dict.fromkeys(shard, file))
        shard.clear()

    for key, value in model.state_dict().items():
        if tied and key == "lm_head.weight":
            continue
        made = torch.ones if value.ndim == 1 and key.endswith("weight") else torch.zeros
        shard[key] = (
            torch.empty(value.shape, dtype=torch.bfloat16).normal_(std=0.02)
            if value.ndim > 1
            else made(value.shape, dtype=torch.bfloat16)
        )
        total += shard[key].nbytes
        if sum(one.nbytes for one in shard.values()) >= SHARD_BYTES:
            close()
    close()
    index = {"metadata": {"total_size": total}, "weight_map": files}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))


def as_reward_model(folder: Path) -> Path:
    """The same weights in a folder that is a reward model's: its head is random."""
    other = folder.with_name(f"{folder.name}-reward")
    if other.exists():
        return other
    other.mkdir()
    for file in folder.iterdir():
        (other / file.name).symlink_to(file)
    about = {"kind": "reward-model", "head": "tokens+likelihoods", "grades": [10, 6, 0, -6]}
    (other / ABOUT_FILE).write_text(json.dumps(about))
    hidden = json.loads((folder / "config.json").read_text())["text_config"]["hidden_size"]
    save_file(RewardHead(hidden).state_dict(), other / HEAD_FILE)
    return other


def available() -> int:
    """Bytes that can be used now, by Linux."""
    lines = Path("/proc/meminfo").read_text().splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable"))


def run(name: str, case: str, model: Path, folder: Path) -> dict[str, Any]:
    base = {"seed": 0, "device": "cpu", "data": write_rows(folder, SIZE), "outDir": str(folder / case)}
    (folder / case).mkdir()
    lora = {"rank": RANK, "alpha": 128, "dropout": 0.0, "targetModules": "all-linear"}
    trl = {"per_device_train_batch_size": 1, "max_steps": 1, "logging_steps": 1, "save_strategy": "no"}
    spec: dict[str, Any] = {
        "score": {"kind": "score", "model": {"path": str(as_reward_model(model)), "dtype": "bfloat16"}, "batchSize": 2},
        "sft-lora": {
            "kind": "sft",
            "model": {"path": str(model), "dtype": "bfloat16"},
            "lora": lora,
            "trl": {**trl, "gradient_checkpointing": True},
        },
    }[case]
    print(f"{name}: {case} …", file=sys.stderr, flush=True)
    found = measure(LocalExecutor(preload=True), with_defaults({**spec, **base}), folder / f"{case}.log")
    ending = found["ending"]
    row: dict[str, Any] = {"shape": name, "case": case, "wall": found["wall"]}
    if ending["type"] != "done":
        return {**row, "failed": ending["error"]["message"]}
    row |= {"peak": ending["result"]["peakMemory"]}
    print(json.dumps(row), file=sys.stderr, flush=True)
    return row


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--wanted", required=True, help="JSON: for each shape and case the bytes that plan foresees")
    wanted: dict[str, dict[str, int]] = json.loads(parser.parse_args().wanted)
    rows = []
    with tempfile.TemporaryDirectory(prefix="medgr2-shapes-") as temporary:
        for name, foreseen in wanted.items():
            folder = Path(temporary) / name
            folder.mkdir()
            doable = [case for case in SHAPES[name][3] if foreseen[case] < available()]
            for case in SHAPES[name][3]:
                if case not in doable:
                    left = f"needs about {foreseen[case] / 2**30:.1f} GiB and {available() / 2**30:.1f} are free"
                    rows.append({"shape": name, "case": case, "skipped": left})
            if doable:
                write(folder / "model", name)
            rows += [run(name, case, folder / "model", folder) for case in doable]
            shutil.rmtree(folder)
    print(json.dumps(rows))


if __name__ == "__main__":
    main()
