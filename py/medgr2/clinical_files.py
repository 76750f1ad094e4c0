"""What the imports of clinical files share: each file read, its pictures listed, or left out with the reason."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from medgr2.channel import Channel, JobCancelled
from medgr2.reasons import reason_in

TELL_EVERY_S = 0.5


class NotOfKind(Exception):
    """A file of another format: `code` and message say which it is not."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def import_files(
    spec: dict[str, Any],
    channel: Channel,
    files: list[Path],
    pictures: Callable[[Path, str], Iterator[dict[str, Any]]],
) -> dict[str, Any]:
    """Writes images.jsonl and rejected.jsonl to `outDir` of the spec: {files, images, rejected} as counts.

    `pictures` gives the rows of one file, by its path and its name below `path` of the spec. Names of files stand in
    these lists for whoever has the files; TypeScript keeps them out of the tables.
    """
    root, out = Path(spec["path"]), Path(spec["outDir"])
    counts = {"files": len(files), "images": 0, "rejected": 0}
    told = time.monotonic()
    with (out / "images.jsonl").open("w") as images, (out / "rejected.jsonl").open("w") as rejected:
        for done, file in enumerate(files, start=1):
            if channel.should_stop():
                raise JobCancelled(f"stopped after {done - 1} of {len(files)} files")
            name = file.name if file == root else file.relative_to(root).as_posix()
            try:
                for row in pictures(file, name):
                    images.write(json.dumps(row | {"file": name}) + "\n")
                    counts["images"] += 1
            except Exception as error:  # every library on the way raises its own; the file is left out with the reason
                rejected.write(json.dumps({"file": name, "line": None} | _reason(error)) + "\n")
                counts["rejected"] += 1
            if done == len(files) or time.monotonic() - told >= TELL_EVERY_S:
                told = time.monotonic()
                channel.emit({"type": "progress", "done": done, "total": len(files)})
    return counts


def _reason(error: Exception) -> dict[str, str]:
    if isinstance(error, NotOfKind):
        return {"code": error.code, "reason": str(error)}
    return {"code": "image-unusable", "reason": f"cannot be read: {reason_in(error)}"}
