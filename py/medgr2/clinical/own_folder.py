"""Model folders that a person gives to a metric: used as they lie there, with no way to the hub."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import huggingface_hub.constants as hub
from safetensors import SafetensorError


class OwnFolderUnusable(ValueError):
    """The folder is not there, or not what the metric needs."""


def own_folder(path: str, files: tuple[str, ...]) -> Path:
    """The folder, which must hold the files."""
    folder = Path(path)
    if not folder.is_dir():
        raise OwnFolderUnusable(f"{path} is no folder; a metric's model is never downloaded")
    missing = [name for name in files if not (folder / name).exists()]
    if missing:
        raise OwnFolderUnusable(f"{path} has no {', '.join(missing)}")
    return folder


@contextmanager
def offline() -> Iterator[None]:
    """Whatever asks the hub within this is refused, also in a process that read its environment before."""
    before = (hub.HF_HUB_OFFLINE, os.environ.get("HF_HUB_OFFLINE"))
    hub.HF_HUB_OFFLINE = True
    os.environ["HF_HUB_OFFLINE"] = "1"
    try:
        yield
    finally:
        hub.HF_HUB_OFFLINE = before[0]
        if before[1] is None:
            del os.environ["HF_HUB_OFFLINE"]
        else:
            os.environ["HF_HUB_OFFLINE"] = before[1]


@contextmanager
def own_words(folder: Path) -> Iterator[None]:
    """What transformers makes of a folder that is incomplete or damaged, with the folder's name."""
    try:
        yield
    except OwnFolderUnusable:
        raise
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        why = str(error).strip().splitlines() or [type(error).__name__]
        raise OwnFolderUnusable(f"the encoder in {folder} cannot be opened: {why[0]}") from error
