"""The committed figures that the TypeScript metrics are held against are what scikit-learn says today."""

import json
from typing import Any

import pytest
from metrics_golden import cases, golden


def test_golden_metrics_are_scikit_learns() -> None:
    same(json.loads(golden.read_text()), cases())


def same(one: Any, other: Any) -> None:
    """Numbers to 1e-12, everything else exactly."""
    if isinstance(one, dict):
        assert one.keys() == other.keys()
        for key, value in one.items():
            same(value, other[key])
    elif isinstance(one, list):
        assert len(one) == len(other)
        for left, right in zip(one, other, strict=True):
            same(left, right)
    elif isinstance(one, float):
        assert one == pytest.approx(other, abs=1e-12)
    else:
        assert one == other
