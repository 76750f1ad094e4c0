"""What must hold of a family's jobs after one another: GRPO judged by a reward model, and adapters on adapters."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import torch
from family_operations import CPU, Operation, check, plain_inputs, plain_model, plain_processor, rows
from family_training import OPERATIONS as SINGLE
from job_fixtures import KINDS, Kept, rows_of, spec_of
from peft import PeftModel

from medgr2.jobs.run_job import run_job
from medgr2.models.load_models import load_vlm

STEPS = {"learning_rate": 1e-2, "gradient_checkpointing": False}


class Judged(Kept):
    """Keeps what the reward model said of each completion, and rewards by it."""

    def __init__(self) -> None:
        super().__init__()
        self.scores: list[float | None] = []

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        given = [item["rewardModelScore"] for item in request["items"]]
        self.scores += given
        return {"scores": {"judge": given}}


def grpo_with_reward_model(folder: Path, work: Path) -> str:
    """Both of the same family; the scores are those that the reward model gives alone."""
    training = spec_of("reward-model", work / "reward", rows_of(work), str(folder), steps=1, learningRate=1e-2)
    judge = run_job(training, Kept())["checkpoint"]  # type: ignore[arg-type]
    channel = Judged()
    settings = {
        "trl": {**KINDS["grpo"]["trl"], **STEPS},
        "rewards": [{"name": "judge", "weight": 1}],
        "rewardModel": {"path": judge, "dtype": "float32"},
        "shownCompletions": 99,
    }
    saved = run_job(spec_of("grpo", work / "grpo", rows_of(work), str(folder), **settings), channel)["checkpoint"]  # type: ignore[arg-type]
    if not channel.scores or not all(score is not None and math.isfinite(score) for score in channel.scores):
        return f"scores {channel.scores}"
    shown = [item for event in channel.events if event["type"] == "completions" for item in event["items"]]
    asked = {row["id"]: row for row in rows_of(work)}
    texts = [{**asked[item["id"]], "id": str(at), "response": item["completion"]} for at, item in enumerate(shown)]
    lines = Path(run_job(spec_of("score", work / "score", texts, judge), Kept())["scores"]).read_text().splitlines()  # type: ignore[arg-type]
    for item, line in zip(shown, lines, strict=True):
        if not math.isclose(item["rewardModelScore"], json.loads(line)["score"], rel_tol=1e-3, abs_tol=1e-2):
            return f"{item['rewardModelScore']} in GRPO and {line}"
    before, after = plain_model(folder).state_dict(), plain_model(Path(saved)).state_dict()
    return check(any(not torch.equal(before[name], after[name]) for name in before), "nothing moved")


def adapters_on_adapters(folder: Path, work: Path) -> str:
    """SFT's adapters, GRPO's on them; merged by peft alone, plain transformers reads what our loader does."""
    adapters = {"rank": 2, "alpha": 4, "dropout": 0.0, "targetModules": "all-linear"}
    model, places = str(folder), []
    for kind, more in (("sft", {"max_steps": 2}), ("grpo", {})):
        trl = {**KINDS[kind]["trl"], **STEPS, **more}
        spec = spec_of(kind, work / kind, rows_of(work), model, trl=trl, lora=adapters, train="language")
        model = run_job(spec, Kept())["checkpoint"]  # type: ignore[arg-type]
        places.append(model)
    merged: Any = plain_model(folder)
    for place in places:
        merged = PeftModel.from_pretrained(merged, place).merge_and_unload()
    merged.save_pretrained(work / "merged")
    ours, reference, base = (
        load_vlm({"path": model, "dtype": "float32"}, CPU),
        plain_model(work / "merged"),
        plain_model(folder),
    )
    processor = plain_processor(folder)
    for row in rows(work):
        given = plain_inputs(processor, row)
        with torch.inference_mode():
            mine, theirs, first = (each(**given).logits for each in (ours, reference, base))
        if not torch.allclose(mine, theirs, atol=1e-4):
            return f"logits differ by {float((mine - theirs).abs().max())}"
        if torch.allclose(first, theirs, atol=1e-4):
            return "nothing was learned"
    return "same"


OPERATIONS: dict[str, Operation] = {
    **SINGLE,
    "grpo by R_φ": grpo_with_reward_model,
    "lora to grpo": adapters_on_adapters,
}
