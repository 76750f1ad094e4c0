"""Builds a family's own processor without its video half, which alone would require torchvision.

transformers builds none without it, though still images need nothing of it. The stand-in keeps the settings of the
video half, so that what is saved is what came, and refuses videos.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from transformers import BaseVideoProcessor
from transformers.models.auto.video_processing_auto import AutoVideoProcessor, get_video_processor_config
from transformers.utils import PushToHubMixin


class StillImagesOnly(BaseVideoProcessor, PushToHubMixin):
    """In the place of a video processor; `settings` are the real one's.

    Without torchvision its base is a placeholder of transformers', hence the second: processors save what has it.
    """

    def __init__(self, settings: dict[str, Any]) -> None:
        # transformers' own constructor asks for torchvision.
        self.settings = settings
        self._auto_class = None

    def to_dict(self) -> dict[str, Any]:
        return dict(self.settings)

    def __call__(self, *_: Any, **__: Any) -> Any:
        raise ValueError("medgr2 reads still images only")


def _settings_only(path: str, **options: Any) -> StillImagesOnly:
    known = ("cache_dir", "force_download", "token", "revision", "local_files_only")
    return StillImagesOnly(
        get_video_processor_config(path, **{name: options[name] for name in known if name in options})
    )


@contextmanager
def no_video() -> Iterator[None]:
    """While it lasts, AutoProcessor takes the stand-in in the place of any video processor."""
    original = AutoVideoProcessor.__dict__["from_pretrained"]
    AutoVideoProcessor.from_pretrained = _settings_only
    try:
        yield
    finally:
        AutoVideoProcessor.from_pretrained = original
