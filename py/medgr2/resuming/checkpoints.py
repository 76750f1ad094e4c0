"""Checkpoints that are whole or none: each is written aside, sealed with the hash of every file, and renamed.

A seal also says which job the checkpoint belongs to. Only a whole one of the same job is gone on from; what is passed
over, and why, is told.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from medgr2.resuming.job_identity import Identity, differences
from medgr2.resuming.sealed_files import Facts, facts_of, fault_in
from medgr2.training.training_faults import DamagedCheckpoint

SEAL = "medgr2-checkpoint.json"
#: Where one is written before it is whole.
UNFINISHED = "unfinished"
#: What was left of another job, kept until this one is done: its owner may only have mistyped a setting.
OF_ANOTHER_JOB = "checkpoints-of-another-job"
#: At least so many are kept, so that there is one to go back to.
KEPT = 2
PACKAGES = ("torch", "transformers", "trl", "peft", "accelerate")

Tell = Callable[[str], None]


class Checkpoints:
    """The checkpoints of one job, in one folder."""

    def __init__(self, folder: Path, identity: Identity, tell: Tell) -> None:
        self.folder = folder
        self.identity = identity
        self._tell = tell

    @property
    def unfinished(self) -> Path:
        return self.folder / UNFINISHED

    def path_of(self, step: int) -> Path:
        return self.folder / f"checkpoint-{step}"

    def newest(self) -> Path | None:
        """The newest whole checkpoint of this job. What cannot be used is put out of the way."""
        shutil.rmtree(self.unfinished, ignore_errors=True)
        found = _by_step(self.folder)
        for checkpoint in found:
            try:
                seal = _read_seal(checkpoint)
                differing = differences(self.identity, seal["identity"])
                if differing:
                    self._set_aside(checkpoint, differing)
                    return None
                _check_files(checkpoint, seal["files"])
            except DamagedCheckpoint as damage:
                self._tell(f"{damage}; it is left out, and training goes on from the checkpoint before it")
                shutil.rmtree(checkpoint)
                continue
            self._compare_versions(checkpoint, seal.get("versions"))
            return checkpoint
        if found:
            self._tell(f"no whole checkpoint is left in {self.folder}: training starts over")
        return None

    def finish(self, step: int, limit: int | None) -> None:
        """Seals what was written aside, gives it its place, and removes what is beyond `limit`."""
        aside = self.unfinished / f"checkpoint-{step}"
        seal(aside, self.identity)
        place = self.path_of(step)
        shutil.rmtree(place, ignore_errors=True)
        aside.rename(place)
        _sync(self.folder)
        shutil.rmtree(self.unfinished, ignore_errors=True)
        if limit is not None:
            for old in _by_step(self.folder)[max(KEPT, limit) :]:
                shutil.rmtree(old, ignore_errors=True)

    def forget(self) -> None:
        """Nothing is to be gone on from."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def clear(self) -> None:
        """The job is done, and took the place of what was there before."""
        self.forget()
        shutil.rmtree(self.folder.with_name(OF_ANOTHER_JOB), ignore_errors=True)

    def _set_aside(self, checkpoint: Path, differing: list[str]) -> None:
        place = self.folder.with_name(OF_ANOTHER_JOB)
        shutil.rmtree(place, ignore_errors=True)
        self.folder.rename(place)
        self._tell(
            f"{checkpoint} belongs to another job ({'; '.join(differing)}): training starts over. Its checkpoints lie "
            f"in {place} until this job is done"
        )

    def _compare_versions(self, checkpoint: Path, then: Any) -> None:
        now = _versions()
        if isinstance(then, dict) and then != now:
            changed = [f"{name} {then.get(name)} -> {now[name]}" for name in PACKAGES if then.get(name) != now[name]]
            told = ", ".join(changed)
            self._tell(f"{checkpoint} was written with other versions ({told}): results may differ slightly")


class Begun(NamedTuple):
    """The newest checkpoint that says whose it is."""

    step: int
    identity: Identity


def begun(folder: Path) -> Begun | None:
    """Looks and changes nothing; whether the checkpoint is whole is asked when it is gone on from."""
    for checkpoint in _by_step(folder):
        try:
            return Begun(int(checkpoint.name.rpartition("-")[2]), _read_seal(checkpoint)["identity"])
        except (DamagedCheckpoint, KeyError):
            continue
    return None


def seal(folder: Path, identity: Identity) -> None:
    """Writes every file through to the disk, then the seal over them."""
    files = sorted(file for file in folder.rglob("*") if file.is_file() and file.name != SEAL)
    for file in files:
        _sync(file)
    about = {"identity": identity, "versions": _versions(), "files": facts_of(folder, files)}
    body = json.dumps(about, indent=1)
    whole = json.dumps({"sha256": hashlib.sha256(body.encode()).hexdigest()})
    (folder / SEAL).write_text(f"{body}\n{whole}", encoding="utf-8")
    _sync(folder / SEAL)
    _sync(folder)


def _read_seal(folder: Path) -> dict[str, Any]:
    try:
        body, whole = (folder / SEAL).read_text(encoding="utf-8").rsplit("\n", 1)
        about: dict[str, Any] = json.loads(body)
        intact = json.loads(whole)["sha256"] == hashlib.sha256(body.encode()).hexdigest()
    except FileNotFoundError:
        raise DamagedCheckpoint(f"the checkpoint {folder} is not whole: {SEAL}, written last, is missing") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DamagedCheckpoint(f"the checkpoint {folder} is damaged: {SEAL} cannot be read ({error})") from error
    if not intact:
        raise DamagedCheckpoint(f"the checkpoint {folder} is damaged: {SEAL} was changed after it was written")
    return about


def _check_files(folder: Path, files: dict[str, Facts]) -> None:
    fault = fault_in(folder, files)
    if fault is not None:
        raise DamagedCheckpoint(
            f"the checkpoint {folder} is {'not whole' if fault.is_missing else 'damaged'}: {fault.words}"
        )


def _by_step(folder: Path) -> list[Path]:
    """Newest first."""
    found = [
        (int(match[1]), entry)
        for entry in (folder.iterdir() if folder.is_dir() else ())
        if (match := re.fullmatch(r"checkpoint-(\d+)", entry.name)) and entry.is_dir()
    ]
    return [entry for _, entry in sorted(found, reverse=True)]


def _versions() -> dict[str, str]:
    return {name: importlib.metadata.version(name) for name in PACKAGES}


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
