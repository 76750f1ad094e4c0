"""What is measured: each job kind on drawn images, as specs of the contract."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from medgr2.contract import with_defaults

ANSWERS = ("mass", "nodule", "effusion", "nothing of note")
GRADES = (10, 6, 0, -6)
REWARD = "brevity"


class Size(NamedTuple):
    """Of one model: rows of a batch, steps of a trainer, rows of a job without steps, tokens of a completion."""

    batch: int
    steps: int
    rows: int
    completion: int
    edge: int


class Case(NamedTuple):
    name: str
    #: Made when the case is run: it may use what an earlier one has trained.
    spec: dict[str, Any]
    #: Also by plain TRL, on the same rows and options.
    plain: bool = False


def write_rows(folder: Path, size: Size) -> str:
    """One file that every kind of job reads: a picture of its own for each row."""
    import pyarrow as pa
    import pyarrow.parquet as parquet
    from PIL import Image, ImageDraw

    rows = []
    for number in range(max(size.rows, size.batch * 4)):
        image = Image.new("RGB", (size.edge, size.edge), (40 + 17 * number % 160, 60, 90))
        at = (7 * number) % (size.edge // 2)
        ImageDraw.Draw(image).ellipse(
            (at, at, at + size.edge // 3, at + size.edge // 4), fill=(220, 200 - number % 90, 180)
        )
        file = folder / f"{size.edge}-{number}.png"
        image.save(file)
        answer = ANSWERS[number % len(ANSWERS)]
        completion = f"<think>There is {answer} in picture {number}.</think><answer>{answer}</answer>"
        row = {"id": str(number), "image": str(file), "prompt": f"What does picture {number} show?"}
        more = {"completion": completion, "response": completion, "grade": float(GRADES[number % 4])}
        rows.append({**row, **more, "responses": list(ANSWERS)})
    path = folder / f"rows-{size.edge}.parquet"
    parquet.write_table(pa.Table.from_pylist(rows), path)
    return str(path)


def cases(model: str, data: str, out: Path, device: str, size: Size, full: bool) -> list[Case]:
    """In the order in which they must run. `full`: trainers without LoRA too."""
    base = {"seed": 0, "device": device, "data": data}
    vlm = {"path": model}
    lora = {"rank": 16, "alpha": 32, "dropout": 0.0, "targetModules": "all-linear"}
    batch = {"per_device_train_batch_size": size.batch, "max_steps": size.steps, "logging_steps": 1}
    once = {**batch, "save_strategy": "no", "learning_rate": 1e-5}
    grade: dict[str, Any] = {"steps": size.steps, "batchSize": size.batch, "learningRate": 1e-5}
    grade |= {"loggingSteps": 1, "saveSteps": 10_000}
    grpo = {**once, "num_generations": min(4, size.batch), "max_completion_length": size.completion}
    rewards = [{"name": REWARD, "weight": 1.0}]
    scorer = {"path": str(out / "reward-model-lora" / "model")}

    def case(name: str, kind: str, plain: bool = False, **more: Any) -> Case:
        return Case(name, with_defaults({"kind": kind, **base, "outDir": str(out / name), **more}), plain)

    found = [
        case("sft-lora", "sft", plain=True, model=vlm, lora=lora, trl=once),
        case("reward-model-lora", "reward-model", model=vlm, lora=lora, **grade),
        case("score", "score", model=scorer, batchSize=size.batch),
        case("grpo-lora", "grpo", model=vlm, rewardModel=scorer, rewards=rewards, lora=lora, trl=grpo),
        case("evaluate", "evaluate", model=vlm, maxNewTokens=size.completion, batchSize=size.batch),
    ]
    if full:
        found += [
            case("sft-full", "sft", plain=True, model=vlm, trl=once),
            case("reward-model-full", "reward-model", model=vlm, **grade),
            case("grpo-full", "grpo", model=vlm, rewardModel=scorer, rewards=rewards, trl=grpo),
        ]
    return found
