"""What a finished run of paper.yaml left: `proof.py RUN MERGED POLICY_BASE REWARD_BASE` prints a JSON line.

Weights are compared tensor by tensor. MERGED is what `medgr2 merge` made of the last policy: it must hold what peft
alone makes of it, and plain transformers must answer from it as the run's evaluation did.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as parquet
import torch
from family_operations import plain_inputs, plain_processor
from huggingface_hub import snapshot_download
from peft import PeftModel
from safetensors.torch import load_file
from transformers import AutoModelForImageTextToText, GenerationConfig

#: Rows of the test that are asked again, one at a time; the largest image is among them.
ASKED = 6
LIMIT = 401_408


def plain(path: str | Path) -> Any:
    return AutoModelForImageTextToText.from_pretrained(path, dtype=torch.float32).eval()


def stage_model(run: Path, cycle: int, stage: str) -> Path:
    return run / f"cycle-{cycle}" / stage / "model"


def merged(folder: Path) -> Any:
    """The adapter, on whatever it stands on, by peft."""
    config = folder / "adapter_config.json"
    if not config.exists():
        return plain(folder)
    base = json.loads(config.read_text())["base_model_name_or_path"]
    below = merged((folder / base).resolve()) if base.startswith(".") else plain(base)
    return PeftModel.from_pretrained(below, folder).merge_and_unload()


def moved(before: dict[str, torch.Tensor], after: dict[str, torch.Tensor], part: str = "") -> str:
    """`67/70`: of the tensors of both, how many differ."""
    names = [name for name in before if name in after and part in name]
    return f"{sum(not torch.equal(before[name].float(), after[name].float()) for name in names)}/{len(names)}"


def learned(adapter: Path) -> str:
    """Adapters start at nothing: of the second matrices, how many are not nothing any more."""
    second = [w for name, w in load_file(adapter / "adapter_model.safetensors").items() if "lora_B" in name]
    return f"{sum(bool(weight.any()) for weight in second)}/{len(second)}"


def answers(model: Any, processor: Any, rows: list[dict[str, Any]], most: int, ends: list[int]) -> list[str]:
    model.generation_config = GenerationConfig(eos_token_id=ends, pad_token_id=processor.tokenizer.pad_token_id)
    texts = []
    for row in rows:
        given = plain_inputs(processor, row)
        with torch.inference_mode():
            ids = model.generate(**given, max_new_tokens=most, do_sample=False)[0, given["input_ids"].shape[1] :]
        texts.append(processor.tokenizer.decode(ids, skip_special_tokens=True))
    return texts


def log_probability(model: Any, given: dict[str, Any]) -> float:
    with torch.inference_mode():
        logits = model(**given).logits[0, :-1].float().log_softmax(dim=-1)
    return float(logits.gather(-1, given["input_ids"][0, 1:, None]).sum())


def reload(run: Path, whole: Path, policy: Path, stage: str) -> dict[str, Any]:
    """The merged folder by plain transformers alone, beside what the run wrote and what our loader reads."""
    from medgr2.models.load_models import load_vlm
    from medgr2.models.load_processor import load_processor
    from medgr2.rows.encode import encode

    rows = parquet.read_table(run / stage / "prompts.parquet").to_pylist()
    lines = [json.loads(line) for line in (run / stage / "completions.jsonl").read_text().splitlines()]
    order = sorted(range(len(rows)), key=lambda at: -Path(rows[at]["image"]).stat().st_size)
    chosen = [order[0], *(at for at in range(len(rows)) if at != order[0])][:ASKED]
    model, processor = plain(whole), plain_processor(whole)
    by_peft = merged(policy).state_dict()
    same_weights = all(torch.allclose(weight, by_peft[name], atol=1e-6) for name, weight in model.state_dict().items())
    size = processor.image_processor.size
    processor.image_processor.size = type(size)(shortest_edge=size["shortest_edge"], longest_edge=LIMIT)
    most = max(line["tokens"] for line in lines)
    ends = json.loads((whole / "generation_config.json").read_text())["eos_token_id"]
    texts = answers(model, processor, [rows[at] for at in chosen], most, ends)
    mine, limited = (
        load_vlm({"path": str(policy), "dtype": "float32"}, torch.device("cpu")),
        load_processor(str(policy), LIMIT),
    )
    apart, tokens = 0.0, 0
    for at in chosen:
        ours, theirs = encode(limited, [{**rows[at], "response": None}]).inputs, plain_inputs(processor, rows[at])
        tokens += torch.equal(ours["input_ids"], theirs["input_ids"])
        apart = max(apart, abs(log_probability(mine, ours) - log_probability(model, theirs)))
    image_tokens = int((plain_inputs(processor, rows[chosen[0]])["input_ids"] == model.config.image_token_id).sum())
    return {
        "asked again": len(chosen),
        "same tokens": tokens,
        "same answers": sum(text == lines[at]["text"] for text, at in zip(texts, chosen, strict=True)),
        "merged as peft merges": int(same_weights),
        "longest answer": most,
        "log-probability apart": apart,
        "tokens of the largest image": image_tokens,
    }


def main(run: Path, whole: Path, policy_id: str, reward_id: str) -> dict[str, Any]:
    torch.set_num_threads(1)
    base = Path(snapshot_download(policy_id, local_files_only=True))
    reward = plain(snapshot_download(reward_id, local_files_only=True)).state_dict()
    cycles = sorted(int(place.name.split("-")[1]) for place in run.glob("cycle-*") if place.name != "cycle-0")
    first = plain(stage_model(run, 0, "reward-model")).state_dict()
    facts: dict[str, Any] = {"cycle 0 reward model, tensors moved": moved(reward, first)}
    start = plain(base).state_dict()
    for cycle in cycles:
        for stage in ("sft", "grpo"):
            facts[f"cycle {cycle} {stage}, adapters that learned"] = learned(stage_model(run, cycle, stage))
        supervised = merged(stage_model(run, cycle, "sft")).state_dict()
        reinforced = merged(stage_model(run, cycle, "grpo")).state_dict()
        facts[f"cycle {cycle} sft, tensors moved"] = moved(start, supervised)
        facts[f"cycle {cycle} grpo, tensors moved"] = moved(supervised, reinforced)
        again = stage_model(run, cycle, "reward-model")
        if again.exists():
            second = plain(again).state_dict()
            facts[f"cycle {cycle} reward model, tensors moved"] = moved(first, second)
            first = second
    last = cycles[-1]
    facts["reload"] = reload(run, whole, stage_model(run, last, "grpo"), f"cycle-{last}/evaluate-grpo")
    return facts


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:])))
