"""Share of time that reading each image once saves: scores of a GRPO step's completions with and without, in turns.

`PYTHONPATH=py python …/towers.py`: random weights, 1/8 of the 3B shape's widths and 1/4 of its layers;
4 images of 448 x 448 pixels, 4 completions each. Prints seconds, their ratio, and the largest difference of scores.
"""

from __future__ import annotations

import json
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import torch

from medgr2.gpu_check.cases import Size, write_rows
from medgr2.gpu_check.model_shape import write_3b
from medgr2.models.bounded_memo import Bounded
from medgr2.models.frozen_towers import reuse_features
from medgr2.models.reward_backbone import RewardModel
from medgr2.rows import image_memo
from medgr2.rows.read_rows import read_rows

COPIES, TURNS = 4, 1
TEXT = {"hidden_size": 256, "intermediate_size": 1376, "num_hidden_layers": 9, "num_attention_heads": 2}
TEXT |= {"layer_types": ["full_attention"] * 9, "num_key_value_heads": 1, "vocab_size": 8192}
VISION = {"depth": 8, "hidden_size": 160, "intermediate_size": 428, "num_heads": 2, "out_hidden_size": 256}
VISION |= {"fullatt_block_indexes": [3, 7]}


def scored(model: RewardModel, rows: list[dict[str, Any]], once: bool) -> tuple[float, list[float | None]]:
    """Seconds and scores, with nothing kept of an earlier turn."""
    inner = model.vlm.model
    vars(inner).pop("get_image_features", None)
    image_memo._decoded = Bounded(image_memo.DECODED_BYTES if once else 0)
    model.images = image_memo.ImageMemo()
    if once:
        reuse_features(model.vlm, alone=True)
    else:
        model.images.of = lambda _: nullcontext()  # type: ignore[method-assign]
    begin = time.monotonic()
    scores = model.score(rows)
    return time.monotonic() - begin, scores


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="medgr2-towers-") as temporary:
        folder = Path(temporary)
        path = write_3b(folder / "model", "cpu", TEXT, VISION)
        rows = read_rows(write_rows(folder, Size(1, 1, 4, 8, 448)), ("id", "image", "prompt", "response"))
        model = RewardModel.start({"path": path, "dtype": "float32"}, torch.device("cpu"))
        asked = [{**row, "response": f"{row['response']} {copy}"} for row in rows for copy in range(COPIES)]
        seconds: dict[bool, list[float]] = {True: [], False: []}
        scores: dict[bool, list[float | None]] = {}
        for _ in range(TURNS):
            for once in (True, False):
                spent, scores[once] = scored(model, asked, once)
                seconds[once].append(spent)
    off = max(abs((one or 0) - (other or 0)) for one, other in zip(scores[True], scores[False], strict=True))
    once, each = min(seconds[True]), min(seconds[False])
    print(json.dumps({"once": once, "each": each, "ratio": once / each, "largestDifference": off}))


if __name__ == "__main__":
    main()
