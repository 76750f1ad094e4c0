"""Images decoded once and made into pixels once while they are in use: GRPO asks for each 112 times a step.

Pixels are kept per image, by its content and its processor's settings, where a family's processor treats each image by
itself. Those that pad images to their neighbours' shape are made once within a call, and kept for the same call again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from transformers import BatchFeature

from medgr2.models.bounded_memo import Bounded
from medgr2.rows.open_image import open_image

DECODED_BYTES = 2**28
PIXELS_BYTES = 2**29
#: What processors give that treat each image by itself: row after row, one image's after the other's.
IMAGE_BY_IMAGE = {"pixel_values", "image_grid_thw", "num_patches", "num_crops"}

Pixels = dict[str, Any]
_decoded: Bounded[Image.Image] = Bounded(DECODED_BYTES)


def opened(path: str) -> Image.Image:
    """As `open_image` gives it; nobody may change it."""
    try:
        state = Path(path).stat()
    except OSError:
        return open_image(path)  # which says what is wrong
    key = (path, state.st_size, state.st_mtime_ns, state.st_ino)
    found = _decoded.get(key)
    if found is None:
        found = open_image(path)
        _decoded.put(key, found, 3 * found.width * found.height)
    return found


class ImageMemo:
    """`with memo.of(processor):` its images are made into pixels once for all calls within, here and later."""

    def __init__(self, most_bytes: int = PIXELS_BYTES) -> None:
        self._pixels: Bounded[Pixels] = Bounded(most_bytes)
        #: Calls of families that pad images to their neighbours.
        self._padding: set[Hashable] = set()

    @contextmanager
    def of(self, processor: Any) -> Iterator[None]:
        images = processor.image_processor
        if "preprocess" in vars(images):  # already, by a caller
            yield
            return
        settings = (type(images).__qualname__, images.to_json_string())
        own = images.preprocess

        def preprocess(given: Any, *rest: Any, **options: Any) -> Any:
            return self._remembered(own, settings, given, rest, options)

        images.preprocess = preprocess
        try:
            yield
        finally:
            del images.preprocess  # it is no setting that a saved processor could name

    def _remembered(self, own: Callable[..., Any], settings: Hashable, given: Any, rest: Any, options: Any) -> Any:
        units = given if isinstance(given, (list, tuple)) else [given]
        contents = [_content(unit) for unit in units]
        if rest or not units or None in contents or options.get("return_tensors") not in ("pt", None):
            return own(given, *rest, **options)
        call = (settings, repr(sorted(options.items(), key=lambda item: item[0])))
        distinct = dict(zip(contents, units, strict=True))
        order = {content: place for place, content in enumerate(distinct)}
        places = [order[content] for content in contents]
        parts = None if call in self._padding else self._alone(own, call, distinct, options)
        if parts is not None:
            return _joined([parts[place] for place in places])
        self._padding.add(call)
        key = (call, tuple(distinct))
        found = self._pixels.get(key)
        if found is None:
            found = dict(own(list(distinct.values()), **options))
            self._pixels.put(key, found, _bytes(found))
        return _repeated(found, places, len(distinct)) or own(given, **options)

    def _alone(
        self, own: Callable[..., Any], call: Hashable, units: dict[Hashable, Any], options: Any
    ) -> list[Pixels] | None:
        """Of each image; None where the family does not treat each by itself."""
        parts: list[Pixels] = []
        for content, unit in units.items():
            found = self._pixels.get((call, content))
            if found is None:
                found = dict(own([unit], **options))
                if not _is_image_by_image(found):
                    return None
                self._pixels.put((call, content), found, _bytes(found))
            if parts and any(found[name].shape[1:] != parts[0][name].shape[1:] for name in found):
                return None
            parts.append(found)
        return parts


def _content(unit: Any) -> Hashable | None:
    """Of an image, or of one text's images; None for what is neither."""
    if isinstance(unit, (list, tuple)):
        inner = tuple(_content(image) for image in unit)
        return None if not inner or None in inner else inner
    if not isinstance(unit, Image.Image):
        return None
    return (unit.mode, unit.size, hashlib.blake2b(unit.tobytes(), digest_size=16).digest())


def _is_image_by_image(result: Pixels) -> bool:
    """Whether nothing comes but what stands image by image."""
    whole = result.keys() <= IMAGE_BY_IMAGE and all(isinstance(value, torch.Tensor) for value in result.values())
    return whole and "pixel_values" in result and result["pixel_values"].ndim in (2, 4)


def _joined(parts: list[Pixels]) -> Any:
    return BatchFeature({name: torch.cat([part[name] for part in parts]) for name in parts[0]})


def _repeated(result: Pixels, places: list[int], count: int) -> Any:
    """Each entry for all that were asked; None where one has not a value for each of those that differ."""
    if any(not isinstance(value, (torch.Tensor, list)) or len(value) != count for value in result.values()):
        return None
    return BatchFeature(
        {
            name: value[places] if isinstance(value, torch.Tensor) else [value[place] for place in places]
            for name, value in result.items()
        }
    )


def _bytes(result: Pixels) -> int:
    return sum(value.nbytes for value in result.values() if isinstance(value, torch.Tensor))
