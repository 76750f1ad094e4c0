"""The matrix family x operation on tiny random models in the hub's form: `npm run bench:families [-- FAMILY …]`."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import tempfile
import traceback
from pathlib import Path

sys.path[:0] = [
    *(str(Path(__file__).parents[2] / "py" / room) for room in ("families", "fixtures")),
    str(Path(__file__).parents[3] / "py"),
]
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


def table(cells: dict[str, dict[str, str]]) -> str:
    """Families down, operations across, as families.md keeps it; what is refused is told below, each reason once."""
    import peft
    import torch
    import transformers
    import trl

    titles = list(next(iter(cells.values())))
    reasons: dict[str, int] = {}
    lines = ["| family | " + " | ".join(titles) + " |", "|---" * (len(titles) + 1) + "|"]
    for name, found in cells.items():
        marks = []
        for words in found.values():
            number = reasons.setdefault(words, len(reasons) + 1) if words != "same" else 0
            marks.append(f"{words.split(':')[0]} [{number}]" if number else words)
        lines.append(f"| {name} | " + " | ".join(marks) + " |")
    told = [f"{number}. {words}" for words, number in reasons.items()]
    versions = ", ".join(f"{module.__name__} {module.__version__}" for module in (torch, transformers, trl, peft))
    return "\n".join([*lines, "", *told, "", f"{versions}, Python {sys.version.split()[0]}, float32 on a CPU"])


def main() -> int:
    import torch
    from family_chains import OPERATIONS
    from family_folders import FAMILIES
    from transformers.models.smolvlm import processing_smolvlm

    torch.set_num_threads(1)
    asked = sys.argv[1:] or list(FAMILIES)
    unknown = [name for name in asked if name not in FAMILIES]
    if unknown:
        print(f"no family {', '.join(unknown)}; known: {', '.join(FAMILIES)}", file=sys.stderr)
        return 2
    failed = 0
    cells: dict[str, dict[str, str]] = {}
    played = processing_smolvlm.num2words is None
    if played:
        processing_smolvlm.num2words = str
    with tempfile.TemporaryDirectory() as place:
        for name in asked:
            folder = FAMILIES[name](Path(place) / name)
            cells[name] = {}
            for title, operation in OPERATIONS.items():
                words = " ".join(cell(operation, folder, Path(place) / f"{name} {title}").split())
                cells[name][title] = words.replace(place, "")
                failed += not words.startswith(("same", "refused", "not here"))
                print(f"{name:16} {title:13} {words[:300]}", flush=True)
    print(f"\n{table(cells)}\n")
    if played:
        print("num2words, which SmolVLM asks for to name frames of videos, is not installed: str stood in for it")
    print(f"{failed} cells are neither same nor refused")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
