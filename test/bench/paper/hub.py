"""Puts tiny random models into a hub cache under the hub's own ids: `hub.py HF_HOME ID …`.

Configuration, tokenizer, processor and weight names are in the form in which the hub has these models (sizes of the
text model at the top level of config.json, bfloat16, the processor's true pixel limits); only the widths are small.
Runs with test/py/families and py on PYTHONPATH.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import torch
from family_qwen import qwen2_5_vl, qwen2_vl
from safetensors.torch import load_file, save_file

#: Tokens of the text model: an image of 512 tokens, a prompt, and an answer as long as GRPO allows fit in.
CONTEXT = 4096
PIXELS = {"min_pixels": 56 * 56, "max_pixels": 28 * 28 * 16384}


def write_model(folder: Path, model_id: str) -> Path:
    (qwen2_vl if "Qwen2-VL" in model_id else qwen2_5_vl)(folder)
    _edit(folder / "preprocessor_config.json", PIXELS)
    config = json.loads((folder / "config.json").read_text())
    text: dict[str, Any] = config.pop("text_config")
    rope = text.pop("rope_parameters")
    flat = {
        **{name: text[name] for name in text if name not in ("model_type", "dtype", "layer_types")},
        **config,
        "max_position_embeddings": CONTEXT,
        "rope_scaling": {"type": "mrope", "mrope_section": rope["mrope_section"]},
        "rope_theta": rope["rope_theta"],
        "torch_dtype": "bfloat16",
        # The 3B has one matrix for the words it reads and those it writes, the 7B two.
        "tie_word_embeddings": "7B" not in model_id,
    }
    flat.pop("dtype", None)
    (folder / "config.json").write_text(json.dumps(flat, indent=2))
    _seed_of(folder, model_id, tied=flat["tie_word_embeddings"])
    return folder


def _seed_of(folder: Path, model_id: str, tied: bool) -> None:
    """Weights of this id alone, in bfloat16, under the names and in the files that they had."""
    numbers = torch.Generator().manual_seed(int(hashlib.sha256(model_id.encode()).hexdigest()[:8], 16))
    files = sorted(folder.glob("*.safetensors"))
    index = folder / "model.safetensors.index.json"
    for file in files:
        weights = load_file(file)
        if tied:
            weights.pop("lm_head.weight", None)
        for name, weight in weights.items():
            noise = torch.randn(weight.shape, generator=numbers) * 0.2 if weight.ndim > 1 else weight
            weights[name] = noise.to(torch.bfloat16)
        save_file(weights, file, metadata={"format": "pt"})
    if index.exists() and tied:
        given = json.loads(index.read_text())
        given["weight_map"].pop("lm_head.weight", None)
        index.write_text(json.dumps(given))


def _edit(file: Path, more: dict[str, Any]) -> None:
    file.write_text(json.dumps({**json.loads(file.read_text()), **more}))


def cache(home: Path, model_id: str) -> Path:
    """The snapshot's folder; files are links to blobs, as huggingface_hub makes them."""
    place = home / "hub" / f"models--{model_id.replace('/', '--')}"
    commit = hashlib.sha1(model_id.encode(), usedforsecurity=False).hexdigest()
    snapshot = place / "snapshots" / commit
    for folder in (place / "refs", place / "blobs", snapshot):
        folder.mkdir(parents=True, exist_ok=True)
    (place / "refs" / "main").write_text(commit)
    with tempfile.TemporaryDirectory() as made:
        for file in write_model(Path(made) / "model", model_id).iterdir():
            blob = place / "blobs" / hashlib.sha256(file.read_bytes()).hexdigest()
            shutil.move(file, blob)
            (snapshot / file.name).symlink_to(os.path.relpath(blob, snapshot))
    return snapshot


if __name__ == "__main__":
    torch.set_num_threads(1)
    for name in sys.argv[2:]:
        print(cache(Path(sys.argv[1]), name))
