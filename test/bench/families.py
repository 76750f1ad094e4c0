"""The matrix family x operation on tiny random models in the hub's form: `npm run bench:families [-- FAMILY …]`."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import tempfile
import traceback
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1] / "py"), str(Path(__file__).parents[2] / "py")]
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")


def cell(operation, folder: Path, work: Path) -> str:  # type: ignore[no-untyped-def]
    work.mkdir(parents=True)
    quiet = io.StringIO()
    try:
        with contextlib.redirect_stdout(quiet), contextlib.redirect_stderr(quiet):
            return operation(folder, work)
    except ImportError as error:
        return f"not here: {error}"
    except Exception as error:
        if os.environ.get("TRACE"):
            traceback.print_exc()
        kind = "refused" if type(error).__module__.startswith("medgr2") else "FAILED"
        return f"{kind}: {type(error).__name__}: {error}"


def main() -> int:
    import torch
    from family_folders import FAMILIES
    from family_training import OPERATIONS

    torch.set_num_threads(1)
    asked = sys.argv[1:] or list(FAMILIES)
    unknown = [name for name in asked if name not in FAMILIES]
    if unknown:
        print(f"no family {', '.join(unknown)}; known: {', '.join(FAMILIES)}", file=sys.stderr)
        return 2
    failed = 0
    with tempfile.TemporaryDirectory() as place:
        for name in asked:
            folder = FAMILIES[name](Path(place) / name)
            for title, operation in OPERATIONS.items():
                words = " ".join(cell(operation, folder, Path(place) / f"{name} {title}").split())
                failed += not words.startswith(("same", "refused", "not here"))
                print(f"{name:16} {title:13} {words[:300]}", flush=True)
    print(f"{failed} cells are neither same nor refused")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
