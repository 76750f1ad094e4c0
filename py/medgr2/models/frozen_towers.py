"""A vision tower that does not learn reads each image once: what it and its projector made of it is kept.

Families ask their own `get_image_features`, and there it is put in. Families whose tower treats an image's
pixels by themselves have it: patches in rows with a grid (Qwen2-VL and its kin, GLM-4V), or one row for each image or
tile (LLaVA-1.5, Gemma 3, PaliGemma, InternVL). With any other form of input the tower is asked as ever.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, NamedTuple

import torch

from medgr2.models.bounded_memo import Bounded
from medgr2.training.sharding import sharding
from medgr2.training.trained_parts import LANGUAGE_MODELS, language_model, vlm_of

#: Bytes of features that are kept for one model: of 70 images of 512 tokens in bfloat16 at 7B, more than a step has.
FEATURES_BYTES = 2**28

Features = tuple[torch.Tensor, ...]
WORDS = {4: torch.int32, 2: torch.int16}
#: What is handed on and changes nothing that a tower makes: some ask for its usual output in so many words.
NOT_THE_TOWERS = {("use_cache", True), ("use_cache", False), ("return_dict", True)}
OF_IMAGES = ("pixel_values", "image_grid_thw")


def reuse_features(vlm: Any, alone: bool = False) -> ReusedFeatures | None:
    """For a model whose tower will not change. `alone`: each image is read by itself, so that what comes of it does not
    hang on its neighbours or on what was read before: as a job needs that may be stopped and go on.
    """
    inner: Any = getattr(vlm, "model", None)
    if not hasattr(inner, "get_image_features") or "get_image_features" in vars(inner):
        return None
    reused = ReusedFeatures(inner.get_image_features, inner, alone)
    inner.get_image_features = reused
    return reused


def reuse_if_frozen(model: Any, start: ReusedFeatures | None = None) -> ReusedFeatures | None:
    """For a model in training, adapters and all; once it is known what learns. Nothing is kept of a tower that does.

    `start`: of a model that has the same tower; where it has it in the same precision, one reads for both.
    """
    vlm = vlm_of(model)
    if sharding() is not None:  # ranks that share weights must read equally often
        return None
    try:
        outside = tower_parameters(vlm)
    except ValueError:
        return None
    if any(value.requires_grad for value in outside):
        return None
    if start is not None and {value.dtype for value in outside} == start.precision:
        vlm.model.get_image_features = start
        return start
    return reuse_features(vlm, alone=True)


def tower_parameters(vlm: Any) -> list[torch.nn.Parameter]:
    """Of all that stands before the language model. @raises ValueError where there is none."""
    inside = {id(value) for value in language_model(vlm).parameters()}
    return [value for value in vlm.model.parameters() if id(value) not in inside]


class ReusedFeatures:
    """Stands in for a model's `get_image_features`."""

    def __init__(self, own: Callable[..., Any], inner: Any, alone: bool) -> None:
        self.own = own
        self.alone = alone
        self.kept: Bounded[Features] = Bounded(FEATURES_BYTES)
        #: Batches that are read together before the first image is asked for, as long as there is room for them: many
        #: at once are read faster than one by one, and what comes of them hangs on the batches alone.
        self.ahead: Iterable[dict[str, torch.Tensor]] = ()
        #: Images or tiles that the tower has read, and those that were asked for.
        self.read = 0
        self.asked = 0
        #: Of the tower alone: masters of what learns are float32.
        self.precision = {value.dtype for value in inner.parameters() if not value.requires_grad}
        self._inner = inner
        #: Also what `inspect.signature` gives of this: newer transformers pick by it what `generate` hands over.
        self.__signature__ = inspect.signature(own)
        self._drops = any(_drops(module) for name, module in inner.named_children() if name not in LANGUAGE_MODELS)
        self._form: Form | None = None

    def __call__(self, *given: Any, **named: Any) -> Any:
        options = self._options(given, named)
        units = _units(options)
        if units is None or (self._drops and self._inner.training):
            return self.own(*given, **named)
        self._read_ahead(options)
        features = self._features(units, options, self.alone)
        return self.own(*given, **named) if features is None or self._form is None else self._form.output(features)

    def _options(self, given: Any, named: Any) -> dict[str, Any]:
        """All that was given, by name."""
        bound = self.__signature__.bind(*given, **named).arguments
        more = bound.pop("kwargs", {})
        all_given = {**bound, **more}.items()
        return {name: value for name, value in all_given if value is not None and not _is_not_the_towers(name, value)}

    def _read_ahead(self, options: dict[str, Any]) -> None:
        """With the options of the first call, which are those of all."""
        ahead, self.ahead = self.ahead, ()
        pixels = options["pixel_values"]
        asked, most = self.asked, 0
        for batch in ahead:
            before = self.kept.bytes
            images = {name: batch[name].to(pixels.device) for name in OF_IMAGES if name in batch}
            units = _units({**options, **images})
            if units is None or self._features(units, {**options, **images}, False) is None:
                break
            most = max(most, self.kept.bytes - before)
            if self.kept.bytes + most > self.kept.most_bytes:
                break
        self.asked = asked

    def _features(self, units: list[torch.Tensor], options: dict[str, Any], alone: bool) -> list[Features] | None:
        """Of each unit; None where the tower's output has a form that is not known."""
        grid = options.get("image_grid_thw")
        rest = {name: value for name, value in options.items() if name not in OF_IMAGES}
        device = units[0].device.type
        precision = torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else None
        shapes = [None] * len(units) if grid is None else [tuple(row) for row in grid.tolist()]
        settings = (repr(sorted(rest.items())), precision, units[0].dtype)
        keys = list(zip([settings] * len(units), shapes, fingerprints(units), strict=True))
        found = {key: self.kept.get(key) for key in keys}
        new = [keys.index(key) for key, value in found.items() if value is None]
        self.asked += len(units)
        for some in [[index] for index in new] if alone else [new] if new else []:
            asked = {**rest, "pixel_values": torch.cat([units[index] for index in some])}
            if grid is not None:
                asked["image_grid_thw"] = grid[some]
            # A tensor of inference mode could not be used in a step that learns.
            with torch.inference_mode(False), torch.no_grad():
                output = self.own(**asked)
                self._form = form_of(output, len(some))
                if self._form is None:
                    return None
                parts = self._form.parts(output)
            self.read += len(some)
            for index, part in zip(some, parts, strict=True):
                found[keys[index]] = part
                self.kept.put(keys[index], part, sum(value.nbytes for value in part))
        return [part for part in (found[key] for key in keys) if part is not None]


