"""What files hold, as hashes: a model's folder, and a job's rows with their images. A path says nothing of content.

Files of more than a megabyte are hashed once and remembered in the user's cache for as long as the file is untouched.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from medgr2.models.load_models import model_path
from medgr2.models.weights import adapter_base
from medgr2.resuming.sealed_files import sha256_of

#: What makes a model: weights, their index, configuration, tokenizer and processor; not its card.
MODEL_SUFFIXES = (".safetensors", ".json", ".jinja", ".model", ".txt")
REMEMBERED_FROM = 1 << 20
REMEMBERED_FILES = 4096
#: A file that changed in this many seconds before may change again within the clock's grain.
SETTLED_SECONDS = 5.0


def file_hash(path: Path) -> str:
    stat = path.stat()
    if stat.st_size < REMEMBERED_FROM:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    key = f"{stat.st_dev}:{stat.st_ino}:{stat.st_size}:{stat.st_mtime_ns}:{stat.st_ctime_ns}"
    known = _remembered()
    if key not in known:
        known[key] = sha256_of(path)
        if time.time() - max(stat.st_mtime, stat.st_ctime) > SETTLED_SECONDS:
            _remember(known)
    return known[key]


def model_hash(reference: dict[str, Any]) -> str:
    """Of all that is loaded; an adapter's includes its base. Where the model lies does not count."""
    return _folder_hash(model_path(reference))


def _folder_hash(path: str) -> str:
    folder = Path(path)
    if not folder.is_dir():
        folder = _snapshot(path)
    digest = hashlib.sha256()
    for file in sorted(folder.iterdir()):
        if file.suffix in MODEL_SUFFIXES and file.is_file():
            digest.update(f"{file.name} {_model_file_hash(file)}\n".encode())
    base = adapter_base(str(folder))
    if base is not None:
        digest.update(f"base {_folder_hash(base)}\n".encode())
    return digest.hexdigest()


def _model_file_hash(file: Path) -> str:
    if file.name != "adapter_config.json":
        return file_hash(file)
    settings = json.loads(file.read_text(encoding="utf-8"))
    settings.pop("base_model_name_or_path", None)  # the base counts by what it is
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()


def _snapshot(name: str) -> Path:
    """Where the files of a Hugging Face id are on this machine; the model is loaded, so they are."""
    from huggingface_hub import snapshot_download

    return Path(snapshot_download(name, local_files_only=True))


def rows_hash(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> str:
    """Of the columns that the job reads, in row order; an image is its bytes."""
    images: dict[str, str] = {}
    digest = hashlib.sha256()
    for row in rows:
        values = [row.get(column) for column in columns if column != "image"]
        path = row["image"]
        if path not in images:
            images[path] = file_hash(Path(path))
        digest.update(json.dumps([images[path], *values]).encode())
        digest.update(b"\n")
    return digest.hexdigest()


def _cache_file() -> Path:
    chosen = os.environ.get("XDG_CACHE_HOME")
    inside_home = Path("Library", "Caches") if sys.platform == "darwin" else Path(".cache")
    return (Path(chosen) if chosen else Path.home() / inside_home) / "medgr2" / "file-hashes.json"


def _remembered() -> dict[str, str]:
    try:
        known = json.loads(_cache_file().read_text(encoding="utf-8"))
    except (OSError, ValueError, RuntimeError):  # none yet, unreadable, no home
        return {}
    return known if isinstance(known, dict) else {}


def _remember(known: dict[str, str]) -> None:
    """The newest entries; of two processes that write at once, one's are hashed again some day."""
    with suppress(OSError, RuntimeError):
        file = _cache_file()
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary = file.with_name(f"{file.name}.{os.getpid()}")
        temporary.write_text(json.dumps(dict(list(known.items())[-REMEMBERED_FILES:])), encoding="utf-8")
        temporary.replace(file)
