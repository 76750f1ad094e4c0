"""One job at a time in an outDir: a locked file in it, held by the worker and let go by the system when it dies."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from medgr2.training.training_faults import FolderInUse

LOCK_FILE = ".medgr2-job.lock"
#: What file systems say that have no locks.
NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL)


@contextmanager
def holding(folder: Path) -> Iterator[None]:
    """Raises FolderInUse where another process holds the folder. Of many ranks, the first holds it for all."""
    if int(os.environ.get("RANK", "0")) > 0:
        yield
        return
    file = _take(folder / LOCK_FILE)
    try:
        yield
    finally:
        with suppress(OSError):
            (folder / LOCK_FILE).unlink()  # while it is still held: nobody else's can be removed
        os.close(file)


def _take(path: Path) -> int:
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(file, 64).decode("ascii", "replace").strip()
            os.close(file)
            who = f"process {holder}" if holder else "another process"
            raise FolderInUse(f"{path.parent} is in use: {who} runs a job there") from None
        except OSError as error:
            if error.errno not in NO_LOCKS:
                os.close(file)
                raise
        if _is_same(file, path):
            os.ftruncate(file, 0)
            os.pwrite(file, f"{os.getpid()}\n".encode("ascii"), 0)
            return file
        os.close(file)  # its holder has removed it between our opening and locking it


def _is_same(file: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file), path.stat())
    except FileNotFoundError:
        return False
