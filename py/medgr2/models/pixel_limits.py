"""`maxPixels` in the terms of each family's image processor: an area, an edge, a number of tiles, or nothing to limit.

Every family counts in its own way, and a number written where another belongs crashes or, worse, enlarges images.
"""

from __future__ import annotations

import math
from typing import Any


class PixelLimit(ValueError):
    """A model cannot read images as small as `maxPixels` asks for, or nobody knows how to ask it."""


def limit_pixels(image_processor: Any, most: int) -> None:
    """Images larger than `most` pixels are shrunk before they are cut into patches. What is smaller already stays."""
    size = dict(image_processor.size)
    if getattr(image_processor, "merge_size", None) is not None and size.get("longest_edge"):
        _limit_area(image_processor, size, most)
    elif getattr(image_processor, "max_image_size", None) is not None and size.get("longest_edge"):
        _limit_edge(image_processor, size, most)
    elif getattr(image_processor, "image_grid_pinpoints", None):
        _limit_grids(image_processor, most)
    elif getattr(image_processor, "max_patches", None) is not None and size.get("height"):
        _limit_tiles(image_processor, size, most)
    else:
        _check_fixed(image_processor, size, most)


def _limit_area(image_processor: Any, size: dict[str, int], most: int) -> None:
    """Qwen2-VL and its kin: `size` holds areas. GLM-4V counts an image once for each frame that it is made into."""
    frames = image_processor.temporal_patch_size if type(image_processor).__name__.startswith("Glm") else 1
    longest = min(size["longest_edge"], most * frames)
    size = {"longest_edge": longest, "shortest_edge": min(size.get("shortest_edge") or longest, longest)}
    image_processor.size = size
    if frames == 1:  # Qwen2-VL's older names for the same
        image_processor.max_pixels, image_processor.min_pixels = longest, size["shortest_edge"]


def _limit_edge(image_processor: Any, size: dict[str, int], most: int) -> None:
    """Idefics3 and SmolVLM: the longer edge is brought to a whole number of tiles; a tile is the least they read."""
    tile = dict(image_processor.max_image_size)["longest_edge"]
    tiles = math.isqrt(most) // tile
    if tiles < 1:
        raise _too_small(image_processor, most, tile, tile)
    image_processor.size = {"longest_edge": min(size["longest_edge"], tiles * tile)}


def _limit_grids(image_processor: Any, most: int) -> None:
    """LLaVA-NeXT and OneVision: one of several resolutions is chosen."""
    grids = [list(grid) for grid in image_processor.image_grid_pinpoints]
    kept = [grid for grid in grids if grid[0] * grid[1] <= most]
    if not kept:
        raise _too_small(image_processor, most, *min(grids, key=lambda grid: grid[0] * grid[1]))
    image_processor.image_grid_pinpoints = kept


def _limit_tiles(image_processor: Any, size: dict[str, int], most: int) -> None:
    """InternVL: cut into tiles of one size."""
    tiles = most // (size["height"] * size["width"])
    if tiles < 1:
        raise _too_small(image_processor, most, size["height"], size["width"])
    image_processor.max_patches = min(image_processor.max_patches, tiles)
    image_processor.min_patches = min(image_processor.min_patches, image_processor.max_patches)


def _check_fixed(image_processor: Any, size: dict[str, int], most: int) -> None:
    """LLaVA-1.5, Gemma 3, PaliGemma: every image comes to one size. Mllama's tiles are counted in its weights."""
    shown = dict(getattr(image_processor, "crop_size", None) or size)
    height, width = shown.get("height"), shown.get("width")
    if not height or not width:
        name = type(image_processor).__name__
        raise PixelLimit(f"maxPixels {most}: how to limit the images of {name} is not known; leave maxPixels out")
    tiles = getattr(image_processor, "max_image_tiles", None) or 1
    if height * width * tiles > most:
        raise _too_small(image_processor, most, height, width, tiles)


def _too_small(image_processor: Any, most: int, height: int, width: int, tiles: int = 1) -> PixelLimit:
    least = height * width * tiles
    name = type(image_processor).__name__
    shape = f"{height} x {width} pixels" + (f" in {tiles} tiles" if tiles > 1 else "")
    return PixelLimit(f"maxPixels {most} is less than {name} reads at least: {shape}; set it to {least} or more")
