"""What the imports of clinical files share: each file read, its pictures listed, or left out with the reason."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from medgr2.channel import Channel, JobCancelled
from medgr2.hidden_names import HiddenNames
from medgr2.reasons import reason_in

TELL_EVERY_S = 0.5


class NotOfKind(Exception):
    """A file of another format: `code` and message say which it is not."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


#: A file beside volumes or slices that nobody takes for one: told, and no reason to be strict about.
LEFT_OUT = "left-out"


def import_files(
    spec: dict[str, Any],
    channel: Channel,
    files: list[Path],
    pictures: Callable[[Path, str], Iterator[dict[str, Any]]],
    hidden: HiddenNames,
) -> dict[str, Any]:
    """Writes images.jsonl and rejected.jsonl to `outDir` of the spec: {files, images, rejected} as counts,
    and `path` as it may be written.

    `pictures` gives the rows of one file, by its path and its name below `path` of the spec, and adds to `hidden` whom
    it names. Of each image `file` is the name as it is, to find the patient in it; `shown`, as the `file` of what was
    rejected, names nobody of all these files, and says where it comes in their order where that took a part away.
    """
    root, out = Path(spec["path"]), Path(spec["outDir"])
    images: list[dict[str, Any]] = []
    rejected: list[dict[str, Any]] = []
    told = time.monotonic()
    for done, file in enumerate(files, start=1):
        if channel.should_stop():
            raise JobCancelled(f"stopped after {done - 1} of {len(files)} files")
        name = file.name if file == root else file.relative_to(root).as_posix()
        try:
            _check_readable(file)
            rows = list(pictures(file, name))
            original = {"originalHash": _hash_of(file), "file": name, "number": done} if rows else {}
            images.extend(row | original for row in rows)
        except Exception as error:  # every library on the way raises its own; the file is left out with the reason
            rejected.append({"file": name, "number": done, "line": None} | _reason(error, file))
        if done == len(files) or time.monotonic() - told >= TELL_EVERY_S:
            told = time.monotonic()
            channel.emit({"type": "progress", "done": done, "total": len(files)})

    def shown(row: dict[str, Any]) -> str:
        name, number = row["file"], row["number"]
        without = hidden.hide(name)
        return without if without == name else f"{without} (file {number} of {len(files)} by name)"

    _write(out / "images.jsonl", [row | {"shown": shown(row)} for row in images])
    _write(out / "rejected.jsonl", [row | {"file": shown(row)} for row in rejected])
    counts = {"files": len(files), "images": len(images), "rejected": len(rejected)}
    # A study often lies in a folder that is called as its patient.
    return {**counts, "path": hidden.hide(str(root))}


def _check_readable(file: Path) -> None:
    if not file.exists():
        raise NotOfKind("image-unusable", "is a link to what is not there")
    if not file.is_file():  # to open a pipe would wait for ever
        raise NotOfKind("image-unusable", "is no regular file")
    if file.stat().st_size == 0:
        raise NotOfKind("image-unusable", "is empty")


def _write(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps({k: v for k, v in row.items() if k != "number"}) + "\n" for row in rows))


def _hash_of(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _reason(error: Exception, file: Path) -> dict[str, str]:
    if isinstance(error, NotOfKind):
        return {"code": error.code, "reason": str(error)}
    # A path names whom its folders and the file name.
    reason = reason_in(error).replace(str(file), "the file").replace(file.name, "the file")
    return {"code": "image-unusable", "reason": f"cannot be read: {reason}"}
