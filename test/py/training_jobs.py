"""Training jobs for tests: tiny models of two families, rows, a channel that answers, runs cut after a checkpoint."""

from __future__ import annotations

import shutil
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as parquet
import torch
from PIL import Image
from safetensors.torch import load_file
from transformers import (
    CLIPVisionConfig,
    LlamaConfig,
    LlavaConfig,
    LlavaForConditionalGeneration,
    LlavaProcessor,
    PreTrainedTokenizerFast,
)
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

from medgr2.contract import check_event, check_result
from medgr2.jobs import grpo, reward_model, sft
from medgr2.models.load_models import PHANTOM_BASE
from medgr2.node.job_channel import JobCancelled
from medgr2.node.strict_json import to_plain

RUN: dict[str, Callable[..., dict[str, Any]]] = {"sft": sft.run, "grpo": grpo.run, "reward-model": reward_model.run}
LORA = {"rank": 2, "alpha": 4, "dropout": 0.1, "targetModules": "all-linear"}
TEMPLATE = (
    "{% for m in messages %}{{ m['role'] }}: {% if m['content'] is string %}{{ m['content'] }}{% else %}"
    "{% for c in m['content'] %}{% if c['type'] == 'image' %}<image>\n{% else %}{{ c['text'] }}{% endif %}{% endfor %}"
    "{% endif %}{% if m['role'] == 'assistant' %}{{ eos_token }}{% endif %}\n{% endfor %}"
    "{% if add_generation_prompt %}assistant: {% endif %}"
)


def make_llava(folder: Path) -> str:
    """A LLaVA of random weights, which transformers saves under other names than the live model's, as Qwen2.5-VL."""
    tokenizer = PreTrainedTokenizerFast.from_pretrained(PHANTOM_BASE)
    tokenizer.add_special_tokens({"additional_special_tokens": ["<image>"]})
    torch.manual_seed(3)
    size = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 2}
    text = LlamaConfig(
        **size, vocab_size=len(tokenizer), pad_token_id=tokenizer.pad_token_id, eos_token_id=tokenizer.eos_token_id
    )
    vision = CLIPVisionConfig(**size, image_size=28, patch_size=14, projection_dim=16)
    token = tokenizer.convert_tokens_to_ids("<image>")
    config = LlavaConfig(vision_config=vision, text_config=text, image_token_index=token, image_seq_length=4)
    LlavaForConditionalGeneration(config).save_pretrained(folder)
    LlavaProcessor(
        image_processor=CLIPImageProcessorPil(size={"shortest_edge": 28}, crop_size={"height": 28, "width": 28}),
        tokenizer=tokenizer,
        patch_size=14,
        vision_feature_select_strategy="default",
        chat_template=TEMPLATE,
        image_token="<image>",
        num_additional_image_tokens=1,
    ).save_pretrained(folder)
    return str(folder)


class Channel:
    """Answers for rewards by the completion's text, stops where it is told to, and looks at each event as it comes."""

    def __init__(
        self,
        look: Callable[[dict[str, Any]], None] = lambda event: None,
        stop_at: int | None = None,
        stop_in_ask: int | None = None,
        reward: Callable[[dict[str, Any]], Any] = lambda item: zlib.crc32(item["completion"].encode()) % 7 / 7,
    ) -> None:
        self.look = look
        self.stop_at = stop_at
        self.stop_in_ask = stop_in_ask
        self.reward = reward
        self.asked = 0
        self.told = False
        self.events: list[dict[str, Any]] = []

    def emit(self, event: dict[str, Any]) -> None:
        check_event(to_plain(event))
        self.events.append(event)
        self.look(event)
        if event["type"] == "train-step" and event["step"] == self.stop_at:
            self.told = True

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        self.asked += 1
        if self.asked == self.stop_in_ask:
            raise JobCancelled("cancelled while waiting for an answer")
        return {"scores": {"r": [self.reward(item) for item in request["items"]]}}

    def should_stop(self) -> bool:
        return self.told

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["type"] == kind]

    @property
    def warnings(self) -> str:
        return "\n".join(event["message"] for event in self.of("warning"))