def _is_not_the_towers(name: str, value: Any) -> bool:
    return isinstance(value, bool) and (name, value) in NOT_THE_TOWERS


def _units(options: dict[str, Any]) -> list[torch.Tensor] | None:
    """The pixels of each image or tile; None where what is given has no form that is known."""
    pixels, grid = options.get("pixel_values"), options.get("image_grid_thw")
    rest = (value for name, value in options.items() if name not in OF_IMAGES)
    if not isinstance(pixels, torch.Tensor) or len(pixels) == 0:
        return None
    if not all(isinstance(value, (bool, int, str, list, tuple)) for value in rest):
        return None
    if isinstance(grid, torch.Tensor) and pixels.ndim == 2:
        return list(pixels.split(grid.prod(dim=-1).tolist()))
    return list(pixels.split(1)) if grid is None and pixels.ndim == 4 else None


def _drops(tower: torch.nn.Module) -> bool:
    """Whether some of its layers drop at random while it trains."""
    rates = (
        value
        for module in tower.modules()
        for name, value in vars(module).items()
        if "dropout" in name or (name == "p" and isinstance(module, torch.nn.Dropout))
    )
    return any(isinstance(rate, float) and rate > 0 for rate in rates)


class Form(NamedTuple):
    """How a family's tower gives what it made: which class, pooled features in what, and layers beside them, of all
    images in one tensor or, with newer transformers, parted by image."""

    kind: type
    pooled: type
    layers: int
    parted: bool

    def parts(self, output: Any) -> list[Features]:
        pooled = list(output.pooler_output)
        sizes = [len(one) for one in pooled]
        layers = [
            layer if self.parted else layer.split(sizes) for layer in getattr(output, "deepstack_features", None) or []
        ]
        return [
            tuple(value.clone() for value in (one, *(layer[index] for layer in layers)))
            for index, one in enumerate(pooled)
        ]

    def output(self, features: list[Features]) -> Any:
        pooled = [feature[0] for feature in features]
        more = {}
        if self.layers:
            layers = list(zip(*features, strict=True))[1:]
            more = {"deepstack_features": layers if self.parted else [torch.cat(layer) for layer in layers]}
        joined = torch.stack(pooled) if self.pooled is torch.Tensor else self.pooled(pooled)
        return self.kind(pooler_output=joined, **more)


def form_of(output: Any, count: int) -> Form | None:
    pooled = getattr(output, "pooler_output", None)
    layers = getattr(output, "deepstack_features", None) or []
    if not isinstance(pooled, (torch.Tensor, list, tuple)) or len(pooled) != count:
        return None
    parted = bool(layers) and all(isinstance(layer, (list, tuple)) for layer in layers)
    sizes = [len(one) for one in pooled]
    if any(([len(one) for one in layer] != sizes) if parted else (len(layer) != sum(sizes)) for layer in layers):
        return None
    return Form(type(output), torch.Tensor if isinstance(pooled, torch.Tensor) else type(pooled), len(layers), parted)


def fingerprints(units: list[torch.Tensor]) -> list[tuple[int, ...]]:
    """Of the values of each, made where they are: two sums of their products with random numbers, modulo 2**64."""
    prints = []
    for unit in units:
        words = unit.contiguous().view(WORDS.get(unit.element_size(), torch.uint8)).flatten().long()
        prints.append(torch.stack([(words * some[: len(words)]).sum() for some in _numbers(len(words), unit.device)]))
    return [(len(unit), *numbers) for unit, numbers in zip(units, torch.stack(prints).tolist(), strict=True)]


@lru_cache(maxsize=2)
def _random_numbers(length: int, device: torch.device) -> torch.Tensor:
    made = torch.Generator().manual_seed(0)
    return torch.randint(-(2**63), 2**63 - 1, (2, length), generator=made, dtype=torch.long).to(device)


def _numbers(length: int, device: torch.device) -> torch.Tensor:
    """At least so many, of a length that many images share."""
    return _random_numbers(1 << max(12, (length - 1).bit_length()), device)
