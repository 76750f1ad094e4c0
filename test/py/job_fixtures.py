"""What tests of jobs share: a channel that keeps events, rows with images, specs of tiny jobs on the shipped model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as parquet
from PIL import Image


class Kept:
    """A channel that keeps what it is told and never stops a job; rewards are the completion's length."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def emit(self, event: dict[str, Any]) -> None:
        self.events.append(event)

    def should_stop(self) -> bool:
        return False

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        return {"scores": {"length": [float(len(item["completion"])) for item in request["items"]]}}

    def warnings(self) -> list[str]:
        return [event["message"] for event in self.events if event["type"] == "warning"]


def image(folder: Path, name: str = "image.png", size: tuple[int, int] = (84, 84), shade: int = 90) -> str:
    path = folder / name
    Image.new("RGB", size, (shade, 255 - shade, 60)).save(path)
    return str(path)


def rows_of(folder: Path, count: int = 4) -> list[dict[str, Any]]:
    """Rows that serve every kind of job."""
    return [
        {
            "id": f"q{index}",
            "image": image(folder, f"{index}.png", shade=40 * index),
            "prompt": "Which imaging method was used?\nA) CT\nB) MRI",
            "completion": "<answer>CT</answer>",
            "response": "<answer>CT</answer>" if index % 2 else "<answer>MRI</answer>",
            "responses": ["<answer>CT</answer>", "<answer>MRI</answer>"],
            "grade": 10.0 if index % 2 else -6.0,
            "pair": None,
            "chosen": None,
        }
        for index in range(count)
    ]


KINDS: dict[str, dict[str, Any]] = {
    "sft": {"train": "all", "trl": {"max_steps": 1, "per_device_train_batch_size": 4, "logging_steps": 1}},
    "grpo": {
        "train": "all",
        "rewards": [{"name": "length", "weight": 1}],
        "shownCompletions": 0,
        "trl": {
            "max_steps": 1,
            "num_generations": 2,
            "per_device_train_batch_size": 4,
            "max_completion_length": 6,
            "logging_steps": 1,
        },
    },
    "reward-model": {
        "train": "all",
        "loss": "mse",
        "steps": 1,
        "batchSize": 4,
        "learningRate": 1e-3,
        "languageWeight": 0.1,
        "loggingSteps": 1,
        "saveSteps": 100,
    },
    "score": {"batchSize": 4},
    "complete": {"samples": 1, "temperature": 0, "maxNewTokens": 6, "batchSize": 4},
    "evaluate": {"reasoning": "none", "maxNewTokens": 6, "batchSize": 4},
}


def spec_of(kind: str, folder: Path, rows: list[dict[str, Any]], model: str = "phantom", **settings: Any) -> Any:
    folder.mkdir(parents=True, exist_ok=True)
    data = folder / "rows.parquet"
    parquet.write_table(pa.Table.from_pylist(rows), data)
    return {
        "kind": kind,
        "model": {"path": model, "dtype": "float32"},
        "data": str(data),
        "outDir": str(folder),
        "seed": 0,
        "device": "cpu",
        "threads": 1,
        **KINDS[kind],
        **settings,
    }
