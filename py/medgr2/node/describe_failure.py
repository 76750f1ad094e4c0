"""An exception as data: what TypeScript needs to tell a person what went wrong, and where."""

import traceback
from pathlib import Path
from typing import Any


def describe(error: BaseException) -> dict[str, Any]:
    """Type, message (never empty), full traceback and the innermost line."""
    frames = traceback.extract_tb(error.__traceback__)
    last = frames[-1] if frames else None
    return {
        "type": type(error).__name__,
        "message": str(error).strip() or f"{type(error).__name__} without a message",
        "traceback": "".join(traceback.format_exception(error)),
        "where": f"{Path(last.filename)}:{last.lineno} in {last.name}" if last else None,
    }
