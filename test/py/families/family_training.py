"""What must hold of every family's training: what is saved is the family's own, and plain transformers reads it so."""

from __future__ import annotations

import json
import math
from pathlib import Path

import torch
from family_operations import CPU, READING, Operation, check, plain_inputs, plain_model, plain_processor, rows
from job_fixtures import KINDS, Kept, rows_of, spec_of

from medgr2.jobs.run_job import run_job
from medgr2.models.load_models import load_vlm
from medgr2.models.load_processor import load_processor
from medgr2.models.reward_backbone import RewardModel


def _saved(folder: Path, saved: Path, work: Path) -> str:
    """A folder that training wrote, read by plain transformers, as ours."""
    name = type(load_processor(str(folder))).__name__
    for file in ("processor_config.json", "tokenizer_config.json"):
        written = json.loads((saved / file).read_text()).get("processor_class", name)
        if written != name:
            return f"{file} names {written}"
    mine, theirs = load_processor(str(saved)), plain_processor(saved)
    before = plain_processor(folder)
    model, reference = load_vlm({"path": str(saved), "dtype": "float32"}, CPU), plain_model(saved)
    for row in rows(work):
        given, expected, first = (plain_inputs(processor, row) for processor in (mine, theirs, before))
        for tensor in first:
            if not torch.equal(given[tensor], expected[tensor]) or not torch.equal(expected[tensor], first[tensor]):
                return f"{tensor} differs after saving"
        with torch.inference_mode():
            if not torch.allclose(model(**given).logits, reference(**expected).logits, atol=1e-4):
                return "logits differ after saving"
    own, kept = (json.loads((place / "generation_config.json").read_text()) for place in (folder, saved))
    kept.pop("transformers_version", None)
    return check(own == kept, f"generation_config.json was {own} and is {kept}")


def _moved(folder: Path, saved: Path) -> bool:
    before, after = plain_model(folder).state_dict(), plain_model(saved).state_dict()
    return any(not torch.equal(before[name], after[name]) for name in before)


def sft(folder: Path, work: Path) -> str:
    trl = {**KINDS["sft"]["trl"], "max_steps": 2, "learning_rate": 1e-2, "gradient_checkpointing": False}
    spec = spec_of("sft", work / "sft", rows_of(work), str(folder), trl=trl)
    result = run_job(spec, Kept())  # type: ignore[arg-type]
    saved = Path(result["checkpoint"])
    if not math.isfinite(result["loss"]):
        return f"loss {result['loss']}"
    return _saved(folder, saved, work) if _moved(folder, saved) else "nothing moved"


def grpo(folder: Path, work: Path) -> str:
    trl = {**KINDS["grpo"]["trl"], "learning_rate": 1e-2, "gradient_checkpointing": False, "beta": 0.01}
    spec = spec_of("grpo", work / "grpo", rows_of(work), str(folder), trl=trl)
    saved = Path(run_job(spec, Kept())["checkpoint"])  # type: ignore[arg-type]
    return _saved(folder, saved, work)


def reward(folder: Path, work: Path) -> str:
    """Trained, saved, and scoring alone as in a batch and in this process as in a job."""
    spec = spec_of("reward-model", work / "reward", rows_of(work), str(folder), steps=2, learningRate=1e-2)
    saved = Path(run_job(spec, Kept())["checkpoint"])  # type: ignore[arg-type]
    scoring = spec_of("score", work / "score", rows_of(work), str(saved))
    lines = Path(run_job(scoring, Kept())["scores"]).read_text().splitlines()  # type: ignore[arg-type]
    model = RewardModel.load({"path": str(saved), "dtype": "float32"}, CPU)
    alone = [model.score([row])[0] for row in rows_of(work)]
    for line, score in zip(lines, alone, strict=True):
        if not math.isclose(json.loads(line)["score"], score or math.nan, rel_tol=1e-4, abs_tol=1e-3):
            return f"{line} and not {score}"
    return _saved(folder, saved, work)


def lora(folder: Path, work: Path) -> str:
    """Adapters on the language model alone: saved, loaded strictly, and nothing that reads pixels has moved."""
    trl = {**KINDS["sft"]["trl"], "max_steps": 2, "learning_rate": 1e-2, "gradient_checkpointing": False}
    adapters = {"rank": 2, "alpha": 4, "dropout": 0.0, "targetModules": "all-linear"}
    spec = spec_of("sft", work / "lora", rows_of(work), str(folder), trl=trl, lora=adapters, train="language")
    saved = run_job(spec, Kept())["checkpoint"]  # type: ignore[arg-type]
    before, after = (load_vlm({"path": str(p), "dtype": "float32"}, CPU).state_dict() for p in (folder, saved))
    moved = {name for name in before if not torch.equal(before[name], after[name])}
    outside = [
        name for name in moved if not name.startswith(("model.language_model.", "model.text_model.", "lm_head."))
    ]
    return check(bool(moved) and not outside, f"moved: {sorted(outside)[:3] or 'nothing'}")


def half(folder: Path, work: Path) -> str:
    """Every job runs in bfloat16, with gradient checkpointing."""
    model = {"path": str(folder), "dtype": "bfloat16"}
    trl = {**KINDS["sft"]["trl"], "max_steps": 2, "learning_rate": 1e-2, "gradient_checkpointing": True}
    for kind, more in (("evaluate", {}), ("reward-model", {}), ("sft", {"trl": trl})):
        run_job({**spec_of(kind, work / kind, rows_of(work), str(folder), **more), "model": model}, Kept())  # type: ignore[arg-type]
    return "same"


OPERATIONS: dict[str, Operation] = {
    **READING,
    "sft": sft,
    "grpo": grpo,
    "reward model": reward,
    "lora": lora,
    "bfloat16": half,
}
