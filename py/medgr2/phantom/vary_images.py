"""Images as a tower in training meets them: moved, mirrored and made noisy, so that it learns none by heart.

What is in a mirrored image is the mirror's: places change sides, and a left eye is a right one.
"""

from __future__ import annotations

from typing import Any

import torch

from medgr2.phantom.vision_phase import Labels

MEAN = torch.tensor([0.48145466, 0.4578275, 0.40821073])
STD = torch.tensor([0.26862954, 0.26130258, 0.27577711])
MIRRORED_PLACES = [1, 0, 3, 2]
#: Pixels; lesions stay within their quadrants.
FARTHEST = 3
NOISE = 0.03
GAIN = 0.06


def patches_of(images: torch.Tensor, vision: dict[str, Any]) -> torch.Tensor:
    """(N, H, W, 3) bytes or shares of one -> rows of patches, as the processor of these models makes them."""
    shares = images.float() / 255 if images.dtype == torch.uint8 else images
    count, height, width, _ = images.shape
    patch, merge = vision["patch_size"], vision["spatial_merge_size"]
    normal = ((shares - MEAN) / STD).permute(0, 3, 1, 2)
    blocks = normal.reshape(
        count, 3, height // patch // merge, merge, patch, width // patch // merge, merge, patch
    ).permute(0, 2, 5, 3, 6, 1, 4, 7)
    frames = blocks.unsqueeze(6).expand(*blocks.shape[:6], 2, patch, patch)  # a still image is two equal frames
    return frames.reshape(count * (height // patch) * (width // patch), -1)


class VariedImages:
    """Images with their labels, as they are or varied."""

    def __init__(self, images: torch.Tensor, labels: Labels, processor: Any, vision: dict[str, Any], seed: int) -> None:
        self.images = images
        self.labels = labels
        self.vision = vision
        self.side = images.shape[1] // vision["patch_size"]
        self._random = torch.Generator().manual_seed(seed)
        ours = patches_of(images[:4], vision)
        theirs = processor.image_processor(images=list(images[:4].numpy()), return_tensors="pt")["pixel_values"]
        torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=1e-4)

    def __len__(self) -> int:
        return len(self.images)

    def grid(self, count: int) -> torch.Tensor:
        return torch.tensor([[1, self.side, self.side]] * count)

    def plain(self, rows: list[int]) -> tuple[torch.Tensor, Labels]:
        return patches_of(self.images[rows], self.vision), {name: value[rows] for name, value in self.labels.items()}

    def varied(self, rows: list[int]) -> tuple[torch.Tensor, Labels]:
        images = self.images[rows].float() / 255
        labels = {name: value[rows].clone() for name, value in self.labels.items()}
        mirrored = torch.rand(len(rows), generator=self._random) < 0.5
        images[mirrored] = images[mirrored].flip(2)
        for name in ("kind", "size"):
            labels[name][mirrored] = labels[name][mirrored][:, MIRRORED_PLACES]
        labels["anatomy"][mirrored] = labels["mirror"][mirrored]
        size = images.shape[1]
        padded = torch.nn.functional.pad(images.permute(0, 3, 1, 2), [FARTHEST] * 4, mode="replicate")
        steps = torch.randint(0, 2 * FARTHEST + 1, (len(rows), 2), generator=self._random).tolist()
        moved = torch.stack([one[:, y : y + size, x : x + size] for one, (y, x) in zip(padded, steps, strict=True)])
        gain = 1 + GAIN * (2 * torch.rand(len(rows), 1, 1, 1, generator=self._random) - 1)
        noise = NOISE * torch.randn(len(rows), 1, size, size, generator=self._random)
        return patches_of((moved * gain + noise).clamp(0, 1).permute(0, 2, 3, 1), self.vision), labels
