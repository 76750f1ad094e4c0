"""Builds a family's own processor without its video half, which alone would require torchvision.

transformers builds none without it, though still images need nothing of it. The stand-in keeps the settings of the
video half, so that what is saved is what came, and refuses videos.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import transformers
from transformers import BaseVideoProcessor
from transformers.models.auto.configuration_auto import model_type_to_module_name
from transformers.models.auto.video_processing_auto import AutoVideoProcessor, get_video_processor_config
from transformers.utils import PushToHubMixin, is_torchvision_available


class StillImagesOnly(BaseVideoProcessor, PushToHubMixin):
    """In the place of a video processor; `settings` are the real one's.

    Without torchvision its base is a placeholder of transformers', hence the second: processors save what has it.
    """

    def __init__(self, settings: dict[str, Any]) -> None:
        # transformers' own constructor asks for torchvision.
        self.settings = settings
        self._auto_class = None

    def __getattr__(self, name: str) -> Any:
        # SmolVLM asks for the sampling of frames where there are none.
        if name in ("num_frames", "fps"):
            return self.settings.get(name)
        raise AttributeError(name)

    def to_dict(self) -> dict[str, Any]:
        return dict(self.settings)

    def __call__(self, *_: Any, **__: Any) -> Any:
        raise ValueError("medgr2 reads still images only")


def _settings_only(path: str, **options: Any) -> StillImagesOnly:
    known = ("cache_dir", "force_download", "token", "revision", "local_files_only")
    return StillImagesOnly(
        get_video_processor_config(path, **{name: options[name] for name in known if name in options})
    )


def show_pil_image_processors(model_type: str) -> None:
    """transformers counts a few image processors that need only Pillow among those that need torchvision."""
    name = model_type_to_module_name(model_type)
    try:
        package = importlib.import_module(f"transformers.models.{name}")
        module = importlib.import_module(f"transformers.models.{name}.image_processing_pil_{name}")
    except ImportError:  # no such family, or none of its own
        return
    for exported in getattr(module, "__all__", ()):
        if getattr(getattr(package, exported, None), "is_dummy", False):
            setattr(package, exported, getattr(module, exported))


@contextmanager
def no_video(model_type: str) -> Iterator[None]:
    """While it lasts, AutoProcessor takes the stand-in in the place of any video processor."""
    if not is_torchvision_available():
        show_pil_image_processors(model_type)
        # 5.24 holds video processors to this name, for which it has no placeholder.
        if not hasattr(transformers, "VideoProcessorMixin"):
            transformers.VideoProcessorMixin = BaseVideoProcessor
    original = AutoVideoProcessor.__dict__["from_pretrained"]
    AutoVideoProcessor.from_pretrained = _settings_only
    try:
        yield
    finally:
        AutoVideoProcessor.from_pretrained = original
