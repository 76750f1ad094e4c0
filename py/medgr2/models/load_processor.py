"""The one loader (and saver) of processors: any family's own, from a model folder, an adapter's folder or a hub id."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from transformers import AutoConfig, AutoProcessor, ProcessorMixin

from medgr2.models.no_video import no_video
from medgr2.models.pixel_limits import limit_pixels
from medgr2.models.weights import adapter_base


class ProcessorUnloadable(ValueError):
    """A model folder lacks what turns images and text into model inputs, or a package for it is not installed."""


def load_processor(path: str, max_pixels: int | None = None) -> Any:
    """As plain AutoProcessor gives it; padding goes left, as generation needs."""
    base = adapter_base(path)
    if base is not None:  # training leaves it as it is, and an adapter's folder does not say which family it is of
        return load_processor(base, max_pixels)
    processor = _load(path)
    if processor.chat_template is None:  # older folders have it among the tokenizer's settings
        processor.chat_template = processor.tokenizer.chat_template
    processor.tokenizer.padding_side = "left"
    if processor.tokenizer.pad_token is None:
        processor.tokenizer.pad_token = processor.tokenizer.eos_token
    if max_pixels is not None:
        limit_pixels(processor.image_processor, max_pixels)
    return processor


def _load(path: str) -> Any:
    try:
        # The configuration says the family also where a folder names a processor that transformers does not have.
        config = AutoConfig.from_pretrained(path, trust_remote_code=False)
        with no_video(config.model_type):
            processor = AutoProcessor.from_pretrained(path, config=config, trust_remote_code=False)
    except ImportError as error:
        raise ProcessorUnloadable(_needs(path, error)) from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ProcessorUnloadable(f"cannot load the processor of {path}: {error}") from error
    if not isinstance(processor, ProcessorMixin) or not hasattr(processor, "image_processor"):
        # A tokenizer would drop the images without a word.
        raise ProcessorUnloadable(
            f"{path} has a {type(processor).__name__} and no image processor: copy preprocessor_config.json or "
            "processor_config.json of the model it was made from into it"
        )
    return processor


def save_processor(processor: Any, folder: Path) -> None:
    """As plain AutoProcessor finds it again."""
    processor.save_pretrained(folder)
    if getattr(processor, "chat_template", None):
        (folder / "chat_template.jinja").write_text(processor.chat_template)


def _needs(path: str, error: ImportError) -> str:
    """transformers names the package in its own words, with a line for pip or without."""
    named = re.search(r"pip install ([\w.\-\[\]]+)", str(error)) or re.search(r"the (\w[\w\-]+) library", str(error))
    package = error.name or (named.group(1) if named else None)
    if package is None:
        named = re.search(r"`(?:pip install )?([\w\-]+)`", str(error))
        package = named.group(1) if named else None
    line = f"; install it: pip install {package}" if package else ""
    return f"the processor of {path} needs a package that is not installed: {str(error).strip()}{line}"
