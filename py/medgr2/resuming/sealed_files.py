"""Files as they were written: sizes and hashes, and whether they are still so. Seals stand on it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

Facts = dict[str, Any]


class Fault(NamedTuple):
    """What is wrong with the first file that is not as it was."""

    name: str
    is_missing: bool
    words: str


def sha256_of(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def facts_of(folder: Path, files: Iterable[Path]) -> dict[str, Facts]:
    """Name within the folder -> {bytes, sha256}."""
    listed = list(files)
    return {
        str(file.relative_to(folder)): {"bytes": file.stat().st_size, "sha256": digest}
        for file, digest in zip(listed, _hashes(listed), strict=True)
    }


def fault_in(folder: Path, facts: Mapping[str, Facts]) -> Fault | None:
    """None where all files are as they were. Sizes first, which cost nothing; then every byte."""
    for name, about in facts.items():
        try:
            size = (folder / name).stat().st_size
        except OSError:
            return Fault(name, True, f"{name} is missing")
        if size != about["bytes"]:
            return Fault(name, False, f"{name} has {size} bytes of {about['bytes']}")
    for (name, about), digest in zip(facts.items(), _hashes([folder / name for name in facts]), strict=True):
        if digest != about["sha256"]:
            return Fault(name, False, f"{name} is not what was written")
    return None


def _hashes(files: list[Path]) -> list[str]:
    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(sha256_of, files))