def write_rows(folder: Path, count: int = 5, colour: int = 50) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    for index in range(count):
        image = folder / f"{index}.png"
        Image.new("RGB", (28, 28), (colour * index % 256, 90, 200)).save(image)
        word = ("CT", "MRI", "X-Ray")[index % 3]
        row = {"id": f"row-{index}", "image": str(image), "prompt": f"Which method is number {index}?"}
        answer = f"<answer>{word}</answer>"
        grade = {"response": answer, "grade": 10.0 - 4 * (index % 4), "pair": None, "chosen": None}
        found.append({**row, "completion": answer, **grade})
    for index in range(2):  # pairs, for the reward model
        for chosen in (True, False):
            pair = {"id": f"pair-{index}-{chosen}", "grade": None, "pair": f"p{index}", "chosen": chosen}
            found.append(
                {**found[index], **pair, "response": "<answer>CT</answer>" if chosen else "<answer>US</answer>"}
            )
    parquet.write_table(pa.Table.from_pylist(found), folder / "rows.parquet")
    return str(folder / "rows.parquet")


def spec_of(kind: str, out: Path, data: str, model: str = "phantom", **more: Any) -> dict[str, Any]:
    spec = {
        "kind": kind,
        "model": {"path": model, "dtype": "float32"},
        "data": data,
        "outDir": str(out),
        "seed": 5,
        "device": "cpu",
        "threads": 1,
        "train": "all",
    }
    every = {
        "max_steps": 5,
        "save_steps": 1,
        "logging_steps": 2,
        "learning_rate": 1e-3,
        "per_device_train_batch_size": 2,
    }
    if kind == "sft":
        spec["trl"] = {**every, "gradient_accumulation_steps": 2}
    elif kind == "grpo":
        # One generation feeds two optimiser steps, so that every other checkpoint lies within what was generated.
        window = {"gradient_accumulation_steps": 2, "steps_per_generation": 4, "num_generations": 2}
        spec["trl"] = {**every, **window, "max_completion_length": 6}
        spec |= {"rewards": [{"name": "r", "weight": 1}], "shownCompletions": 0}
    else:
        learn = {"loss": "both", "steps": 5, "batchSize": 2, "learningRate": 1e-3, "languageWeight": 0.1}
        spec |= {**learn, "loggingSteps": 2, "saveSteps": 1}
    trl = {**spec.get("trl", {}), **more.pop("trl", {})}
    return {**spec, **({"trl": trl} if trl else {}), **more}


def run(spec: dict[str, Any], channel: Channel | None = None) -> dict[str, Any]:
    result = RUN[spec["kind"]](spec, channel or Channel())
    check_result(to_plain(result))
    return result


def weights_of(result: dict[str, Any]) -> dict[str, torch.Tensor]:
    """Every tensor that the job's model has on disk."""
    files = sorted(Path(result["checkpoint"]).glob("*.safetensors"))
    return {f"{file.name}:{name}": value for file in files for name, value in load_file(file).items()}


def files_of(result: dict[str, Any]) -> dict[str, bytes]:
    """The model's folder, byte by byte, but for what holds paths of this very job."""
    folder = Path(result["checkpoint"])
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.name != "training_args.bin"}


def different(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> list[str]:
    assert one.keys() == other.keys()
    return [name for name in one if not torch.equal(one[name], other[name])]


def outcome_of(result: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in result.items() if name not in ("checkpoint", "seconds")}


def cut_after_each(spec: dict[str, Any], places: Path, **channel: Any) -> tuple[dict[str, Any], dict[int, Path]]:
    """The undisturbed run, and what a kill right after each of its checkpoints would have left of its outDir."""
    left: dict[int, Path] = {}

    def keep(event: dict[str, Any]) -> None:
        if event["type"] == "checkpoint":
            left[event["step"]] = places / f"killed-{event['step']}"
            shutil.copytree(spec["outDir"], left[event["step"]])

    return run(spec, Channel(keep, **channel)), left
