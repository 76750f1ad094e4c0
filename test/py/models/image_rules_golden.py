"""What each family's processor makes of images of many sizes, with the files that say so: both languages read it.

`python test/py/models/image_rules_golden.py` writes test/golden/image-rules.json anew.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from family_folders import FAMILIES
from job_fixtures import image
from transformers.models.smolvlm import processing_smolvlm

from medgr2.models.load_processor import load_processor
from medgr2.rows.encode import encode
from medgr2.rows.row_bounds import image_tokens

GOLDEN = Path(__file__).parents[2] / "golden" / "image-rules.json"
#: Width and height; 42 and 70 lie halfway between two squares of 28 pixels.
SIZES = ((60, 44), (44, 60), (84, 84), (42, 70), (90, 130), (512, 512), (640, 120), (30, 200), (333, 1000))
FILES = ("config", "preprocessor_config", "processor_config")
#: `maxPixels` that every family can keep to.
LIMIT = 64 * 64


def golden(work: Path) -> list[dict[str, Any]]:
    processing_smolvlm.num2words = str  # it asks for the package only to name frames of videos
    return [entry for name, make in FAMILIES.items() for entry in _entries(name, make(work / name), work)]


def _entries(name: str, folder: Path, work: Path) -> list[dict[str, Any]]:
    files = {file: json.loads(path.read_text()) for file in FILES if (path := folder / f"{file}.json").exists()}
    config = files["config"]
    slim = {key: value for key, value in config.items() if key in ("model_type", "mm_tokens_per_image")}
    vision = {
        key: value
        for key, value in config["vision_config"].items()
        if key in ("patch_size", "spatial_merge_size", "image_size", "num_image_tokens")
    }
    found = []
    for limit in (None, LIMIT):
        try:
            cases = _cases(load_processor(str(folder), limit), work)
        except ValueError:  # less than this family reads at least
            continue
        about = {"config": {**slim, "vision_config": vision}, "preprocessor": files["preprocessor_config"]}
        about |= {"processor": files.get("processor_config"), "maxPixels": limit}
        found.append({"family": name, **about, "cases": cases})
    return found


def _cases(processor: Any, work: Path) -> list[list[int]]:
    """[width, height, tokens]: by what the processor makes, and not by what it says of it."""
    rows = [
        {"id": str(size), "image": image(work, f"{size[0]}x{size[1]}.png", size), "prompt": "What is seen?"}
        for size in SIZES
    ]
    lengths = [encode(processor, [row]).inputs["input_ids"].shape[1] for row in rows]
    words = lengths[0] - image_tokens(processor, rows[0])
    # Where a tokenizer has no token of two line ends, as those of tests, a split image takes one more.
    whole = getattr(processor, "image_seq_len", None)
    lines = len(processor.tokenizer("\n\n", add_special_tokens=False).input_ids) - 1
    return [
        [*size, tokens - (lines if whole is not None and tokens > whole + 3 else 0)]
        for size, tokens in zip(SIZES, (length - words for length in lengths), strict=True)
    ]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        GOLDEN.write_text(json.dumps(golden(Path(temporary)), indent=1) + "\n")
