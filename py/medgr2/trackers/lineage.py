"""What each stage of a run was made of and what it made, by hashes, for a tracker: no path of an image, no text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def lineage_of(run: Path) -> list[dict[str, Any]]:
    """Of each finished stage: cycle, stage, fingerprint, hash of its inputs, and sha256 of each file that it wrote."""
    ledger = run / "ledger.jsonl"
    if not ledger.exists():
        return []
    newest: dict[tuple[Any, ...], dict[str, Any]] = {}
    for line in ledger.read_text().splitlines():
        entry = json.loads(line) if line.endswith("}") else {}
        if "stage" in entry:
            newest[(entry.get("arm"), entry["cycle"], entry["stage"])] = entry
    return [
        {
            **{name: entry.get(name) for name in ("arm", "cycle", "stage", "fingerprint", "inputHash")},
            "files": {name: file["sha256"] for name, file in entry.get("files", {}).items()},
        }
        for entry in newest.values()
    ]
