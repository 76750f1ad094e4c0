"""What must hold for every family, against plain transformers on the same folder: "same", or what is not."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from job_fixtures import image
from PIL import Image
from transformers import AutoModelForImageTextToText, AutoProcessor, GenerationConfig

from medgr2.jobs.complete import complete_batch
from medgr2.models.chat_format import end_ids, is_prefix_model, turn_of
from medgr2.models.likelihood import response_log_likelihoods
from medgr2.models.load_models import load_vlm
from medgr2.models.load_processor import load_processor
from medgr2.models.no_video import no_video
from medgr2.rows.encode import encode
from medgr2.rows.row_bounds import row_lengths

CPU = torch.device("cpu")
PROMPTS = ("Which imaging method was used?", "What is seen in this picture of the left lung? Say it in a few words.")
#: What a test asks of every family, in the order of the table.
Operation = Callable[[Path, Path], str]


def rows(work: Path) -> list[dict[str, Any]]:
    return [
        {
            "id": f"r{index}",
            "image": image(work, f"r{index}.png", size, 60 * index + 30),
            "prompt": prompt,
            "response": "CT of it",
        }
        for index, (prompt, size) in enumerate(zip(PROMPTS, ((60, 44), (90, 130)), strict=True))
    ]


def ours(folder: Path) -> tuple[Any, Any]:
    return load_vlm({"path": str(folder), "dtype": "float32"}, CPU), load_processor(str(folder))


def plain_processor(folder: Path) -> Any:
    """Plain AutoProcessor; without torchvision most families need at least a stand-in for its video half."""
    try:
        return AutoProcessor.from_pretrained(folder)
    except (ImportError, ValueError):
        kind = json.loads((folder / "config.json").read_text())["model_type"]
        with no_video(kind):
            return AutoProcessor.from_pretrained(folder)


def plain_model(folder: Path) -> Any:
    return AutoModelForImageTextToText.from_pretrained(folder, dtype=torch.float32).eval()


def plain_inputs(processor: Any, row: dict[str, Any]) -> dict[str, torch.Tensor]:
    """As transformers' documentation has it."""
    picture = Image.open(row["image"]).convert("RGB")
    if is_prefix_model(processor):
        return {
            k: v
            for k, v in processor(images=picture, text="<image>" + row["prompt"], return_tensors="pt").items()
            if k != "labels"
        }
    if processor.chat_template is None:
        processor.chat_template = processor.tokenizer.chat_template
    content = [{"type": "image", "image": picture}, {"type": "text", "text": row["prompt"]}]
    return dict(
        processor.apply_chat_template(
            [{"role": "user", "content": content}],
            tokenize=True,
            return_dict=True,
            return_tensors="pt",
            add_generation_prompt=True,
        )
    )


def check(condition: bool, words: str) -> str:
    return "same" if condition else words


def load(folder: Path, work: Path) -> str:
    _, processor = ours(folder)
    own = json.loads((folder / "preprocessor_config.json").read_text())["processor_class"]
    return check(type(processor).__name__ == own, f"a {type(processor).__name__}")


def inputs(folder: Path, work: Path) -> str:
    """Tokens and pixels of the prompt."""
    processor, plain = load_processor(str(folder)), plain_processor(folder)
    for row in rows(work):
        mine = encode(processor, [{**row, "response": None}]).inputs
        theirs = plain_inputs(plain, row)
        for name in theirs:
            if name not in mine or not torch.equal(mine[name], theirs[name]):
                return f"{name} differs"
        if row_lengths(processor, [row])[0] != theirs["input_ids"].shape[1]:
            return f"length {row_lengths(processor, [row])[0]} told, {theirs['input_ids'].shape[1]} is"
    return "same"


def generate(folder: Path, work: Path) -> str:
    """Greedy, in a batch of unequal prompts, against plain greedy search one by one."""
    model, processor = ours(folder)
    plain, reference = plain_processor(folder), plain_model(folder)
    ends = end_ids(model, processor)
    reference.generation_config = GenerationConfig(eos_token_id=ends, pad_token_id=processor.tokenizer.pad_token_id)
    for row, line in zip(rows(work), complete_batch(model, processor, rows(work), 12), strict=True):
        given = plain_inputs(plain, row)
        ids = reference.generate(**given, max_new_tokens=12, do_sample=False)[0, given["input_ids"].shape[1] :]
        text = plain.tokenizer.decode(ids, skip_special_tokens=True)
        if text != line["text"]:
            return f"{line['text']!r} and not {text!r}"
    return "same"


def likelihood(folder: Path, work: Path) -> str:
    """Of a response with its end, in a batch, against the model's own forward pass on one row."""
    model, processor = ours(folder)
    reference = plain_model(folder)
    found = response_log_likelihoods(model, processor, rows(work))
    for row, (total, tokens) in zip(rows(work), found, strict=True):
        given, response_BT = encode(processor, [row])
        prompt = plain_inputs(plain_processor(folder), row)["input_ids"]
        if not torch.equal(given["input_ids"][:, : prompt.shape[1]], prompt):
            return "the prompt's tokens differ"
        if int(given["input_ids"][0, -1]) not in end_ids(model, processor):
            return "no end"
        with torch.inference_mode():
            logp = reference(**given).logits[0, :-1].float().log_softmax(dim=-1)
        targets = given["input_ids"][0, 1:]
        at = response_BT[0, 1:].nonzero()[:, 0]
        picked = logp[at, targets[at]]
        if len(picked) != tokens or not math.isclose(float(picked.sum()), total, rel_tol=1e-4, abs_tol=1e-3):
            return f"{total} and not {float(picked.sum())}"
    return "same"


def end_of_turn(folder: Path, work: Path) -> str:
    """All ends of the generation configuration are ends; the one that training teaches is among them."""
    model, processor = ours(folder)
    given = json.loads((folder / "generation_config.json").read_text())["eos_token_id"]
    wanted = set(given if isinstance(given, list) else [given])
    if not wanted <= set(end_ids(model, processor)):
        return "an end is missing"
    return check(turn_of(processor).end in wanted, "what training teaches is no end of generation")


def pixel_limit(folder: Path, work: Path) -> str:
    """A limit never enlarges, and what it says holds of what the model sees."""
    row = {"id": "large", "image": image(work, "large.png", (400, 300)), "prompt": "?"}
    free = encode(load_processor(str(folder)), [row]).inputs["input_ids"].shape[1]
    try:
        limited = load_processor(str(folder), 4096)
    except ValueError as error:
        return f"refused: {error}"
    length = encode(limited, [row]).inputs["input_ids"].shape[1]
    if row_lengths(limited, [row])[0] != length:
        return f"length {row_lengths(limited, [row])[0]} told, {length} is"
    return check(length <= free, f"{length} tokens instead of {free}")


READING: dict[str, Operation] = {
    "load": load,
    "inputs": inputs,
    "generate": generate,
    "likelihood": likelihood,
    "end of turn": end_of_turn,
    "pixel limit": pixel_limit,
}
