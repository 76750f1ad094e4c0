"""The most memory that a job has held at once, in bytes: allocated on its GPU, else resident on the machine."""

from __future__ import annotations

import resource
import sys
from typing import Any

#: getrusage counts in this: kilobytes, but on macOS bytes.
UNIT = 1 if sys.platform == "darwin" else 1024


def peak_memory() -> dict[str, Any]:
    """As the `memory` event has it. Torch is asked only where the job has loaded it and has used a GPU."""
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        return {"of": "gpu", "peak": torch.cuda.max_memory_allocated()}
    return {"of": "process", "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * UNIT}
