"""What the weights of a finished model were: written beside them, compared before they are loaded.

One changed bit may leave every number finite and every score nonsense. Folders without a seal, as the hub has them, are
taken as they are.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

SEAL_FILE = "weights-seal.json"


class SealBroken(ValueError):
    """Weights are not those that were saved."""


def seal(folder: Path) -> None:
    """Writes name -> {size, sha256} of each file of weights."""
    files = {file.name: _facts(file) for file in sorted(folder.glob("*.safetensors"))}
    (folder / SEAL_FILE).write_text(json.dumps(files, indent=2) + "\n", encoding="utf-8")


def check_seal(folder: Path) -> None:
    """Raises SealBroken where a file of weights is missing or is another than was sealed."""
    file = folder / SEAL_FILE
    if not file.is_file():
        return
    try:
        sealed = json.loads(file.read_text(encoding="utf-8"))
        changed = [name for name, facts in sealed.items() if _facts_or_none(folder / name) != facts]
    except (ValueError, AttributeError, OSError) as error:
        raise SealBroken(f"{file} cannot be read: {error}") from error
    if changed:
        raise SealBroken(
            f"{folder / changed[0]} is not what was saved: it is missing or damaged, or was replaced since "
            f"(who replaced it on purpose removes {file})"
        )


def _facts(file: Path) -> dict[str, int | str]:
    with file.open("rb") as opened:
        return {"size": file.stat().st_size, "sha256": hashlib.file_digest(opened, "sha256").hexdigest()}


def _facts_or_none(file: Path) -> dict[str, int | str] | None:
    return _facts(file) if file.is_file() else None
