"""Processors: image + chat text -> model inputs, for the phantom base and for any Hugging Face VLM.

The PIL image processor is used throughout: it needs no torchvision, so one code path serves laptop and cluster.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PIL import Image
from transformers import AutoProcessor, PreTrainedTokenizerFast
from transformers.models.qwen2_5_vl.processing_qwen2_5_vl import Qwen2_5_VLProcessor
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

from medgr2.models import adapter_base


class StillImageProcessor(Qwen2_5_VLProcessor):
    """Qwen2.5-VL's processor without its video half, which alone would require torchvision."""

    def __init__(self, image_processor: Any = None, tokenizer: Any = None, chat_template: Any = None, **kwargs: Any):
        super().__init__(image_processor, tokenizer, None, chat_template=chat_template, **kwargs)

    @classmethod
    def get_attributes(cls) -> list[str]:
        return ["image_processor", "tokenizer"]


def load_processor(path: str, max_pixels: int | None = None) -> Any:
    """The processor of a model folder, adapter folder or Hugging Face id; padding goes left, as generation needs."""
    base = adapter_base(path)
    if base is not None:  # training leaves it as it is, and an adapter's folder does not say which family it is of
        return load_processor(base, max_pixels)
    folder = Path(path)
    if (folder / "config.json").exists() and '"qwen2_5_vl"' in (folder / "config.json").read_text():
        processor: Any = StillImageProcessor(
            image_processor=Qwen2VLImageProcessorPil.from_pretrained(path),
            tokenizer=PreTrainedTokenizerFast.from_pretrained(path),
            chat_template=(folder / "chat_template.jinja").read_text(),
        )
    else:
        processor = AutoProcessor.from_pretrained(path, trust_remote_code=False, backend="pil")
    processor.tokenizer.padding_side = "left"
    if processor.tokenizer.pad_token is None:
        processor.tokenizer.pad_token = processor.tokenizer.eos_token
    if max_pixels is not None:
        limit_pixels(processor.image_processor, max_pixels)
    return processor


def limit_pixels(image_processor: Any, max_pixels: int) -> None:
    """Images larger than `max_pixels` are shrunk, keeping their shape, before they are cut into patches."""
    size = dict(image_processor.size)
    size["longest_edge"] = max_pixels
    size["shortest_edge"] = min(size.get("shortest_edge") or max_pixels, max_pixels)
    image_processor.size = size
    image_processor.max_pixels = max_pixels
    image_processor.min_pixels = size["shortest_edge"]


def open_image(path: str) -> Image.Image:
    """The image as RGB; greyscale, palette and 16-bit files are converted. Errors name the file."""
    try:
        with Image.open(path) as image:
            image.load()
            return image.convert("RGB")
    except (OSError, SyntaxError) as error:
        raise ValueError(f"cannot read the image {path}: {error}; remove the sample or replace the file") from error


def prompt_messages(prompt: str) -> list[dict[str, Any]]:
    """One user turn: the image, then the prompt."""
    return [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": prompt}]}]


def prompt_text(processor: Any, prompt: str) -> str:
    """The prompt in the model's chat format, ending where the assistant begins to answer."""
    return processor.apply_chat_template(prompt_messages(prompt), tokenize=False, add_generation_prompt=True)


def response_end(processor: Any) -> str:
    """The token that ends an assistant turn."""
    return processor.tokenizer.eos_token
