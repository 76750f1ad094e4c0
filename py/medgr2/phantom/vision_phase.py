"""First phase of the base's pretraining: the vision tower learns to see scenes before any word is learned.

From random weights a language loss alone takes hours to make a tiny model look; naming what is in each quadrant takes
minutes. The probe that reads the features here is thrown away afterwards.
"""

from __future__ import annotations

import json
import math
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import nn

PLACES = ["upper left", "upper right", "lower left", "lower right"]
KINDS = ["none", "mass", "cyst", "calcification", "hemorrhage"]
SIZES = ["small", "moderate", "large"]
NO_SIZE = -100
MIRRORED = {"left eye": "right eye", "right eye": "left eye"}

Labels = dict[str, torch.Tensor]


def scene_labels(path: Path) -> Labels:
    """kind (N, 4), size (N, 4; NO_SIZE where no lesion is), anatomy (N,) and its mirror image's as class numbers."""
    scenes = [json.loads(line) for line in path.read_text().splitlines()]
    anatomies = sorted({scene["anatomy"] for scene in scenes})
    kind_N4 = torch.zeros((len(scenes), 4), dtype=torch.long)
    size_N4 = torch.full((len(scenes), 4), NO_SIZE)
    for row, scene in enumerate(scenes):
        for lesion in scene["lesions"]:
            at = PLACES.index(lesion["place"])
            kind_N4[row, at] = KINDS.index(lesion["kind"])
            size_N4[row, at] = SIZES.index(lesion["size"])
    anatomy_N = torch.tensor([anatomies.index(scene["anatomy"]) for scene in scenes])
    mirrored = [anatomies.index(MIRRORED.get(name, name)) for name in anatomies]
    return {"kind": kind_N4, "size": size_N4, "anatomy": anatomy_N, "mirror": torch.tensor(mirrored)[anatomy_N]}


class Looks(Protocol):
    """What a tower is shown. Each gives patches and the labels that go with them."""

    def __len__(self) -> int: ...
    def grid(self, count: int) -> torch.Tensor: ...
    def plain(self, rows: list[int]) -> tuple[torch.Tensor, Labels]: ...
    def varied(self, rows: list[int]) -> tuple[torch.Tensor, Labels]: ...


class SamePatches:
    """Of images that are shown as they are. patches (N, side * side, values)."""

    def __init__(self, patches: torch.Tensor, labels: Labels) -> None:
        self.patches = patches
        self.labels = labels

    def __len__(self) -> int:
        return len(self.patches)

    def grid(self, count: int) -> torch.Tensor:
        side = math.isqrt(self.patches.shape[1])
        return torch.tensor([[1, side, side]] * count)

    def plain(self, rows: list[int]) -> tuple[torch.Tensor, Labels]:
        patches = self.patches[rows].float().flatten(0, 1)
        return patches, {name: value[rows] for name, value in self.labels.items()}

    varied = plain


class Probe(nn.Module):
    """Nine image tokens of width D -> logits for each quadrant's kind and size, and for the anatomy."""

    def __init__(self, width: int, anatomies: int) -> None:
        super().__init__()
        self.kind = nn.Linear(9 * width, 4 * len(KINDS))
        self.size = nn.Linear(9 * width, 4 * len(SIZES))
        self.anatomy = nn.Linear(9 * width, anatomies)

    def forward(self, features_BF: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        batch = len(features_BF)
        kind = self.kind(features_BF).reshape(batch, 4, len(KINDS))
        return kind, self.size(features_BF).reshape(batch, 4, len(SIZES)), self.anatomy(features_BF)


def learn_to_look(
    visual: Any,
    looks: Looks,
    labels: Labels,
    *,
    steps: int,
    seed: int,
    log: Callable[[dict[str, Any]], None],
    batch: int = 96,
    rate: float = 2e-3,
) -> None:
    """Trains `visual` in place; the last 500 images are held out to report accuracy on."""
    shuffler = random.Random(seed)
    probe = Probe(visual.config.out_hidden_size, int(labels["anatomy"].max()) + 1)
    optimizer = torch.optim.AdamW([*visual.parameters(), *probe.parameters()], lr=rate, weight_decay=0.05)
    held = len(looks) - 500
    entropy = nn.functional.cross_entropy

    def read(patches: torch.Tensor, count: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        tokens = visual(patches, grid_thw=looks.grid(count)).pooler_output
        return probe(tokens.reshape(count, -1))

    started = time.time()
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = (
                rate * min(1.0, (step + 1) / 100) * (0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * step / steps)))
            )
        rows = [shuffler.randrange(held) for _ in range(batch)]
        patches, true = looks.varied(rows)
        kind, size, anatomy = read(patches, len(rows))
        loss = (
            entropy(kind.flatten(0, 1), true["kind"].flatten())
            + 0.5 * entropy(size.flatten(0, 1), true["size"].flatten(), ignore_index=NO_SIZE)
            + 0.5 * entropy(anatomy, true["anatomy"])
        )
        loss.backward()
        nn.utils.clip_grad_norm_(visual.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        if (step + 1) % 100 == 0:
            with torch.no_grad():
                kind, size, anatomy = read(looks.plain(list(range(held, len(looks))))[0], len(looks) - held)
            known = labels["size"][held:] != NO_SIZE
            log(
                {
                    "phase": "looking",
                    "step": step + 1,
                    "loss": round(loss.item(), 4),
                    "heldOutKind": round((kind.argmax(-1) == labels["kind"][held:]).float().mean().item(), 4),
                    "heldOutSize": round((size.argmax(-1) == labels["size"][held:])[known].float().mean().item(), 4),
                    "heldOutAnatomy": round((anatomy.argmax(-1) == labels["anatomy"][held:]).float().mean().item(), 4),
                    "seconds": round(time.time() - started),
                }
            )
