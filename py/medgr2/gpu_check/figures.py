"""From what was measured to what a person reads: tokens a second, share of the device's peak, a table. Pure."""

from __future__ import annotations

import statistics
from typing import Any

from medgr2.shares import percent

#: Dense bfloat16 operations a second, by words of the device's name; what its maker says.
PEAKS = (
    ("H200", 989e12),
    ("H100 PCIe", 756e12),
    ("H100", 989e12),
    ("B200", 2250e12),
    ("A100", 312e12),
    ("L40S", 362e12),
    ("L40", 181e12),
    ("L4", 121e12),
    ("A10G", 70e12),
    ("A10", 125e12),
    ("RTX 4090", 165e12),
)
GIB = 2**30


def peak_flops(device: str) -> float | None:
    return next((flops for name, flops in PEAKS if name in device), None)


def row_of(case: str, shape: str, run: dict[str, Any], parameters: int, device: str) -> dict[str, Any]:
    """One line of the table, as data. The first of several steps does not count: it pays for kernels and caches."""
    ending, steps, measured = run["ending"], run["steps"], run["measured"]
    row: dict[str, Any] = {"shape": shape, "case": case, "wall": run["wall"], "peak": measured.get("peak")}
    if ending["type"] != "done":
        error = ending.get("error", {})
        short = error.get("message", ending["type"]).splitlines()[0][:120]
        return {
            **row,
            "failed": "out of memory" if "out of memory" in short.lower() else f"{error.get('type')}: {short}",
        }
    counted = steps[1:] or steps
    if counted:
        row["stepSeconds"] = statistics.median(step["stepSeconds"] for step in counted)
        row["losses"] = [step["loss"] for step in steps]
        row["tokensPerSecond"] = _token_rate(steps)
    else:
        row["rowsPerSecond"] = ending["result"]["count"] / ending["result"]["seconds"]
    peak = peak_flops(device)
    if row.get("tokensPerSecond") and peak is not None and case.startswith("sft"):
        # Forward 2, backward 4 a weight and token; frozen weights get no gradient. Recomputing does not count.
        row["mfu"] = (4 if case.endswith("lora") else 6) * parameters * row["tokensPerSecond"] / peak
    if measured.get("shares") and steps:
        whole = sum(step["stepSeconds"] for step in steps)
        row["shares"] = {name: seconds / whole for name, seconds in measured["shares"].items()}
        row["shares"]["training"] = max(0.0, 1 - sum(row["shares"].values()))
    return row


def _token_rate(steps: list[dict[str, Any]]) -> float | None:
    """Tokens between the first and the last step by the time between them."""
    first, last = steps[0], steps[-1]
    seconds = sum(step["stepSeconds"] for step in steps[1:])
    if len(steps) < 2 or None in (first["tokens"], last["tokens"]) or seconds <= 0:
        return None
    return (last["tokens"] - first["tokens"]) / seconds


def difference(one: list[float], other: list[float]) -> float:
    """The largest relative difference of two rows of losses."""
    if len(one) != len(other) or not one:
        return float("inf")
    return max(abs(a - b) / max(abs(a), abs(b), 1e-6) for a, b in zip(one, other, strict=True))


HEAD = ("model", "case", "s/step", "tokens/s", "MFU", "peak GiB", "against plain TRL", "loss against CPU", "notes")


def table(rows: list[dict[str, Any]]) -> str:
    lines = [HEAD, tuple("---" for _ in HEAD), *(cells(row) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def cells(row: dict[str, Any]) -> tuple[str, ...]:
    notes = [row["failed"]] if "failed" in row else []
    if "shares" in row:
        notes += [f"{name} {percent(share, 0)}" for name, share in row["shares"].items()]
    if "rowsPerSecond" in row:
        notes.append(f"{row['rowsPerSecond']:.1f} rows/s")
    return (
        row["shape"],
        row["case"],
        _number(row.get("stepSeconds"), ".3f"),
        _number(row.get("tokensPerSecond"), ",.0f"),
        _number(row.get("mfu"), ".1%"),
        _number(row["peak"] / GIB if row.get("peak") else None, ".2f"),
        _number(row.get("againstPlain"), ".3f"),
        _number(row.get("againstCpu"), ".1e"),
        ", ".join(notes),
    )


def _number(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)
