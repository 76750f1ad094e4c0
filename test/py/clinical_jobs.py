"""The import jobs of clinical files as tests call them, and pictures as arrays."""

import json

import numpy as np
from PIL import Image


class Silent:
    def emit(self, event):
        pass

    def should_stop(self):
        return False


def render(module, path, out, window="header", frames="middle"):
    out.mkdir()
    spec = {"path": str(path), "outDir": str(out), "pictures": str(out / "images"), "window": window, "frames": frames}
    module.run(spec, Silent())
    rows, rejected = ([json.loads(line) for line in (out / f"{n}.jsonl").open()] for n in ("images", "rejected"))
    return rows, rejected


def pixels(row):
    return np.asarray(Image.open(row["path"]))


def linear(values, center, width):
    return np.round(np.clip(((values - (center - 0.5)) / (width - 1) + 0.5) * 255, 0, 255)).astype(np.uint8)
