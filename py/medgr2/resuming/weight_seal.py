"""What the weights of a finished model were: written beside them, compared before they are loaded.

One changed bit may leave every number finite and every score nonsense. Folders without a seal, as the hub has them, are
taken as they are.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from medgr2.resuming.sealed_files import facts_of, fault_in

SEAL_FILE = "weights-seal.json"


class SealBroken(ValueError):
    """Weights are not those that were saved."""


def seal(folder: Path) -> None:
    """Writes name -> {bytes, sha256} of each file of weights."""
    facts = facts_of(folder, sorted(folder.glob("*.safetensors")))
    (folder / SEAL_FILE).write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")


def put_in_place(aside: Path, place: Path) -> None:
    """Seals a model that was written aside and gives it its name: files of an earlier one would be loaded with it."""
    seal(aside)
    shutil.rmtree(place, ignore_errors=True)
    aside.rename(place)


def check_seal(folder: Path) -> None:
    """Raises SealBroken where a file of weights is missing or is another than was sealed."""
    file = folder / SEAL_FILE
    if not file.is_file():
        return
    try:
        fault = fault_in(folder, json.loads(file.read_text(encoding="utf-8")))
    except (ValueError, TypeError, KeyError, AttributeError, OSError) as error:
        raise SealBroken(f"{file} cannot be read: {error}") from error
    if fault is not None:
        raise SealBroken(
            f"{folder / fault.name} is not what was saved: {fault.words}; it is damaged, or was replaced since "
            f"(who replaced it on purpose removes {file})"
        )
